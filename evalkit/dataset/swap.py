"""Putting new files and folders in place of old ones, all or nothing."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from evalkit.errors import OutputError

__all__ = ["replace_children"]


def replace_children(folder: Path, files: Mapping[str, str], *, remove: Iterable[str] = ()) -> None:
    """Writes files (paths relative to the folder) in place of the children that they and `remove` name.

    A child is a file, or a folder with all that is in it. The new ones are written beside the folder first and then
    renamed into it; if a rename fails, the old ones are put back.

    Raises:
        OutputError: the folder cannot be written; it is as it was.
    """
    parent = folder.resolve().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=parent))
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written: {error.strerror or error}; choose another place") from error
    try:
        for name, content in files.items():
            target = staging / "new" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode("utf-8"))
        folder.mkdir(parents=True, exist_ok=True)
        children = sorted({*(name.split("/")[0] for name in files), *remove})
        _swap(folder, staging, children)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written: {error.strerror or error}; choose another place") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _swap(folder: Path, staging: Path, children: list[str]) -> None:
    old = staging / "old"
    old.mkdir()
    done: list[str] = []
    try:
        for child in children:
            done.append(child)
            if (folder / child).exists():
                os.replace(folder / child, old / child)
            if (staging / "new" / child).exists():
                os.replace(staging / "new" / child, folder / child)
    except OSError:
        for child in done:
            if not (old / child).exists():
                continue
            if (folder / child).exists():
                os.replace(folder / child, staging / f"undone-{child}")
            os.replace(old / child, folder / child)
        raise
