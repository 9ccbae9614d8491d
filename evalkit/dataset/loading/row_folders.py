"""Folders of files that hold rows, such as `train.jsonl` and `test.parquet`, or what `save_to_disk` wrote: by split."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple

from evalkit.errors import InputError
from evalkit.files import is_name, read_json
from evalkit.formats.table import loadable_formats
from evalkit.registry import unknown_name
from evalkit.shapes import Shape, checked, fields, list_of, ruled, text

__all__ = ["ALL", "CARD", "ROW_ENDINGS", "RowFolder", "row_folder", "saved_splits", "split_of_name", "the_split"]

ALL = "all"
"""As a split: every split together."""

_ALIASES = (
    ("train", "training"),
    ("dev", "development", "valid", "validation", "val"),
    ("test", "testing", "eval", "evaluation"),
)
_SPLITS = {word for words in _ALIASES for word in words}
_NO_ROWS = {"dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json"}
"""What `datasets` writes beside rows."""
CARD = "README.md"
ROW_ENDINGS = {
    *(
        ".json",
        ".jsonl",
        ".ndjson",
        ".csv",
        ".tsv",
        ".parquet",
        ".arrow",
        ".gz",
        ".bz2",
        ".xz",
        ".zst",
        ".lz4",
        ".zip",
        ".tar",
    )
}
"""How files end in which `datasets` may find rows of annotations, wherever they lie in a folder."""
_AGAIN = "save the dataset again"


class RowFolder(NamedTuple):
    """The files of a folder by split, None for those whose name says none, and files that are left aside."""

    files: dict[str | None, list[Path]]
    aside: list[Path]


def split_of_name(name: str) -> str | None:
    """The split that the name of a file or folder says: `test` of `test-00000-of-00001`, `dev` of `news_dev`."""
    words = [word for word in re.split(r"[^a-z]+", name.lower()) if word in _SPLITS]
    return words[0] if len(words) == 1 else None


def the_split(wanted: str, there: Collection[str]) -> str:
    """The one of some splits that is meant: by its name, or the only one of the same kind (`dev`, `validation`, …).

    Raises:
        UnknownNameError: there is none.
    """
    alike = next((words for words in _ALIASES if wanted in words), ())
    same = [name for name in there if name in alike]
    if wanted in there or len(same) != 1:
        if wanted not in there:
            raise unknown_name("split", wanted, [*there, ALL])
        return wanted
    return same[0]


def row_folder(folder: Path) -> RowFolder | None:
    """The files with rows in a folder, in its folder `data` and in those that are called like splits.

    None if there are none, or if the card of the folder says itself which files are which split.
    """
    if _is_told(folder / CARD):
        return None
    suffixes = {suffix for form in loadable_formats().values() if form.of_rows for suffix in form.suffixes}
    named: dict[str | None, list[Path]] = {}
    unnamed: list[Path] = []
    for place in (folder, folder / "data"):
        for path in sorted(place.iterdir()) if place.is_dir() else ():
            if path.is_dir() and not path.name.startswith(".") and (split := split_of_name(path.name)) is not None:
                named.setdefault(split, []).extend(file for file in sorted(path.iterdir()) if _has_rows(file, suffixes))
            elif _has_rows(path, suffixes):
                split = split_of_name(path.name.partition(".")[0])
                if split is None:
                    unnamed.append(path)
                else:
                    named.setdefault(split, []).append(path)
    named = {split: files for split, files in named.items() if files}
    if named:
        order = {word: number for number, word in enumerate(word for words in _ALIASES for word in words)}
        return RowFolder(dict(sorted(named.items(), key=lambda entry: order[str(entry[0])])), unnamed)
    return RowFolder({None: unnamed}, []) if unnamed else None


def _has_rows(path: Path, suffixes: set[str]) -> bool:
    return path.is_file() and path.suffix in suffixes and path.name not in _NO_ROWS and not path.name.startswith(".")


def _is_told(card: Path) -> bool:
    """Whether the header of a card names the files of splits, as the hub and `datasets` read it."""
    if not card.is_file():
        return False
    text = card.read_bytes()[: 1 << 16].decode("utf-8", "replace")
    return text.startswith("---") and "\ndata_files" in re.sub(r"\n[ \-]+", "\n", text.partition("\n---")[0])


def saved_splits(folder: Path) -> dict[str | None, list[Path]] | None:
    """The Arrow files of what `save_to_disk` wrote, by split (None for a single dataset); None if it is no such folder.

    Raises:
        InputError: files that it names are not there.
    """
    if (folder / "dataset_dict.json").is_file():
        splits = _saved(folder / "dataset_dict.json", _DICT)["splits"]
        return {name: _saved_files(folder / name) for name in splits}
    if (folder / "state.json").is_file() and (folder / "dataset_info.json").is_file():
        return {None: _saved_files(folder)}
    return None


_part = ruled(
    text,
    lambda name: "" if Path(name).name == name != ".." and is_name(name) else "the name of something in the folder",
)
_DICT = fields({"splits": list_of(_part)})
_STATE = fields({"_data_files": list_of(fields({"filename": _part}))})
"""What `save_to_disk` writes."""


def _saved(path: Path, shape: Shape) -> Any:
    return checked(read_json(path, damaged=_AGAIN), shape, path, _AGAIN)


def _saved_files(folder: Path) -> list[Path]:
    named = [folder / entry["filename"] for entry in _saved(folder / "state.json", _STATE)["_data_files"]]
    for path in named:
        if not path.is_file() or path.resolve().parent != folder.resolve():
            raise InputError(f"{path}: is named in state.json and is not there; save the dataset again")
    return named
