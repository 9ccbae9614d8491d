"""Tables on narrow pages: what does not fit is left out in order and named, nothing is cut, no line ends in blanks."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from evalkit.report.document import Chart, Column, Document, Table, cleaned, figure_columns
from evalkit.report.forms.console import make_console
from evalkit.report.forms.layout import laid_out
from evalkit.report.forms.terminal import print_document, render_terminal
from evalkit.report.of.comparison import document
from evalkit.report.of.table import DOCUMENTS, document_of
from tests.report.test_comparison import ROW, comparison

TABLE = Table(
    columns=(
        Column("article", left=True, folds=True),
        Column("certainty", drops=2),
        Column("gold", left=True, folds=True),
        Column("votes", drops=1),
        Column("context", left=True, folds=True, drops=3),
    ),
    rows=(
        ("news-2031-04", "0.91", "ORG Norsk Stål", "0:3", "…Ida Moen of [Norsk Stål] left Oslo for Bergen on Monday…"),
        ("news-2031-05", "0.52", "–", "1:2", "…nothing more of it…"),
    ),
    caption="votes: for and against",
)
DOCUMENT = Document(what="list", title="Items", blocks=(TABLE,))


@pytest.mark.parametrize(
    ("width", "left_out"),
    [
        pytest.param(200, [], id="wide"),
        pytest.param(90, [], id="folded"),
        pytest.param(64, ["votes"], id="one goes"),
        pytest.param(60, ["certainty"], id="the second makes room for the first"),
        pytest.param(55, ["certainty", "votes"], id="two go"),
        pytest.param(48, ["context"], id="one that goes makes room for others"),
        pytest.param(28, ["certainty", "votes", "context"], id="all that may go"),
    ],
)
def test_columns_that_do_not_fit_are_left_out_and_named(width: int, left_out: list[str]):
    shown = render_terminal(DOCUMENT, width=width)
    assert max(map(len, shown.splitlines())) <= width
    heading = shown.splitlines()[2]
    assert [column.name for column in TABLE.columns if column.name not in heading] == left_out
    told = " ".join(shown.split())
    assert ("left out at this width: " + ", ".join(left_out) in told) is bool(left_out)
    # Nothing is broken within a word.
    assert "news-2031-04" in shown


def test_no_line_ends_in_blanks_in_a_pipe():
    out = io.StringIO()
    print_document(DOCUMENT, make_console(file=out, width=80))
    assert out.getvalue().endswith("\n")
    assert [line for line in out.getvalue().split("\n") if line != line.rstrip()] == []


WIDTHS = [40, 60, 100]


def tables_of(document: Document) -> list[Table]:
    blocks = [block.table if isinstance(block, Chart) else block for block in cleaned(document).blocks]
    return [block for block in blocks if isinstance(block, Table)]


def shortened(cell: str) -> str:
    return re.sub(r"\b0\.", ".", cell).rstrip()


def assert_all_there(table: Table, width: int) -> None:
    """Every column stands in some part or is named below; every part has the names of the rows, and fits."""
    parts = laid_out(table, width)
    shown: dict[str, list[str]] = {}
    for part in parts:
        names = part.table.columns[0].name, tuple(row[0].rstrip() for row in part.table.rows)
        assert names == (table.columns[0].name, tuple(row[0].rstrip() for row in table.rows))
        assert min(part.widths) > 0
        assert sum(part.widths) + len(part.widths) <= width or min(part.widths) <= 4
        for at, column in enumerate(part.table.columns):
            shown[column.name] = [shortened(row[at]) for row in part.table.rows]
    for at, column in enumerate(table.columns):
        cells = [shortened(row[at]) for row in table.rows]
        told = f"left out at this width: .*{re.escape(column.name)}"
        assert shown.get(column.name) == cells or not any(cells) or re.search(told, parts[-1].table.caption)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", sorted(DOCUMENTS.table))
def test_no_column_of_any_table_goes_without_a_word(plain: Mapping[str, Any], name: str, width: int):
    document = document_of(plain[name])
    for table in tables_of(document):
        columns = [column.name for column in table.columns]
        if len(set(columns)) == len(columns):
            assert_all_there(table, width)
    # Nothing is cut that was not cut before.
    assert render_terminal(document, width=width).count("…") <= render_terminal(document, width=10_000).count("…")


LONG = [f"acme/finetuned-bert-large-cased-news-2026-seed-{seed}" for seed in range(5)]


def compared(runs: Sequence[str]) -> Document:
    rows = [
        replace(ROW, first=runs[0], second=run, scope="label", label=label, second_value=0.625, q=q, difference=by)
        for run in runs[1:]
        for label, q, by in (("PER", 0.0004, 0.125), ("ORG", 0.04, -0.125), ("EVENT", 0.4, 0.125))
    ]
    return document(comparison(*rows, runs=tuple(runs), detectable=()))


@pytest.mark.parametrize("width", [*WIDTHS, 10_000])
@pytest.mark.parametrize("number", [2, 3, 5])
def test_a_comparison_of_long_names_keeps_the_names_of_its_rows(number: int, width: int):
    runs = LONG[:number]
    lines = render_terminal(compared(runs), width=width).splitlines()
    # Each run is named once, whole, with its letter; tables have the letters.
    assert lines[1 : number + 1] == [f"{letter}  {run}" for letter, run in zip("abcde", runs, strict=False)]
    body = "\n".join(line for line in lines if line.startswith(" "))
    assert "acme" not in body
    assert max(len(line) for line in lines if line.startswith(" ")) <= width
    # As often as there are parts of tables.
    assert body.count("exact PER") == body.count("exact EVENT") == body.count(" figure ")
    for figure in ("+.125", "-.020 +.040", "3/1/2", "***"):
        assert figure in body.replace("0.", ".")


def test_raised_letters_say_which_run_is_better():
    overview = tables_of(compared(LONG[:3]))[0]
    assert [column.name for column in overview.columns] == ["figure", "a", "b", "c"]
    assert overview.rows == (
        ("exact PER", "0.500", "0.625ᵃ", "0.625ᵃ"),
        ("exact ORG", "0.500ᵇᶜ", "0.625", "0.625"),
        ("exact EVENT", "0.500", "0.625", "0.625"),
    )
    assert "q < 0.05; every run was tested against a alone" in overview.caption
    # Figures stand under figures.
    lines = render_terminal(compared(LONG[:3]), width=80).splitlines()
    first = next(number for number, line in enumerate(lines) if "exact PER" in line)
    assert len({line.index("0.500") for line in lines[first : first + 3]}) == 1


def test_two_runs_with_short_names_need_no_letters():
    document = compared(["before", "after"])
    assert [column.name for column in tables_of(document)[0].columns][:3] == ["figure", "before", "after"]
    assert tables_of(document)[0].title == "entities: before → after"


def test_a_name_is_broken_only_where_it_fills_the_page():
    table = Table(columns=figure_columns("figure", "a", "b"), rows=(("x" * 90, "0.123", "0.456"),))
    for width in (20, 40, 60):
        lines = render_terminal(Document(what="x", title="x", blocks=(table,)), width=width).splitlines()
        assert max(map(len, lines)) <= width
        # The title, and the name in each part.
        assert "".join(lines).count("x") == 90 * "".join(lines).count("figure") + 1
        assert {".123", ".456"} <= set(" ".join(lines).replace("0.", ".").split())
