"""Records that stay in a large file of JSON lines: a sequence that decodes some at a time and keeps no others.

Held in memory are the ids and where in the file each record begins, some 30 bytes a record and its id.
"""

from __future__ import annotations

import os
import weakref
from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, overload

from evalkit.errors import FormatError, InputError
from evalkit.formats.collection import without_collection
from evalkit.showing import number_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "AT_ONCE",
    "IndexedLines",
    "LineIndex",
    "RecordNames",
    "Store",
    "StoredRecords",
    "changed",
    "is_large",
    "is_worth_keeping",
    "scanned",
    "state_of",
]

LARGE_BYTES = 32 << 20
"""A file of so many bytes stays where it is."""

LARGE_LINES = 20_000
"""So does one of so many lines."""

KNOWN_BYTES = 1 << 20
"""What was found in a file of so many bytes is worth to be kept."""

AT_ONCE = 256
"""So many records are decoded at once."""

Record = TypeVar("Record")
Row = TypeVar("Row")
Seen = TypeVar("Seen")


def is_large(path: Path) -> bool:
    """Whether a file is one whose records stay in it; never a pipe, which can be read once only."""
    try:
        if not path.is_file():
            return False
        size = path.stat().st_size
        if size >= LARGE_BYTES or size < 2 * LARGE_LINES:
            return size >= LARGE_BYTES
        with path.open("rb") as file:
            lines = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
        return lines >= LARGE_LINES
    except OSError:
        # Whoever reads it says what is wrong.
        return False


def is_worth_keeping(path: Path) -> bool:
    """Whether it takes longer to look at a file than to know again that it was looked at."""
    try:
        return (path.is_file() and path.stat().st_size >= KNOWN_BYTES) or is_large(path)
    except OSError:
        return False


class LineIndex:
    """Where the records of a file are, as they are met one after the other."""

    def __init__(self) -> None:
        self._ids = bytearray()
        self._ends = array("q", [0])
        self._offsets = array("q")
        self._lengths = array("q")
        self._last = b""
        self.ascends = True
        """Whether each id came after the one before it, so that none is there twice."""

    def __len__(self) -> int:
        return len(self._offsets)

    @property
    def size(self) -> int:
        """How many bytes the lines have, each with a line feed."""
        return sum(self._lengths) + len(self._lengths)

    def add(self, record_id: str, offset: int, length: int) -> None:
        """Takes note of a record: of its line, in bytes."""
        name = record_id.encode()
        if self._offsets and name <= self._last:
            self.ascends = False
        self._last = name
        self._ids += name
        self._ends.append(len(self._ids))
        self._offsets.append(offset)
        self._lengths.append(length)

    def content(self) -> bytes:
        """All of it as bytes, for machines of this kind."""
        head = array("q", [len(self), self.ascends])
        return b"".join((head, self._ends, self._offsets, self._lengths, self._ids))

    def take(self, content: bytes | memoryview) -> bool:
        """Becomes what `content` gave; whether it is such."""
        head = array("q", bytes(content[:16]) if len(content) >= 16 else bytes(16))
        bounds = [16, *(8 * end for end in (3 + head[0], 3 + 2 * head[0], 3 + 3 * head[0]))]
        if head[0] < 1 or len(content) < bounds[-1]:
            return False
        ends, offsets, lengths = (array("q") for _ in range(3))
        for column, (begin, end) in zip((ends, offsets, lengths), pairwise(bounds), strict=True):
            column.frombytes(content[begin:end])
        if ends[-1] != len(content) - bounds[-1]:
            return False
        self._ends, self._offsets, self._lengths = ends, offsets, lengths
        self._ids, self.ascends = bytearray(content[bounds[-1] :]), bool(head[1])
        return True

    def names(self) -> RecordNames | None:
        """The ids of all that was met, and their order; None if one was met twice."""
        import numpy as np

        ids, ends, number = bytes(self._ids), self._ends, len(self)
        if self.ascends:
            order = np.arange(number, dtype=np.int32)
        else:
            names = [ids[ends[n] : ends[n + 1]] for n in range(number)]
            by_name = sorted(range(number), key=names.__getitem__)
            if any(names[one] == names[other] for one, other in pairwise(by_name)):
                return None
            order = np.array(by_name, np.int32)
        return RecordNames(ids, np.array(ends, np.int64), order)

    def whole(self, path: Path, descriptor: int) -> IndexedLines | None:
        """The index of all that was met, of a file that is closed with it; None if an id was met twice."""
        import numpy as np

        names = self.names()
        if names is None:
            return None
        return IndexedLines(path, descriptor, names, np.array(self._offsets), np.array(self._lengths, np.int32))


