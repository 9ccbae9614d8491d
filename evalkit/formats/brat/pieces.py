"""Where brat breaks a place: one of its lines cannot hold line ends and tabs, so it writes a piece for each part."""

from __future__ import annotations

import re
from collections.abc import Sequence

from evalkit.records import Span
from evalkit.text.counting import Counting

__all__ = ["LINE_ENDS_AS_ONE", "joined", "pieces_of", "surface_of"]

LINE_ENDS_AS_ONE = Counting(form="lf")
"""How brat counts: it reads every line end as one character, also CR LF."""

_BREAKS = re.compile(r"\r\n|[\r\n\t]")
_BLANKS = re.compile(r"\s+")


def surface_of(text: str) -> str:
    """What stands at a place, as a line can hold it."""
    return _BREAKS.sub(" ", text)


def pieces_of(text: str, spans: Sequence[Span]) -> tuple[Span, ...]:
    """The spans with each broken where the text breaks, in their order; `joined` is the way back for nearly all.

    What is only a break stays one piece, as there is nothing else of it.
    """
    pieces: list[Span] = []
    for start, end in sorted(spans):
        begin, own = start, []
        for blanks in _BLANKS.finditer(text, start, end):
            if _BREAKS.search(text, blanks.start(), blanks.end()):
                own.append(Span(begin, blanks.start()))
                begin = blanks.end()
        own = [piece for piece in (*own, Span(begin, end)) if piece.start < piece.end]
        pieces += own or [_whole_breaks(text, start, end)]
    return tuple(pieces)


def _whole_breaks(text: str, start: int, end: int) -> Span:
    """A span of breaks, with all of a line end of which it has a half."""
    if text[start - 1 : start + 1] == "\r\n" and start:
        start -= 1
    return Span(start, end + (text[end - 1 : end + 1] == "\r\n"))


def joined(text: str, pieces: Sequence[Span]) -> tuple[Span, ...]:
    """Pieces in their order, with those made one span between which there is nothing but a break."""
    spans: list[Span] = []
    for piece in sorted(pieces):
        last = spans[-1] if spans else piece
        gap = text[last.end : piece.start]
        if gap.isspace() and _BREAKS.search(gap):
            spans[-1] = Span(last.start, piece.end)
        else:
            spans.append(piece)
    return tuple(spans)
