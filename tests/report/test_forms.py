"""Every form of every result: it holds the figures, and no text of others comes to life in it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import InputError
from evalkit.integrations.pytest_plugin import GateCheck
from evalkit.registry import Registry
from evalkit.report.document import (
    Chart,
    Column,
    Document,
    Line,
    Lines,
    Mark,
    MarkedArticle,
    Piece,
    Series,
    Table,
    figure_columns,
)
from evalkit.report.forms.console import make_console
from evalkit.report.forms.html import html_piece, render_html
from evalkit.report.forms.json_text import render_json
from evalkit.report.forms.separated import render_csv, render_tsv
from evalkit.report.forms.svg.drawing import ACCENT
from evalkit.report.forms.table import FORMS
from evalkit.report.forms.terminal import print_document, render_terminal
from evalkit.report.of.table import DOCUMENTS, document_of
from evalkit.report.render import render_report
from evalkit.results import EvalResult, f1_score

KEY_FIGURES = {
    "EvalResult": ("0.66", "PER"),
    "TaskResult": ("0.857", "PER"),
    "Comparison": ("0.857", "-0.19"),
    "RepeatedRuns": ("0.76", "exact"),
    "Diagnosis": ("boundary", "0.33"),
    "ThresholdFit": ("0.66", "GPE"),
    "Adjudication": ("accepted", "disputed"),
    "DatasetDiff": ("relabelled", "removed"),
    "Exploration": ("missed", "duplicate"),
    "ItemTable": ("missed", "entities"),
    "DatasetReview": ("46", "12"),
    "FoundArticles": ("PER 1", "3"),
    "Explanation": ("boundary", "0.33"),
    "Agreement": ("boundary", "0.33"),
    "Suspects": ("boundary", "GPE"),
    "Unlabelled": ("0.11", "9"),
    "Corrections": ("relabelled", "removed"),
    "Replay": ("0.66", "exact"),
    "GateReport": ("0.857", "0.1905"),
    "BaselineUpdate": ("0.857", "0.1905"),
    "Leaderboard": ("0.857", "12.5"),
    # JSON has what was measured, from which the median of 0.5 follows.
    "Speed": ("PER", "2"),
    "SuiteResult": ("0.66", "24"),
    "CacheContents": ("3417", "2819"),
    "Installation": ("0.66.1", "24"),
    "RunList": ("0.66", "24"),
    "Run": ("GPE", "8"),
    "Extraction": ("GPE", "Oslo"),
    "Article": ("PER said so", "Oslo"),
    "Example": ("GPE", "Oslo"),
    "PushResult": ("24", "test"),
    "GoldDataset": ("24", "entities"),
    "BuildResult": ("4", "split"),
    "Conversion": ("entities", "overlapping"),
    "ProfileDraft": ("PER", "24"),
    "InitResult": ("labels.toml",),
    "ProjectInit": ("pyproject.toml", "extended"),
    "Description": ("24", "entities"),
    "Leakage": ("46", "25"),
    "DatasetSplits": ("train", "no date"),
    "SplitCheck": ("section", "shared"),
    "PerturbedDataset": ("case", "dates"),
    "Robustness": ("case", "0.66"),
    "Validation": ("12", "entities"),
    "Problem": ("PER 12",),
    "ModelEntry": ("ner-base", "Apache-2.0"),
    "Catalogue": ("wikigold", "145"),
    "ObtainedDataset": ("24",),
    "Check": ("VIOLATED", "counts"),
    "Plan": ("requests",),
    "Suggestions": ("12", "entities"),
}
"""Words and figures of `tests.report.results`, cut to the digits that every form has."""

TEXT_FORMS = [name for name in FORMS.table if name not in ("junit", "svg", "png")]
TYPES = list(DOCUMENTS.table)
SHORT = [name.partition(":")[2] for name in TYPES]


EACH_TYPE = pytest.mark.parametrize("name", [pytest.param(name, id=name.partition(":")[2]) for name in TYPES])


def test_there_is_a_sample_of_each_type(plain: Mapping[str, Any]):
    assert set(plain) == set(TYPES)
    assert set(KEY_FIGURES) == set(SHORT)


@pytest.mark.parametrize("form", TEXT_FORMS)
@EACH_TYPE
def test_every_form_holds_the_figures(plain: Mapping[str, Any], name: str, form: str):
    text = render_report(plain[name], form)
    if form == "terminal":
        # A wide one: a narrow one drops zeros before points.
        text = render_terminal(document_of(plain[name]), width=200)
    missing = [figure for figure in KEY_FIGURES[name.partition(":")[2]] if figure not in text]
    assert not missing, text[:2000]
    assert text.endswith("\n")
    assert "NaN" not in text
    assert "None" not in text


class Page(HTMLParser):
    """The tags, attributes and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
