"""Markdown, TSV, JSON, HTML for notebooks and the terminal: the same figures, and no text of others comes to life."""

from __future__ import annotations

import io
import json
import re
from html.parser import HTMLParser

import pytest

from evalkit.integrations.notebook import result_html
from evalkit.report.table import REPORTERS, render_report
from evalkit.report.tables import result_tables
from evalkit.report.terminal import print_result
from evalkit.results import EvalResult, f1_score
from tests.report.conftest import HOSTILE


def terminal(result: EvalResult, width: int) -> str:
    from rich.console import Console

    console = Console(file=io.StringIO(), width=width, highlight=False)
    print_result(result, console)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("form", [*REPORTERS.table, "html", "terminal"])
def test_every_form_shows_every_figure(result: EvalResult, form: str):
    if form in ("html", "terminal"):
        text = result_html(result) if form == "html" else terminal(result, 120)
    else:
        text = render_report(result, form)
    assert "0.6" in text
    assert "0.75" in text
    assert "mine:find" in text or form == "terminal"
    if form != "tsv":
        assert "the extractor does not claim it" in text
    for name in ("entities", "stances"):
        assert name in text


class TestMarkdown:
    def test_a_table_is_a_table(self, result: EvalResult):
        lines = render_report(result, "markdown").splitlines()
        assert lines[0] == "## mine:find on news@1234567, test"
        at = lines.index("### entities · exact")
        assert lines[at + 2] == "| label | P | R | F1 | 95 % CI | gold | pred | floor F1 |"
        assert lines[at + 3] == "|---|---:|---:|---:|---:|---:|---:|---:|"
        assert lines[at + 4] == "| PER | 0.600 | 0.750 | 0.667 | 0.500–0.800 | 4 | 5 | – |"
        assert "`entities|exact|micro`" in lines
        assert "* quotes: not evaluated, the extractor does not claim it" in lines

    def test_texts_of_others_stay_text(self, hostile: EvalResult):
        text = render_report(hostile, "markdown")
        assert not re.search(r"(?<!\\)<", text)
        rows = [line for line in text.splitlines() if line.startswith("| ")]
        assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {8}


class TestTsv:
    def test_one_row_for_each_figure_with_full_numbers(self, result: EvalResult):
        head, *rows = [line.split("\t") for line in render_report(result, "tsv").splitlines()]
        assert {len(row) for row in rows} == {len(head)}
        # Two tasks of two conventions, each with one label, micro and macro.
        assert len(rows) == 12
        micro = dict(zip(head, rows[1], strict=True))
        assert (micro["task"], micro["convention"], micro["label"]) == ("entities", "exact", "micro")
        assert float(micro["f1"]) == f1_score(0.6, 0.75)
        assert (micro["gold_items"], micro["predicted_items"], micro["gold_credit"]) == ("4", "5", "3.0")
        assert dict(zip(head, rows[2], strict=True))["gold_items"] == ""

    def test_texts_of_others_stay_in_their_field(self, hostile: EvalResult):
        head, *rows = [line.split("\t") for line in render_report(hostile, "tsv").splitlines()]
        assert {len(row) for row in rows} == {len(head)}
        assert len(rows) == 3


class TestJson:
    def test_it_reads_back(self, result: EvalResult):
        text = render_report(result, "json")
        assert text.endswith("}\n")
        assert EvalResult.from_json(json.loads(text)) == result

    def test_there_is_never_a_nan(self, result: EvalResult):
        assert "NaN" not in render_report(result, "json")


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


class TestNotebook:
    def test_a_result_shows_itself(self, result: EvalResult):
        assert result._repr_html_() == result_html(result)

    def test_texts_of_others_stay_text(self, hostile: EvalResult):
        page = _Tags()
        page.feed(result_html(hostile))
        assert page.tags <= {"div", "h4", "strong", "table", "thead", "tbody", "tr", "th", "td", "code", "ul", "li"}
        assert HOSTILE in page.text

    def test_html_is_well_formed(self, result: EvalResult):
        html = result_html(result)
        for tag in ("table", "tr", "td", "ul", "div"):
            assert len(re.findall(f"<{tag}[ >]", html)) == html.count(f"</{tag}>")


class TestTerminal:
    @pytest.mark.parametrize("width", [60, 80, 200])
    def test_no_line_is_wider(self, result: EvalResult, width: int):
        assert max(len(line.rstrip()) for line in terminal(result, width).splitlines()) <= width

    @pytest.mark.parametrize("width", [60, 200])
    def test_no_number_is_lost(self, result: EvalResult, width: int):
        shown = " ".join(terminal(result, width).split())
        for table in result_tables(result):
            for row in table.rows:
                # A narrow terminal drops the zero before the point.
                short = [re.sub(r"\b0\.", ".", cell) for cell in row[1:]]
                assert all(
                    cell in shown or (width == 60 and cut in shown) for cell, cut in zip(row[1:], short, strict=True)
                )

    def test_markup_of_the_terminal_library_is_text(self, result: EvalResult):
        bold = EvalResult(**{**_fields(result), "notes": ("[bold red]x[/] and [link=http://x]y[/link]",)})
        assert "[bold red]x[/] and [link=http://x]y[/link]" in terminal(bold, 200)


def _fields(result: EvalResult) -> dict[str, object]:
    return {name: getattr(result, name) for name in result.__dataclass_fields__}
