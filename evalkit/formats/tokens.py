"""Text from tokens, and tokens from text: one place for every format whose files are made of tokens.

Back from tokens to a text there are three rules (`RULES`), each of which is stated where it was applied. The other way
a text is cut into words and single other characters, the same whatever is annotated in it, so that nothing of the gold
can be told from the tokens. An item whose edge is inside a word is a loss.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import NamedTuple
from unicodedata import category

from evalkit.records import Span

__all__ = [
    "BLANK_EDGE",
    "INSIDE_A_WORD",
    "INVISIBLE",
    "PLACEHOLDER",
    "RULES",
    "LaidOut",
    "TokenIndex",
    "placed",
    "rebuilt",
    "words",
]

PLACEHOLDER = "\ufffd"
"""Stands for a token without visible characters, so that its entity has a span."""

RULES = {
    "space": "a space between tokens, a line feed between sentences",
    "simple": "English punctuation rules, a line feed between sentences",
    "marked": "a space where the file does not mark NoSpaceAfter, a line feed between sentences",
}
"""The ways in which a text is made of tokens, with what each does."""

INSIDE_A_WORD = "begins or ends inside a word"
BLANK_EDGE = "begins or ends with white space"
INVISIBLE = "without a visible character"

_TIGHT_LEFT = re.compile(r"[.,;:!?%)\]}»”’…]+|['’](?:s|S|re|ve|ll|d|m|t)|n['’]t|''", re.DOTALL)
_TIGHT_RIGHT = re.compile(r"[(\[{«“‘$£€#]+|``")
_JOINERS = "\u200c\u200d"
_LAST_MARK = 0xFE30
"""Marks beyond are of scripts that no newspaper is printed in."""


@cache
def _word() -> re.Pattern[str]:
    """A word, or another character, with the marks that combine with its letters."""
    marks = "".join(chr(code) for code in range(0x300, _LAST_MARK) if category(chr(code)).startswith("M"))
    joins = marks + _JOINERS
    return re.compile(rf"\w[\w{joins}]*|\S[{joins}]*")


class LaidOut(NamedTuple):
    """A text made of tokens, and where each of them stands in it."""

    text: str
    spans: list[Span]


def rebuilt(
    tokens: Sequence[str], rule: str, *, sentences: Collection[int] = (0,), glued: Collection[int] = ()
) -> LaidOut:
    """The text that tokens make by a rule.

    Args:
        tokens: in order; one without a visible character is shown by `PLACEHOLDER`.
        rule: one of `RULES`.
        sentences: indices of the tokens that begin a sentence.
        glued: indices of the tokens that no space follows, besides those of the rule; for `marked` there are no others.
    """
    visible = [token.strip() or PLACEHOLDER for token in tokens]
    tight = {*glued, *(_simple(visible, sentences) if rule == "simple" else ())}
    parts: list[str] = []
    spans: list[Span] = []
    position = 0
    for index, token in enumerate(visible):
        gap = "" if not index else "\n" if index in sentences else "" if index - 1 in tight else " "
        start = position + len(gap)
        position = start + len(token)
        parts += (gap, token)
        spans.append(Span(start, position))
    return LaidOut("".join(parts), spans)


def _simple(visible: Sequence[str], sentences: Collection[int]) -> set[int]:
    glued: set[int] = set()
    opened = False
    for index, token in enumerate(visible):
        if index in sentences:
            opened = False
        if token == '"':
            # Straight quotes open and close by turns.
            glued.add(index if not opened else index - 1)
            opened = not opened
        elif _TIGHT_LEFT.fullmatch(token):
            glued.add(index - 1)
        if _TIGHT_RIGHT.fullmatch(token):
            glued.add(index)
    return glued


def placed(tokens: Sequence[str], text: str) -> list[Span] | int:
    """Where tokens stand in a text that is known, in their order; the index of the first that does not."""
    spans: list[Span] = []
    position = 0
    for index, token in enumerate(tokens):
        visible = token.strip() or PLACEHOLDER
        start = text.find(visible, position)
        if start < 0:
            return index
        position = start + len(visible)
        spans.append(Span(start, position))
    return spans


def words(text: str) -> list[Span]:
    """The tokens of a text: words with their combining marks, and single other characters that are no white space."""
    return [Span(*found.span()) for found in _word().finditer(text)]


class TokenIndex:
    """Which tokens a stretch of the text is made of."""

    def __init__(self, text: str, tokens: Iterable[Span]) -> None:
        self.text = text
        self.starts, self.ends = [], []
        for token in tokens:
            self.starts.append(token.start)
            self.ends.append(token.end)

    def of(self, span: Span) -> tuple[int, int] | str:
        """The first token of a stretch and the one after its last, or why there are none that say the same."""
        stretch = self.text[span.start : span.end]
        if not stretch.strip():
            return INVISIBLE
        if stretch != stretch.strip():
            return BLANK_EDGE
        first, last = bisect_left(self.starts, span.start), bisect_right(self.ends, span.end)
        edges = first < last and self.starts[first] == span.start and self.ends[last - 1] == span.end
        return (first, last) if edges else INSIDE_A_WORD
