"""Archives of annotation files, as tools export them: unpacked to a place that is gone when nobody reads from it.

An archive is not trusted: names that lead out of it, links, devices, and one that would fill the disk are refused. So
are archives inside, but for zips, as projects of annotation tools hold them; a zip in such a zip is refused. What is
hidden, and what systems add on their own, is left aside.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple, TypeVar

from evalkit.dataset.loading.row_folders import split_of_name
from evalkit.errors import EvalkitError, FormatError, InputError
from evalkit.files import write_staged
from evalkit.folders import TemporaryFolder

__all__ = ["ENDINGS", "Unpacked", "is_archive", "stem_of", "unpack"]

ENDINGS = (".tar.gz", ".tar.bz2", ".tar.xz", ".tgz", ".tbz2", ".txz", ".zip", ".tar", ".gz", ".bz2", ".xz")
"""Endings of archives, the longer first."""

MOST_MEMBERS, MOST_BYTES, MOST_TIMES, UNSUSPICIOUS = 200_000, 8 << 30, 200, 64 << 20
"""So many files, bytes of all together, and times what the archive has, unless it is so small."""

_ZIP = ".zip"
_PIECE = 1 << 20
_DRIVE = re.compile(r"[A-Za-z]:")
_DAMAGED = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, NotImplementedError)

_Error = TypeVar("_Error", bound=EvalkitError)


class _Member(NamedTuple):
    """One file in an archive: its name, whether it is a plain file, and what opens it."""

    name: str
    is_plain: bool
    open: Callable[[], IO[bytes]]


@dataclass(frozen=True, eq=False)
class Unpacked:
    """What was in an archive.

    Attributes:
        archive: the archive.
        path: what is read: the file, if there is one only, or the folder.
        folder: what goes when this is held no longer.
    """

    archive: Path
    path: Path
    folder: TemporaryFolder

    def named(self, text: str) -> str:
        """A text in which places in the folder are called as they are in the archive: `gold.zip/a.json`."""
        return text.replace(str(self.folder.path), str(self.archive))

    def renamed(self, error: _Error) -> _Error:
        """An error whose message names the archive."""
        message = self.named(error.args[0]) if error.args and isinstance(error.args[0], str) else None
        if message is None or message == error.args[0]:
            return error
        error.args = (message, *error.args[1:])
        return error


def is_archive(path: Path) -> bool:
    """Whether a file is an archive by its ending."""
    return path.name.lower().endswith(ENDINGS) and path.is_file()


def stem_of(path: Path) -> str:
    """What an archive is called without its ending."""
    ending = next(one for one in ENDINGS if path.name.lower().endswith(one))
    return path.name[: -len(ending)] or path.name


def unpack(path: Path) -> Unpacked:
    """The files of an archive in a folder of their own.

    Raises:
        FormatError: it is damaged, or holds what no archive of annotations does.
        InputError: it cannot be read.
    """
    folder = TemporaryFolder("evalkit-archive-")
    unpacking = _Unpacking(path, folder.path, path.stat().st_size)
    try:
        with closing(_members(path)) as found:
            unpacking.write(found)
    except RuntimeError as error:
        # zipfile says so of members that are encrypted.
        raise FormatError(f"{path}: cannot be opened ({str(error)[:100]}); give it without a password") from error
    except _DAMAGED as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise InputError(f"{path}: cannot be unpacked: {error.strerror}; unpack it yourself") from error
        said = "no tar archive" if isinstance(error, tarfile.ReadError) and not unpacking.members else str(error)[:100]
        raise FormatError(f"{path}: damaged ({said or type(error).__name__}); pack it again") from error
    if not unpacking.names:
        raise InputError(f"{path}: holds no file; check the path")
    return Unpacked(path, _root(folder.path), folder)


@dataclass
class _Unpacking:
    """An archive while it is unpacked, with the zips in it: what is limited is limited for all of them together.

    Attributes:
        path: the archive.
        folder: where its files go.
        size: the bytes of the archive.
        members: how many files were met.
        unfolded: bytes that were unpacked.
        names: what was written, as it is compared.
    """

    path: Path
    folder: Path
    size: int
    members: int = 0
    unfolded: int = 0
    names: set[str] = field(default_factory=set)

    def write(self, found: Iterable[_Member], inside: str = "") -> None:
        """Writes members to the folder.

        Args:
            found: the members.
            inside: the zip in the archive that they are in.

        Raises:
            FormatError: one is what no archive of annotations holds.
        """
        shown = self.path / inside
        for member in found:
            self.members += 1
            if self.members > MOST_MEMBERS:
                raise FormatError(f"{self.path}: holds more than {MOST_MEMBERS} files; give the folder itself")
            name = _safe_name(shown, member)
            if name is None:
                continue
            is_zip = name.lower().endswith(_ZIP)
            if name.lower().endswith(ENDINGS) and (inside or not is_zip):
                raise FormatError(
                    f"{shown}/{name}: is an archive inside an archive; unpack the outer one, and give what is in it"
                )
            # What was in a zip goes to a folder that is called like it.
            place = f"{inside[: -len(_ZIP)]}/{name}" if inside else name
            if place.casefold() in self.names:
                raise FormatError(f"{shown}/{name}: is in the archive twice; keep one")
            self.names.add(place.casefold())
            with member.open() as file:
                content = _read(shown, name, file, self.unfolded, self.size)
            self.unfolded += len(content)
            if not is_zip:
                write_staged(self.folder / place, content)
                continue
            try:
                with zipfile.ZipFile(io.BytesIO(content)) as archive:
                    self.write(_zipped(archive), name)
            except zipfile.BadZipFile as error:
                raise FormatError(f"{shown}/{name}: damaged ({error}); pack it again") from error


def _members(path: Path) -> Generator[_Member, None, None]:
    name = path.name.lower()
    if name.endswith(_ZIP):
        with zipfile.ZipFile(path) as archive:
            yield from _zipped(archive)
    elif name.endswith((".tar", ".tgz", ".tbz2", ".txz", ".tar.gz", ".tar.bz2", ".tar.xz")):
        with tarfile.open(path, "r:*") as packed:
            for one in packed:
                if not one.isdir():
                    yield _Member(one.name, one.isreg(), partial(_extracted, packed, one))
    else:
        module = {".gz": gzip, ".bz2": bz2, ".xz": lzma}[path.suffix.lower()]
        yield _Member(stem_of(path), True, lambda: module.open(path, "rb"))


def _zipped(archive: zipfile.ZipFile) -> Iterator[_Member]:
    for info in archive.infolist():
        if not info.is_dir():
            # The upper half holds what Unix says of the file: 0 where nobody did, else what kind it is.
            kind = info.external_attr >> 28
            yield _Member(info.filename, kind in (0, 8), partial(archive.open, info))


def _extracted(packed: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    file = packed.extractfile(member)
    if file is None:
        raise tarfile.TarError(f"{member.name} cannot be opened")
    return file


def _safe_name(path: Path, member: _Member) -> str | None:
    """The name of a member inside the folder; None for one that is left aside.

    Raises:
        FormatError: it leads elsewhere, or is no plain file.
    """
    shown = f"{path}/{member.name[:200]}"
    parts = PurePosixPath(member.name).parts
    if (
        member.name.startswith("/")
        or "\\" in member.name
        or "\x00" in member.name
        or ".." in parts
        or not parts
        or _DRIVE.match(member.name)
    ):
        raise FormatError(f"{shown}: the name leads out of the archive; pack it again without such names")
    if any(part.startswith(".") or part == "__MACOSX" for part in parts):
        return None
    if not member.is_plain:
        raise FormatError(f"{shown}: is a link or a device, not a file; pack the files themselves")
    return "/".join(parts)


def _read(path: Path, name: str, file: IO[bytes], written: int, size: int) -> bytes:
    """The content of a member, as long as it does not fill the disk, whatever the archive says of its size."""
    pieces, length = [], 0
    while piece := file.read(_PIECE):
        length += len(piece)
        together = written + length
        if together > MOST_BYTES:
            raise FormatError(f"{path}/{name}: more than {MOST_BYTES >> 30} GiB unpacked; unpack it yourself")
        if together > UNSUSPICIOUS and together > MOST_TIMES * size:
            raise FormatError(
                f"{path}/{name}: unpacks to more than {MOST_TIMES} times the size of the archive, as one does that is "
                "made to fill a disk; unpack it yourself if you trust it"
            )
        pieces.append(piece)
    return b"".join(pieces)


def _root(folder: Path) -> Path:
    """What was packed: the only file, or what the only folder holds, unless that is called like a split."""
    inside = sorted(folder.iterdir())
    while len(inside) == 1 and inside[0].is_dir() and split_of_name(inside[0].name) != inside[0].name.lower():
        folder = inside[0]
        inside = sorted(folder.iterdir())
    return inside[0] if len(inside) == 1 and inside[0].is_file() else folder