class RecordNames:
    """The ids of records, by their numbers in the order in which they were met.

    Args:
        ids: those of all records, one after the other, as UTF-8.
        ends: where each begins there, and the last ends.
        order: the numbers by ascending id.
    """

    def __init__(self, ids: bytes, ends: NDArray[np.int64], order: NDArray[np.int32]) -> None:
        self._ids, self._ends, self.order = ids, ends, order

    def id_of(self, number: int) -> str:
        """The id of a record."""
        return self._name(number).decode()

    def _name(self, number: int) -> bytes:
        return self._ids[self._ends[number] : self._ends[number + 1]]

    def number_of(self, record_id: str) -> int | None:
        """The number of an id; None if there is none."""
        name = record_id.encode("utf-8", "surrogatepass")
        low, high = 0, len(self.order)
        while low < high:
            middle = (low + high) // 2
            if self._name(self.order[middle]) < name:
                low = middle + 1
            else:
                high = middle
        found = int(self.order[low]) if low < len(self.order) else None
        return found if found is not None and self._name(found) == name else None


class Store(Protocol):
    """Where records are."""

    names: RecordNames

    def content(self, number: int) -> bytes:
        """The bytes of a record. Raises InputError if they are not what they were."""

    def refuse_changed(self) -> None:
        """Raises InputError if it is known that something is not what it was."""

    def changed(self, number: int) -> InputError:
        """What is said of a record that is not what it was."""


class IndexedLines:
    """The lines of a file.

    Args:
        path: the file.
        descriptor: the file, opened; it is closed when nobody holds this any longer.
        names: the ids of what is in the lines.
        offsets: where each line begins, in bytes.
        lengths: of each line, in bytes.
    """

    def __init__(
        self,
        path: Path,
        descriptor: int,
        names: RecordNames,
        offsets: NDArray[np.int64],
        lengths: NDArray[np.int32],
    ) -> None:
        self.path, self.names = path, names
        self._descriptor, self._state = descriptor, state_of(descriptor)
        self._offsets, self._lengths = offsets, lengths
        weakref.finalize(self, os.close, descriptor)

    def content(self, number: int) -> bytes:
        """The content of a line. Raises InputError if the file is not what it was."""
        content = os.pread(self._descriptor, int(self._lengths[number]), int(self._offsets[number]))
        if len(content) != self._lengths[number]:
            raise changed(self.path)
        return content

    def refuse_changed(self) -> None:
        """Raises InputError if the file is not what it was when it was indexed."""
        if state_of(self._descriptor) != self._state:
            raise changed(self.path)

    def changed(self, number: int) -> InputError:
        """What is said of a line that is not what it was."""
        return changed(self.path)


def changed(path: Path) -> InputError:
    """What is said of a file that is not what it was."""
    return InputError(f"{path}: was changed while it was read; start again, and write elsewhere meanwhile")


def state_of(descriptor: int) -> tuple[int, int]:
    """What is another when an opened file is written to: its size, and when it was changed last."""
    info = os.fstat(descriptor)
    return info.st_size, info.st_mtime_ns


