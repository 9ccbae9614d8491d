"""The tokens of a text for tools that rebuild the text from them: every character has its place in one.

Tokens are the words of `evalkit.text.windows`, and white space; one blank after a token belongs to it. They are cut
once more where a mark begins or ends, so that every mark stands on whole tokens.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from evalkit.records import Span

__all__ = ["TokenRange", "Tokens", "tokens_of"]


class TokenRange(NamedTuple):
    """Some tokens that follow each other, `first` and `last` inclusive."""

    first: int
    last: int


class Tokens:
    """The tokens of a text.

    Attributes:
        spans: where each stands.
        blank: for each whether one blank follows that belongs to it.
    """

    def __init__(self, spans: list[Span], blank: list[bool]) -> None:
        self.spans = spans
        self.blank = blank
        self._starts = {span.start: number for number, span in enumerate(spans)}
        self._ends = {span.end: number for number, span in enumerate(spans)}

    def range_of(self, span: Span) -> TokenRange:
        """The tokens of a span that they were cut for."""
        return TokenRange(self._starts[span.start], self._ends[span.end])


def tokens_of(text: str, marked: Iterable[Span]) -> Tokens:
    """The tokens of a text, cut for the marks; a blank that one of them begins or ends with is a token."""
    marked = list(marked)
    edges = sorted({edge for span in marked for edge in span})
    starts, ends = {span.start for span in marked}, {span.end for span in marked}
    pieces: list[Span] = []
    done = 0
    for word in [*_words(text), Span(len(text), len(text))]:
        if done < word.start:
            pieces.append(Span(done, word.start))
        if word.start < word.end:
            pieces.append(word)
        done = word.end
    spans: list[Span] = []
    blank: list[bool] = []
    for piece in _cut(_blanks_apart(text, pieces), edges):
        is_blank = text[piece.start : piece.end] == " " and piece.start not in starts and piece.end not in ends
        if is_blank and spans and not blank[-1] and spans[-1].end == piece.start:
            blank[-1] = True
            continue
        spans.append(piece)
        blank.append(False)
    return Tokens(spans, blank)


def _words(text: str) -> list[Span]:
    from evalkit.text.windows import find_words

    words = find_words(text)
    return [Span(start, end) for start, end in zip(words.starts.tolist(), words.ends.tolist(), strict=True)]


def _blanks_apart(text: str, pieces: Iterable[Span]) -> Iterator[Span]:
    """The pieces, with a first blank of white space as a piece of its own."""
    for piece in pieces:
        if text[piece.start] == " " and piece.end - piece.start > 1:
            yield Span(piece.start, piece.start + 1)
            yield Span(piece.start + 1, piece.end)
        else:
            yield piece


def _cut(pieces: Iterable[Span], edges: list[int]) -> Iterator[Span]:
    """The pieces, cut once more at each edge inside them."""
    number = 0
    for piece in pieces:
        start = piece.start
        while number < len(edges) and edges[number] <= start:
            number += 1
        while number < len(edges) and edges[number] < piece.end:
            yield Span(start, edges[number])
            start = edges[number]
            number += 1
        yield Span(start, piece.end)
