"""What the cache holds, predictions by extractor and indexes of gold; what of it somebody wants to be removed."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.errors import InputError
from evalkit.harmless import clean
from evalkit.predictions.cached_files import (
    CachedFile,
    cached_files,
    cached_indexes,
    count_predictions,
    predictions_folder,
    remove,
    system_of,
)
from evalkit.showing import number_of, shown_html

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["CacheContents", "CachedIndexes", "CachedSystem", "cache_contents", "cleared_cache"]

UNNAMED = "(not named)"
"""Whose files those are that earlier versions wrote."""

_SPAN = re.compile(r"([0-9]{1,6})([mhdwHDW])")
"""How a span of time is written; M might be months."""
_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedSystem:
    """What is kept of one extractor, as it was at one time: changed, it is another one.

    Attributes:
        extractor: its name.
        key: what stands for it in the names of its files.
        files: how many there are.
        bytes: their size.
        predictions: how many predictions are in them; one that was made again counts again.
        used: when one of them was last added to or read from, in UTC.
    """

    extractor: str
    key: str
    files: int
    bytes: int
    predictions: int
    used: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedIndexes:
    """What is kept of large gold, so that it is looked at once: where its articles are, its labels and fingerprint.

    Attributes:
        files: how many there are: one for each content of a file, one for each folder.
        bytes: their size.
        used: when one of them was last made or read, in UTC; empty if there is none.
    """

    files: int = 0
    bytes: int = 0
    used: str = ""


@dataclass(frozen=True, kw_only=True, repr=False)
class CacheContents:
    """What is in the cache, or what was removed from it.

    Attributes:
        folder: where the predictions are; indexes have the folder `indexes` beside it.
        systems: predictions by extractor, the longest unused first.
        indexes: what is kept of large gold.
        removed: whether all of that is gone now.
        left: how many bytes are still there.
    """

    folder: str
    systems: tuple[CachedSystem, ...]
    indexes: CachedIndexes = CachedIndexes()
    removed: bool = False
    left: int = 0

    @property
    def bytes(self) -> int:
        """The size of what is shown."""
        return sum(system.bytes for system in self.systems) + self.indexes.bytes

    def __repr__(self) -> str:
        """One line."""
        return clean(f"<CacheContents {number_of(len(self.systems), 'extractor')}, {self.bytes / 1e6:.1f} MB>")

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return {
            "format": "evalkit.cache-contents",
            "version": 1,
            "folder": self.folder,
            "removed": self.removed,
            "bytes": self.bytes,
            "left": self.left,
            "systems": [asdict(system) for system in self.systems],
            "indexes": asdict(self.indexes),
        }

    def to_pandas(self) -> DataFrame:
        """One row an extractor."""
        import pandas as pd

        return pd.DataFrame([asdict(system) for system in self.systems])

    _repr_html_ = shown_html


def cache_contents(folder: Path | None = None) -> CacheContents:
    """What is in the cache.

    Raises:
        InputError: its folder cannot be read, or is somebody else's.
    """
    place = predictions_folder(folder)
    files, indexes = cached_files(place), cached_indexes(folder)
    left = sum(file.bytes for file in (*files, *indexes))
    return CacheContents(folder=str(place), systems=_systems(files), indexes=_indexes(indexes), left=left)


def cleared_cache(
    folder: Path | None = None, *, model: str | None = None, older_than: str | None = None
) -> CacheContents:
    """Removes what is in the cache, or a part of it; what was removed.

    Args:
        folder: where the cache is, if elsewhere.
        model: only what is kept of this extractor, and no index.
        older_than: only files that nobody added to or read from for so long, as `30d`, `12h`, `8w` or `90m`.

    Raises:
        InputError: its folder cannot be read or is somebody else's, or it is no span of time.
    """
    place, limit = predictions_folder(folder), None if older_than is None else time.time() - _seconds(older_than)
    predictions, every_index = cached_files(place), cached_indexes(folder)
    files, indexes = (
        own if limit is None else [file for file in own if file.used < limit] for own in (predictions, every_index)
    )
    if model is not None:
        files = [file for file in files if (system_of(file.path) or UNNAMED) == model]
        indexes = []
    # What is in them is counted while it is there.
    by_path = {file.path: file for file in files}
    shown = _systems(files)
    gone = {file.path for file in remove(files)}
    if len(gone) < len(files):
        shown = _systems([by_path[path] for path in gone])
    indexes = remove(indexes)
    gone |= {file.path for file in indexes}
    left = sum(file.bytes for file in (*predictions, *every_index) if file.path not in gone)
    return CacheContents(folder=str(place), systems=shown, indexes=_indexes(indexes), removed=True, left=left)


def _seconds(span: str) -> int:
    found = _SPAN.fullmatch(span.strip())
    if found is None:
        raise InputError(f"{span!r:.60} is no span of time; write a number with m, h, d or w, such as 30d")
    return int(found[1]) * _SECONDS[found[2].lower()]


def _time(used: float) -> str:
    return datetime.fromtimestamp(int(used), UTC).isoformat().replace("+00:00", "Z")


def _indexes(files: Sequence[CachedFile]) -> CachedIndexes:
    used = _time(files[-1].used) if files else ""
    return CachedIndexes(files=len(files), bytes=sum(file.bytes for file in files), used=used)


def _systems(files: Sequence[CachedFile]) -> tuple[CachedSystem, ...]:
    by_key: dict[str, list[CachedFile]] = {}
    for file in files:
        by_key.setdefault(file.key, []).append(file)
    systems = [
        CachedSystem(
            extractor=next(filter(None, (system_of(file.path) for file in reversed(own))), UNNAMED),
            key=key,
            files=len(own),
            bytes=sum(file.bytes for file in own),
            predictions=sum(count_predictions(file.path) for file in own),
            used=_time(own[-1].used),
        )
        for key, own in by_key.items()
    ]
    return tuple(sorted(systems, key=lambda system: (system.used, system.extractor, system.key)))