HTML_TAGS = {
    *("html", "head", "meta", "title", "style", "body", "div", "section", "article", "h4", "h5", "p", "ul", "li"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td", "span", "pre", "mark", "sub"),
    *("h1", "h2", "main", "figure", "figcaption", "svg", "desc", "g", "text", "line", "rect", "circle"),
    *("polyline", "polygon"),
}
HTML_ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "name", "content", "class", "scope", "role"),
    *("tabindex", "aria-label", "aria-hidden", "xmlns", "viewbox", "width", "height", "font-family", "font-size"),
    *("fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linejoin"),
    *("points", "transform", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "rx", "text-anchor", "font-weight"),
}
MARKDOWN_TAGS = {"h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "code", "strong", "em"}


@EACH_TYPE
class TestHostileText:
    def test_at_a_terminal(self, hostile: Mapping[str, Any], name: str):
        text = render_report(hostile[name], "terminal")
        assert not STEERING.search(text)
        assert "\x1b" not in text

    def test_in_markdown(self, hostile: Mapping[str, Any], name: str):
        from markdown_it import MarkdownIt

        text = render_report(hostile[name], "markdown")
        assert not STEERING.search(text)
        page = Page(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text))
        assert set(page.tags) <= MARKDOWN_TAGS
        # What readers of Markdown find in plain text after that: mentions, issues, addresses.
        words = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text)
        assert not re.search(r"@octocat|#12|www\.example|https://", words)
        assert not re.search(r"(?<!\\)<|&lt;b", words)

    def test_in_a_table_of_markdown_it_stays_in_its_cell(self, hostile: Mapping[str, Any], name: str):
        from markdown_it import MarkdownIt

        text = render_report(hostile[name], "markdown")
        html = MarkdownIt("commonmark").enable("table").render(text)
        for table in re.findall("<table>.*?</table>", html, re.DOTALL):
            sizes = {len(re.findall("<t[dh]", row)) for row in re.findall("<tr>.*?</tr>", table, re.DOTALL)}
            assert len(sizes) == 1

    def test_in_html(self, hostile: Mapping[str, Any], name: str):
        text = render_report(hostile[name], "html")
        page = Page(text)
        assert set(page.tags) <= HTML_TAGS
        assert page.attributes <= HTML_ATTRIBUTES
        assert not STEERING.search(text)

    def test_in_tsv(self, hostile: Mapping[str, Any], name: str):
        head, *rows = [line.split("\t") for line in render_report(hostile[name], "tsv").splitlines()]
        assert {len(row) for row in rows} == {len(head)}
        for field in (field for row in (head, *rows) for field in row):
            assert not field.startswith(("=", "@"))
            assert not STEERING.search(field)
            if field.startswith(("+", "-")):
                float(field)

    def test_in_csv(self, hostile: Mapping[str, Any], name: str):
        text = render_report(hostile[name], "csv")
        assert not STEERING.search(text)
        tabs = csv.reader(io.StringIO(render_report(hostile[name], "tsv")), "excel-tab")
        assert list(csv.reader(io.StringIO(text))) == list(tabs)

    def test_in_json(self, hostile: Mapping[str, Any], name: str):
        text = render_report(hostile[name], "json")
        assert not STEERING.search(text.replace("\n", ""))
        json.loads(text)

    def test_in_junit(self, hostile: Mapping[str, Any], name: str):
        if not document_of(hostile[name]).checks:
            with pytest.raises(InputError, match="there is no verdict"):
                render_report(hostile[name], "junit")
            return
        text = render_report(hostile[name], "junit")
        assert not STEERING.search(text)
        tags = {element.tag for element in ElementTree.fromstring(text).iter()}
        assert tags <= {"testsuites", "testsuite", "testcase", "failure", "error", "skipped", "system-out"}


