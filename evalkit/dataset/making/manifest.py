"""Which annotation files the last build of a dataset folder wrote: a lost one is named, not left out in silence.

Gold is edited by hand, so a file may say something else by now, or be new: `evalkit dataset validate` tells which. A
file that is gone, or that no longer holds its article, has to come back, or be taken out of the manifest.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection, Mapping
from hashlib import sha256
from pathlib import Path

from evalkit.errors import FormatError
from evalkit.files import json_bytes, read_bytes, read_json, read_text
from evalkit.shapes import checked, each, fields, number, text
from evalkit.showing import number_of

__all__ = [
    "MANIFEST_FILE",
    "changes_since_build",
    "edited_files",
    "edits_replaced",
    "lost_article",
    "lost_files",
    "manifest_json",
    "read_manifest",
]

MANIFEST_FILE = ".evalkit-manifest.json"
_MANIFEST = fields({"version": number(1, 1), "files": each(text)})


def manifest_json(files: Mapping[str, str]) -> str:
    """The manifest of a folder with these annotation files, one line each.

    Args:
        files: their content by `SPLIT/ID.json`.
    """
    hashes = {name: _hash(files[name].encode("utf-8")) for name in sorted(files)}
    return json_bytes({"format": "evalkit.manifest", "version": 1, "files": hashes}).decode("utf-8")


def read_manifest(folder: Path) -> dict[str, list[str]]:
    """The ids of the articles that the last build wrote, by split; empty if there is no manifest.

    Raises:
        FormatError: it is damaged.
    """
    by_split: dict[str, list[str]] = {}
    for name in _hashes(folder):
        split, _, file = name.partition("/")
        by_split.setdefault(split, []).append(file.removesuffix(".json"))
    return by_split


def lost_files(folder: Path, splits: Collection[str]) -> list[FormatError]:
    """What is to be said of each file of some splits that the last build wrote and that is gone.

    Raises:
        FormatError: the manifest is damaged.
    """
    return [
        FormatError(
            f"{folder / name}: was written by the last build and is gone; restore it, or take its line out of "
            f"{MANIFEST_FILE} if it is gone for good"
        )
        for name in _hashes(folder)
        if name.partition("/")[0] in splits and not (folder / name).is_file()
    ]


def lost_article(path: Path, ids: Collection[str]) -> FormatError:
    """What is to be said of a file that the last build wrote and that does not hold its article, but those with ids."""
    instead = f"only {min(ids)!r}, and is named {path.stem!r}" if ids else "no article"
    return FormatError(
        f"{path}: holds {instead}; the last build wrote one: restore it, or delete it and its line in {MANIFEST_FILE} "
        "if the article is gone for good"
    )


def changes_since_build(folder: Path, files: Mapping[str, Collection[Path]]) -> list[str]:
    """Sentences on the files that are not as the last build wrote them; none where there is no manifest.

    Args:
        folder: the dataset folder.
        files: its annotation files by split.

    Raises:
        FormatError: the manifest is damaged.
    """
    hashes = _hashes(folder)
    if not hashes:
        return []
    there = {f"{split}/{path.name}": path for split, paths in files.items() for path in paths}
    added = [name for name in there if name not in hashes]
    edited = edited_files(folder)
    said = {"edited": edited, "added": added}
    remedy = f"evalkit dataset build --out {shlex.quote(str(folder))} makes the card anew"
    return [
        f"{_some(names)} {'was' if len(names) == 1 else 'were'} {what} since the last build; {remedy}"
        for what, names in said.items()
        if names
    ]


def edited_files(folder: Path) -> list[str]:
    """The files, as `SPLIT/ID.json`, that somebody edited since the last build wrote them.

    Raises:
        FormatError: the manifest is damaged.
    """
    found = ((folder / name, name, digest) for name, digest in _hashes(folder).items())
    return [name for path, name, digest in found if path.is_file() and _hash(read_bytes(path)) != digest]


def edits_replaced(folder: Path, files: Mapping[str, str], brought: Collection[str]) -> list[str]:
    """The note on edited files that are about to be written with something else in them.

    Args:
        folder: the dataset folder.
        files: what will be written, by `SPLIT/ID.json`.
        brought: the articles that others than the folder itself say something of; edits of the rest are kept, if
            perhaps written in another form.

    Raises:
        FormatError: the manifest is damaged.
    """
    names = [
        name
        for name in edited_files(folder)
        if Path(name).stem in brought and read_text(folder / name) != files.get(name)
    ]
    if not names:
        return []
    what = "was edited by hand since the last build, and is" if len(names) == 1 else "were edited by hand, and are"
    return [f"{_some(names)} {what} now what the sources say; build the folder itself to keep edits"]


def _some(names: Collection[str]) -> str:
    first, *others = sorted(names)
    return f"{first} and {number_of(len(others), 'other file')}" if others else first


def _hashes(folder: Path) -> dict[str, str]:
    path = folder / MANIFEST_FILE
    # A folder, a pipe or a link to nowhere would switch the manifest off.
    if not os.path.lexists(path):
        return {}
    if not path.is_file():
        raise FormatError(f"{path}: is no file; delete it, and build the dataset again")
    remedy = "delete it, and build the dataset again"
    return dict(checked(read_json(path, damaged=remedy), _MANIFEST, path, remedy)["files"])


def _hash(content: bytes) -> str:
    # A checkout may have other line ends.
    return sha256(content.replace(b"\r\n", b"\n")).hexdigest()
