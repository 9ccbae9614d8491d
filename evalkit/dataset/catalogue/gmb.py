"""The entity export of the Groningen Meaning Bank: a packed CSV file with a token a row, and no documents."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from evalkit.errors import FormatError
from evalkit.formats.base import Source
from evalkit.formats.standoff.document import Document, Documents, Mark
from evalkit.formats.standoff.form import standoff_format
from evalkit.formats.tags.schemes import decode_tags
from evalkit.options import ReadOptions
from evalkit.records import Span
from evalkit.showing import number_of

__all__ = ["GMB"]

TOGETHER = 20
"""Sentences in a row that are one article: the export has no documents."""
_LARGEST = 64 << 20
"""Bytes that are unpacked at most: four times as many as the file holds."""
_COLUMNS = ["Sentence #", "Word", "POS", "Tag"]

Token = tuple[str, str]


def _documents(source: Source, options: ReadOptions) -> Documents:
    sentences = list(_sentences(_unpacked(source.path), source.path))
    documents = [
        _document(f"{source.name}-{first // TOGETHER:04d}", sentences[first : first + TOGETHER])
        for first in range(0, len(sentences), TOGETHER)
    ]
    note = f"the file has no documents: {TOGETHER} sentences are one article, a line each, a space between tokens"
    return Documents(documents=tuple(documents), notes={note: 0}, reading=f"gmb:{TOGETHER}")


def _unpacked(path: Path) -> str:
    """The one file of the archive, read without unpacking it to the disk."""
    try:
        with zipfile.ZipFile(path) as archive:
            (member,) = archive.infolist()
            with archive.open(member) as file:
                content = file.read(_LARGEST + 1)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError, OSError) as error:
        raise FormatError(f"{path}: cannot be unpacked ({error}); get the corpus again") from error
    if len(content) > _LARGEST:
        raise FormatError(f"{path}: unpacks to more than {_LARGEST >> 20} MiB; get the corpus again")
    # As its makers wrote it, with a few letters of Windows-1252 that stand for control characters.
    return content.decode("cp1252", errors="replace")


def _sentences(content: str, path: Path) -> Iterator[list[Token]]:
    rows = csv.reader(io.StringIO(content, newline=""))
    if next(rows, None) != _COLUMNS:
        raise FormatError(f"{path}: its columns are not {', '.join(_COLUMNS)}; get the corpus again")
    tokens: list[Token] = []
    for row in rows:
        if len(row) != len(_COLUMNS):
            raise FormatError(
                f"{path}:{rows.line_num}: {number_of(len(row), 'cell')}, expected {len(_COLUMNS)}; get it again"
            )
        if row[0] and tokens:
            yield tokens
            tokens = []
        tokens.append((row[1], row[3]))
    if tokens:
        yield tokens


def _document(name: str, sentences: Sequence[Sequence[Token]]) -> Document:
    lines: list[str] = []
    places: list[Span] = []
    tags: list[str] = []
    breaks: list[int] = []
    place = 0
    for sentence in sentences:
        breaks.append(len(tags))
        for word, tag in sentence:
            places.append(Span(place, place + len(word)))
            tags.append(tag)
            place += len(word) + 1
        lines.append(" ".join(word for word, _ in sentence))
    marks = tuple(
        Mark(f"m{number}", label, (Span(places[first].start, places[end - 1].end),))
        for number, (first, end, label) in enumerate(decode_tags(tags, breaks=breaks).spans, 1)
    )
    return Document(id=name, text="\n".join(lines) + "\n", marks=marks, declared=frozenset({"*"}), where=name)


GMB = standoff_format(
    name="gmb",
    about="the entity export of the Groningen Meaning Bank",
    suffixes=(".zip",),
    documents=_documents,
    profile="default",
    has_offsets=False,
)