@pytest.mark.parametrize("width", [60, 80, 160])
@EACH_TYPE
def test_tables_stay_inside_the_terminal(plain: Mapping[str, Any], name: str, width: int):
    lines = render_terminal(document_of(plain[name]), width=width).splitlines()
    # Lines that are copied or searched go on over the edge; those of tables begin with a space.
    assert all(len(line) <= width for line in lines if line.startswith(" "))


@EACH_TYPE
def test_it_names_itself_in_a_line(hostile: Mapping[str, Any], name: str):
    """At a prompt of Python."""
    shown = repr(hostile[name])
    assert not STEERING.search(shown)
    assert "\n" not in shown


def test_a_test_that_fails_says_it(hostile: Mapping[str, Any]):
    report = replace(hostile["evalkit.gate.outcome:GateReport"], failed={"a": "b"})
    with pytest.raises(pytest.fail.Exception) as failed:
        GateCheck(report).check()
    assert "<script>" in str(failed.value)
    assert not STEERING.search(str(failed.value))


def test_an_error_is_a_line():
    assert str(InputError("a\x1b[2J\nb\u202e")) == "a�[2J b�"


@EACH_TYPE
def test_a_notebook_shows_it(plain: Mapping[str, Any], name: str):
    result = plain[name]
    if isinstance(result, list):
        pytest.skip("a list shows itself as Python does")
    html = result._repr_html_()
    assert html.startswith('<div class="evalkit">')
    assert "<script" not in html
    assert set(Page(html).tags) <= HTML_TAGS


class TestMarkdown:
    def test_a_table_is_a_table(self, result: EvalResult):
        lines = render_report(result, "markdown").splitlines()
        assert lines[0] == "## mine:find on news@1234567, test: 7 articles"
        start = lines.index("### entities · exact")
        assert lines[start + 2] == "| label | P | R | F1 | 95 % CI | gold | pred | floor F1 |"
        assert lines[start + 3] == "|---|---:|---:|---:|---:|---:|---:|---:|"
        assert lines[start + 4] == "| PER | 0.600 | 0.750 | 0.667 | 0.500–0.800 | 4 | 5 | – |"
        assert "`entities|exact|micro`" in lines
        assert "* quotes: not evaluated, the extractor does not claim it" in lines


