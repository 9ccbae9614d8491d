"""Where CASes lie: files, folders, and the archives and folders of a project that INCEpTION exports."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from evalkit.errors import FormatError, guarded
from evalkit.files import read_bytes
from evalkit.formats.base import Source
from evalkit.formats.safe_xml import root_name
from evalkit.formats.standoff.document import Document, Documents
from evalkit.formats.standoff.file_stems import name_of_stem
from evalkit.formats.standoff.layout import split_of_folder
from evalkit.formats.standoff.proof import UTF_16
from evalkit.formats.uima.loading import FEATURE_STRUCTURES, TYPES, LoadedCas, load_json, load_types, load_xmi
from evalkit.formats.uima.metadata import CURATOR, document_name
from evalkit.formats.uima.reading import document_of_cas
from evalkit.options import ReadOptions
from evalkit.text.counting import parse_counting

if TYPE_CHECKING:
    from cassis import TypeSystem

__all__ = ["JSON", "TYPE_SYSTEM", "XMI", "CasFiles"]

TYPE_SYSTEM = "TypeSystem.xml"

_INITIAL = "INITIAL_CAS"
"""Who annotated nothing: the text as it was imported."""

_LAYOUTS = ("annotation", "curation")
"""The folders of a project that hold a folder for each document."""
_LOOKED_INTO = 20
_LARGEST = 1 << 29
"""Bytes of one file in an archive."""


class _Place(NamedTuple):
    """One file of a CAS.

    Attributes:
        path: the file, or the archive that it lies in.
        name: what the document is called if it does not say so.
        annotator: who annotated it, where folders say so.
        split: the split, where folders say so.
    """

    path: Path
    name: str
    annotator: str
    split: str | None


@dataclass(frozen=True)
class CasFiles:
    """The files of one way of writing a CAS.

    Attributes:
        ending: of the files.
        is_head: whether a file that begins so is one.
        load: reads one: its content, the types that lie beside it, and its place.
        typed: whether the types lie beside it.
    """

    ending: str
    is_head: Callable[[bytes], bool]
    load: Callable[[bytes, Callable[[], TypeSystem], str], LoadedCas]
    typed: bool

    def certainty(self, path: Path, head: bytes) -> float:
        """How sure it is that a file, an archive or a folder holds such files."""
        if path.is_dir():
            found = (one for one in islice(self._files(path), _LOOKED_INTO) if self._is_one(one))
            return 0.95 if next(found, None) is not None else 0.0
        if head.startswith(b"PK"):
            return 0.95 if self._is_one(path) else 0.0
        return 0.97 if self.is_head(head) else 0.0

    def documents(self, source: Source, options: ReadOptions) -> Documents:
        """The documents of a file, an archive or a folder.

        Raises:
            InputError: it cannot be read.
        """
        problems: list[FormatError] = []
        notes: Counter[str] = Counter()
        documents: list[Document] = []
        types: dict[str, TypeSystem] = {}
        # Java counts so; other programs may have written what they count.
        counting = parse_counting(options.offsets) if options.offsets else UTF_16
        for place in self._places(source):
            if place.annotator == _INITIAL:
                notes["documents as they were imported (INITIAL_CAS), left out"] += 1
                continue
            try:
                for content, beside, where in self._contents(place, source, types):
                    with guarded(f"{where}: no CAS that can be read", kind=FormatError, remedy="export it again"):
                        documents.append(
                            replace(
                                document_of_cas(
                                    self.load(content, beside, where),
                                    name=place.name,
                                    annotator=place.annotator,
                                    counting=counting,
                                    problems=problems,
                                    notes=notes,
                                ),
                                split=place.split,
                            )
                        )
            except FormatError as error:
                problems.append(error)
        return Documents(documents=tuple(documents), problems=tuple(problems), notes=dict(notes))

    def _files(self, folder: Path) -> Iterator[Path]:
        """The files that may be such ones, in one order, hidden ones left out."""
        for path in sorted(folder.rglob("*")):
            hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
            if path.suffix.lower() in (self.ending, ".zip") and not hidden and path.is_file():
                yield path

    def _is_one(self, path: Path) -> bool:
        try:
            with path.open("rb") as file:
                head = file.read(1 << 16)
            if not head.startswith(b"PK"):
                return self.is_head(head)
            with zipfile.ZipFile(path) as archive:
                names = [name for name in archive.namelist() if name.lower().endswith(self.ending)]
                return bool(names) and (self.typed or self.is_head(archive.open(names[0]).read(1 << 16)))
        except (OSError, *_DAMAGED):
            return False

    def _places(self, source: Source) -> Iterator[_Place]:
        path = source.path
        if not path.is_dir():
            yield _Place(path, document_name(source.name or path.name), "", None)
            return
        for file in self._files(path):
            *folders, name = file.relative_to(path).parts
            if not self._is_one(file) and file.suffix == ".zip":
                continue
            annotator, document = "", name
            who = document_name(name)
            if len(folders) > 2 and folders[-3] in _LAYOUTS:
                # What was in the archive of an annotator.
                *folders, who = folders
            if len(folders) > 1 and folders[-2] in _LAYOUTS:
                *folders, layout, document = folders
                annotator = CURATOR if layout == "curation" else name_of_stem(who)
            split = split_of_folder(path, path.joinpath(*folders, name))
            yield _Place(file, name_of_stem(document_name(document)), annotator, split)

    def _contents(
        self, place: _Place, source: Source, types: dict[str, TypeSystem]
    ) -> Iterator[tuple[bytes, Callable[[], TypeSystem], str]]:
        """The CASes of a file or an archive, each with its types, which are read where they are asked for."""
        content, where = read_bytes(place.path), str(place.path)
        if not content.startswith(b"PK"):
            yield content, lambda: self._types_beside(place.path, source, types), where
            return
        with _opened(content, where) as archive:
            inside = {
                info.filename: info
                for info in archive.infolist()
                if not info.is_dir() and "__MACOSX" not in info.filename
            }
            named = next((name for name in sorted(inside) if name.lower().endswith(TYPE_SYSTEM.lower())), None)

            def own_types() -> TypeSystem:
                if named is None:
                    raise FormatError(f"{where}: holds no {TYPE_SYSTEM}; export it again")
                if where not in types:
                    types[where] = load_types(_read(archive, inside[named], where), f"{where}:{named}")
                return types[where]

            found = [name for name in sorted(inside) if name.lower().endswith(self.ending)]
            if not found:
                raise FormatError(f"{where}: holds no file that ends in {self.ending}; export it again")
            for name in found:
                yield _read(archive, inside[name], where), own_types, f"{where}:{name}"

    def _types_beside(self, path: Path, source: Source, types: dict[str, TypeSystem]) -> TypeSystem:
        """The types in the folder of a file, or in one above it up to the one that was asked for."""
        top = source.path if source.path.is_dir() else source.folder or path.parent
        for folder in path.parents:
            found = sorted(one for one in folder.iterdir() if one.name.lower() == TYPE_SYSTEM.lower())
            if found:
                if (where := str(found[0])) not in types:
                    types[where] = load_types(read_bytes(found[0]), where)
                return types[where]
            if folder == top:
                break
        raise FormatError(f"{path}: has no {TYPE_SYSTEM} beside it, which says what its types are; put it there")


_DAMAGED = (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, ValueError)
"""What the archive module raises for one that is broken, encrypted or packed in an unknown way."""


@contextmanager
def _opened(content: bytes, where: str) -> Iterator[zipfile.ZipFile]:
    """An archive; says of which one it is when it is broken.

    Raises:
        FormatError: it cannot be read.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield archive
    except _DAMAGED as error:
        raise FormatError(f"{where}: the archive is damaged ({error}); export it again") from error


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str) -> bytes:
    """A file of an archive, which may unfold into anything."""
    with archive.open(info) as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise FormatError(f"{where}:{info.filename}: more than {_LARGEST} bytes; unpack it")
    return content


def _is_xmi(head: bytes) -> bool:
    return root_name(head).rpartition(":")[2] == "XMI"


def _is_json(head: bytes) -> bool:
    begins = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"
    return begins and any(f'"{key}"'.encode() in head for key in (FEATURE_STRUCTURES, TYPES))


XMI = CasFiles(
    ending=".xmi", is_head=_is_xmi, load=lambda content, types, where: load_xmi(content, types(), where), typed=True
)
JSON = CasFiles(ending=".json", is_head=_is_json, load=lambda content, _, where: load_json(content, where), typed=False)
