"""Predictions kept between runs, keyed by what was asked and of whom.

The files of an extractor (see `evalkit.predictions.cached_files`) have one line an article: the key, a checksum of what
follows and of the key, the length of the prediction, and the prediction as JSON. A line that is too short was cut off
by a crash, one whose checksum is another was damaged: both are passed over, as is one that does not fit its article.
"""

from __future__ import annotations

import hashlib
import os
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import orjson

from evalkit.errors import EvalkitError, FormatError
from evalkit.files import add_to_shared, mark_used, open_inside
from evalkit.formats.native.rows import article_to_row, prediction_line
from evalkit.predictions.batches import Job
from evalkit.predictions.cached_files import (
    KEY_LENGTH,
    KEYED,
    header_of,
    key_of,
    new_name,
    paths_of,
    predictions_folder,
    shrink,
)
from evalkit.predictions.lines import admitted_line, checksum
from evalkit.records import Prediction

__all__ = ["PredictionCache", "cache_key", "not_cached"]

_LARGEST = 64 << 20
"""No file grows beyond so many bytes and one batch: whole files are what goes where there is too much."""

_PARTS = 16
"""Nor beyond this part of all that may be kept."""

_START = 16
"""So many digits of a key tell it from the others in an index; the line says whether it is the whole key."""

_PLACE_BITS = 44
"""A place in a file takes so many bits, the number of the file the others."""

_MOST_ADDED, _MOST_OPEN = 1 << 16, 32
"""So many lines are held in a dictionary, and so many files open."""


def cache_key(job: Job, layers: Sequence[str]) -> str:
    """A hash of all that an extractor is shown and was asked for.

    That is the whole article, the stance pairs to label, and the layers that it claims.
    """
    pairs = job.pairs
    shown = [
        article_to_row(job.article),
        None if pairs is None else [[p.holder, p.target, *p.holder_mentions, "", *p.target_mentions] for p in pairs],
        list(layers),
    ]
    return hashlib.sha256(orjson.dumps(shown, option=orjson.OPT_SORT_KEYS)).hexdigest()[:KEY_LENGTH]


class PredictionCache:
    """The cached predictions of one extractor.

    Attributes:
        path: the file that this process adds to; others have theirs beside it.
        refused: how many lines were asked for that were damaged, or did not fit the article.
    """

    def __init__(self, fingerprint: str, folder: Path | None = None, *, system: str = "", size: int = 0) -> None:
        self.folder, self.key = predictions_folder(folder), key_of(fingerprint)
        self.system, self.size = system, size
        self.path = self.folder / new_name(self.key)
        self.refused = 0
        self._process = os.getpid()
        self._unchecked = _LARGEST
        self._index: _Index | None = None

    def get(self, key: str, job: Job, layers: Sequence[str]) -> Prediction | None:
        """The prediction under a key, or None if there is none that can be used for an article."""
        refused = 0
        for line, path in self._loaded().lines(key.encode()):
            _, _, length, body = (*line.split(b" ", 3), b"", b"", b"")[:4]
            if not length.isdigit() or len(body) < int(length[:18]):
                continue
            if line == _line(key, body):
                try:
                    name = job.article.id
                    admitted = admitted_line(body, str(path), job.article, layers, article_id=name)
                    if isinstance(admitted, Prediction):
                        return admitted
                except FormatError:
                    pass
            refused = 1
        self.refused += refused
        return None

    def put(self, items: Iterable[tuple[str, Prediction]]) -> None:
        """Adds predictions; a folder that cannot be written to leaves the cache as it is (it only saves time)."""
        lines = [_line(key, prediction_line(prediction)[:-1]) for key, prediction in items]
        try:
            start = self._own_size()
            # On a line of its own, as a crash may have cut off the last one.
            content = (b"\n" if start else header_of(self.system)) + b"".join(line + b"\n" for line in lines)
            add_to_shared(self.path, content)
        except OSError:
            return
        start += len(content) - sum(len(line) + 1 for line in lines)
        self._loaded().add(self.path, start, lines)
        self._unchecked += len(content)
        if self.size and self._unchecked >= min(_LARGEST, self.size / _PARTS):
            self._unchecked = 0
            shrink(self.folder, self.size)

    def _own_size(self) -> int:
        """How large the file of this process is; a new one where it is gone, full, or that of another process."""
        try:
            size = self.path.stat().st_size
        except FileNotFoundError:
            size = 0
        largest = min(_LARGEST, self.size / _PARTS) if self.size else _LARGEST
        if size > largest or os.getpid() != self._process:
            self._process, size = os.getpid(), 0
            self.path = self.folder / new_name(self.key)
        return size

    def _loaded(self) -> _Index:
        if self._index is None:
            self._index = _Index(self.folder, self.key)
        return self._index