class TestTsv:
    def test_one_row_for_each_figure_with_full_numbers(self, result: EvalResult):
        head, *rows = [line.split("\t") for line in render_report(result, "tsv").splitlines()]
        assert {len(row) for row in rows} == {len(head)}
        # Two tasks of two conventions, each with one label, micro and macro; two derived scores; one is not evaluated.
        assert len(rows) == 15
        micro = dict(zip(head, rows[1], strict=True))
        assert (micro["task"], micro["convention"], micro["label"]) == ("entities", "exact", "micro")
        assert float(micro["f1"]) == f1_score(0.6, 0.75)
        assert (micro["gold_items"], micro["predicted_items"], micro["gold_credit"]) == ("4", "5", "3.0")
        assert dict(zip(head, rows[2], strict=True))["gold_items"] == ""
        assert dict(zip(head, rows[-2], strict=True))["score"] == "0.5"
        assert dict(zip(head, rows[-1], strict=True))["not_evaluated"] == "the extractor does not claim it"

    def test_numbers_are_untouched_and_formulas_are_text(self):
        rows = ({"a": -0.5, "b": "-0.5", "c": "=1+1", "d": "+cmd", "e": "@x", "f": "-", "g": None, "h": True},)
        document = Document(what="x", title="x", blocks=(), rows=rows)
        assert render_tsv(document).splitlines()[1] == "-0.5\t-0.5\t'=1+1\t'+cmd\t'@x\t'-\t\tTrue"

    @pytest.mark.parametrize(
        ("text", "field"),
        [
            pytest.param("=1+1", "'=1+1", id="formula"),
            pytest.param(" \t=1+1", "'=1+1", id="after-blanks"),
            pytest.param("\r=1+1", "'=1+1", id="after-a-carriage-return"),
            pytest.param("＝1", "'＝1", id="full-width"),
            pytest.param("﹣cmd", "'﹣cmd", id="small"),
            pytest.param("+47 12 34", "+47 12 34", id="numbers"),
            pytest.param("-0.012", "-0.012", id="number"),
            pytest.param("−1", "−1", id="a-minus-that-computes-nothing"),
            pytest.param("a\tb\nc", "a b c", id="columns-and-lines"),
        ],
    )
    def test_a_field(self, text: str, field: str):
        document = Document(what="x", title="x", blocks=(), rows=({"a": text, "b": 1},))
        assert render_tsv(document) == f"a\tb\n{field}\t1\n"

    @given(st.lists(st.text('"=\t\n\ra', max_size=4), min_size=2, max_size=2))
    def test_quotation_marks_open_no_field_over_several_lines(self, texts: list[str]):
        rows = tuple({"a": text, "b": "b"} for text in texts)
        read = list(
            csv.reader(io.StringIO(render_tsv(Document(what="x", title="x", blocks=(), rows=rows))), "excel-tab")
        )
        assert [row[0].lstrip("'") for row in read[1:]] == [" ".join(text.split()) for text in texts]
        assert [row[1] for row in read[1:]] == ["b", "b"]

    def test_a_document_without_rows_gives_its_blocks(self):
        table = Table(title="t", columns=figure_columns("name", "F1"), rows=(("a", "0.5"),))
        document = Document(what="x", title="about", blocks=(table, Lines.of("one", "=2")))
        assert render_tsv(document) == "about\nt\nname\tF1\na\t0.5\none\n'=2\n"


class TestCsv:
    def test_fields_with_commas_and_quotation_marks_are_read_back(self):
        rows = ({"a": 'x, "y"', "b": "=1,2", "c": -0.5, "d": None, "e": '"'}, {"a": "a\nb", "b": "", "c": 1, "e": "é"})
        text = render_csv(Document(what="x", title="x", blocks=(), rows=rows))
        assert text.splitlines()[1] == '"x, ""y""","\'=1,2",-0.5,,""""'
        assert list(csv.reader(io.StringIO(text))) == [
            ["a", "b", "c", "d", "e"],
            ['x, "y"', "'=1,2", "-0.5", "", '"'],
            ["a b", "", "1", "", "é"],
        ]

    def test_it_holds_what_the_other_holds(self, result: EvalResult):
        commas = csv.reader(io.StringIO(render_report(result, "csv")))
        tabs = csv.reader(io.StringIO(render_report(result, "tsv")), "excel-tab")
        assert list(commas) == list(tabs)


class TestJson:
    def test_it_reads_back(self, result: EvalResult):
        assert EvalResult.from_json(json.loads(render_report(result, "json"))) == result

    def test_a_document_without_data_gives_itself(self):
        document = Document(what="x", title="about", blocks=(Lines.of("one"),))
        assert json.loads(render_report(document, "json"))["blocks"][0]["lines"][0]["pieces"][0]["text"] == "one"

    def test_what_steers_is_escaped_and_read_back(self):
        document = Document(what="x", title="x", blocks=(), data={"a": "b\u202e\x9b"})
        assert json.loads(render_report(document, "json")) == {"a": "b\u202e\x9b"}
        assert "\\u202e\\u009b" in render_report(document, "json")

    def test_half_a_character_does_not_make_it_invalid(self):
        document = Document(what="x", title="x", blocks=(), data={"a\ud800": ["\udfff\u202e", 2**70]})
        # Also for readers that take Unicode only.
        orjson.loads(render_json(document).replace(str(2**70), "0"))
        assert json.loads(render_json(document)) == {"a�": ["�\u202e", 2**70]}


