"""A large file of gold whose articles stay in it; one that was looked at before is hashed, and not looked at again.

Many processes read one gold when a run is made in shards, and each needs its own articles, the ids of all, and the
fingerprint. What one pass over the file told is kept (`kept.py`) under the SHA-256 of the very bytes, so whoever comes
next hashes the file, which is the cheaper part by far, and decodes only what it asks for.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from evalkit.dataset.labels import LABELS_FILE
from evalkit.dataset.loading.kept import begun_digest, index_path, keep_survey, recall_survey
from evalkit.dataset.loading.stored import InMemoryError, StoredGold, Survey
from evalkit.dataset.making.declaration import DATASET_FILE
from evalkit.errors import FormatError
from evalkit.files import passing_file
from evalkit.formats.native.format import read_line
from evalkit.formats.native.stored import changed, scanned, state_of

__all__ = ["gold_of_file", "gold_of_rows", "sha256_of"]

_PIECE = 1 << 20


def gold_of_file(path: Path, folder: Path | None, survey: Survey, *, asked: str) -> StoredGold | None:
    """The gold of a large file; None if that is for those who hold it in memory.

    Args:
        path: a regular file.
        folder: the folder of the dataset, in which labels and scopes are declared; None of a file alone.
        survey: looks at it, unless that was done before.
        asked: what decides what is found in the file, beside the files.

    Raises:
        InputError: the file is changed meanwhile.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    read = partial(read_line, typed=survey.typed, predicted=False)
    lines, state = None, state_of(descriptor)
    try:
        sha256 = sha256_of(descriptor, folder, asked)
        if not (recalled := recall_survey(index_path(sha256), sha256, survey)):
            survey.fold(scanned(path, descriptor, read, lambda row: row.item.article.id, survey.index))
        if len(survey.index) and len(survey.splits) == 1:
            lines = survey.index.whole(path, descriptor)
        if state_of(descriptor) != state:
            raise changed(path)
    except (InMemoryError, FormatError):
        pass
    except BaseException:
        os.close(descriptor)
        raise
    if lines is None:
        os.close(descriptor)
        return None
    gold = survey.gold(lines, sha256)
    if not recalled:
        keep_survey(index_path(sha256), sha256, survey)
    return gold


def gold_of_rows(
    rows: Iterable[Mapping[str, Any]], folder: Path | None, survey: Survey, *, asked: str
) -> StoredGold | None:
    """The gold in rows of another file, which are put as JSON lines into one that is gone with the gold.

    None if that is for those who hold it in memory, as are rows that hold what JSON does not.

    Args:
        rows: what they say, as JSON values.
        folder: as for `gold_of_file`.
        survey: as for `gold_of_file`.
        asked: as for `gold_of_file`.
    """
    lines = (json.dumps(row, ensure_ascii=False, allow_nan=False).encode() + b"\n" for row in rows)
    try:
        with passing_file(lines) as path:
            # It stays open, and so there, for as long as anybody has the gold.
            return gold_of_file(path, folder, survey, asked=asked)
    except (FormatError, ValueError, TypeError):
        return None


def sha256_of(descriptor: int, folder: Path | None, asked: str) -> str:
    """The SHA-256 of a file and of what decides what is found in it."""
    digest = begun_digest(asked, [] if folder is None else [folder / name for name in (LABELS_FILE, DATASET_FILE)])
    offset = 0
    while piece := os.pread(descriptor, _PIECE, offset):
        digest.update(piece)
        offset += len(piece)
    return digest.hexdigest()
