"""A text out of words that know where they stood in a text that is not there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from evalkit.formats.tokens import LaidOut, rebuilt
from evalkit.records import Span

__all__ = ["BY_GAPS", "BY_SPACES", "Word", "laid_out", "runs"]

BY_GAPS = "texts rebuilt from words: a blank or a line feed where their offsets leave room"
BY_SPACES = "texts rebuilt from words: a space between words, a line feed between sentences"

_BRACKETS = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "-LCB-": "{", "-RCB-": "}"}
"""How treebanks write brackets."""


class Word(NamedTuple):
    """One word.

    Attributes:
        text: the word.
        start: where it began; None if that is not known.
        end: where it ended.
        begins: whether a sentence begins with it.
    """

    text: str
    start: int | None = None
    end: int | None = None
    begins: bool = False


def laid_out(words: Sequence[Word]) -> tuple[LaidOut, str]:
    """The text, where each word stands in it, and how it was made, in words.

    Where offsets of words leave room there is a blank, or a line feed between sentences that are farther apart.
    """
    tokens = [_BRACKETS.get(word.text, word.text) for word in words]
    if any(word.start is None or word.end is None for word in words):
        begins = [index for index, word in enumerate(words) if word.begins]
        return rebuilt(tokens, "space", sentences=begins), BY_SPACES
    parts: list[str] = []
    spans: list[Span] = []
    position = before = 0
    for index, (word, token) in enumerate(zip(words, tokens, strict=True)):
        room = (word.start or 0) - before
        gap = "" if not index or room == 0 else "\n" if word.begins and room > 1 else " "
        before = word.end or 0
        position += len(gap)
        parts += (gap, token)
        spans.append(Span(position, position + len(token)))
        position += len(token)
    return LaidOut("".join(parts), spans), BY_GAPS


def runs(indices: Iterable[int], spans: Sequence[Span]) -> tuple[Span, ...]:
    """The places of some words, those that follow each other as one."""
    found: list[Span] = []
    last = -2
    for index in sorted(set(indices)):
        if index == last + 1 and found:
            found[-1] = Span(found[-1].start, spans[index].end)
        else:
            found.append(spans[index])
        last = index
    return tuple(found)