class TestPlugins:
    def test_what_a_form_takes_from_the_result_itself_is_clean(self, monkeypatch: pytest.MonkeyPatch):
        def odd(document: Document, result: object) -> str:
            return f"{document.data}\n{document.title}\n\x1b[31m"

        monkeypatch.setattr(Registry, "load", lambda registry, name: odd)
        document = Document(what="x", title="t\x9b", blocks=(), data={"a": "b"})
        assert render_report(document, "odd") == "{'a': 'b'}\nt�\n�[31m"


class TestHtml:
    def test_writing_from_right_to_left_turns_nothing_else(self):
        line = Line.of("a ", Piece("שלום", tone="name"), " אהלן", " b")
        article = MarkedArticle(text="שלום Ida", marks=(Mark(5, 8, "PER"),))
        html = render_html(Document(what="x", title="ش", blocks=(Lines(lines=(line,)), article)))
        assert '<li>a <span class="name"><bdi>שלום</bdi></span><bdi> אהלן</bdi> b</li>' in html
        # The words of an article are one text, whose parts must not be turned each for itself.
        assert '<pre dir="auto">שלום <mark>[Ida]<sub>PER</sub></mark></pre>' in html
        assert "<title>ش</title>" in html

    def test_attributes_are_text_too(self):
        html = html_piece(Document(what="x", title="x", blocks=(Lines.of("a", tone='"><script>'),)))
        assert '<span class="&quot;&gt;&lt;script&gt;">a</span>' in html

    def test_a_page_runs_and_fetches_nothing(self, result: EvalResult):
        head = render_report(result, "html").partition("<title>")[0]
        assert (
            """content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">""" in head
        )

    def test_it_is_well_formed(self, result: EvalResult):
        html = render_report(result, "html")
        assert html.startswith("<!doctype html>")
        for tag in ("table", "tbody", "tr", "td", "th", "ul", "div", "p"):
            assert len(re.findall(f"<{tag}[ >]", html)) == html.count(f"</{tag}>")

    def test_headings_name_columns_and_rows(self, result: EvalResult):
        html = render_report(result, "html")
        assert '<th scope="col" class="left">label</th>' in html
        assert '<tr class="strong"><th scope="row" class="left">micro</th><td>0.600</td>' in html

    def test_a_chart_is_drawn_and_its_table_stands_beside(self):
        table = Table(title="t", columns=figure_columns("name", "F1"), rows=(("a", "0.5"),))
        chart = Chart(kind="line", table=table, series=(Series("s", (0.0, 1.0), (0.25, 0.75)),), x="recall", y="F1")
        html = render_html(Document(what="x", title="x", blocks=(chart,)))
        assert html.count("<polyline") == 1
        assert '<figcaption>t</figcaption><svg xmlns="http://www.w3.org/2000/svg"' in html
        # Its title stands above the drawing, and is not shown twice.
        assert '<caption class="unseen">t</caption>' in html
        assert "<td>0.5</td>" in html

    def test_a_piece_takes_its_colours_from_the_page_around_it(self, result: EvalResult):
        piece = html_piece(document_of(result))
        style = re.findall("<style>(.*?)</style>", piece, re.DOTALL)[0]
        assert not re.search(r"#[0-9a-f]{3,6}\b|\brgb|black|\bwhite\b(?!-)|background:(?!none)", style)
        # What is drawn has one colour of its own, which can be told from light and from dark ground.
        assert set(re.findall('(?:fill|stroke)="(.*?)"', piece)) <= {"none", "currentColor", ACCENT}

    def test_no_element_has_a_style_of_its_own(self, result: EvalResult):
        coloured = Table(columns=figure_columns("label", "n"), rows=(("PER", "1"),), colours=((0, "#2266aa"),))
        deep = Lines(lines=(Line.of("a", depth=2),))
        html = render_html(Document(what="x", title="x", blocks=(*document_of(result).blocks, coloured, deep)))
        assert "style=" not in html
        assert '<rect width="10" height="10" rx="2" fill="#2266aa"></rect>' in html
        assert '<li class="depth-2">a</li>' in html

    def test_headings_are_those_of_the_place(self):
        document = Document(what="x", title="a", blocks=(Lines(title="b", lines=(Line.of("c"),)),))
        assert "<h1>a</h1>" in render_html(document)
        assert '<h2 class="title">b</h2>' in render_html(document)
        piece = html_piece(document, level=3, styled=False)
        assert "<h3>a</h3>" in piece
        assert "<style>" not in piece


