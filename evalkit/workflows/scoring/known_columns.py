"""The columns of a file of gold, kept as all is that one pass over gold told (`kept.py`).

Whoever scores other predictions against the same gold hashes the file and reads numbers; texts stay in the file.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Mapping
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import orjson
from numpy.typing import NDArray

from evalkit.dataset.loading.indexed_file import sha256_of
from evalkit.dataset.loading.kept import index_path, keep, recall
from evalkit.formats.native.columns import NativeColumns, Places
from evalkit.formats.native.stored import is_worth_keeping, state_of
from evalkit.formats.native.texts import TextsInFile
from evalkit.shapes import Shape, fields, list_of, number, text

__all__ = ["GoldColumns", "gold_columns"]

_HEAD: Shape = fields(
    {
        "version": number(1, 1, whole=True),
        **dict.fromkeys(("labels", "reading_labels", "readings", "read", "notes"), list_of(text)),
        "fingerprint": text,
        "sizes": list_of(number(0, whole=True)),
    }
)

_Said = tuple[list[str], list[Mapping[str, str]]]
"""The ids of the articles, and what is known of each besides."""


class GoldColumns(NamedTuple):
    """The columns of gold, the fingerprint of all that it says, and what is to be said of items that stand twice.

    Where they were known, what only a first look compares is not there: what the file says stands at items, which items
    are plain, and how far other layers reach.
    """

    columns: NativeColumns
    fingerprint: str
    notes: list[str]


def gold_columns(path: Path, asked: str, look: Callable[[], GoldColumns | None]) -> GoldColumns | None:
    """The columns of a file of gold; None if it is not for columns.

    Args:
        path: the file.
        asked: what decides what is found in the file, beside its bytes.
        look: reads it, unless that was done before.
    """
    if not is_worth_keeping(path):
        return look()
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return look()
    try:
        state = state_of(descriptor)
        sha256 = sha256_of(descriptor, None, f"columns {asked}")
        known = recall(index_path(sha256), sha256, _HEAD)
        if known is not None and (columns := _columns(*known, path, os.dup(descriptor))) is not None:
            return GoldColumns(columns, known[0]["fingerprint"], known[0]["notes"])
        found = look()
        # What was read is what was hashed.
        if found is not None and state == state_of(descriptor) and os.path.samestat(os.fstat(descriptor), path.stat()):
            keep(index_path(sha256), sha256, *_content(found))
        return found
    finally:
        os.close(descriptor)


def _content(found: GoldColumns) -> tuple[Mapping[str, Any], bytes]:
    own = found.columns
    arrays: list[NDArray[Any]] = [np.array(own.texts.lengths, np.int32), own.scoped.astype(np.int32)]
    for places in (own.items, own.outside, *own.readings.values()):
        arrays += [places.article, places.start, places.end, places.label]
    arrays += own.read.values()
    head = {
        "version": 1,
        "labels": own.labels,
        "reading_labels": own.reading_labels,
        "readings": list(own.readings),
        "read": list(own.read),
        "fingerprint": found.fingerprint,
        "notes": found.notes,
        "sizes": list(map(len, arrays)),
    }
    numbers = [array.astype(np.int32).tobytes() for array in arrays]
    return head, b"".join([*numbers, orjson.dumps([own.articles, own.metadata])])


def _columns(head: Mapping[str, Any], rest: memoryview, path: Path, descriptor: int) -> NativeColumns | None:
    """What was kept of a file, which is closed with it; None if that is none."""
    bounds = list(pairwise(accumulate(head["sizes"], initial=0)))
    try:
        articles, metadata = msgspec.json.decode(rest[4 * sum(head["sizes"]) :], type=_Said)
        numbers = np.frombuffer(rest[: 4 * sum(head["sizes"])], np.int32)
        arrays = iter([numbers[start:end] for start, end in bounds])
        lengths, scoped = next(arrays), next(arrays).astype(bool)
        groups = [Places(*(next(arrays) for _ in range(4))) for _ in range(2 + len(head["readings"]))]
        read = {name: next(arrays) for name in head["read"]}
    except (StopIteration, ValueError):
        os.close(descriptor)
        return None
    items, outside, *readings = groups
    nothing = np.zeros(0, np.int32)
    return NativeColumns(
        articles=articles,
        texts=TextsInFile(path, descriptor, array("i", lengths.tobytes())),
        labels=head["labels"],
        items=items,
        surfaces=[],
        plain=nothing.astype(bool),
        reach=nothing,
        outside=outside,
        reading_labels=head["reading_labels"],
        readings=dict(zip(head["readings"], readings, strict=True)),
        read=read,
        metadata=metadata,
        scoped=scoped,
    )
