"""Folders: made in one step, and several children of one replaced all or none.

A new file or folder is written beside its place, synced once and renamed once. Children of a folder that stays are
several renames, so what is to be done is written down first (`.evalkit-journal`): where a process was killed in
between, whoever opens the folder next goes on from there.
"""

from __future__ import annotations

import os
import re
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from evalkit.errors import FormatError, OutputError
from evalkit.files import (
    json_bytes,
    locked,
    make_folder,
    old_leftovers,
    parse_json,
    read_inside,
    remove_file,
    write_staged,
    writing,
)
from evalkit.shapes import checked, fields, flag, list_of, number, text

__all__ = [
    "JOURNAL",
    "TemporaryFolder",
    "add_files",
    "beside_staged",
    "cache_folder",
    "finish_changes",
    "indexes_folder",
    "replace_children",
    "staged",
]

JOURNAL = ".evalkit-journal"
"""What is being done to a folder; it is not there where nothing is."""

_WORK = ".evalkit-work"
"""Where the new children are written to, and the old ones moved to, in `new` and `old`."""

_CHILD = re.compile(r"(\.evalkit-)?[^./\\][^/\\]*")
"""What a child is called; nothing that is hidden is one, but for what is ours."""

_STEPS = fields({"version": number(1, 1), "steps": list_of(fields({"name": text, "new": flag}))})


def cache_folder() -> Path:
    """Where predictions, datasets and indexes are kept: `$EVALKIT_CACHE`, or `evalkit` in the user's cache folder."""
    if own := os.environ.get("EVALKIT_CACHE"):
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "evalkit"


def indexes_folder() -> Path:
    """Where it is kept what was found in large gold."""
    return cache_folder() / "indexes"


class TemporaryFolder:
    """A new folder outside of everybody's, which goes with all that is in it when nobody holds this any longer.

    Attributes:
        path: the folder.
    """

    def __init__(self, prefix: str) -> None:
        try:
            self._held = tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True)
        except OSError as error:
            raise OutputError(f"no temporary folder can be made: {error.strerror}; set TMPDIR") from error
        # It goes without a word: that nobody holds it is no mistake.
        weakref.finalize(self, self._held.cleanup)
        self.path = Path(self._held.name).resolve()


@contextmanager
def staged(path: Path) -> Iterator[Path]:
    """Gives a place of the same name to write a new file or folder to, which is moved to `path` at the end.

    Files that were written beside that place are moved beside `path` before. Whatever goes wrong until then leaves
    nothing behind. A folder that is there may be replaced while it is empty.

    Raises:
        OutputError: it cannot be written there, or a file that belongs beside it is there already.
    """
    with writing(path):
        make_folder(path.parent)
        for leftover in old_leftovers(path):
            with suppress(OSError):
                _remove(leftover)
        staging = path.with_name(f".{path.name[:60]}.{os.getpid()}-{os.urandom(8).hex()}.tmp")
        os.mkdir(staging)
    try:
        made = staging / path.name
        with writing(path):
            yield made
        if made.exists():
            for beside in sorted(staging.iterdir()):
                if beside != made and os.path.lexists(there := path.with_name(beside.name)):
                    raise OutputError(
                        f"{there}: exists already, and belongs to {path.name}; remove it, or name another"
                    )
            with writing(path):
                _sync()
                for beside in sorted(staging.iterdir()):
                    if beside != made:
                        os.replace(beside, path.with_name(beside.name))
                if os.name == "nt" and made.is_dir() and path.is_dir():
                    # Elsewhere a folder may be put in place of an empty one.
                    os.rmdir(path)
                os.replace(made, path)
    finally:
        with suppress(OSError):
            _remove(staging)


def add_files(folder: Path, files: Mapping[str, str]) -> None:
    """Writes new files by name into a folder that keeps its others, each whole or not at all; all are synced at once.

    Raises:
        OutputError: one of them cannot be written; those before it may be there.
    """
    if not files:
        return
    work = folder / f".files.{os.getpid()}-{os.urandom(8).hex()}.tmp"
    with writing(folder / next(iter(files))):
        make_folder(folder)
        for leftover in old_leftovers(folder / "files"):
            with suppress(OSError):
                _remove(leftover)
        os.mkdir(work)
    try:
        for name, content in files.items():
            with writing(folder / name):
                write_staged(work / name, content)
        with writing(folder):
            _sync()
        for name in files:
            with writing(folder / name):
                os.replace(work / name, folder / name)
    finally:
        with suppress(OSError):
            _remove(work)


def beside_staged(target: Path) -> tuple[str, ...]:
    """The names of the files that were written beside a place that `staged` gave, in order."""
    return tuple(sorted(other.name for other in target.parent.iterdir() if other.name != target.name))


