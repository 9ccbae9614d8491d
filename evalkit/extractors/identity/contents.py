"""What values consist of: files, folders, arrays, tensors, frames, collections, and objects with their attributes."""

from __future__ import annotations

import contextlib
import hashlib
import sys
import types
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = [
    "COLLECTIONS",
    "DESCRIPTORS",
    "LIBRARIES",
    "MUTE",
    "NUMBERS",
    "PLAIN",
    "attributes_of",
    "file_sha256",
    "folder_bytes",
    "folder_sha256",
    "hides_state",
    "joined",
]

_BLOCK = 1 << 26

PLAIN = (bool, int, float, complex, str, bytes, type(None), type(Ellipsis), type(NotImplemented))
"""Kinds of values that are what they look like."""

MUTE = frozenset(
    {
        *("_thread.lock", "_thread.RLock", "_thread._local", "threading.local", "logging.Logger", "logging.RootLogger"),
        *("weakref.ReferenceType", "weakref.WeakKeyDictionary", "weakref.WeakSet", "weakref.WeakValueDictionary"),
        *("concurrent.futures.thread.ThreadPoolExecutor", "logging.LoggerAdapter"),
        # What code asks of it by name is read; all of it is another one in each terminal.
        "os._Environ",
    }
)
"""Kinds of objects that pass nothing on to an answer: locks, loggers, pools, and what forgets."""


def joined(*parts: str | bytes) -> bytes:
    """One digest of several parts; where one ends and the next begins counts."""
    total = hashlib.sha256()
    for part in parts:
        content = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        total.update(len(content).to_bytes(8, "big"))
        total.update(content)
    return total.digest()


def file_sha256(path: Path) -> bytes:
    """SHA-256 over the content of a file, which is never in memory as a whole."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def folder_sha256(folder: Path) -> str:
    """SHA-256 over the names and contents of all files of a folder; hidden ones and byte code are left out."""
    digest = hashlib.sha256()
    for path in _files(folder):
        digest.update(f"{path.relative_to(folder).as_posix()}\0{file_sha256(path).hex()}\n".encode())
    return digest.hexdigest()


def folder_bytes(folder: Path) -> int:
    """How many bytes the files of a folder have together."""
    return sum(path.stat().st_size for path in _files(folder))


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and "__pycache__" not in parts and not any(part.startswith(".") for part in parts):
            yield path


def _parts_of_array(value: Any) -> tuple[object, ...] | None:
    """What an array or a number of numpy consists of, its content as a digest; None for anything else of numpy."""
    import numpy as np

    if isinstance(value, np.generic):
        return str(value.dtype), value.tobytes()
    if not isinstance(value, np.ndarray):
        return None
    if value.dtype.hasobject:
        return repr(value.shape), value.tolist()
    total = hashlib.sha256()
    flat = value.reshape(-1) if value.flags.c_contiguous else value.flat
    step = max(1, _BLOCK // max(1, value.itemsize))
    # Block by block: an array may be a file that is larger than the memory.
    for start in range(0, value.size, step):
        total.update(np.ascontiguousarray(flat[start : start + step]).view(np.uint8).data)
    return repr(value.dtype.descr), repr(value.shape), total.digest()


def _parts_of_tensor(value: Any) -> tuple[object, ...] | None:
    """What a tensor of torch consists of, its content as a digest; None for anything else of torch.

    Raises:
        RuntimeError: it has no content in one piece, as one that is sparse or on the device `meta`.
    """
    torch: Any = sys.modules["torch"]
    if not isinstance(value, torch.Tensor):
        return None
    content = value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
    return str(value.dtype), repr(tuple(value.shape)), hashlib.sha256(content.data).digest()


def _parts_of_frame(value: Any) -> tuple[object, ...] | None:
    """What a frame, a series or an index of pandas consists of; None for anything else of pandas."""
    pandas: Any = sys.modules["pandas"]
    if isinstance(value, pandas.DataFrame):
        columns = [(name, value.iloc[:, number].to_numpy()) for number, name in enumerate(value.columns)]
        return list(map(str, value.dtypes)), columns, value.index
    if isinstance(value, pandas.Series):
        return str(value.dtype), value.name, value.to_numpy(), value.index
    if isinstance(value, pandas.Index):
        return str(value.dtype), list(value.names), value.to_numpy()
    return None


def hides_state(kind: type) -> bool:
    """Whether objects of a class have more than attributes: something that a library keeps outside Python.

    They are larger then than what Python needs for them. That is how `copy` and `pickle` know (`object.__reduce_ex__`).
    """
    pointer = 8
    size = object.__basicsize__
    size += pointer * (kind.__dictoffset__ > 0) + pointer * (kind.__weakrefoffset__ > 0)
    return kind.__basicsize__ > size + pointer * len(_slots(kind)) or kind.__itemsize__ > 0


def _slots(kind: type) -> list[str]:
    names: list[str] = []
    for base in kind.__mro__:
        slots = vars(base).get("__slots__", ())
        for name in [slots] if isinstance(slots, str) else list(slots):
            if name not in ("__dict__", "__weakref__"):
                private = name.startswith("__") and not name.endswith("__")
                names.append(f"_{base.__name__.lstrip('_')}{name}" if private else name)
    return names


def attributes_of(value: object) -> dict[str, object]:
    """The attributes of an object by name, those in slots too; sorted."""
    attributes: dict[str, object] = {}
    with contextlib.suppress(AttributeError):
        attributes |= object.__getattribute__(value, "__dict__")
    for name in _slots(type(value)):
        with contextlib.suppress(AttributeError):
            attributes[name] = object.__getattribute__(value, name)
    # Some note the address of what they hold, to see that it was replaced (the vectorizers of scikit-learn).
    addresses = set(map(id, attributes.values()))
    kept = {name: held for name, held in attributes.items() if type(held) is not int or held not in addresses}
    return dict(sorted(kept.items()))


COLLECTIONS: Mapping[type, Callable[[Any], Any]] = {
    OrderedDict: OrderedDict.items,
    dict: dict.items,
    list: list.__iter__,
    tuple: tuple.__iter__,
    set: set.__iter__,
    frozenset: frozenset.__iter__,
    deque: deque.__iter__,
}
"""How to go through a collection, whatever its class makes of that."""

LIBRARIES: Mapping[str, Callable[[Any], tuple[object, ...] | None]] = {
    "numpy": _parts_of_array,
    "pandas": _parts_of_frame,
    "torch": _parts_of_tensor,
}
"""What objects of a library consist of, where that is not what a copy would be made from."""

NUMBERS: Mapping[type, Callable[[Any], Any]] = {
    str: str.__str__,
    bytes: bytes.__bytes__,
    bytearray: bytes,
    int: int.__int__,
    float: float.__float__,
}
"""How to read text and numbers, whatever their class adds to them."""

DESCRIPTORS = (
    *(types.GetSetDescriptorType, types.MemberDescriptorType, types.MethodDescriptorType),
    *(types.WrapperDescriptorType, types.ClassMethodDescriptorType),
)
"""What stands in classes that are not written in Python; a name says all of it."""
