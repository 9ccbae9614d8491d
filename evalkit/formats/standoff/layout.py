"""How files of annotation tools lie in a folder: which are read, of which split, and how their articles are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path

__all__ = ["file_ids", "inside", "split_of_folder", "visible_files"]

_SPLITS = ("train", "training", "dev", "development", "valid", "validation", "val", "test", "testing", "eval")


def visible_files(folder: Path, suffixes: Collection[str]) -> list[Path]:
    """The files of some endings in a folder and all folders in it, but for hidden ones."""
    every = (file for file in folder.rglob("*") if file.suffix in suffixes and file.is_file())
    return sorted(file for file in every if not any(part.startswith(".") for part in inside(folder, file).parts))


def inside(root: Path, file: Path) -> Path:
    """The path of a file from a folder; its name alone if it lies elsewhere."""
    return file.relative_to(root) if file.is_relative_to(root) else Path(file.name)


def split_of_folder(root: Path, file: Path) -> str | None:
    """The split that a folder is called after in which a file lies; None if there is none.

    Only the usual names count: other folders are those of annotators, of texts, or of parts of a corpus.
    """
    return next((part for part in inside(root, file).parent.parts if part.lower() in _SPLITS), None)


def file_ids(root: Path, files: Iterable[Path]) -> dict[Path, str]:
    """What tells files apart: their names without ending, with their folders where another is called so."""
    listed = list(files)
    stems = Counter(file.stem for file in listed)
    return {
        file: file.stem if stems[file.stem] == 1 else "-".join(inside(root, file).with_suffix("").parts)
        for file in listed
    }
