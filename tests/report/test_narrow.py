"""Tables on narrow pages: what does not fit is left out in order and named, no line ends in blanks."""

from __future__ import annotations

import io

import pytest

from evalkit.report.document import Column, Document, Table
from evalkit.report.forms.console import make_console
from evalkit.report.forms.terminal import print_document, render_terminal

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
        pytest.param(30, ["certainty", "votes", "context"], id="all that may go"),
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
