"""Data files that code names: as a path, or as a text that looks like one. What exists of them counts by content.

A relative one is looked for in the working directory, beside the code, and in folders that are named. A folder that
holds the code or the working directory is a project and no data: of it only the files that are named count.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from itertools import takewhile
from pathlib import Path, PurePath

from evalkit.extractors.identity.contents import file_sha256, folder_sha256, joined

__all__ = ["NamedFiles"]

LARGEST = 1 << 30
"""Bytes of the largest file, and of all files of a folder, that are read."""

MOST_FILES = 1000
"""Files of the largest folder that is read."""

_MAGIC = frozenset("*?[")
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
        self._listed: set[str] = set()
        self._opened: set[tuple[str, ...]] = set()

    def note(self, text: str) -> None:
        """Notes a text that may be a path: it has a slash or an ending. Many are nothing of the kind."""
        if _LOOKS_LIKE_ONE.fullmatch(text):
            self._texts.add(text)

    def note_opened(self, texts: Sequence[str]) -> None:
        """Notes the parts of a path that code opens; they may be of several."""
        self._opened.add((*texts, "/".join(texts)))

    def note_folder(self, texts: Sequence[str]) -> None:
        """Notes the parts of a path of a folder that code looks into, or of a pattern of such paths."""
        self._listed.add(str(PurePath(*takewhile(lambda part: not _MAGIC & set(part), PurePath(*texts).parts))))

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
        within = around | self._folders
        opened: set[str] = set()
        for texts in self._opened:
            opened.update(texts)
            within = within | {place for text in texts for place in _places(text, around) if place.is_dir()}
        for text in sorted(self._texts | opened | self._listed):
            for place in _places(text, within):
                parts += [text, self._content(place, around)]
        self._refuse_unknown(around, within)
        return joined(*parts)

    def _refuse_unknown(self, around: set[Path], within: set[Path]) -> None:
        """Gives up where code looks into a project, of which only what is named counts, or opens what is not found."""
        for text in sorted(self._listed):
            places = _places(text, around)
            if not places or any(project.is_relative_to(place) for place in places for project in around):
                self._give_up(f"what lies in the folder {text!r}, which code looks into,")
        for texts in sorted(self._opened):
            if not any(_places(text, within) for text in texts):
                self._give_up(f"{texts[-1]!r}, which is not found in the working directory or beside the code,")

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


def _places(text: str, folders: Iterable[Path]) -> list[Path]:
    """Where something of a name exists, in some folders or anywhere if it says where."""
    return sorted({place for folder in folders if (place := _existing(folder / text)) is not None})


def _existing(path: Path) -> Path | None:
    """The absolute path of what exists; None for what does not, or for what no path can be."""
    try:
        # Two slashes are the root as one is, though paths keep them apart.
        place = Path("/", *path.parts[1:]) if path.anchor == "//" else path
        return place.absolute() if place.is_file() or place.is_dir() else None
    except (OSError, ValueError):
        return None