def test_what_an_article_says_is_whole_where_there_is_room():
    said = "word " * 60 + "end"
    table = Table(columns=(Column("said", left=True, folds=True, brief=20), Column("n")), rows=((said, "1"),))
    document = Document(what="x", title="x", blocks=(table, Lines(lines=(Line.of(Piece(said, "quoted", 20)),))))
    for form, times in (("html", 2), ("latex", 2), ("tsv", 2), ("terminal", 0), ("markdown", 0)):
        text = " ".join(render_report(document, form).split())
        assert text.count(said) == times, form
        assert ("word word wo…ord end" in text) == (times == 0), form


class TestTerminal:
    def test_a_pipe_has_no_edge_where_words_are_cut(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ):
        words = " ".join(f"disproportionately{number}" for number in range(30))
        columns = (Column("name", left=True), Column("words", left=True, folds=True), Column("figure"))
        blocks = (Table(columns=columns, rows=(("a", words, "0.123"),), title="t"), Lines.of(words))
        document = Document(what="x", title="x", blocks=blocks)
        monkeypatch.delenv("COLUMNS", raising=False)
        print_document(document, make_console())
        piped = capsys.readouterr().out
        assert [words in line for line in piped.splitlines()].count(True) == 2
        monkeypatch.setenv("COLUMNS", "60")
        print_document(document, make_console())
        assert max(map(len, capsys.readouterr().out.splitlines())) <= 60

    @pytest.mark.parametrize("width", [60, 200])
    def test_no_number_is_lost(self, result: EvalResult, width: int):
        document = document_of(result)
        shown = " ".join(render_terminal(document, width=width).split())
        for table in (block for block in document.blocks if isinstance(block, Table)):
            for row in table.rows:
                # A narrow terminal drops the zero before the point.
                short = [re.sub(r"\b0\.", ".", cell) for cell in row[1:]]
                cells = zip(row[1:], short, strict=True)
                assert all(cell in shown or (width == 60 and cut in shown) for cell, cut in cells)

    def test_a_table_that_cannot_fit_goes_on_below_with_its_names(self):
        names = [f"figure {number}" for number in range(9)]
        figures = tuple(f"+0.{number}23 +1.000" for number in range(9))
        table = Table(
            title="t",
            columns=figure_columns("name", *names, ""),
            rows=(("exact micro", *figures, ""),),
            signature="s|1",
        )
        shown = render_terminal(Document(what="x", title="x", blocks=(table,)), width=60)
        assert all(figure in shown or figure.replace("0.", ".") in shown for figure in figures)
        assert "…" not in shown
        # As often as there are parts; what is said below the table stands once.
        assert shown.count("exact micro") == shown.count("continued") + 1 > 1
        assert shown.count("s|1") == 1

    def test_a_narrow_terminal_drops_the_zero_before_the_point(self):
        """And only there: a wide one shows numbers as they are."""
        names = [f"a column name {number}" for number in range(3)]
        table = Table(title="t", columns=figure_columns("name", *names), rows=(("a", "0.123", "10.5", "0.500–0.750"),))
        document = Document(what="x", title="x", blocks=(table,))
        narrow, wide = (render_terminal(document, width=width).split() for width in (58, 200))
        assert {".123", "10.5", ".500–.750"} <= set(narrow)
        assert {"0.123", "10.5", "0.500–0.750"} <= set(wide)

    def test_a_listing_without_folds_keeps_each_row_on_a_line(self):
        table = Table(columns=figure_columns("a", "b"), rows=(("x" * 90, "y"),), listing=True)
        folding = render_terminal(Document(what="x", title="x", blocks=(table,)), width=60)
        assert "x" * 90 not in folding
        whole = Table(columns=(Column("a", left=True), Column("b")), rows=table.rows, listing=True)
        assert "x" * 90 + "  y" in render_terminal(Document(what="x", title="x", blocks=(whole,)), width=60)

    def test_a_wide_table_is_shown_in_parts_each_with_its_first_columns(self):
        names = [f"convention-{number}" for number in range(6)]
        columns = (Column("n"), Column("side", left=True), *map(Column, names))
        table = Table(title="t", columns=columns, rows=(("7", "gold", *map(str, range(6))),), fixed=2)
        lines = render_terminal(Document(what="x", title="x", blocks=(table,)), width=60).splitlines()
        assert max(map(len, lines)) <= 60
        assert [line for line in lines if line.startswith("t")] == ["t", "t, continued"]
        heads = [line.split() for line in lines if "convention" in line]
        assert [head[:2] for head in heads] == [["n", "side"]] * 2
        assert [name for head in heads for name in head[2:]] == names
        assert sum(line.split()[:2] == ["7", "gold"] for line in lines) == 2

    def test_lines_that_are_copied_are_never_broken(self):
        words = "pip install " + "x" * 80
        whole, broken = (
            render_terminal(Document(what="x", title="x", blocks=(Lines.of(words, whole=whole),)), width=60)
            for whole in (True, False)
        )
        assert words in whole
        assert words not in broken

    def test_markup_of_the_terminal_library_is_text(self):
        text = "[bold red]x[/] and [link=http://x]y[/link] :smile:"
        document = Document(what="x", title=text, blocks=(Lines.of(text),), notes=(text,))
        assert render_terminal(document, width=200).count(text) == 3

    def test_an_empty_line_sets_apart(self):
        document = Document(what="x", title="t", blocks=(Lines(lines=(Line.of("a"), Line(()), Line.of("b"))),))
        assert render_terminal(document) == "t\na\n\nb\n"


