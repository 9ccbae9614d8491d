"""Words, how they are written, and windows: what a tagger needs from a raw text, with exact offsets.

A word is a run of letters and digits with the marks that combine with them, or any other single character that is
not white space. Words are found in the text itself, so their offsets are code points of it whatever a tokenizer's
normalisation does to them later.

The features tell an uncased encoder how a word was written; training and inference both call `features`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["FEATURE_SIZES", "Window", "Words", "features", "find_words", "plan_windows"]

FEATURE_SIZES = (15, 7, 9, 4)
"""How many ids each feature has: shape, position, line, seen. Id 0 is for pieces that belong to no word."""

_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0900-\u0903\u093a-\u094f\u0981-\u0983\u09bc-\u09cd"
    "\u0a3c-\u0a4d\u0abc-\u0acd\u0b3c-\u0b4d\u0bbe-\u0bcd\u0c3e-\u0c4d\u0cbc-\u0ccd\u0d3e-\u0d4d\u0e31\u0e34-\u0e3a"
    "\u0e47-\u0e4e\u1ab0-\u1aff\u1dc0-\u1dff\u200c\u200d\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f"
)
_LONGEST_WORD = 60
_WORD = re.compile(rf"[^\W_](?:[^\W_]|[{_MARKS}]){{0,{_LONGEST_WORD - 1}}}|\S[{_MARKS}]*")
_LINE_BREAK = re.compile(r"[\n\r\u2028\u2029]")

_LOWER, _CAPITALISED, _INITIAL, _CAPITALS, _MIXED, _DIGITS, _ALNUM, _UNCASED = range(1, 9)
_STOP, _QUOTE, _DASH, _COMMA, _BRACKET, _SYMBOL = range(9, 15)
_PUNCTUATION = {
    **dict.fromkeys(".!?…", _STOP),
    **dict.fromkeys("\"'“”‘’„«»‹›`", _QUOTE),
    **dict.fromkeys("-–—/‐‑", _DASH),
    **dict.fromkeys(",;:", _COMMA),
    **dict.fromkeys("()[]{}", _BRACKET),
}
_CASED_UP = frozenset((_CAPITALISED, _INITIAL, _CAPITALS, _MIXED))
_ORDINARY, _TITLE, _UPPER, _FLAT = range(4)


class Words(NamedTuple):
    """The words of a text in order: what they say, and where they start and end (code points)."""

    forms: list[str]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


class Window(NamedTuple):
    """A run of words, `first` inclusive and `last` exclusive, short enough for the encoder."""

    first: int
    last: int


def find_words(text: str) -> Words:
    """The words of `text` with their offsets."""
    import numpy as np

    found = [(match.group(), match.start(), match.end()) for match in _WORD.finditer(text)]
    starts = np.fromiter((start for _, start, _ in found), dtype=np.int64, count=len(found))
    ends = np.fromiter((end for _, _, end in found), dtype=np.int64, count=len(found))
    return Words([form for form, _, _ in found], starts, ends)


@lru_cache(maxsize=65536)
def _shape(form: str) -> int:
    if not form[0].isalnum():
        return _PUNCTUATION.get(form[0], _SYMBOL)
    if form.isdigit():
        return _DIGITS
    if any(char.isdigit() for char in form):
        return _ALNUM
    if form.islower():
        return _LOWER
    if form.isupper():
        return _INITIAL if len(form) == 1 else _CAPITALS
    if form.istitle():
        return _CAPITALISED
    return _MIXED if form.lower() != form else _UNCASED


def features(text: str, words: Words) -> NDArray[np.int64]:
    """How each word is written, [words, 4]: shape, position, line and seen.

    * shape: lower case, Capitalised, one capital, CAPITALS, mIxed, digits, letters with digits, letters without
      case, or the kind of punctuation;
    * position: inside a sentence, first in a sentence, first in a line; each free-standing or glued to its left;
    * line: ordinary, title case, capitals or no capitals; each with and without a final stop;
    * seen: for a word with capitals, whether the same text also has it in lower case.
    """
    import numpy as np

    forms, starts, ends = words
    count = len(forms)
    table = np.zeros((count, len(FEATURE_SIZES)), dtype=np.int64)
    if not count:
        return table
    shapes = [_shape(form) for form in forms]
    glued = np.zeros(count, dtype=np.int64)
    glued[1:] = starts[1:] == ends[:-1]
    breaks = [0]
    breaks += [k for k in range(1, count) if not glued[k] and _LINE_BREAK.search(text, ends[k - 1], starts[k])]
    table[:, 0] = shapes
    table[:, 1] = 1 + 2 * _positions(shapes, frozenset(breaks)) + glued
    for first, last in zip(breaks, [*breaks[1:], count], strict=True):
        table[first:last, 2] = 1 + _line(shapes[first:last])
    lower = {form for form, shape in zip(forms, shapes, strict=True) if shape == _LOWER}
    table[:, 3] = [
        1 if shape not in _CASED_UP else 3 if form.lower() in lower else 2
        for form, shape in zip(forms, shapes, strict=True)
    ]
    return table


def _positions(shapes: Sequence[int], line_starts: frozenset[int]) -> NDArray[np.int64]:
    """0 inside a sentence, 1 first word after a final stop, 2 first word of a line; opening quotes are skipped."""
    import numpy as np

    found = np.zeros(len(shapes), dtype=np.int64)
    state = 2
    for index, shape in enumerate(shapes):
        if index in line_starts:
            state = 2
        found[index] = state
        if shape == _STOP:
            state = 1
        elif shape not in (_QUOTE, _BRACKET, _DASH):
            state = 0
    return found


def _line(shapes: Sequence[int]) -> int:
    """How the words of one line are cased, doubled, plus one if the line ends in a stop."""
    letters = [shape for shape in shapes if shape in (_LOWER, _CAPITALISED, _CAPITALS, _MIXED)]
    kind = _ORDINARY
    if len(letters) >= 3:
        capitals = sum(shape == _CAPITALS for shape in letters)
        raised = len(letters) - sum(shape == _LOWER for shape in letters)
        if capitals >= 0.8 * len(letters):
            kind = _UPPER
        elif raised >= 0.6 * len(letters):
            kind = _TITLE
        elif raised == 0:
            kind = _FLAT
    tail = [shape for shape in shapes[-3:] if shape != _QUOTE]
    return 2 * kind + (bool(tail) and tail[-1] == _STOP)


def plan_windows(lengths: NDArray[np.int64], *, size: int, overlap: int) -> list[Window]:
    """Windows over words of the given lengths in pieces, each of at most `size` pieces.

    Every word is in a window. There are as few windows as if each was filled before the next is begun, but they are
    equally long up to a word, the last too: no window, made longer by the next word (the last: by the one before it),
    would be as short as the longest. So the last one has context, and a text that is a little longer than one window is
    not read twice.

    Neighbours share all words that fit into `overlap` pieces before the end of the former; the last two may share more.

    Args:
        lengths: the pieces of each word; none is longer than `size - overlap`.
        size: how many pieces fit into a window.
        overlap: how many pieces a window shares with the next.
    """
    import numpy as np

    if not len(lengths):
        return []
    ends = np.concatenate(([0], np.cumsum(lengths)))
    windows = _walk(ends, size, overlap)
    count = len(windows)
    if count == 1:
        return windows
    share = -(-(int(ends[-1]) + (count - 1) * overlap) // count)
    for even in range(max(share, int(lengths.max()) + overlap), size):
        if len(evened := _walk(ends, even, overlap)) == count:
            return evened
    return windows


def _walk(ends: NDArray[np.int64], size: int, overlap: int) -> list[Window]:
    """Windows that are filled one after the other; the last is filled from the end of the text.

    Args:
        ends: how many pieces there are before each word, and in all.
        size: how many pieces fit into a window.
        overlap: how many pieces a window shares with the next.
    """
    windows: list[Window] = []
    first, count = 0, len(ends) - 1
    while True:
        last = int(ends.searchsorted(ends[first] + size, side="right")) - 1
        if last >= count:
            first = int(ends.searchsorted(ends[count] - size, side="left")) if windows else first
            windows.append(Window(first, count))
            return windows
        windows.append(Window(first, last))
        first = max(first + 1, int(ends.searchsorted(ends[last] - overlap, side="left")))
