"""What makes one text another is named by proof, and never for what it is not."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.text.counting import as_mojibake
from evalkit.text.difference import same_but_for, text_difference

GOLD = "  Zoë Brun  left Ruun today.\r\nShe said: “The ﬁsh is gone.”\r\nNobody answered, and she went home.\r\n"
OTHER = (
    "The council of Fjordvik voted on Tuesday to close the harbour school, three years after the last ferry stopped. "
    "Parents had asked for another winter."
)


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (GOLD, ""),
        (GOLD.strip(), "its blanks at the ends were stripped"),
        (" ".join(GOLD.split()), "its blanks were stripped and collapsed"),
        (GOLD.replace("  left", " left"), "they differ in blanks (white space)"),
        (GOLD.replace("\r\n", "\n"), "its line ends are LF, the gold's CRLF"),
        (GOLD.replace("\r\n", "\r"), "its line ends are CR, the gold's CRLF"),
        (GOLD.replace("\r\n", "\n", 1), "its line ends are CRLF and LF, the gold's CRLF"),
        (unicodedata.normalize("NFD", GOLD), "it is in Unicode form NFD, the gold's in NFC"),
        (unicodedata.normalize("NFKC", GOLD), "it is in Unicode form NFKC, the other is not"),
        (as_mojibake(GOLD), "it is UTF-8 read as Latin-1 or Windows-1252 (mojibake)"),
        (as_mojibake(as_mojibake(GOLD)), "it is UTF-8 read as Latin-1 or Windows-1252 (mojibake)"),
        (GOLD.encode().decode("latin-1"), "it is UTF-8 read as Latin-1 or Windows-1252 (mojibake)"),
        (f"\ufeff{GOLD}", "it has a byte order mark (BOM)"),
        (GOLD.replace("“", "&ldquo;").replace("”", "&rdquo;"), "it has HTML entities"),
        (GOLD.replace("“", '"').replace("”", '"'), "they differ in quotation marks or dashes"),
        (GOLD.encode("latin-1", "replace").decode("latin-1"), "it has lost letters in an encoding (? or U+FFFD)"),
        (GOLD.upper().replace("FISH", "ﬁSH"), "they differ in capital letters"),
        (
            unicodedata.normalize("NFD", f"\ufeff{GOLD}"),
            "it has a byte order mark (BOM) and it is in Unicode form NFD, the gold's in NFC",
        ),
        (GOLD.replace("Zoë", "Dr. Zoë"), "it has 'Dr. ' more at character 2: "),
        (GOLD.replace("gone", ""), "it lacks 'gone' at character "),
        (GOLD[:60], "it lacks "),
        (GOLD.replace("Brun", "Lund"), "they differ first in 'Lund  left"),
        (OTHER, "it shares hardly a word with the gold's, so it is another article's"),
        ("", "it lacks "),
    ],
)
def test_what_differs(own: str, words: str) -> None:
    found = text_difference(own, GOLD)
    assert found.startswith(words) if words else not found


def test_the_gold_may_be_the_odd_one() -> None:
    assert text_difference(GOLD, as_mojibake(GOLD)).startswith("the gold's is UTF-8 read as")
    assert text_difference(GOLD, f"\ufeff{GOLD}") == "the gold's has a byte order mark (BOM)"


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_difference_is_found_wherever_there_is_one(one: str, other: str) -> None:
    assert bool(text_difference(one, other)) == (one != other)


@given(st.text(alphabet="aé b\n“", max_size=20))
def test_what_is_named_was_undone(text: str) -> None:
    """Each of these is the same text but for one thing, so that thing alone is named."""
    for other, word in (
        (text.replace("\n", "\r\n"), "line ends"),
        (unicodedata.normalize("NFD", text), "Unicode form"),
        (f" {text}", "blanks"),
    ):
        if other != text:
            assert word in same_but_for(other, text)
