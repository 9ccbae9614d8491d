"""Large predictions in one file of JSON lines: looked at in one pass and left there, as large gold is."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from evalkit.errors import FormatError
from evalkit.files import open_inside
from evalkit.formats.native.format import read_line
from evalkit.formats.native.read_row import ReadRow
from evalkit.formats.native.stored import LineIndex, StoredRecords, scanned
from evalkit.formats.native.typed_records import RecordDecoder
from evalkit.formats.native.typed_rows import TypedRows
from evalkit.predictions.admission import Refused, admit, plain_usage
from evalkit.predictions.lines import admitted_line, has_check
from evalkit.records import Prediction

__all__ = ["StoredPredictions", "StoredRun", "stored_predictions", "stored_run"]

StoredPredictions = StoredRecords[Prediction]


class StoredRun(NamedTuple):
    """Predictions in a file, in its order, with what is to be noted of them and how often."""

    predictions: StoredPredictions
    notes: Mapping[str, int]
    sha256: str = ""


class _InMemoryError(Exception):
    """The file is for those who hold it in memory, and have the words for what is wrong with it."""


def stored_predictions(path: Path, *, fits: Callable[[ReadRow], bool]) -> StoredRun | None:
    """The predictions of a large file; None if that is for those who hold it in memory.

    Args:
        path: a regular file.
        fits: whether what a line says fits the gold, as it is.

    Raises:
        InputError: the file is changed meanwhile.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    typed, notes = TypedRows(predicted=True), Counter[str]()

    def read(line: bytes, where: str) -> ReadRow:
        row = read_line(line, where, typed, predicted=True)
        return row if row.claims.proved else row._replace(item=_admitted(row.item))

    decode = RecordDecoder(typed, lambda line: read(line, "").item)

    def survey() -> LineIndex:
        index = LineIndex()
        for row in scanned(path, descriptor, read, lambda row: row.item.article_id, index):
            if row.unknown or row.claims.unread or not fits(row):
                raise _InMemoryError
            notes.update(row.notes)
        return index

    predictions = _in_file(path, descriptor, survey, decode)
    return None if predictions is None else StoredRun(predictions, notes)


def stored_run(path: Path) -> StoredRun | None:
    """The predictions of a large run, with the SHA-256 of their file; None if that is for those who hold it in memory.

    Raises:
        InputError: the file is changed meanwhile.
    """
    descriptor = open_inside(path)
    digest = hashlib.sha256()

    def read(line: bytes, where: str) -> Prediction:
        admitted = admitted_line(line, where)
        if isinstance(admitted, Refused):
            raise _InMemoryError
        return admitted

    def survey() -> LineIndex:
        index, checks = LineIndex(), set[bool]()

        def looked_at(line: bytes, where: str) -> Prediction:
            checks.add(has_check(line))
            return read(line, where)

        for _ in scanned(path, descriptor, looked_at, lambda prediction: prediction.article_id, index):
            if len(checks) > 1:
                raise _InMemoryError
        with open(descriptor, "rb", closefd=False) as file:
            file.seek(0)
            while block := file.read(1 << 20):
                digest.update(block)
            # A line that is blank is a damaged one.
            if index.size - file.tell() not in (0, 1):
                raise _InMemoryError
        return index

    predictions = _in_file(path, descriptor, survey, partial(read, where=str(path)))
    return None if predictions is None else StoredRun(predictions, {}, digest.hexdigest())


def _in_file(
    path: Path, descriptor: int, survey: Callable[[], LineIndex], decode: Callable[[bytes], Prediction]
) -> StoredPredictions | None:
    try:
        index = survey()
        lines = index.whole(path, descriptor) if len(index) else None
    except (_InMemoryError, FormatError):
        lines = None
    except BaseException:
        os.close(descriptor)
        raise
    if lines is None:
        os.close(descriptor)
        return None
    import numpy as np

    return StoredRecords(lines, np.arange(len(index), dtype=np.int32), decode, lambda prediction: prediction.article_id)


def _admitted(prediction: Prediction) -> Prediction:
    usage = plain_usage(prediction.usage) if prediction.usage else prediction.usage
    admitted = admit(replace(prediction, usage=usage), None, None)
    if isinstance(admitted, Refused):
        raise _InMemoryError
    return admitted
