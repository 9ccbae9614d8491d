"""A CSV or TSV file with a header: its delimiter, which column is what, and its rows with their places."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from evalkit.errors import FormatError, InputError
from evalkit.layers.table import layer_names
from evalkit.registry import near_match
from evalkit.showing import number_of

__all__ = ["OF_ARTICLE", "ROLES", "Header", "Row", "Table", "first_line", "header_of", "plain_rows", "read_table"]

ROLES = {
    "id": "article_id doc_id document_id id docid doc document file filename text_id article",
    "start": "start begin start_offset start_char char_start offset_start begin_offset start_index",
    "end": "end end_offset end_char char_end offset_end end_index",
    "label": "label type entity_type entity_label tag category class",
    "text": "text article_text document_text full_text sentence content",
    "surface": "surface mention span_text entity_text entity covered_text",
    "annotator": "annotator annotator_id annotated_by",
    "token": "token word tokens words form",
    "tag": "tag ner ner_tag ner_tags tags bio iob label",
    "sentence": "sentence sentence_id sentence_idx sentence_number sent_id",
}
"""What columns may be called, best first; without case, blanks and signs."""

OF_ARTICLE = ("title", "source", "published", "lang", "split")
"""Columns that say something of an article; those of one row an item must say the same in all of its rows."""

_DELIMITERS = ",\t;|"
_TOKENS_PARTED = ",;"
"""What parts the cells of a table of tokens; others are tag columns."""
_CELL_LIMIT = 1 << 27


class Row(NamedTuple):
    """The cells of one row by column, and its place, `file:line`."""

    where: str
    cells: dict[str, str]


@dataclass(frozen=True)
class Header:
    """What a first line says.

    Attributes:
        delimiter: what parts the cells.
        names: the names of the columns.
        columns: role → column.
    """

    delimiter: str
    names: list[str]
    columns: Mapping[str, str]

    @property
    def layers(self) -> list[str]:
        """The columns that hold a layer as JSON."""
        return [name for name in self.names if name in layer_names()]

    @property
    def kind(self) -> str:
        """What a row is: an item, an article or a token; empty if that cannot be told."""
        roles = self.columns.keys()
        if {"start", "end", "label"} <= roles and not {"id", "text"}.isdisjoint(roles):
            return "item"
        if "id" in roles and self.layers:
            return "article"
        tokens = {"token", "tag"} <= roles and self.columns["token"] != self.columns["tag"]
        return "token" if tokens and self.delimiter in _TOKENS_PARTED else ""


@dataclass(frozen=True)
class Table:
    """A header and the rows below it."""

    path: Path
    header: Header
    rows: list[Row]
    notes: Counter[str]


def folded(name: str) -> str:
    """The name of a column as it is compared."""
    return re.sub(r"[\W_]+", "", name.casefold())


def header_of(line: str, values: Mapping[str, str] | None = None, path: Path | None = None) -> Header | None:
    """What a first line says, if it is that of a table that can be read.

    Args:
        line: the line.
        values: settings such as `start_column`, which go before usual names.
        path: the file, for messages.

    Raises:
        FormatError: a setting names a column that is not there.
    """
    headers = []
    for delimiter in _DELIMITERS:
        names = [name.strip() for name in _cells(line, delimiter)]
        if len(set(names)) == len(names) > 1:
            header = Header(delimiter, names, _columns(names, values or {}))
            if header.kind:
                return header
            headers.append(header)
    for role in ROLES:
        wanted = (values or {}).get(f"{role}_column")
        if wanted and path is not None and all(role not in header.columns for header in headers):
            names = max((header.names for header in headers), key=len, default=[])
            near = near_match(wanted, names)
            hint = f"did you mean {near!r}?" if near else f"there are {', '.join(map(repr, names))}"
            raise FormatError(f"{path}:1: has no column {wanted!r:.80} (--{role}-column); {hint}")
    return None


def _columns(names: list[str], values: Mapping[str, str]) -> dict[str, str]:
    by_name = {folded(name): name for name in reversed(names) if folded(name)}
    columns: dict[str, str] = {}
    for role, usual in ROLES.items():
        wanted = values.get(f"{role}_column")
        known = [wanted] if wanted else usual.split()
        column = next((by_name[folded(name)] for name in known if folded(name) in by_name), None)
        # A column that a setting names is nothing else.
        taken = {values.get(f"{other}_column") for other in ROLES if other != role}
        if column is not None and (wanted or column not in taken):
            columns[role] = column
    return columns


def read_table(path: Path, values: Mapping[str, str]) -> Table:
    """The rows of a file.

    Raises:
        InputError: it cannot be read.
        FormatError: it is no such table; says what its columns are, and where it breaks.
    """
    from evalkit.formats.contents import other_content

    notes: Counter[str] = Counter()
    content = _text(path, values.get("encoding"), notes)
    if (other := other_content(content[:4096].encode())) is not None:
        raise FormatError(f"{path}: is {other}")
    first = first_line(content)
    header = header_of(first, values, path)
    if header is None:
        raise FormatError(f"{path}:1: {_unread(first)}")
    return Table(path, header, list(_rows(content, header, path)), notes)


def first_line(content: str) -> str:
    """However it ends."""
    return re.split(r"[\r\n]", content, maxsplit=1)[0]


def _text(path: Path, encoding: str | None, notes: Counter[str]) -> str:
    from evalkit.files import read_bytes
    from evalkit.formats.tags.text_lines import decode_line

    content = read_bytes(path)
    if encoding is None and content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FormatError(f"{path}: is in UTF-16; save it as UTF-8")
    try:
        return content.decode(encoding or "utf-8-sig").removeprefix("\ufeff")
    except LookupError as error:
        raise InputError(f"{path}: encoding {encoding!r:.40} is not known; try utf-8 or latin-1") from error
    except UnicodeError as error:
        if encoding is not None:
            raise FormatError(f"{path}: is not in {encoding}; name its encoding, or leave it out") from error
    return "\n".join(decode_line(line, notes) for line in content.removeprefix(codecs.BOM_UTF8).split(b"\n"))


def _rows(content: str, header: Header, path: Path) -> Iterator[Row]:
    csv.field_size_limit(_CELL_LIMIT)
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=header.delimiter, strict=True)
    try:
        next(reader)
        for cells in reader:
            where = f"{path}:{reader.line_num}"
            if not cells:
                continue
            if len(cells) != len(header.names):
                number = f"{number_of(len(cells), 'cell')} under {number_of(len(header.names), 'column')}"
                raise FormatError(f"{where}: {number}; quote cells that hold {header.delimiter!r}")
            yield Row(where, dict(zip(header.names, cells, strict=True)))
    except csv.Error as error:
        raise FormatError(f"{path}:{reader.line_num}: not valid CSV ({error}); write it with a CSV library") from error


def _cells(line: str, delimiter: str) -> list[str]:
    """The cells of a line; none where it is too long to be one."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def plain_rows(path: Path) -> list[Row]:
    """The rows of a file whatever its columns are called, under their names in lower case.

    Raises:
        InputError: it cannot be read.
        FormatError: it has no header, or is no CSV.
    """
    content = _text(path, None, Counter())
    first = first_line(content)
    delimiter = max(_DELIMITERS, key=lambda sign: len(_cells(first, sign)))
    names = [name.strip().casefold() for name in _cells(first, delimiter)]
    if len(names) < 2 or len(set(names)) < len(names):
        raise FormatError(f"{path}:1: is no header with an id and a text; texts are rows with both")
    return list(_rows(content, Header(delimiter, names, {}), path))


def _unread(line: str) -> str:
    names = max((_cells(line, sign) for sign in _DELIMITERS), key=len)
    roles = _columns(names, {})
    if {"token", "tag"} <= roles.keys():
        return (
            "a table with one row a token; read it with --format conll and --token-column, --tag-column with the names "
            "of the columns"
        )
    if {"data", "label"} == set(names) - {"id", "Comments"}:
        return "a table of doccano with labels of whole texts; export it as JSONL, and give --format doccano"
    return (
        f"the columns are {', '.join(map(repr, names))}; expected are id and start, end, label for one row an item "
        "(name others with --start-column and the like), id, text and layers as JSON "
        f"({', '.join(layer_names())}) for one row an article, or word and tag for one row a token"
    )
