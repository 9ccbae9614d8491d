"""The lines of WebAnno TSV: documents, sentences and rows, and where they are broken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from evalkit.errors import FormatError
from evalkit.formats.webanno.header import CHAIN, FORMAT, RELATION, SPAN, Layer, layers_of

__all__ = ["Row", "Sentence", "Table", "tables_of"]

_ROW = re.compile(r"([0-9]{1,9}-[0-9]{1,9}(?:\.[0-9]{1,9})?)\t([0-9]{1,12})-([0-9]{1,12})\t")
_HEADER = (SPAN, CHAIN, RELATION)
_TEXT = "#Text="


class Row(NamedTuple):
    """A token or a part of one: its id, its offsets as the file counts them, its text and cells as they are written."""

    id: str
    start: int
    end: int
    token: str
    cells: tuple[str, ...]
    line: int

    @property
    def is_token(self) -> bool:
        """Whether it is a whole token."""
        return "." not in self.id


@dataclass(slots=True)
class Sentence:
    """A sentence: the lines of its text as they are written, and its rows."""

    line: int
    text: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Table:
    """One document: its version, layers and sentences, and what is broken in it."""

    version: str
    layers: tuple[Layer, ...] = ()
    sentences: list[Sentence] = field(default_factory=list)
    problems: list[FormatError] = field(default_factory=list)
    comments: int = 0


def tables_of(content: str, path: Path) -> Iterator[Table]:
    """The documents of a file; each begins with its format, usually there is one.

    Raises:
        FormatError: it does not begin so.
    """
    lines = content.removeprefix("\ufeff").split("\n")
    begins = [number for number, line in enumerate(lines) if FORMAT.match(line)]
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    if not begins or begins[0] != first:
        raise FormatError(f"{path}:{first + 1}: does not begin with #FORMAT=WebAnno TSV 3; export it as WebAnno TSV v3")
    for begin, end in zip(begins, [*begins[1:], len(lines)], strict=True):
        yield _table(lines, begin, end, path)


def _table(lines: list[str], begin: int, end: int, path: Path) -> Table:
    version = FORMAT.match(lines[begin])
    table = Table(version[1] if version else "")
    if not table.version.startswith("3"):
        raise FormatError(f"{path}:{begin + 1}: is WebAnno TSV {table.version or 1}; export it as WebAnno TSV v3")
    header: list[str] = []
    sentence = Sentence(0)
    for number, line in enumerate(lines[begin + 1 : end], begin + 2):
        line = line.removesuffix("\r")
        if line.startswith(_HEADER) and not table.sentences:
            header.append(line)
        elif line.startswith(_TEXT):
            if not sentence.line or sentence.rows:
                sentence = Sentence(number)
                table.sentences.append(sentence)
            sentence.text.append(line.removeprefix(_TEXT))
        elif row := _ROW.match(line):
            if not sentence.line:
                table.problems.append(FormatError(f"{path}:{number}: a token stands before any #Text=; mend the file"))
            else:
                token, *cells = line[row.end() :].split("\t")
                sentence.rows.append(Row(row[1], int(row[2]), int(row[3]), token, tuple(cells), number))
        elif not line.strip():
            sentence = sentence if not sentence.rows else Sentence(0)
        elif line.startswith("#"):
            table.comments += 1
        else:
            table.problems.append(
                FormatError(f"{path}:{number}: {line!r:.80} is no row of WebAnno TSV (1-1, 0-3, token, …); mend it")
            )
    table.layers = layers_of(header)
    return table
