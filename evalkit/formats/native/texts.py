"""The texts of articles that are seldom looked at: each is found when it is asked for."""

from __future__ import annotations

import os
import weakref
from abc import abstractmethod
from array import array
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import overload

from evalkit.formats.native.spooled import SpooledBytes
from evalkit.formats.native.stored import changed, state_of
from evalkit.formats.native.typed_records import article_at_a_glance

__all__ = ["SpooledTexts", "Texts", "TextsInFile"]

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Texts(Sequence[str]):
    """Texts that lie somewhere.

    Attributes:
        lengths: of each, in code points.
    """

    lengths: array[int]

    def __init__(self) -> None:
        self._last = (-1, "")

    @abstractmethod
    def _text(self, number: int) -> str:
        """One that is not empty."""

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
        # Most are asked for several times in a row.
        if self._last[0] != number:
            self._last = number, self._text(number)
        return self._last[1]


class SpooledTexts(Texts):
    """Texts in the order in which they came, in memory while they are few."""

    def __init__(self) -> None:
        """None came yet."""
        super().__init__()
        self.lengths = array("i")
        self._contents = SpooledBytes()

    def extend(self, texts: Iterable[str]) -> None:
        """Takes more."""
        for text in texts:
            self._contents.append(text.encode("utf-8", "surrogatepass"))
            self.lengths.append(len(text))

    def _text(self, number: int) -> str:
        return self._contents[number].decode("utf-8", "surrogatepass")


class TextsInFile(Texts):
    """The texts of the rows of a file of JSON lines that was read before.

    Args:
        path: the file.
        descriptor: the file, opened; it is closed when nobody holds this any longer.
        lengths: of each text, in code points.
    """

    def __init__(self, path: Path, descriptor: int, lengths: array[int]) -> None:
        super().__init__()
        self.lengths = lengths
        self._path, self._descriptor, self._state = path, descriptor, state_of(descriptor)
        self._bounds: list[tuple[int, int]] | None = None
        weakref.finalize(self, os.close, descriptor)

    def _text(self, number: int) -> str:
        """One of them. Raises InputError if the file is not what it was."""
        if self._bounds is None:
            self._bounds = self._lines()
        start, end = self._bounds[number] if number < len(self._bounds) else (0, 0)
        line = os.pread(self._descriptor, end - start, start)
        article = article_at_a_glance(line if start else line.removeprefix(BYTE_ORDER_MARK))
        if article is None or len(article.text) != self.lengths[number] or state_of(self._descriptor) != self._state:
            raise changed(self._path)
        return article.text

    def _lines(self) -> list[tuple[int, int]]:
        """Where each line begins and ends that is not blank."""
        ends, said = [0], []
        with open(self._descriptor, "rb", closefd=False) as file:
            file.seek(0)
            for line in file:
                # Before the first line, even a blank one, there may be a mark, which is no part of it.
                row = line if ends[-1] else line.removeprefix(BYTE_ORDER_MARK)
                said.append(bool(row) and not row.isspace())
                ends.append(ends[-1] + len(line))
        return [bounds for bounds, is_row in zip(pairwise(ends), said, strict=True) if is_row]


class _Picked(Sequence[str]):
    """Some of many texts."""

    def __init__(self, texts: Texts, numbers: Sequence[int]) -> None:
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
