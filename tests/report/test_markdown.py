"""Whatever a document holds, Markdown of it is headings, tables and lists of words, on GitHub too."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.report.document import (
    CUE,
    NAME,
    QUOTED,
    STRONG,
    Column,
    Document,
    Line,
    Lines,
    Mark,
    MarkedArticle,
    Piece,
    Table,
)
from evalkit.report.forms.markdown import render_markdown
from tests.report.github import live_in, page_of

PARTS = (
    *(
        "@",
        "ida",
        "#",
        "12",
        "GH-12",
        "www.",
        "ww.example.org",
        "http",
        ":",
        "//",
        "://",
        "ida@example.org",
        "a@b_c.de",
    ),
    *(
        "<b>",
        "</b>",
        "<!--",
        "-->",
        "![",
        "](x)",
        "[^1]",
        "[x]: y",
        "`",
        "``",
        "```",
        "~~~",
        "~~",
        "*",
        "**",
        "_",
        "__",
    ),
    *(
        "$",
        "|",
        "---",
        "===",
        "- ",
        "+ ",
        "1",
        ".",
        "> ",
        "\\",
        "&lt;",
        "&#64;",
        "\n",
        " ",
        "\t",
        "org/repo#1",
        "ж",
        "!",
    ),
)
"""What Markdown and GitHub have a meaning for, in whole and in halves."""

words = st.lists(st.sampled_from(PARTS), min_size=1, max_size=8).map("".join)
pieces = st.builds(Piece, words, st.sampled_from(["", STRONG, NAME, CUE, QUOTED]))
tables = st.builds(
    lambda cells, about: Table(
        columns=(Column(cells[0]), Column(cells[1], left=True)),
        rows=(tuple(cells[2:4]), tuple(cells[4:6])),
        **dict(zip(("title", "caption", "signature"), about, strict=True)),
        strong=(0,),
    ),
    st.lists(words, min_size=6, max_size=6),
    st.lists(words, min_size=3, max_size=3),
)
lists = st.builds(
    lambda lines, title: Lines(lines=tuple(Line(tuple(one)) for one in lines), title=title),
    st.lists(st.lists(pieces, min_size=1, max_size=4), min_size=1, max_size=2),
    words,
)
articles = st.builds(
    lambda text, kind, label: MarkedArticle(
        text=f"{text}1234",
        zones=((kind, 0, 3), ("body", 3, len(text) + 4)),
        marks=(Mark(0, 1, label), Mark(3, 4, label)),
    ),
    words,
    words,
    words,
)
documents = st.builds(
    lambda table, listed, article, said, verdict: Document(
        what=said[0],
        title=said[1],
        signature=said[2],
        notes=(said[3],),
        verdict=verdict,
        blocks=(table, listed, article),
    ),
    tables,
    lists,
    articles,
    st.lists(words, min_size=4, max_size=4),
    st.sampled_from(["", "fail"]) | words,
)


@given(documents)
def test_nothing_is_live(document: Document):
    source = render_markdown(document)
    assert not live_in(source)
    from markdown_it import MarkdownIt

    html = MarkdownIt("commonmark").enable("table").render(source)
    assert [len(re.findall("<t[dh]", row)) for row in re.findall("<tr>.*?</tr>", html, re.DOTALL)] == [2, 2, 2]


@pytest.mark.parametrize(
    "line",
    [
        # Ticks that meet are one fence, which leaves what it was to hold.
        pytest.param(Line((Piece("a``<b>", QUOTED), Piece("</b>`", QUOTED))), id="quotes-side-by-side"),
        pytest.param(Line((Piece("#", STRONG), Piece("1", NAME))), id="issue-in-two-pieces"),
        pytest.param(Line((Piece("http:"), Piece("//example.org"))), id="address-in-two-pieces"),
        pytest.param(Line((Piece("@"), Piece("ida"))), id="mention-in-two-pieces"),
    ],
)
def test_pieces_together(line: Line):
    assert not live_in(render_markdown(Document(what="x", title="x", blocks=(Lines(lines=(line,)),))))


def test_a_title_that_is_a_number_begins_no_list():
    assert "ol" not in page_of(render_markdown(Document(what="gate", title="1", verdict="fail", blocks=()))).tags
