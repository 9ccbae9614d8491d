r"""The words of texts as numbers: for a corpus at once, and of one article with their places.

A word is what `\w+` finds in the casefolded text, so case, punctuation and white space do not count. Its number is a
polynomial of its characters modulo 2⁶⁴, read off running sums over many texts at once: no word becomes a string, so
that a pass over a corpus costs about as much as two of `str.split()`. Two words with one number are as good as
impossible, and a passage that is reported is compared as text besides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["SHINGLE", "Words", "folded_words", "run_bounds", "shingles_of", "text_batches", "words_of", "words_of_each"]

SHINGLE = 5
"""Words in a row that two articles share by accident only seldom: a shingle (Broder 1997)."""

BATCH = 1 << 15
"""Characters of the texts that are worked on at once: what is computed of them stays in the cache of the processor."""

_BLOCK = 256
_CODES = 0x110000
_LONG = np.uint64(1)
"""Stands for a character that is several when it is casefolded, such as ß."""
_BASE = np.uint64(0x9E3779B97F4A7C15)
_INVERSE = np.uint64(pow(int(_BASE), -1, 1 << 64))
_NEXT_WORD = np.uint64(0xD6E8FEB86659FD93)
_MIXER = np.uint64(0xFF51AFD7ED558CCD)

Numbers = NDArray[np.uint64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """The words of one text.

    Attributes:
        numbers: shape (words,), one for each word; equal words have equal ones.
        start: where each begins, in code points of the text.
        end: where each ends, exclusive.
    """

    numbers: Numbers
    start: Ints
    end: Ints

    def __len__(self) -> int:
        return len(self.numbers)


def folded_words(text: str) -> list[str]:
    """The words themselves."""
    return re.findall(r"\w+", text.casefold())


class _Characters:
    """What each character adds to the number of its word, 0 if it is in none; looked up for those that occur."""

    def __init__(self) -> None:
        self._values = np.zeros(_CODES, dtype=np.uint64)
        self._is_known = np.zeros(_CODES // _BLOCK, dtype=bool)
        self._powers = self._inverses = np.ones(1, dtype=np.uint64)

    def of(self, text: str) -> Numbers:
        if text.isascii():
            codes: NDArray[np.unsignedinteger] = np.frombuffer(text.encode("ascii"), dtype=np.uint8)
            self._learn(0)
            return np.take(self._values, codes)
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        for block in np.flatnonzero(np.bincount(codes >> 8)).tolist():
            self._learn(block)
        return np.take(self._values, codes)

    def _learn(self, block: int) -> None:
        if self._is_known[block]:
            return
        for code in range(block * _BLOCK, (block + 1) * _BLOCK):
            folded = chr(code).casefold()
            if len(folded) > 1:
                self._values[code] = _LONG
            elif re.match(r"\w", folded):
                # Odd and spread over all bits, so never 0 nor what stands for several characters.
                self._values[code] = (ord(folded) * 0xBF58476D1CE4E5B9 + 0x94D049BB133111EB) % (1 << 64) | 5
        self._is_known[block] = True

    def powers(self, length: int) -> tuple[Numbers, Numbers]:
        """Powers of the base of the polynomial from 0, and their inverses."""
        if len(self._powers) < length:
            for name, base in (("_powers", _BASE), ("_inverses", _INVERSE)):
                row = np.full(max(length, BATCH), base, dtype=np.uint64)
                row[0] = 1
                setattr(self, name, np.multiply.accumulate(row))
        return self._powers[:length], self._inverses


_CHARACTERS = _Characters()


def _numbered(values: Numbers) -> tuple[Numbers, Ints, Ints]:
    """The numbers of the words in a row of characters, and where they begin and end."""
    in_word = np.zeros(len(values) + 2, dtype=np.int8)
    np.not_equal(values, 0, out=in_word[1:-1].view(bool))
    edges = np.flatnonzero(in_word[1:] != in_word[:-1])
    start, end = edges[::2], edges[1::2]
    powers, inverses = _CHARACTERS.powers(len(values))
    sums = np.empty(len(values) + 1, dtype=np.uint64)
    sums[0] = 0
    np.cumsum(values * powers, out=sums[1:])
    return (sums[end] - sums[start]) * inverses[start], start, end


def words_of(text: str) -> Words:
    """The words of a text, with their places in it."""
    values = _CHARACTERS.of(text)
    if not (values == _LONG).any():
        return Words(*_numbered(values))
    # The place in the text of each character of the casefolded one.
    origin = np.repeat(np.arange(len(text)), [len(character.casefold()) for character in text])
    numbers, start, end = _numbered(_CHARACTERS.of(text.casefold()))
    return Words(numbers, origin[start], origin[end - 1] + 1)


def text_batches(texts: Sequence[str]) -> Iterator[tuple[int, Numbers, Ints]]:
    """The words of many texts: the position of the first text, the words of some texts, how many each of them has."""
    for begin, end in _batches(texts):
        some: Sequence[str] = texts[begin:end]
        values = _CHARACTERS.of("\n".join(some))
        if (values == _LONG).any():
            some = [text.casefold() for text in some]
            values = _CHARACTERS.of("\n".join(some))
        numbers, start, _ = _numbered(values)
        counts = np.searchsorted(start, _ends(some))
        counts[1:] -= counts[:-1].copy()
        yield begin, numbers, counts


def words_of_each(texts: Sequence[str]) -> Iterator[Words]:
    """The words of each text, with their places in it, of many texts at once."""
    for begin, end in _batches(texts):
        some = texts[begin:end]
        values = _CHARACTERS.of("\n".join(some))
        if (values == _LONG).any():
            yield from map(words_of, some)
            continue
        numbers, start, stop = _numbered(values)
        ends = _ends(some)
        bounds = [0, *np.searchsorted(start, ends).tolist()]
        for first, last, text, edge in zip(bounds, bounds[1:], some, ends.tolist(), strict=False):
            before = edge - len(text) - 1
            yield Words(numbers[first:last], start[first:last] - before, stop[first:last] - before)


def _batches(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The positions of texts that are worked on together: the first, and the one after the last."""
    begin = 0
    while begin < len(texts):
        end, size = begin, 0
        while end < len(texts) and (end == begin or size + len(texts[end]) <= BATCH):
            size += len(texts[end]) + 1
            end += 1
        yield begin, end
        begin = end


def _ends(texts: Sequence[str]) -> Ints:
    """Where each of some texts ends, with the character after it, in all of them joined."""
    return np.fromiter(accumulate(len(text) + 1 for text in texts), dtype=np.int64, count=len(texts))


def shingles_of(numbers: Numbers, length: int = SHINGLE) -> Numbers:
    """A number for each so many words in a row, as many as there are words but for the last ones."""
    size = max(len(numbers) - length + 1, 0)
    whole = numbers[:size].copy()
    for place in range(1, length):
        whole *= _NEXT_WORD
        whole += numbers[place : place + size]
    # So that the leading bits depend on all of it.
    whole ^= whole >> np.uint64(32)
    whole *= _MIXER
    return whole


def run_bounds(keys: NDArray[Any]) -> tuple[Ints, Ints]:
    """Where each run of equal neighbours begins, and how long it is."""
    if not len(keys):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    bounds = np.flatnonzero(keys[1:] != keys[:-1])
    bounds += 1
    bounds = np.concatenate([[0], bounds, [len(keys)]])
    return bounds[:-1], bounds[1:] - bounds[:-1]
