"""Texts that are seldom looked at: their lengths are in memory, and what they say in a file where they are many."""

from __future__ import annotations

import weakref
from array import array
from collections.abc import Iterable, Sequence
from tempfile import SpooledTemporaryFile
from typing import overload

__all__ = ["SpooledTexts"]

HELD = 16 << 20
"""So many bytes of texts are in memory; more go to a file."""


class SpooledTexts(Sequence[str]):
    """Texts in the order in which they came.

    Attributes:
        lengths: of each, in code points.
    """

    def __init__(self) -> None:
        """None came yet."""
        self.lengths = array("i")
        self._ends = array("q", [0])
        self._file = SpooledTemporaryFile[bytes](max_size=HELD)
        weakref.finalize(self, self._file.close)
        self._last, self._place = (-1, ""), 0

    def extend(self, texts: Iterable[str]) -> None:
        """Takes more."""
        if self._place != self._ends[-1]:
            self._file.seek(self._ends[-1])
        for text in texts:
            content = text.encode("utf-8", "surrogatepass")
            self._file.write(content)
            self.lengths.append(len(text))
            self._ends.append(self._ends[-1] + len(content))
        self._place = self._ends[-1]

    def __len__(self) -> int:
        return len(self.lengths)

    @overload
    def __getitem__(self, number: int) -> str: ...
    @overload
    def __getitem__(self, number: slice) -> list[str]: ...
    def __getitem__(self, number: int | slice) -> str | list[str]:
        if isinstance(number, slice):
            return [self[one] for one in range(*number.indices(len(self)))]
        if not self.lengths[number]:
            return ""
        number %= len(self)
        if self._last[0] != number:
            start, end = self._ends[number], self._ends[number + 1]
            # Most are asked for one after the other, and finding a place costs more than reading on.
            if start != self._place:
                self._file.seek(start)
            self._last, self._place = (number, self._file.read(end - start).decode("utf-8", "surrogatepass")), end
        return self._last[1]