def replace_children(folder: Path, files: Mapping[str, str], *, remove: Iterable[str] = ()) -> None:
    """Writes files (paths relative to the folder) in place of the children that they and `remove` name, all or none.

    A child is a file, or a folder with all that is in it. A folder that is not there is made whole.

    Raises:
        OutputError: the folder cannot be written; it is as it was, or will be finished by whoever opens it next.
    """
    if not folder.is_dir():
        with staged(folder) as made, writing(folder):
            _write(made, files)
        return
    with locked(folder, "a build"), writing(folder):
        _finish(folder)
        work = folder / _WORK
        try:
            _remove(work)
            _write(work / "new", files)
            make_folder(work / "old")
            new = {name.split("/")[0] for name in files}
            steps = [{"name": name, "new": name in new} for name in sorted({*new, *remove})]
            write_staged(work / "journal", json_bytes({"format": "evalkit.journal", "version": 1, "steps": steps}))
            _sync()
            os.replace(work / "journal", folder / JOURNAL)
        except BaseException:
            if not os.path.lexists(folder / JOURNAL):
                with suppress(OSError):
                    _remove(work)
            raise
        _finish(folder)


def finish_changes(folder: Path) -> None:
    """Finishes what a process that was killed had begun to do to a folder; nothing if there is nothing.

    Raises:
        OutputError: another process is at work in the folder, or it cannot be written.
        FormatError: what was to be done cannot be told.
    """
    if not os.path.lexists(folder / JOURNAL):
        if os.path.lexists(folder / _WORK):
            # Of a build that was killed before it replaced anything; one that is at work holds the lock.
            with suppress(OSError, OutputError), locked(folder, "a build"):
                if not os.path.lexists(folder / JOURNAL):
                    _remove(folder / _WORK)
        return
    remedy = f"a build of it was interrupted: run evalkit dataset validate {folder} where it can be written"
    with locked(folder, "a build", remedy=remedy), writing(folder, remedy=remedy):
        _finish(folder)


def _write(folder: Path, files: Mapping[str, str]) -> None:
    make_folder(folder)
    for name, content in files.items():
        write_staged(folder / name, content)


def _sync() -> None:
    """Brings all that was written to the disk: once for all files of a folder."""
    if hasattr(os, "sync"):
        os.sync()


def _finish(folder: Path) -> None:
    """Does what the journal of a folder says, from whatever was done of it; the folder is locked."""
    if not os.path.lexists(folder / JOURNAL):
        return
    steps, work = _read_journal(folder), folder / _WORK
    try:
        for name, new in steps.items():
            _replace(folder / name, work / "new" / name if new else None, work / "old" / name)
    except OSError:
        # As it was: a folder that nobody can finish is of no use. What cannot be undone either stays to be finished.
        for name, new in steps.items():
            _put_back(folder / name, work / "new" / name if new else None, work / "old" / name)
        _forget(folder)
        raise
    _forget(folder)


def _forget(folder: Path) -> None:
    remove_file(folder / JOURNAL)
    with suppress(OSError):
        _remove(folder / _WORK)


def _replace(child: Path, new: Path | None, old: Path) -> None:
    """Puts a new child in place of one, or none; the same again changes nothing."""
    done = old.exists() if new is None else not new.exists()
    if done:
        return
    if os.path.lexists(child) and not os.path.lexists(old):
        os.replace(child, old)
    if new is not None:
        os.replace(new, child)


def _put_back(child: Path, new: Path | None, old: Path) -> None:
    if new is not None and not new.exists() and os.path.lexists(child):
        os.replace(child, new)
    if os.path.lexists(old) and not os.path.lexists(child):
        os.replace(old, child)


def _read_journal(folder: Path) -> dict[str, bool]:
    """The children to be replaced, and whether there is a new one. A folder may come from anybody."""
    path, work = folder / JOURNAL, folder / _WORK
    remedy = f"delete it and {work}, and build the dataset again"
    steps = checked(parse_json(read_inside(path), path, damaged=remedy), _STEPS, path, remedy)["steps"]
    names = [step["name"] for step in steps]
    if any(place.is_symlink() for place in (work, work / "new", work / "old")):
        raise OutputError(f"{work}: is a link, and none is followed here; {remedy}")
    if strange := [name for name in names if not _CHILD.fullmatch(name) or name in (JOURNAL, _WORK)]:
        raise FormatError(f"{path}: {strange[0]!r:.80} is no child of the folder; {remedy}")
    return {step["name"]: step["new"] for step in steps}


def _remove(path: Path) -> None:
    """Removes a file, or a folder with all that is in it, if it is there; links are not followed."""
    if path.is_symlink() or path.is_file():
        os.unlink(path)
    elif path.is_dir():
        for child in os.listdir(path):
            _remove(path / child)
        os.rmdir(path)
