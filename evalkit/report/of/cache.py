"""What is in the cache, or was removed from it."""

from __future__ import annotations

from dataclasses import asdict

from evalkit.predictions.cache_contents import CacheContents
from evalkit.report.document import Column, Document, Table
from evalkit.showing import number_of

__all__ = ["document"]

INDEXES = "(indexes of gold)"
"""What stands in the place of an extractor."""


def document(contents: CacheContents) -> Document:
    """One row an extractor, and one of all indexes of gold, which are no predictions."""
    size = _size(contents.bytes)
    indexes = contents.indexes
    files = sum(system.files for system in contents.systems) + indexes.files
    if contents.removed:
        title = f"{contents.folder}: {number_of(files, 'file')} removed, {size} freed, {_size(contents.left)} left"
    else:
        title = f"{contents.folder}: {number_of(files, 'file')}, {size}"
    columns = (
        Column("extractor", left=True, folds=True),
        Column("predictions"),
        Column("files"),
        Column("size"),
        Column("last used", left=True),
        Column("key", left=True),
    )
    rows = tuple(
        (one.extractor, str(one.predictions), str(one.files), _size(one.bytes), one.used, one.key[:7])
        for one in contents.systems
    )
    listed = [asdict(system) for system in contents.systems]
    if indexes.files:
        rows += ((INDEXES, "", str(indexes.files), _size(indexes.bytes), indexes.used, ""),)
        listed.append({"extractor": INDEXES, "key": "", "predictions": 0, **asdict(indexes)})
    return Document(
        what="cache",
        title=title,
        blocks=(Table(columns=columns, rows=rows, listing=True),) if rows else (),
        rows=tuple(listed),
        data=contents.to_json(),
    )


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