class StoredRecords(Sequence[Record], Generic[Record]):
    """Records in a file, decoded whenever they are asked for: 256 at a time where one is asked for after the other.

    Args:
        store: where they are.
        numbers: their numbers there, in their order.
        decode: makes a record of its bytes.
        id_of: the id of a record.
        sha256: of the bytes that all of them are in and of how these are read, where that is known.
    """

    def __init__(
        self,
        store: Store,
        numbers: NDArray[np.int32],
        decode: Callable[[bytes], Record],
        id_of: Callable[[Record], str],
        sha256: str = "",
    ) -> None:
        self._store, self._numbers, self._decode, self._id_of = store, numbers, decode, id_of
        self.sha256 = sha256
        self._first, self._block = 0, list[Record]()
        self._places: NDArray[np.int32] | None = None

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[Record]:
        for first in range(0, len(self), AT_ONCE):
            yield from self._records(first, first + AT_ONCE)

    @overload
    def __getitem__(self, place: int) -> Record: ...
    @overload
    def __getitem__(self, place: slice) -> StoredRecords[Record]: ...
    def __getitem__(self, place: int | slice) -> Record | StoredRecords[Record]:
        """A record, or some of them, which stay in the file too."""
        if isinstance(place, slice):
            return self._of(self._numbers[place])
        number = place + len(self) if place < 0 else place
        if not 0 <= number < len(self):
            raise IndexError(f"{place}: there are {number_of(len(self), 'record')}")
        if not self._first <= number < self._first + len(self._block):
            # Soon after those at hand: others are likely to be asked for after it.
            more = self._block and 0 <= number - self._first - len(self._block) < AT_ONCE
            self._first, self._block = number, self._records(number, number + (AT_ONCE if more else 1))
        return self._block[number - self._first]

    def picked(self, places: Sequence[int]) -> StoredRecords[Record]:
        """The records at some places, in this order."""
        import numpy as np

        return self._of(self._numbers[np.array(places, np.int64)])

    def changed(self, change: Callable[[Record], Record]) -> StoredRecords[Record]:
        """The same records, each changed in one way whenever it is decoded; ids stay."""
        decode = self._decode
        return StoredRecords(self._store, self._numbers, lambda line: change(decode(line)), self._id_of)

    def glances(
        self, glance: Callable[[bytes], Seen | None], told: Callable[[Record], Seen], id_of: Callable[[Seen], str]
    ) -> StoredRecords[Seen]:
        """What a glance at each record tells, where that costs less than the record.

        Args:
            glance: looks at the bytes of a record; None where that takes the record.
            told: what the record tells then.
            id_of: the id of what is seen.
        """
        decode = self._decode

        def seen(content: bytes) -> Seen:
            first = glance(content)
            return told(decode(content)) if first is None else first

        return StoredRecords(self._store, self._numbers, seen, id_of)

    @property
    def ids(self) -> Iterator[str]:
        """The ids of all records, which takes no look into the file."""
        return map(self._store.names.id_of, map(int, self._numbers))

    def get(self, record_id: str, default: Any = None) -> Any:
        """The record of an id; the default if there is none."""
        import numpy as np

        number = self._store.names.number_of(record_id)
        if number is None:
            return default
        if self._places is None:
            self._places = np.full(len(self._store.names.order), -1, np.int32)
            self._places[self._numbers] = np.arange(len(self), dtype=np.int32)
        place = int(self._places[number])
        return default if place < 0 else self[place]

    @property
    def mean_size(self) -> float:
        """How many bytes a record has in its file, of some that stand far from each other."""
        some = self._numbers[:: max(1, len(self) // AT_ONCE)]
        return sum(len(self._store.content(int(number))) for number in some) / max(1, len(some))

    def _of(self, numbers: NDArray[np.int32]) -> StoredRecords[Record]:
        return StoredRecords(self._store, numbers, self._decode, self._id_of)

    @without_collection()
    def _records(self, first: int, end: int) -> list[Record]:
        store, records = self._store, []
        store.refuse_changed()
        for number in map(int, self._numbers[first:end]):
            try:
                record = self._decode(store.content(number))
            except FormatError as error:
                raise store.changed(number) from error
            if self._id_of(record) != store.names.id_of(number):
                raise store.changed(number)
            records.append(record)
        return records

    def __eq__(self, other: object) -> bool:
        """Whether the other holds equal records in the same order."""
        if not isinstance(other, Sequence) or isinstance(other, str) or len(other) != len(self):
            return NotImplemented
        return self is other or all(one == two for one, two in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]


def scanned(
    path: Path, descriptor: int, read: Callable[[bytes, str], Row], id_of: Callable[[Row], str], index: LineIndex
) -> Iterator[Row]:
    """What each line of a file says; the lines are indexed as they are read.

    Args:
        path: the file.
        descriptor: the file, opened.
        read: reads a line at a place.
        id_of: the id of what it says.
        index: to which each line is added.

    Raises:
        FormatError: a line cannot be read so.
        InputError: the file is changed meanwhile.
    """
    offset, state = 0, state_of(descriptor)
    with open(descriptor, "rb", closefd=False) as lines:
        for number, line in enumerate(lines, 1):
            content = line.removesuffix(b"\n")
            if content.strip():
                row = read(content, f"{path}:{number}")
                index.add(id_of(row), offset, len(content))
                yield row
            offset += len(line)
    if state_of(descriptor) != state:
        raise changed(path)
