"""A dataset folder of many files that was looked at before: what was found is kept, and nothing is looked at twice.

The index of a folder (`kept.py`) stands under the path of the folder, and tells what one pass over the files told. It
counts for the very bytes that it was made of: whenever the folder is loaded all files are read and hashed, as that is
the cheaper part, and time stamps may lie. Articles are decoded when they are asked for.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from evalkit.dataset.labels import LABELS_FILE
from evalkit.dataset.loading.kept import begun_digest, index_path, keep_survey, recall_survey
from evalkit.dataset.loading.sources import FolderFiles
from evalkit.dataset.loading.stored import InMemoryError, StoredGold, Survey
from evalkit.dataset.making.declaration import DATASET_FILE
from evalkit.dataset.making.manifest import MANIFEST_FILE
from evalkit.errors import InputError
from evalkit.formats.native.json_rows import BYTE_ORDER_MARK, only_object, only_row
from evalkit.formats.native.read_row import ReadRow
from evalkit.formats.native.stored import RecordNames, changed, state_of

__all__ = ["MANY_FILES", "gold_of_folder"]

MANY_FILES = 1_000
"""A folder of so many annotation files has an index."""


def gold_of_folder(folder: Path, found: FolderFiles, survey: Survey, *, asked: str) -> StoredGold | None:
    """The gold in files of one article each; None if it is for those who hold it in memory.

    Args:
        folder: the dataset folder.
        found: its files.
        survey: looks at them, as far as that was not done before.
        asked: what decides what is found in the files, beside the files.

    Raises:
        InputError: a file is changed meanwhile.
    """
    if found.lost:
        return None
    files = [path for _, path in found.files]
    survey.splits = {split for split, _ in found.files}
    states: list[tuple[int, int]] = []
    digest = begun_digest(asked, [folder / name for name in (MANIFEST_FILE, LABELS_FILE, DATASET_FILE)])
    try:
        for split, path in found.files:
            # By content: a time stamp may lie.
            content, state = _read(path)
            states.append(state)
            digest.update(b"%s %d " % (os.fsencode(f"{split}/{path.name}"), len(content)) + content)
        place, sha256 = _place(folder, asked), digest.hexdigest()
        if not (recalled := recall_survey(place, sha256, survey)):
            survey.fold(_rows(found, states, survey))
    except (OSError, InMemoryError):
        return None
    if (names := survey.index.names()) is None:
        return None
    gold = survey.gold(_Files(files, states, names), sha256)
    if not recalled:
        keep_survey(place, sha256, survey)
    return gold


def _place(folder: Path, asked: str) -> Path:
    return index_path(hashlib.sha256(os.fsencode(f"{folder.resolve()}\0{asked}")).hexdigest())


def _read(path: Path) -> tuple[bytes, tuple[int, int]]:
    """The content of a file, and its state."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with open(descriptor, "rb") as file:
        return file.read().removeprefix(BYTE_ORDER_MARK), state_of(descriptor)


def _rows(found: FolderFiles, states: Sequence[tuple[int, int]], survey: Survey) -> Iterator[ReadRow]:
    for place, (split, path) in enumerate(found.files):
        content, state = _read(path)
        if state != states[place]:
            raise changed(path)
        row = only_row(content, path, survey.typed.read)
        if row is None or found.is_lost(split, path, {row.item.article.id}):
            raise InMemoryError
        survey.index.add(row.item.article.id, place, 0)
        yield row._replace(split=split)


class _Files:
    """Files of one record each, as they were when they were hashed."""

    def __init__(self, files: Sequence[Path], states: Sequence[tuple[int, int]], names: RecordNames) -> None:
        self._files, self._states, self.names = files, states, names

    def content(self, number: int) -> bytes:
        """The object in a file. Raises InputError if the file is not what it was."""
        try:
            content, state = _read(self._files[number])
        except OSError as error:
            raise self.changed(number) from error
        if state != self._states[number]:
            raise self.changed(number)
        return only_object(content)

    def refuse_changed(self) -> None:
        """Nothing: each file is looked at when it is read."""

    def changed(self, number: int) -> InputError:
        """What is said of a file that is not what it was."""
        return changed(self._files[number])
