"""Strings of bytes that are seldom looked at: in memory while they are few, and in a file where they are many."""

from __future__ import annotations

import weakref
from array import array
from collections.abc import Iterable, Iterator
from tempfile import SpooledTemporaryFile

__all__ = ["SpooledBytes"]

HELD = 16 << 20
"""So many bytes are in memory; more go to a file."""


class SpooledBytes:
    """Strings of bytes, numbered as they come."""

    def __init__(self) -> None:
        """None came yet."""
        self._ends = array("q", [0])
        self._file = SpooledTemporaryFile[bytes](max_size=HELD)
        weakref.finalize(self, self._file.close)
        self._place = 0

    def append(self, content: bytes) -> None:
        """Takes one more."""
        if self._place != self._ends[-1]:
            self._file.seek(self._ends[-1])
        self._file.write(content)
        self._place = self._ends[-1] + len(content)
        self._ends.append(self._place)

    def __getitem__(self, number: int) -> bytes:
        start, end = self._ends[number], self._ends[number + 1]
        # Most are asked for one after the other, and finding a place costs more than reading on.
        if start != self._place:
            self._file.seek(start)
        self._place = end
        return self._file.read(end - start)

    def of(self, numbers: Iterable[int]) -> Iterator[bytes]:
        """Those that have these numbers, in their order."""
        return map(self.__getitem__, numbers)
