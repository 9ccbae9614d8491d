"""Counts by article as they travel with a result: columns that are laid out when somebody looks, and their file.

The file is a zip of arrays (`.npz`) that `numpy.load` opens without pickle. `index` says as JSON which columns make the
table of which task and convention; columns that are alike, such as the places of the items under several conventions,
stand in it once. Names are UTF-8 bytes end to end, with where each of them ends beside them. Nothing is compressed and
no time is noted, so equal tables are equal bytes on any machine.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.errors import FormatError, InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["COUNTS", "CountColumns", "StoredCounts", "add_up", "counts_bytes", "listed", "read_counts"]

COUNTS = "counts.npz"
"""The file of the counts by article, beside the `result.json` whose figures they add up to."""

Columns = Mapping[str, Any]
"""Names (articles, labels, groups) as sequences of texts, all else as arrays, and facts such as `apart`."""

_NAMES = ("articles", "labels", "groups")
_CREDITS = ("gold_credit", "predicted_credit")
_PLACES = {"article": "articles", "label": "labels", "group": "groups"}
_CLOSE = 1e-7
_NARROW = {"u": ("<u1", "<u2", "<u4", "<u8"), "f": ("<f2", "<f4", "<f8")}
_ANEW = "score the run again with `evalkit score`"


class CountColumns(Mapping[str, Any]):
    """What `CountTable.to_json` gives, laid out when somebody looks.

    Attributes:
        columns: the same as arrays.
    """

    def __init__(self, made: Callable[[], Columns]) -> None:
        self._made = made

    @cached_property
    def columns(self) -> Columns:
        """The columns.

        Raises:
            FormatError: they lie in a file that is damaged or of another result.
            InputError: it cannot be read.
        """
        return self._made()

    def __getitem__(self, name: str) -> Any:
        return listed(self.columns[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)


def listed(column: Any) -> Any:
    """An array or a tuple of names as a list; anything else as it is."""
    if isinstance(column, tuple):
        return list(column)
    return column.tolist() if hasattr(column, "tolist") else column


def counts_bytes(tables: Mapping[str, Mapping[str, Columns]]) -> bytes:
    """The content of the file: task → convention → columns."""
    import numpy as np

    arrays: dict[str, NDArray[Any]] = {}
    known: dict[Any, str] = {}

    def kept(array: NDArray[Any]) -> str:
        key = (array.dtype.str, array.tobytes())
        if key not in known:
            known[key] = f"a{len(arrays)}"
            arrays[known[key]] = array
        return known[key]

    def names_of(names: Sequence[str]) -> list[str]:
        key = tuple(names)
        if key not in known:
            parts = [name.encode("utf-8", "surrogatepass") for name in key]
            text = np.frombuffer(b"".join(parts), dtype=np.uint8)
            known[key] = f"{kept(text)} {kept(_narrow(np.cumsum([len(part) for part in parts], dtype=np.int64)))}"
        return known[key].split(" ")

    def reference(name: str, column: Any) -> Any:
        if isinstance(column, bool):
            return column
        if name in _NAMES:
            return {"names": names_of(column)}
        return {"array": kept(_narrow(np.asarray(column, dtype=np.float64 if name in _CREDITS else np.int64)))}

    index = [
        {"task": task, "convention": name} | {key: reference(key, column) for key, column in columns.items()}
        for task, by_convention in tables.items()
        for name, columns in by_convention.items()
    ]
    written = np.frombuffer(json.dumps(index).encode(), dtype=np.uint8)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as file:
        for name, array in {"index": written, **arrays}.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, array, version=(1, 0), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            file.writestr(entry, member.getvalue())
    return content.getvalue()


def _narrow(array: NDArray[Any]) -> NDArray[Any]:
    """The numbers in the narrowest form that holds all of them exactly."""
    import numpy as np

    whole = array.dtype.kind in "iu"
    for form in _NARROW["u" if whole else "f"]:
        with np.errstate(over="ignore"):
            narrow = array.astype(form)
        if (narrow == array).all():
            return narrow
    return array


_DAMAGE = (ValueError, LookupError, ArithmeticError, TypeError, AttributeError, EOFError, MemoryError, RuntimeError)
"""What libraries raise at the content of a damaged file, whatever was damaged."""


def read_counts(content: bytes, where: str) -> dict[tuple[str, str], Columns]:
    """The columns of each task and convention from the content of the file.

    Raises:
        FormatError: it is no such file, or damaged.
    """
    import numpy as np

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            entries = file.infolist()
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
                raise ValueError("it is compressed")
            # What is not compressed is no larger than the file, unless entries lie over each other.
            if sum(entry.file_size for entry in entries) > len(content):
                raise ValueError("its parts overlap")
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        tables: dict[tuple[str, str], Columns] = {}
        names: dict[tuple[str, str], tuple[str, ...]] = {}
        for row in json.loads(arrays["index"].tobytes()):
            columns: dict[str, Any] = {}
            for key, column in row.items():
                if not isinstance(column, dict):
                    columns[key] = column
                elif "array" in column:
                    columns[key] = arrays[column["array"]]
                else:
                    place = (column["names"][0], column["names"][1])
                    if place not in names:
                        names[place] = _names(arrays[place[0]].tobytes(), arrays[place[1]].tolist())
                    columns[key] = names[place]
            tables[columns.pop("task"), columns.pop("convention")] = columns
    except (*_DAMAGE, zipfile.BadZipFile) as error:
        raise FormatError(f"{where}: damaged counts by article ({error}); {_ANEW}") from error
    return tables


def add_up(columns: Columns, totals: Mapping[str, float]) -> bool:
    """Whether columns surely are those of a table, which has some totals; where they may not be, lists tell more.

    Args:
        columns: as `read_counts` gives them.
        totals: column → its sum.
    """
    names = {name: columns.get(name, ()) for name in _NAMES}
    arrays = {name: own for name, own in columns.items() if name not in (*_NAMES, "apart")}
    wanted = {"article", "label", *totals, *(("group",) if names["groups"] else ())}
    if arrays.keys() != wanted or not isinstance(columns.get("apart", False), bool):
        return False
    try:
        "".join(name for own in names.values() for name in own).encode()
    except UnicodeEncodeError:
        return False
    shape = (arrays["article"].size,)
    kinds = {name: "f" if name in _CREDITS else "u" for name in arrays}
    return (
        all(len(set(own)) == len(own) for own in names.values())
        and all(own.shape == shape and own.dtype.kind == kinds[name] for name, own in arrays.items())
        and all(_below(arrays[name], len(names[_PLACES[name]])) for name in wanted & _PLACES.keys())
        and all(_makes(arrays[name], total) for name, total in totals.items())
    )


def _below(places: NDArray[Any], number: int) -> bool:
    return not places.size or int(places.max()) < number


def _makes(column: NDArray[Any], total: float) -> bool:
    """Whether numbers, none of which is below 0, add up to a total."""
    made = float(column.sum(dtype="f8"))
    return float(column.min(initial=0)) >= 0 and abs(made - total) <= _CLOSE * max(abs(total), 1.0)


def _names(content: bytes, ends: Sequence[int]) -> tuple[str, ...]:
    if not ends:
        return ()
    return tuple(
        content[start:end].decode("utf-8", "surrogatepass") for start, end in zip([0, *ends[:-1]], ends, strict=True)
    )


class StoredCounts:
    """The counts beside a stored result, read when somebody asks for them and proved to be its own."""

    def __init__(self, path: Path, sha256: str) -> None:
        self.path = path
        self._sha256 = sha256

    @cached_property
    def _tables(self) -> dict[tuple[str, str], Columns]:
        from evalkit.files import read_inside

        try:
            content = read_inside(self.path)
        except OSError as error:
            raise InputError(f"{self.path}: cannot be read: {error.strerror or error}; {_ANEW}") from error
        if hashlib.sha256(content).hexdigest() != self._sha256:
            raise FormatError(f"{self.path}: is not what the result beside it was written with; {_ANEW}")
        return read_counts(content, str(self.path))

    def columns(self, task: str, convention: str) -> Columns:
        """The columns of one task and convention.

        Raises:
            InputError: the file cannot be read.
            FormatError: it is damaged, changed, or lacks them.
        """
        if (task, convention) not in self._tables:
            raise FormatError(f"{self.path}: has no counts of {task} under {convention}; {_ANEW}")
        return self._tables[task, convention]
