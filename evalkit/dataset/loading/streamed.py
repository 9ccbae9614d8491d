"""A large file of gold, some articles at a time: for those who go through it once and keep little of it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from functools import partial

from evalkit.dataset.loading.sources import Place
from evalkit.dataset.loading.stored import InMemoryError, batched
from evalkit.errors import FormatError
from evalkit.formats.base import Batch
from evalkit.formats.native.format import read_line
from evalkit.formats.native.stored import AT_ONCE, LineIndex, is_large, scanned
from evalkit.formats.native.typed_rows import TypedRows
from evalkit.formats.table import NATIVE
from evalkit.options import ReadOptions

__all__ = ["is_streamed", "streamed"]


def is_streamed(place: Place, read: ReadOptions) -> bool:
    """Whether a place is a large file of which one article after the other says all."""
    asked = place.unpacked or read.offsets or read.annotator
    return place.kind == NATIVE and not asked and is_large(place.path)


def streamed(place: Place) -> Iterator[Batch]:
    """What `read_place` gives of a large native file, some articles at a time.

    Raises:
        InMemoryError: something cannot be read, or an article is there twice: it takes all articles together to say
            what is wrong.
        InputError: the file is changed meanwhile.
    """
    index = LineIndex()
    read = partial(read_line, typed=TypedRows(predicted=False), predicted=False)
    try:
        descriptor = os.open(place.path, os.O_RDONLY)
    except OSError as error:
        raise InMemoryError from error
    try:
        for rows in batched(scanned(place.path, descriptor, read, lambda row: row.item.article.id, index), AT_ONCE):
            unknown = Counter[str]()
            for row in rows:
                unknown.update(row.unknown)
            yield Batch(
                examples=tuple(row.item for row in rows),
                claims=tuple(row.claims for row in rows),
                splits=tuple(row.split if isinstance(row.split, str) else None for row in rows),
                unknown=unknown,
            )
    except FormatError as error:
        raise InMemoryError from error
    finally:
        os.close(descriptor)
    if not len(index) or index.names() is None:
        raise InMemoryError
