"""Strings that are seldom looked at: in memory while they are few, and in a file where they are many."""

from __future__ import annotations

import weakref
from array import array
from collections.abc import Iterable, Iterator, Sequence
from tempfile import SpooledTemporaryFile
from typing import overload

__all__ = ["SpooledBytes", "SpooledTexts"]

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


class SpooledTexts(Sequence[str]):
    """Texts in the order in which they came.

    Attributes:
        lengths: of each, in code points.
    """

    def __init__(self) -> None:
        """None came yet."""
        self.lengths = array("i")
        self._contents = SpooledBytes()
        self._last = (-1, "")

    def extend(self, texts: Iterable[str]) -> None:
        """Takes more."""
        for text in texts:
            self._contents.append(text.encode("utf-8", "surrogatepass"))
            self.lengths.append(len(text))

    def picked(self, numbers: Sequence[int]) -> Sequence[str]:
        """Those that have these numbers, in their order; each is looked up when it is asked for."""
        return _Picked(self, numbers)

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
            self._last = number, self._contents[number].decode("utf-8", "surrogatepass")
        return self._last[1]


class _Picked(Sequence[str]):
    """Some of many texts."""

    def __init__(self, texts: SpooledTexts, numbers: Sequence[int]) -> None:
        self._texts, self._numbers = texts, numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, number: int) -> str: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[str]: ...
    def __getitem__(self, number: int | slice) -> str | Sequence[str]:
        if isinstance(number, slice):
            return _Picked(self._texts, self._numbers[number])
        return self._texts[self._numbers[number]]