def test_a_terminal_shows_no_more_of_a_name_than_people_read() -> None:
    name = "L" * 60_000
    table = Table(columns=(Column("label"), Column("other")), rows=((name, name),), listing=True)
    document = Document(what="x", title=name, blocks=(table,), notes=(name, "a b " * 15_000), signature="s" * 400)
    shown = render_terminal(document, width=100)
    assert len(shown) < 4000
    assert "s" * 400 in shown.replace("\n", "")
    said = "“" + "long " * 100 + "”"
    assert said.split()[50] in render_terminal(Document(what="x", title="", blocks=(Lines.of(said),)))


@pytest.mark.parametrize("colour", ["red;background:url(https://a.example)", '"><b>', "expression(1)", "#12345"])
def test_a_colour_that_is_none_colours_nothing(colour: str):
    table = Table(columns=figure_columns("label", "n"), rows=(("PER", "1"),), colours=((0, colour),))
    assert "<rect" not in html_piece(Document(what="x", title="x", blocks=(table,)))


def test_long_names_push_no_figure_out_of_sight():
    long = "L" * 10_000
    table = Table(title=long, columns=figure_columns("label", long), rows=((long, "0.512"),))
    html = render_html(Document(what="x", title="x", blocks=(table, Lines.of(long)), notes=(long,)))
    # A word is cut where it names a row or column, as at a terminal; elsewhere it goes on in the next line.
    assert re.search('<th scope="row" class="left">L+…L+</th><td>0.512</td>', html)
    assert re.search('<th scope="col" class="long">L+…L+</th>', html)
    assert "overflow-wrap:break-word}" in html
    assert "tbody th,.evalkit td.left{max-width:" in html
    assert "caption{padding:.5em 0 .2em;width:max-content;max-width:" in html
