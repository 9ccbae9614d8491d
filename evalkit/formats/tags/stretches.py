"""Stretches of lines of tag columns that are like all others, whose cells can be taken at once.

A line is plain if it holds as many cells as the lines of its file have, with one blank or tab between two of them and
none at its ends, and nothing in it asks for a second look: no sign of a comment at its beginning, no character that
only looks like a blank. Empty lines may stand among them. Every other line is left to who reads line by line.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from evalkit.formats.tags.text_lines import TextLines

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Stretch", "stretches"]

_FIRST_PIECE, _PIECE = 1 << 16, 1 << 21
"""Bytes that are looked at together. There are few of them first: what is particular stands at the beginning."""

_SHORTEST = 8
"""Fewer plain lines than this are read sooner one by one."""

_LETTER, _PARTS, _ENDS, _ODD = range(4)
_PARTING = {"": b" \t", "\t": b"\t", " ": b" "}
"""What parts the cells of plain lines; other separators may be quoted, and all their lines are read one by one."""


class Stretch(NamedTuple):
    """Lines in a row: `first` inclusive, `end` exclusive, from 0.

    Attributes:
        first: the first of them.
        end: the one after the last.
        filled: which of them have cells, while the others are empty; None if they are to be read one by one.
        cells: the cells of these, line by line.
    """

    first: int
    end: int
    filled: NDArray[np.bool_] | None = None
    cells: list[bytes] | None = None


def stretches(lines: TextLines, *, separator: str, width: int, comment: str) -> Iterator[Stretch]:
    """The lines of a file, all of them in their order.

    Args:
        lines: the file.
        separator: what parts its cells; "" for any run of blanks and tabs.
        width: how many cells plain lines have.
        comment: what comments begin with besides #.
    """
    if separator not in _PARTING:
        yield Stretch(0, len(lines))
        return
    classes = _classes(_PARTING[separator])
    starters = [*b"#-", *comment.encode("utf-8", "surrogatepass")[:1], "\ufeff".encode()[0]]
    first, size = 0, _FIRST_PIECE
    while first < len(lines):
        end = lines.after(first, size)
        yield from _of_piece(lines, first, end, classes, starters, width)
        first, size = end, _PIECE


def _classes(parting: bytes) -> NDArray[np.uint8]:
    """What each byte is for a line."""
    import numpy as np

    classes = np.full(256, _LETTER, dtype=np.uint8)
    classes[list(b" \t\v\f\r")] = _ODD
    classes[list(parting)] = _PARTS
    classes[ord("\n")] = _ENDS
    return classes


def _of_piece(
    lines: TextLines, first: int, end: int, classes: NDArray[np.uint8], starters: list[int], width: int
) -> Iterator[Stretch]:
    import numpy as np

    begin, stop = int(lines.starts[first]), int(lines.starts[end]) - 1
    piece = lines.content[begin:stop]
    starts = np.asarray(lines.starts[first:end], dtype=np.int64) - begin
    # A line feed before the piece and one after it: then every cell stands between two bytes that end one.
    found = classes[np.frombuffer(b"\n" + piece + b"\n", dtype=np.uint8)]
    edges = np.flatnonzero((found == _PARTS) | (found == _ENDS))
    ends = np.flatnonzero(found[edges] == _ENDS)
    cells = np.diff(ends)
    empty = np.diff(edges[ends]) == 1
    odd = (cells != width) & ~empty
    # Two edges side by side are an empty cell, unless both end lines.
    bare = np.flatnonzero((np.diff(edges) == 1) & ((found[edges[1:]] == _PARTS) | (found[edges[:-1]] == _PARTS)))
    odd[np.searchsorted(ends, bare, side="right") - 1] = True
    if len(strange := np.flatnonzero(found == _ODD) - 1):
        odd[np.searchsorted(starts, strange, side="right") - 1] = True
    raw = np.frombuffer(piece + b"\n", dtype=np.uint8)
    odd |= np.isin(raw[starts], starters)
    changes = [0, *(np.flatnonzero(odd[1:] != odd[:-1]) + 1).tolist(), end - first]
    for one, other in pairwise(changes):
        if odd[one] or other - one < _SHORTEST:
            yield Stretch(first + one, first + other)
        else:
            after = starts[other] if other < len(starts) else len(piece)
            yield Stretch(first + one, first + other, ~empty[one:other], piece[starts[one] : after].split())
