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

from evalkit.dataset.loading.kept import begun_digest, index_path, keep, recall
from evalkit.errors import FormatError
from evalkit.files import open_inside
from evalkit.formats.native.format import read_line
from evalkit.formats.native.read_row import ReadRow
from evalkit.formats.native.stored import LineIndex, StoredRecords, changed, scanned, state_of
from evalkit.formats.native.typed_records import RecordDecoder
from evalkit.formats.native.typed_rows import TypedRows
from evalkit.predictions.admission import Refused, admit, plain_usage
from evalkit.predictions.lines import admitted_line, has_check
from evalkit.records import Prediction
from evalkit.shapes import Shape, fields, number

__all__ = ["StoredPredictions", "StoredRun", "stored_predictions", "stored_run"]

StoredPredictions = StoredRecords[Prediction]


_RUN: Shape = fields({"version": number(1, 1, whole=True)})
"""What is kept of a run beside where its lines are."""


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

    Each line is looked at once: it is kept where those are that were found right in a file of these very bytes.

    Raises:
        InputError: the file is changed meanwhile.
    """
    descriptor = open_inside(path)
    with open(descriptor, "rb", closefd=False) as file:
        state, digest = state_of(descriptor), hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
    sha256 = begun_digest(f"run {digest}", ()).hexdigest()

    def read(line: bytes, where: str) -> Prediction:
        admitted = admitted_line(line, where)
        if isinstance(admitted, Refused):
            raise _InMemoryError
        return admitted

    def survey() -> LineIndex:
        index, checks = LineIndex(), set[bool]()
        if (known := recall(index_path(sha256), sha256, _RUN)) is None or not index.take(known[1]):
            index = LineIndex()

            def looked_at(line: bytes, where: str) -> Prediction:
                checks.add(has_check(line))
                return read(line, where)

            for _ in scanned(path, descriptor, looked_at, lambda prediction: prediction.article_id, index):
                if len(checks) > 1:
                    raise _InMemoryError
            # A line that is blank is a damaged one.
            if index.size - state[0] not in (0, 1):
                raise _InMemoryError
            keep(index_path(sha256), sha256, {"version": 1}, index.content())
        if state_of(descriptor) != state:
            raise changed(path)
        return index

    predictions = _in_file(path, descriptor, survey, partial(read, where=str(path)))
    return None if predictions is None else StoredRun(predictions, {}, digest)


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
