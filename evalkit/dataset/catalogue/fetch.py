"""The files of a corpus on this machine: fetched, or taken from a copy, checked each time before they are used.

They lie in the cache (`$EVALKIT_CACHE`, or `evalkit` in the user's cache folder) under `datasets/NAME-COMMIT`: the
files of the corpus in `files`, and beside that folder the `labels.toml` and the `dataset.toml` that its entry makes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from logging import getLogger
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from evalkit.dataset.catalogue.download import Stop, download, hash_of
from evalkit.dataset.catalogue.entry import CorpusFile, Entry
from evalkit.dataset.catalogue.owned import PROFILE_FILE, declaration_text, labels_text, profile_text
from evalkit.dataset.labels import LABELS_FILE
from evalkit.dataset.making.declaration import DATASET_FILE
from evalkit.errors import InputError
from evalkit.files import locked, make_folder, read_bytes, write_file, writing
from evalkit.folders import cache_folder
from evalkit.showing import number_of

__all__ = ["FILES", "corpus_folder", "fetch_corpus", "is_here", "shown_licence", "shown_size"]

FILES = "files"
_AT_ONCE = 4
_MOST_LOOKED_AT = 100_000
"""Files of a folder that somebody names as a copy; one with more is no copy of a repository."""
_WAITS = 3600.0
_CACHE_REMEDY = "set EVALKIT_CACHE to a folder that can be written to"

_log = getLogger(__name__)


def corpus_folder(entry: Entry) -> Path:
    """Where the files of a corpus are kept."""
    return cache_folder() / "datasets" / f"{entry.name}-{entry.commit[:12]}"


def is_here(entry: Entry) -> bool:
    """Whether all files of a corpus are there, and are what they must be."""
    return not list(_missing(entry, corpus_folder(entry) / FILES))


def fetch_corpus(entry: Entry, *, copy: Path | None = None, may_download: bool | None = None) -> Path:
    """The folder of a corpus, after what is missing of it was fetched or taken from a copy.

    Before something is fetched that is said in one line to the log, which people see on standard error.

    Args:
        entry: the corpus.
        copy: a folder that holds the files, under their paths in the repository (from whatever folder of it on), or
            all in one folder.
        may_download: whether it may be fetched; None asks whether somebody is at a terminal, who sees it being said.

    Raises:
        InputError: it is not here and may not be fetched, or cannot be; or the copy lacks a file, or has another one.
        OutputError: the cache cannot be written.
    """
    folder = corpus_folder(entry)
    if copy is not None and not copy.is_dir():
        raise InputError(f"{copy}: is no folder; name one that holds the files of {entry.name}")
    if not is_here(entry):
        if copy is None and not (sys.stderr.isatty() if may_download is None else may_download):
            raise InputError(
                f"{entry.name}: is a public corpus that is not here yet ({shown_size(entry)}, {entry.licence.name}); "
                f"add --download (download=True in Python), or get it first: evalkit dataset get {entry.name}"
            )
        with writing(folder, remedy=_CACHE_REMEDY):
            make_folder(folder)
        with locked(folder, f"fetches {entry.name}", remedy=_CACHE_REMEDY, patience=_WAITS):
            missing = list(_missing(entry, folder / FILES))
            if copy is not None:
                _take(entry, copy, folder / FILES, missing)
            elif missing:
                _log.warning("%s", _announcement(entry, missing))
                _download(entry, folder / FILES, missing)
    _write_owned(entry, folder)
    return folder


def shown_size(entry: Entry) -> str:
    """How large a corpus is, in words."""
    return f"{number_of(len(entry.files), 'file')}, {_megabytes(entry.files)}"


def shown_licence(entry: Entry) -> str:
    """The licence of a corpus in one line, with what it forbids."""
    forbids = "".join(f"; no {what}" for what in entry.licence.forbids)
    return f"{entry.licence.name}{forbids}"


def _announcement(entry: Entry, missing: Iterable[CorpusFile]) -> str:
    host = urlsplit(entry.host).hostname
    return (
        f"fetching {entry.name} ({entry.title}) from {host}/{entry.repository} at {entry.commit[:7]}: "
        f"{_megabytes(missing)}; licence: {shown_licence(entry)}"
    )


def _megabytes(files: Iterable[CorpusFile]) -> str:
    size = sum(file.size for file in files)
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"


def _missing(entry: Entry, folder: Path) -> Iterator[CorpusFile]:
    return (file for file in entry.files if not _is_right(folder / file.path, file))


def _is_right(path: Path, file: CorpusFile) -> bool:
    try:
        return path.stat().st_size == file.size and hash_of(path) == file.sha256
    except OSError:
        return False


def _download(entry: Entry, folder: Path, missing: Iterable[CorpusFile]) -> None:
    stop = Stop()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        asked = [
            pool.submit(
                download,
                entry.address_of(file),
                folder / file.path,
                size=file.size,
                digest=file.sha256,
                stop=stop,
            )
            for file in missing
        ]
        try:
            for one in as_completed(asked):
                one.result()
        except BaseException:
            # What has come stays, and is gone on from the next time.
            stop.now()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _take(entry: Entry, copy: Path, folder: Path, missing: Iterable[CorpusFile]) -> None:
    """Copies files out of a folder that may have them under other paths, by what they hold.

    Raises:
        InputError: one is not there, or only with another content.
    """
    by_name = _files_by_name(copy, {PurePosixPath(file.path).name for file in entry.files})
    found: dict[str, Path] = {}
    for file in missing:
        places = by_name.get(PurePosixPath(file.path).name, [])
        right = next((place for place in places if _is_right(place, file)), None)
        if right is None:
            raise InputError(_lacking(entry, copy, file, places))
        found[file.path] = right
    for path, place in found.items():
        write_file(folder / path, read_bytes(place), remedy=_CACHE_REMEDY)


def _lacking(entry: Entry, copy: Path, file: CorpusFile, places: list[Path]) -> str:
    if not places:
        return f"{copy}: has no {file.path}, which belongs to {entry.name}; copy the repository {entry.address}"
    return (
        f"{places[0]}: is another {PurePosixPath(file.path).name} than {entry.name} has at {entry.commit[:7]} "
        f"({places[0].stat().st_size} bytes, expected {file.size} with SHA-256 {file.sha256}); take it from "
        f"{entry.address}"
    )


def _files_by_name(folder: Path, names: set[str]) -> dict[str, list[Path]]:
    """The files of a folder with one of some names, the nearest first; links to folders are not followed.

    Raises:
        InputError: the folder holds too much to be a copy.
    """
    found: dict[str, list[Path]] = {}
    seen = 0
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != ".git")
        seen += len(files)
        if seen > _MOST_LOOKED_AT:
            raise InputError(f"{folder}: holds more than {_MOST_LOOKED_AT} files; name the folder of the corpus itself")
        for name in sorted(names.intersection(files)):
            found.setdefault(name, []).append(Path(parent, name))
    return found


def _write_owned(entry: Entry, folder: Path) -> None:
    """Writes what the entry says beside the files, if it is not there yet."""
    texts: Mapping[str, str] = {
        LABELS_FILE: labels_text(entry),
        DATASET_FILE: declaration_text(entry),
        PROFILE_FILE: profile_text(entry),
    }
    for name, text in texts.items():
        path = folder / name
        if text and (not path.is_file() or read_bytes(path) != text.encode()):
            write_file(path, text, remedy=_CACHE_REMEDY)
