r"""Tokens of many texts at once: a token is a match of the regular expression `\w+|[^\w\s]`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from evalkit.scoring.arrays import Ints

__all__ = ["tokens_of"]

CHARACTERS_AT_ONCE = 1 << 17
"""So many characters are looked at together: it bounds the memory."""

_SPACE, _WORD, _OTHER, _UNKNOWN = range(4)
_PAGE = 1 << 12
_UNICODE = 0x110000

_RUNS = ((_WORD, re.compile(r"\w+")), (_SPACE, re.compile(r"\s+")))

_classes: NDArray[np.uint8] = np.full(_UNICODE, _UNKNOWN, dtype=np.uint8)
"""Whether each character is white space, part of a word or a token of its own; looked up when a text has it."""


def tokens_of(texts: Sequence[str]) -> tuple[Ints, Ints, Ints]:
    """The text of each token by position, its start and its end in code points; in order of the texts."""
    parts = [_tokens(first, texts[first:last]) for first, last in _bounds(texts)]
    text, start, end = (np.concatenate([part[column] for part in parts]) for column in range(3))
    return text, start, end


def _bounds(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where runs of texts begin and end that are not longer together than is looked at in one go."""
    first = length = 0
    for number, text in enumerate(texts):
        length += len(text) + 1
        if length > CHARACTERS_AT_ONCE:
            yield first, number + 1
            first, length = number + 1, 0
    yield first, len(texts)


def _tokens(number: int, texts: Sequence[str]) -> tuple[Ints, Ints, Ints]:
    # A line end between two texts belongs to no token, so none reaches from one text into the next.
    joined = "\n".join(texts)
    classes = _classes_of(np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32))
    first = np.cumsum([0, *(len(text) + 1 for text in texts)])[:-1]
    word, other = classes == _WORD, classes == _OTHER
    begins, ends = word | other, word | other
    begins[1:] &= ~(word[1:] & word[:-1])
    ends[:-1] &= ~(word[1:] & word[:-1])
    start, end = np.flatnonzero(begins), np.flatnonzero(ends) + 1
    text = np.repeat(np.arange(len(texts)), np.diff(np.append(np.searchsorted(start, first), len(start))))
    return text + number, start - first[text], end - first[text]


def _classes_of(codes: NDArray[np.uint32]) -> NDArray[np.uint8]:
    # No code lies outside the table; `take` need not look.
    classes = _classes.take(codes, mode="clip")
    if (unknown := classes == _UNKNOWN).any():
        for page in np.unique(codes[unknown] // _PAGE).tolist():
            _look_up(page * _PAGE)
        classes = _classes[codes]
    return classes


def _look_up(low: int) -> None:
    """Classes of the characters of one page, which begins here."""
    _classes[low : low + _PAGE] = _OTHER
    characters = "".join(map(chr, range(low, low + _PAGE)))
    for name, run in _RUNS:
        for match in run.finditer(characters):
            _classes[low + match.start() : low + match.end()] = name
