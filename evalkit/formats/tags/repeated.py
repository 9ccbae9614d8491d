"""Texts of which many are equal, such as the cells of a column: each is kept once, and a number for every place."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Column", "RepeatedTexts", "count_texts", "repeated"]


class RepeatedTexts(Sequence[str]):
    """A sequence of texts.

    Attributes:
        values: the different texts, in the order in which they were met.
        codes: for each place the position of its text among them.
    """

    def __init__(self, values: Sequence[str], codes: NDArray[np.int32]) -> None:
        self.values = values
        self.codes = codes

    def __len__(self) -> int:
        return len(self.codes)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: Any) -> str | list[str]:
        if isinstance(index, slice):
            return list(map(self.values.__getitem__, self.codes[index].tolist()))
        return self.values[int(self.codes[index])]

    def __iter__(self) -> Iterator[str]:
        return map(self.values.__getitem__, self.codes.tolist())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RepeatedTexts) or len(self) != len(other):
            return NotImplemented if not isinstance(other, RepeatedTexts) else False
        if self.values == other.values:
            return bool((self.codes == other.codes).all())
        return all(map(str.__eq__, self, other))

    __hash__ = None  # type: ignore[assignment]  # as a list

    def take(self, places: Sequence[int]) -> RepeatedTexts:
        """The texts at some places."""
        return RepeatedTexts(self.values, self.codes[list(places)])

    def counts(self) -> list[int]:
        """How often each of the values stands."""
        import numpy as np

        counts: list[int] = np.bincount(self.codes, minlength=len(self.values)).tolist()
        return counts


def repeated(texts: Sequence[str]) -> RepeatedTexts:
    """The same texts, each kept once."""
    import numpy as np

    if isinstance(texts, RepeatedTexts):
        return texts
    position: dict[str, int] = {}
    codes = np.fromiter((position.setdefault(text, len(position)) for text in texts), np.int32, len(texts))
    return RepeatedTexts(list(position), codes)


def count_texts(texts: Sequence[str]) -> Counter[str]:
    """How often each text stands in a sequence, in the order in which they were met."""
    if not isinstance(texts, RepeatedTexts):
        return Counter(texts)
    pairs = zip(texts.values, texts.counts(), strict=True)
    return Counter({text: number for text, number in pairs if number})


class _Codes(dict[bytes, int]):
    """The numbers of cells, each made when the cell is first met."""

    def __init__(self, number_of: Callable[[str], int]) -> None:
        super().__init__()
        self.number_of = number_of

    def __missing__(self, cell: bytes) -> int:
        self[cell] = code = self.number_of(cell.decode("utf-8", "surrogatepass"))
        return code


class Column:
    """A column that is being read.

    Args:
        told: what a cell says; by default what stands there.
    """

    def __init__(self, told: Callable[[str], str] = str) -> None:
        self._values: dict[str, int] = {}
        self._numbers = _Codes(lambda cell: self._number(told(cell)))
        self._codes: array[int] = array("i")

    def _number(self, text: str) -> int:
        return self._values.setdefault(text, len(self._values))

    def __len__(self) -> int:
        return len(self._codes)

    def add_cells(self, cells: Sequence[bytes]) -> None:
        """Adds cells as they stand in a file in UTF-8."""
        import numpy as np

        self._codes.frombytes(np.fromiter(map(self._numbers.__getitem__, cells), np.intc, len(cells)).tobytes())

    def add_text(self, text: str, times: int = 1) -> None:
        """Adds what a cell says."""
        self._codes.extend([self._number(text)] * times)

    def texts(self) -> RepeatedTexts:
        """What was read; nothing can be added after that."""
        import numpy as np

        codes = np.frombuffer(self._codes, dtype=np.intc) if self._codes else np.zeros(0, dtype=np.intc)
        return RepeatedTexts(list(self._values), codes)
