"""Data files that code names: as a path, or as a text that looks like one. What exists of them counts by content.

A relative one is looked for in the working directory, beside the code, and in folders that are named. A folder that
holds the code or the working directory is a project and no data: of it only the files that are named count.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path, PurePath

from evalkit.extractors.identity.contents import file_sha256, folder_sha256, joined

__all__ = ["NamedFiles"]

LARGEST = 1 << 30
"""Bytes of the largest file, and of all files of a folder, that are read."""

MOST_FILES = 1000
"""Files of the largest folder that is read."""

_LOOKS_LIKE_ONE = re.compile(r"[^\n\0]{0,1000}(?:/|\\|\.\w{1,8}$)[^\n\0]{0,1000}")


class NamedFiles:
    """The files that are named.

    Attributes:
        unread: the first that is too large to be read or cannot be read, in words.
    """

    def __init__(self) -> None:
        """Nothing is named yet."""
        self.unread = ""
        self._texts: set[str] = set()
        self._folders: set[Path] = set()

    def note(self, text: str) -> None:
        """Notes a text that may be a path: it has a slash or an ending. Many are nothing of the kind."""
        if _LOOKS_LIKE_ONE.fullmatch(text):
            self._texts.add(text)

    def read(self, path: PurePath) -> bytes | None:
        """What a path stands for: the digest of a file; None for what does not exist."""
        place = _existing(Path(path))
        if place is None:
            return None
        if place.is_file():
            return self._file(place)
        # Whether it is data or a project shows when all of the code is known.
        self._folders.add(place)
        return b"folder"

    def digest(self, projects: Collection[Path]) -> bytes:
        """One digest of all that was noted and is there.

        Args:
            projects: the folders that hold the code.
        """
        around = {Path.cwd(), *(folder.absolute() for folder in projects)}
        parts: list[str | bytes] = []
        for folder in sorted(self._folders):
            parts += [folder.name, self._content(folder, around)]
        for text in sorted(self._texts):
            places = {_existing(folder / text) for folder in around | self._folders}
            for place in sorted(place for place in places if place is not None):
                parts += [text, self._content(place, around)]
        return joined(*parts)

    def _content(self, place: Path, projects: set[Path]) -> bytes:
        if place.is_file():
            return self._file(place)
        if any(project.is_relative_to(place) for project in projects):
            return b"project"
        try:
            return self._folder(place)
        except OSError as error:
            return self._give_up(f"{place} ({error.strerror or error})")

    def _file(self, path: Path) -> bytes:
        try:
            if path.stat().st_size > LARGEST:
                return self._give_up(f"{path} (more than {LARGEST >> 30} GiB)")
            return file_sha256(path)
        except OSError as error:
            return self._give_up(f"{path} ({error.strerror or error})")

    def _folder(self, folder: Path) -> bytes:
        size = 0
        for number, path in enumerate(folder.rglob("*"), 1):
            size += path.stat().st_size if path.is_file() else 0
            if number > MOST_FILES or size > LARGEST:
                return self._give_up(f"{folder} (more than {MOST_FILES:,} files, or than {LARGEST >> 30} GiB)")
        return folder_sha256(folder).encode()

    def _give_up(self, what: str) -> bytes:
        self.unread = self.unread or what
        return b"unread"


def _existing(path: Path) -> Path | None:
    """The absolute path of what exists; None for what does not, or for what no path can be."""
    try:
        # Two slashes are the root as one is, though paths keep them apart.
        place = Path("/", *path.parts[1:]) if path.anchor == "//" else path
        return place.absolute() if place.is_file() or place.is_dir() else None
    except (OSError, ValueError):
        return None
