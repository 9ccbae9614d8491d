"""The files of the cache of predictions, and what becomes of them as a whole.

Every process that adds predictions writes to files of its own, so that nobody waits for anybody, on any file system:
`KEY.NAME.jsonl`, of which KEY stands for an extractor and is the hash of its fingerprint. Where all of them are larger
than they may be, whole files go, those first that nobody has added to or read from for longest. Who has one open reads
it to the end or finds it gone, which is as if it had never been there.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import orjson

from evalkit.errors import EvalkitError, InputError, OutputError
from evalkit.files import is_leftover, open_inside, remove_file
from evalkit.folders import cache_folder, indexes_folder

__all__ = [
    "KEYED",
    "KEY_LENGTH",
    "CachedFile",
    "cached_files",
    "cached_indexes",
    "count_predictions",
    "header_of",
    "key_of",
    "new_name",
    "paths_of",
    "predictions_folder",
    "remove",
    "shrink",
    "system_of",
]

KEY_LENGTH = 32
_NAME = re.compile(r"([0-9a-f]{32})\.[\w-]+\.jsonl")
_INDEX = re.compile(r"[0-9a-f]{32}\.(index|json)")
"""Those of earlier states end in json."""
KEYED = re.compile(rb"[0-9a-f]{32} ")
"""The beginning of a line with an answer: its key."""
_HEADER = 4096
"""The first line of a file is read as far as this."""


@dataclass(frozen=True, slots=True)
class CachedFile:
    """One file: the key that its name begins with, how many bytes it has, and when it was last added to or read from.

    The key is that of its extractor; of an index it is that of the gold.
    """

    path: Path
    key: str
    bytes: int
    used: float


def predictions_folder(cache: Path | None = None) -> Path:
    """Where the files are."""
    return (cache or cache_folder()) / "predictions"


def key_of(fingerprint: str) -> str:
    """What stands for an extractor in the names of its files."""
    return hashlib.sha256(fingerprint.encode()).hexdigest()[:KEY_LENGTH]


def new_name(key: str) -> str:
    """A name that no other process gives a file, on whatever machine; later ones come later in order."""
    return f"{key}.{time.time_ns():016x}-{os.getpid():x}-{os.urandom(4).hex()}.jsonl"


def header_of(system: str) -> bytes:
    """The first line of a file: whose predictions are in it."""
    return orjson.dumps({"format": "evalkit.cache", "version": 1, "extractor": system}) + b"\n"


def system_of(path: Path) -> str:
    """Whose predictions are in a file; empty if it does not say, as those of earlier versions."""
    with suppress(OSError, ValueError, EvalkitError), os.fdopen(open_inside(path), "rb") as file:
        said = orjson.loads(file.readline(_HEADER))
        if isinstance(said, dict) and isinstance(said.get("extractor"), str):
            return str(said["extractor"])
    return ""


def count_predictions(path: Path) -> int:
    """How many lines with a key are in a file; 0 if it is gone."""
    with suppress(OSError, EvalkitError), os.fdopen(open_inside(path), "rb") as lines:
        return sum(KEYED.match(line) is not None for line in lines)
    return 0


def paths_of(folder: Path, key: str) -> list[Path]:
    """The files of one extractor, in the order in which they were begun; none if they cannot be listed."""
    with suppress(OSError):
        names = (name for name in os.listdir(folder) if (found := _NAME.fullmatch(name)) and found[1] == key)
        return [folder / name for name in sorted(names)]
    return []


def cached_files(folder: Path) -> list[CachedFile]:
    """All files of predictions, the longest unused first.

    Raises:
        InputError: the folder holds what is no file of the cache: then it is somebody else's.
    """
    return _files(folder, lambda name: _NAME.fullmatch(name) is not None)


def cached_indexes(cache: Path | None = None) -> list[CachedFile]:
    """The files in which it is kept what was found in large gold, and what is left of those that were cut off.

    Raises:
        InputError: their folder holds what is no file of the cache: then it is somebody else's.
    """
    folder = indexes_folder() if cache is None else cache / indexes_folder().name
    return _files(folder, lambda name: _INDEX.fullmatch(name) is not None or is_leftover(name))


def _files(folder: Path, is_one: Callable[[str], bool]) -> list[CachedFile]:
    found = []
    try:
        entries = list(os.scandir(folder))
    except FileNotFoundError:
        return []
    except OSError as error:
        remedy = "set EVALKIT_CACHE to a folder of yours"
        raise InputError(f"{folder}: cannot be read: {error.strerror}; {remedy}") from error
    for entry in entries:
        with suppress(FileNotFoundError):
            if not is_one(entry.name) or not entry.is_file(follow_symlinks=False):
                raise InputError(
                    f"{folder}: holds {entry.name!r:.80}, which is no file of the cache; move it away, or set "
                    "EVALKIT_CACHE to another folder"
                )
            told = entry.stat(follow_symlinks=False)
            found.append(CachedFile(Path(entry.path), entry.name.partition(".")[0], told.st_size, told.st_mtime))
    return sorted(found, key=lambda file: (file.used, file.path.name))


def remove(files: Iterable[CachedFile]) -> list[CachedFile]:
    """Removes files; those that are gone now, whoever removed them."""
    gone = []
    for file in files:
        # Another process may have it open where that keeps it.
        with suppress(OutputError):
            remove_file(file.path)
            gone.append(file)
    return gone


def shrink(folder: Path, size: int) -> list[CachedFile]:
    """Removes the longest unused files until all others together are no larger; what was removed."""
    try:
        files = cached_files(folder)
    except InputError:
        # Whose folder it is nobody knows: nothing is removed there.
        return []
    return remove(_too_many(files, size))


def _too_many(files: Sequence[CachedFile], size: int) -> list[CachedFile]:
    left = sum(file.bytes for file in files)
    gone = []
    for file in files:
        if left <= size:
            break
        gone.append(file)
        left -= file.bytes
    return gone