class _Index:
    """Where the lines of an extractor stand, whoever wrote them: the beginning of each key, its file, its place there.

    What is said there is read when it is asked for, so that a large cache takes little memory.
    """

    def __init__(self, folder: Path, key: str) -> None:
        self._paths: list[Path] = []
        self._files: dict[int, BinaryIO] = {}
        self._used: set[int] = set()
        self._added: dict[int, int] = {}
        starts, places = array("Q"), array("Q")
        for path in paths_of(folder, key):
            # One that somebody has removed meanwhile, and what is a link or no file, hold nothing.
            with suppress(OSError, EvalkitError), _opened(path) as lines:
                place = self._number(path) << _PLACE_BITS
                for line in lines:
                    if (start := _start(line)) is not None:
                        starts.append(start)
                        places.append(place)
                    place += len(line)
        self._starts, self._places = _in_order(starts, places)

    def __del__(self) -> None:
        for file in self._files.values():
            file.close()

    def lines(self, key: bytes) -> Iterator[tuple[bytes, Path]]:
        """The lines under a key and the file of each, the last one first."""
        start = int(key[:_START], 16)
        first, end = bisect_left(self._starts, start), bisect_right(self._starts, start)
        places = [*self._places[first:end], *([self._added[start]] if start in self._added else [])]
        for place in reversed(places):
            number = place >> _PLACE_BITS
            try:
                line = self._line(number, place & ((1 << _PLACE_BITS) - 1))
            except (OSError, EvalkitError):
                continue
            if line.startswith(key):
                yield line, self._paths[number]

    def add(self, path: Path, place: int, lines: Iterable[bytes]) -> None:
        """Says where lines were written, one after the other."""
        place += self._number(path) << _PLACE_BITS
        for line in lines:
            self._added[int(line[:_START], 16)] = place
            place += len(line) + 1
        if len(self._added) > _MOST_ADDED:
            starts, places = array("Q", self._added), array("Q", self._added.values())
            self._starts, self._places = _in_order(self._starts + starts, self._places + places)
            self._added = {}

    def _number(self, path: Path) -> int:
        if not self._paths or self._paths[-1] != path:
            self._paths.append(path)
        return len(self._paths) - 1

    def _line(self, number: int, place: int) -> bytes:
        file = self._files.get(number)
        if file is None:
            if len(self._files) >= _MOST_OPEN:
                self._files.pop(next(iter(self._files))).close()
            file = self._files[number] = _opened(self._paths[number])
        file.seek(place)
        line = file.readline().rstrip(b"\n")
        if number not in self._used:
            self._used.add(number)
            mark_used(self._paths[number])
        return line


def _opened(path: Path) -> BinaryIO:
    """A file of a folder that others write to: neither a link nor a pipe, which would wait for somebody."""
    return os.fdopen(open_inside(path), "rb")


def _start(line: bytes) -> int | None:
    """The beginning of the key of a line as a number; None if it has none, as where it was cut off or damaged."""
    return int(line[:_START], 16) if KEYED.match(line) else None


def _in_order(starts: array[int], places: array[int]) -> tuple[array[int], array[int]]:
    """Both by the beginnings of keys; of equal ones what came first stays first."""
    import numpy as np

    if not starts:
        return starts, places
    order = np.argsort(np.frombuffer(starts, dtype=np.uint64), kind="stable")
    done = [array("Q", np.frombuffer(column, dtype=np.uint64)[order].tobytes()) for column in (starts, places)]
    return done[0], done[1]


def not_cached(fingerprint: str, jobs: Sequence[Job], layers: Sequence[str]) -> list[Job]:
    """The jobs for which an extractor has made no prediction that can be used."""
    cache = PredictionCache(fingerprint)
    return [job for job in jobs if cache.get(cache_key(job, layers), job, layers) is None]


def _line(key: str, body: bytes) -> bytes:
    """A line of the cache without its end."""
    rest = b"%d %s" % (len(body), body)
    return b"%s %s %s" % (key.encode(), checksum(key.encode() + b" " + rest), rest)
