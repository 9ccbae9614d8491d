"""Charts: where marks stand, what they say in words, and that every one of them can be read without colours."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from evalkit.analysis.diagnosis import ErrorDiagnosis
from evalkit.errors import InputError, MissingExtraError
from evalkit.origin import install_command
from evalkit.report.document import Chart, Document, Lines, Series, figure_columns
from evalkit.report.document import Table as Grid
from evalkit.report.forms import picture
from evalkit.report.forms.html import render_html
from evalkit.report.forms.svg.chart import DRAWN_BY, drawing_of, is_drawn
from evalkit.report.forms.svg.drawing import Scale, fitted, width_of
from evalkit.report.of.diagnosis import SHOWN_LABELS, _confusion
from evalkit.report.of.run_names import legend, run_names
from evalkit.report.of.table import DOCUMENTS, document_of
from evalkit.report.render import render_report, write_report

TABLE = Grid(title="a table", columns=figure_columns("name", "F1"), rows=(("a", "0.5"),))
SVG = "{http://www.w3.org/2000/svg}"


def chart(kind: str, *series: Series, **rest: Any) -> Chart:
    return Chart(kind=kind, table=TABLE, series=series, x="x axis", y="y axis", **rest)


def drawn(one: Chart) -> ElementTree.Element:
    return ElementTree.fromstring(drawing_of(one))


def words_in(root: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def told_in(root: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}title")]


FOREST = chart(
    "interval",
    Series("F1 with 95 % CI", (0.5, None, 1.0), low=(0.25, None, None), high=(0.75, None, None)),
    Series("floor", (0.0, 0.0, None), reference=True),
    names=("PER", "ORG", "micro"),
    strong=(2,),
    bounds=(0.0, 1.0),
)
SAMPLES = {
    "interval": FOREST,
    "bar": chart("bar", Series("gain", (0.2, -0.1), low=(0.1, None), high=(0.3, None)), names=("a", "b"), signed=True),
    "line": chart("line", Series("one", (0.0, 1.0), (1.0, 0.5)), Series("two", (0.0, 1.0), (0.0, 1.0), reference=True)),
    "points": chart("points", Series("one", (1.0,), (0.5,), low=(0.4,), high=(0.6,)), Series("two", (1.0,), (0.5,))),
    "matrix": chart("matrix", Series("PER", (7, 1)), Series("ORG", (0, 2)), names=("PER", "missed")),
}
EACH_KIND = pytest.mark.parametrize("one", [pytest.param(one, id=kind) for kind, one in SAMPLES.items()])


def test_there_is_a_sample_of_each_kind():
    assert set(SAMPLES) == set(DRAWN_BY)


@EACH_KIND
class TestEachKind:
    def test_it_is_a_picture_with_a_name_and_a_sentence(self, one: Chart):
        root = drawn(one)
        assert root.get("role") == "img"
        assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]
        assert root[0].text == "a table"
        assert "The table beside it has the figures." in (root[1].text or "")

    def test_everything_stands_within_it(self, one: Chart):
        root = drawn(one)
        most = {"x": float(root.get("width", "")), "y": float(root.get("height", ""))}
        for element in root.iter():
            for name in ("x", "cx", "x1", "x2", "y", "cy", "y1", "y2"):
                # Samples of a legend are drawn around their own place.
                assert -10 <= float(element.get(name, "0")) <= most[name.strip("c12")]

    def test_what_others_wrote_is_text(self, one: Chart):
        hostile = '<script>&"\x1b'
        named = tuple(Series(hostile, own.x, own.y, own.low, own.high, own.reference) for own in one.series)
        odd = chart(one.kind, *named, names=(hostile,) * len(one.names), signed=one.signed)
        assert "script" not in {element.tag.removeprefix(SVG) for element in drawn(odd).iter()}
        assert "\x1b" not in drawing_of(odd)

    def test_the_same_twice(self, one: Chart):
        assert drawing_of(one) == drawing_of(one)


class TestForest:
    def test_a_mark_stands_where_its_figure_is(self):
        root = drawn(FOREST)
        ticks = [line for line in root.findall(f"{SVG}line") if line.get("stroke-opacity") and line.get("x1") != "0"]
        axis = [float(line.get("x1", "")) for line in ticks]
        square = next(float(one.get("x", "")) + 4 for one in root.findall(f"{SVG}rect") if one.get("width") == "8")
        assert square == pytest.approx((min(axis) + max(axis)) / 2, abs=0.1)
        assert "PER, F1 with 95 % CI: 0.500 (0.250 to 0.750)" in told_in(root)
        assert "PER, floor: 0.000" in told_in(root)

    def test_a_row_without_a_figure_has_its_name_and_nothing_else(self):
        root = drawn(FOREST)
        assert "ORG" in words_in(root)
        assert not any("ORG, F1" in told for told in told_in(root))

    def test_what_stands_out_does_so_without_colour(self):
        bold = [text.text for text in drawn(FOREST).iter(f"{SVG}text") if text.get("font-weight") == "bold"]
        assert bold == ["micro", "1.000"]

    def test_what_is_compared_with_is_hollow(self):
        hollow = [one for one in drawn(FOREST).iter(f"{SVG}polygon") if one.get("fill") == "none"]
        # One in the legend, one in each row that has a floor.
        assert len(hollow) == 3


class TestBars:
    def test_bars_begin_at_0_and_changes_have_their_sign(self):
        root = drawn(SAMPLES["bar"])
        first, second = [one for one in root.findall(f"{SVG}rect") if one.get("height") == "14"]
        begins, width = (float(first.get(name, "")) for name in ("x", "width"))
        assert float(second.get("x", "")) == pytest.approx(begins - width / 2, abs=0.2)
        assert float(second.get("width", "")) == pytest.approx(width / 2, abs=0.2)
        assert {"+0.200", "-0.100"} <= set(words_in(root))


class TestMatrix:
    def test_a_cell_is_the_darker_the_larger_its_part_of_the_row(self):
        root = drawn(SAMPLES["matrix"])
        cells = [one.get("fill-opacity") for one in root.iter(f"{SVG}rect") if one.get("fill-opacity")]
        # 7 of 8, 1 of 8, none, 2 of 2; the darkest is half.
        assert cells == ["0.44", "0.06", "0", "0.50"]
        assert words_in(root)[-6:] == ["PER", "7", "1", "ORG", "·", "2"]

    def test_what_is_right_is_framed(self):
        frames = [one for one in drawn(SAMPLES["matrix"]).iter(f"{SVG}rect") if one.get("fill") == "none"]
        assert len(frames) == 1


class TestPoints:
    def test_names_do_not_stand_on_each_other(self):
        texts = drawn(SAMPLES["points"]).iter(f"{SVG}text")
        places = [(text.get("x"), text.get("y")) for text in texts if text.text in ("one", "two")]
        assert len(set(places)) == 2


class TestScale:
    @pytest.mark.parametrize(
        ("values", "ticks"),
        [
            pytest.param((0.0, 1.0), [0.0, 0.2, 0.4, 0.6, 0.8, 1.0], id="shares"),
            pytest.param((-0.031, 0.048), [-0.04, -0.02, 0.0, 0.02, 0.04, 0.06], id="changes"),
            pytest.param((0.0, 1179.0), [0.0, 500.0, 1000.0, 1500.0], id="counts"),
            pytest.param((0.5,), [0.4, 0.45, 0.5, 0.55, 0.6], id="one"),
            pytest.param((), [0.0, 0.2, 0.4, 0.6, 0.8, 1.0], id="none"),
            pytest.param((0.0,), None, id="nothing"),
        ],
    )
    def test_ticks_are_round_and_hold_all_values(self, values: tuple[float, ...], ticks: list[float] | None):
        scale = Scale.over(values, 0, 100, least=None)
        assert ticks is None or scale.ticks() == ticks
        assert all(0 <= scale.at(value) <= 100 for value in values)

    def test_words_fit(self):
        long = "an-unreasonably-long-name-of-a-label" * 3
        assert width_of(fitted(long, 100)) <= 100
        assert "…" in fitted(long, 100)
        assert fitted("short", 100) == "short"


def test_nothing_to_draw_is_not_drawn():
    unknown, without = chart("odd", Series("a", (1.0,))), chart("interval", Series("F1", (None,)), names=("a",))
    for empty in (chart("line"), without, unknown):
        assert not is_drawn(empty)
        assert drawing_of(empty) == ""


def charts_of(plain: Mapping[str, Any]) -> Iterator[tuple[str, Chart]]:
    for name in DOCUMENTS.table:
        for block in document_of(plain[name]).blocks:
            if isinstance(block, Chart):
                yield name.partition(":")[2], block


def test_results_have_charts(plain: Mapping[str, Any]):
    kinds = {(name, one.kind) for name, one in charts_of(plain) if is_drawn(one)}
    assert {
        *(("EvalResult", "interval"), ("Comparison", "interval"), ("Diagnosis", "bar"), ("Diagnosis", "matrix")),
        *(("Diagnosis", "interval"), ("Diagnosis", "line")),
    } <= kinds


def test_a_row_of_a_chart_is_a_row_of_its_table(plain: Mapping[str, Any]):
    for name, one in charts_of(plain):
        if one.kind in ("interval", "bar"):
            assert all(len(own.x) == len(one.names) for own in one.series), name
            assert all(not own.low or len(own.low) == len(own.high) == len(own.x) for own in one.series), name
            # A rank may stand before the name.
            in_table = {cell for row in one.table.rows for cell in row[:2]}
            # Marks of significance stand behind names.
            assert {re.sub(r" \*+$", "", row) for row in one.names} <= in_table, name


def test_a_document_of_charts_alone():
    page = render_html(Document(what="x", title="x", blocks=tuple(SAMPLES.values())))
    assert page.count("<svg") == len(SAMPLES)


class TestPicture:
    @pytest.fixture
    def document(self) -> Document:
        return Document(what="x", title="about <this>", blocks=(FOREST, SAMPLES["matrix"]))

    def test_all_charts_stand_below_each_other_with_their_titles(self, document: Document):
        text = render_report(document, "svg")
        root = ElementTree.fromstring(text)
        groups = root.findall(f"{SVG}g")
        assert len(groups) == 2
        places = [float((group.get("transform") or "").split()[1].strip(")")) for group in groups]
        heights = [float(drawn(one).get("height", "")) for one in document.charts]
        assert places[0] + heights[0] < places[1] < places[1] + heights[1] < float(root.get("height", ""))
        assert words_in(root).count("a table") == 2
        assert words_in(root)[0] == "about <this>"
        assert text.endswith("\n")
        # A file of its own has no table.
        assert "table beside" not in text

    def test_what_letters_and_stars_mean_stands_in_it(self):
        blocks = (
            *legend(run_names(["a", "long " * 30, "c"])),
            Lines.of("not of a chart"),
            FOREST,
            Lines.of("* sure", key=True),
        )
        root = ElementTree.fromstring(render_report(Document(what="x", title="x", blocks=blocks), "svg"))
        words = words_in(root)
        said = words.index("a table")
        assert words[1] == "a a"
        assert words[said - 1] == "c c"
        assert " ".join(words[2 : said - 1]) == " ".join(["b", *["long"] * 30])
        assert words[-1] == "* sure"
        assert "not of a chart" not in words
        heights = [float(one.get("y", "")) for one in root.iter(f"{SVG}text") if one.text in ("a a", "c c", "* sure")]
        assert heights == sorted(heights)
        assert heights[-1] < float(root.get("height", ""))

    def test_it_is_dark_on_white_wherever_it_lies(self, document: Document):
        root = ElementTree.fromstring(render_report(document, "svg"))
        assert root.get("color") == "#1e2126"
        assert root.find(f"{SVG}rect").attrib["fill"] == "#ffffff"  # type: ignore[union-attr]

    def test_as_pixels(self, document: Document, tmp_path: Path):
        pytest.importorskip("resvg_py", reason="needs the extra: pip install -e '.[plots]'")
        write_report(document, tmp_path / "a.png")
        content = (tmp_path / "a.png").read_bytes()
        assert content.startswith(b"\x89PNG")
        # Twice as wide as the drawing of 640 with its edges of 24.
        assert int.from_bytes(content[16:20], "big") == 2 * (640 + 48)
        without_words = Document(what="x", title="", blocks=())
        with pytest.raises(InputError, match="there is no chart to draw"):
            render_report(without_words, "png")
        with pytest.raises(InputError, match=r"png is no text; write it to a file, as -o charts\.png"):
            render_report(document, "png")

    def test_without_the_extra_it_says_how_to_get_it(self, document: Document, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setitem(sys.modules, "resvg_py", None)
        with pytest.raises(MissingExtraError, match=re.escape(f"{install_command('plots')}; or use svg")):
            render_report(document, "png")

    def test_without_a_font_words_are_not_left_out(self, document: Document, monkeypatch: pytest.MonkeyPatch):
        pytest.importorskip("resvg_py", reason="needs the extra: pip install -e '.[plots]'")
        monkeypatch.setattr(picture, "FONTS", ("No Such Family",))
        picture._family.cache_clear()
        with pytest.raises(MissingExtraError, match="png needs a font, and there is none of No Such Family"):
            render_report(document, "png")
        picture._family.cache_clear()

    def test_a_result_without_charts_has_none(self, plain: Mapping[str, Any]):
        with pytest.raises(InputError, match="there is no chart to draw; use another form, as html"):
            render_report(plain["evalkit.extractors.catalog:ModelEntry"], "svg")


def test_of_many_labels_those_with_most_errors_are_drawn():
    labels = tuple(f"L{number}" for number in range(60))
    counts = [[0] * 61 for _ in range(61)]
    for number in range(50, 60):
        counts[number][0] = 1
    errors = ErrorDiagnosis(right=1, f1=0.5, ladder=(), labels=labels, confusion=tuple(map(tuple, counts)))
    shown = _confusion("entities", errors)
    assert len(shown.series) == len(shown.names) == SHOWN_LABELS + 1
    assert {"L0", *labels[50:]} <= set(shown.names)
    assert shown.table.caption == "25 of 60 labels, those with most errors; --json has all"


def test_a_label_called_as_the_edge_of_the_matrix_is_told_apart():
    errors = ErrorDiagnosis(right=1, f1=0.5, ladder=(), labels=("missed",), confusion=((1, 2), (3, 0)))
    assert _confusion("entities", errors).names == ("missed", "(missed)")


def test_a_picture_that_nobody_could_open_is_refused(monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("resvg_py")
    monkeypatch.setattr(picture, "MOST_PIXELS", 100)
    with pytest.raises(InputError, match="too many for a png; use svg or html"):
        picture.render_png(Document(what="x", title="", blocks=(FOREST,)))
