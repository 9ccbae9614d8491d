from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.report.clean import clean, clean_text, one_line
from evalkit.report.document import Check, Column, Document, Line, Lines, Mark, MarkedArticle, Piece, Table

STEERING = "\x1b[31m\x07\x9b\u202e\u2066\u200f\ud800"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Ida\nMoen\t", "Ida Moen ", id="white-space"),
        pytest.param("a\x1b[31mred", "a�[31mred", id="terminal-escape"),
        pytest.param("a\x9b31mred", "a�31mred", id="terminal-escape-in-one-character"),
        pytest.param("abc\u202edef", "abc�def", id="turned-direction"),
        pytest.param("abc\u2067def\u2069", "abc�def�", id="isolated-direction"),
        pytest.param("one\u2028two\u0085three\rfour", "one two three four", id="line-breaks-of-all-kinds"),
        pytest.param("Łódź 🚢", "Łódź 🚢", id="letters-of-all-kinds"),
        pytest.param("👩\u200d🚀 می\u200cروم", "👩\u200d🚀 می\u200cروم", id="joiners-belong-to-words"),
        pytest.param("12\u00a0000", "12 000", id="a-space-that-does-not-break"),
        pytest.param("\x00", "�", id="null"),
    ],
)
def test_clean(text: str, expected: str) -> None:
    assert clean(text) == expected


@given(st.text())
def test_offsets_stay(text: str) -> None:
    assert len(clean_text(text)) == len(clean(text)) == len(text)
    assert clean(clean(text)) == clean(text)
    assert clean_text(text).count("\n") == text.count("\n")


def test_one_line_has_single_spaces() -> None:
    assert one_line("Ida\n  Moen\t") == "Ida Moen"


def test_a_long_text_loses_its_middle() -> None:
    # 10 characters: 6 of the beginning, the mark, 3 of the end.
    assert one_line("abcdefghijklmnop", 10) == "abcdef…nop"


def test_whatever_is_put_into_a_document_is_clean() -> None:
    """Whoever makes it, so plugins too."""
    bad = f"a{STEERING}\nb"
    document = Document(
        what=bad,
        title=bad,
        blocks=(
            Table(columns=(Column(bad),), rows=((bad,),), title=bad, caption=bad, signature=bad),
            Lines(lines=(Line.of(bad, Piece(bad)),), title=bad),
            MarkedArticle(text=bad, zones=((bad, 0, 2),), marks=(Mark(0, 1, bad, bad, bad),)),
        ),
        notes=(bad,),
        signature=bad,
        checks=(Check(name=bad, group=bad, verdict="fail", reason=bad, details=(bad,)),),
    )
    seen = repr(document)
    # The line feed of the article's text is all that is left.
    assert seen.count("\\n") == 1
    assert not any(ascii(character)[1:-1] in ascii(seen) for character in STEERING if not character.isprintable())
