r"""The words of texts as numbers: for a corpus at once, and of one article with their places.

A word is a row of `\w` and of marks, such as accents and the vowel signs of Indic scripts, in the casefolded text in
normal form C: case, punctuation, white space and how an accent is written do not count. Its number is a polynomial of
its characters modulo 2⁶⁴, read off running sums over many texts at once: no word becomes a string, so that a pass over
a corpus costs about as much as two of `str.split()`. Two words with one number are as good as impossible, and a
passage that is reported is compared as text besides.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
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
"""Stands for a character that does not stay one when it is folded: ß, or an accent that becomes one with a letter."""
_JOINING = "\u0300-\u036f\u0653-\u0655\u1161-\u1175\u11a8-\u11c2\u3099\u309a"
"""Characters that become one with the one before them in normal form C, in scripts where they are written so."""
_LAST_MARKS = 0x1F000
"""Below it lie all marks but for those that choose among forms of a character (U+FE00 to U+FE0F: no part of a word)."""
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
    if text.isascii():
        return re.findall(r"\w+", text.casefold())
    return _word_pattern().findall(_folded(text))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text.casefold())


@cache
def _word_pattern() -> re.Pattern[str]:
    marks = "".join(re.escape(chr(code)) for code in range(_LAST_MARKS) if _is_mark(chr(code)))
    return re.compile(rf"[\w{marks}]+")


@cache
def _cluster_pattern() -> re.Pattern[str]:
    """A character with those that may become one with it."""
    marks = "".join(re.escape(chr(code)) for code in range(_LAST_MARKS) if unicodedata.combining(chr(code)))
    return re.compile(rf"(?s:.)[{marks}{_JOINING}]*")


def _is_mark(letter: str) -> bool:
    return (
        unicodedata.category(letter) in ("Mn", "Mc")
        and not "\ufe00" <= letter <= "\ufe0f"
        and letter < chr(_LAST_MARKS)
    )


def _is_word(letter: str) -> bool:
    return bool(re.match(r"\w", letter)) or _is_mark(letter)


def _value(letter: str) -> int:
    """Odd and spread over all bits, so never 0 nor what stands for several characters."""
    return (ord(letter) * 0xBF58476D1CE4E5B9 + 0x94D049BB133111EB) % (1 << 64) | 5


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

    def folded(self, text: str) -> Numbers:
        """The same of a text that is folded already: what could not become one with a letter stays."""
        values = self.of(text)
        left = np.flatnonzero(values == _LONG)
        for place in left.tolist():
            values[place] = _value(text[place]) if _is_word(text[place]) else 0
        return values

    def _learn(self, block: int) -> None:
        if self._is_known[block]:
            return
        joining = re.compile(f"[{_JOINING}]")
        for code in range(block * _BLOCK, (block + 1) * _BLOCK):
            folded = _folded(chr(code))
            if len(folded) > 1 or joining.match(folded):
                self._values[code] = _LONG
            elif _is_word(folded):
                self._values[code] = _value(folded)
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
    # Characters that may become one are folded together; the place in the text of each character of the folded one.
    clusters = [match.span() for match in _cluster_pattern().finditer(text)]
    folded = [_folded(text[start:end]) for start, end in clusters]
    length = [len(one) for one in folded]
    begin, stop = (np.repeat(np.array(ends, dtype=np.int64), length) for ends in zip(*clusters, strict=True))
    numbers, start, end = _numbered(_CHARACTERS.folded("".join(folded)))
    return Words(numbers, begin[start], stop[end - 1])


def text_batches(texts: Sequence[str]) -> Iterator[tuple[int, Numbers, Ints]]:
    """The words of many texts: the position of the first text, the words of some texts, how many each of them has."""
    for begin, end in _batches(texts):
        some: Sequence[str] = texts[begin:end]
        values = _CHARACTERS.of("\n".join(some))
        if (values == _LONG).any():
            some = [_folded(text) for text in some]
            values = _CHARACTERS.folded("\n".join(some))
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
