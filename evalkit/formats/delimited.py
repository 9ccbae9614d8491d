"""CSV and TSV with a header: one row an article with its layers as JSON, or one row an item.

::

    id,text,entities                                  article_id,start,end,label,text
    a,Ola left.,"[{""start"": 0, …}]"                 a,0,3,PER,Ola left.

In rows of items, `text` is that of the article if it is the same in all rows of one, and what stands at the span if it
is as long as that everywhere; nothing else is guessed. An article without items has a row with empty cells. Columns
that are called as fields of an item are read, such as `score`; others are named in a note.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from evalkit.errors import FormatError
from evalkit.formats.base import Batch, Format, Source
from evalkit.formats.spelling import LABEL_CASE
from evalkit.layers.base import Layer
from evalkit.layers.fields import NAME, NUMBER
from evalkit.layers.table import all_layers, layer_names
from evalkit.options import ReadOptions
from evalkit.showing import number_of

__all__ = ["CSV"]

_DELIMITERS = ",\t;|"
_NAMES = {
    "id": ("article_id", "id", "doc_id", "document_id"),
    "start": ("start", "begin", "start_offset", "start_char"),
    "end": ("end", "end_offset", "end_char"),
    "label": ("label", "type"),
    "text": ("text",),
    "surface": ("surface", "mention"),
}
"""What columns may be called that are read."""
_OF_ARTICLE = ("title", "source", "published", "lang", "split")
"""Columns that say something of an article; those of one row an item must say the same in all of its rows."""
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_CELL_LIMIT = 1 << 27


class _Header(NamedTuple):
    """The delimiter, the names of the columns, and which of them is what."""

    delimiter: str
    names: list[str]
    columns: Mapping[str, str]

    @property
    def of_items(self) -> bool:
        """Whether a row is an item."""
        return {"start", "end", "label"} <= self.columns.keys()

    @property
    def layers(self) -> list[str]:
        """The columns that hold a layer as JSON."""
        return [name for name in self.names if name in layer_names()]


def _header(line: str) -> _Header | None:
    """What a first line says, if it is that of a table that can be read."""
    for delimiter in _DELIMITERS:
        names = [name.strip() for name in _cells(line, delimiter)]
        folded = {name.casefold(): name for name in names}
        columns = {
            what: folded[spelled] for what, known in _NAMES.items() for spelled in known[::-1] if spelled in folded
        }
        header = _Header(delimiter, names, columns)
        if "id" in columns and len(set(names)) == len(names) > 1 and (header.of_items or header.layers):
            return header
    return None


def _cells(line: str, delimiter: str) -> list[str]:
    """The cells of a line; none where it is too long to be one."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _first_line(content: str) -> str:
    """However it ends."""
    return re.split(r"[\r\n]", content, maxsplit=1)[0]


def _sniff(path: Path, head: bytes) -> float:
    if path.is_dir():
        return 0.0
    line = _first_line(head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace"))
    if not line.lstrip().startswith(("{", "[")) and _header(line) is not None:
        return 0.85
    return 0.4 if path.suffix == ".csv" else 0.0


def _read(source: Source, options: ReadOptions) -> Batch:
    from evalkit.formats.native.format import batch_of_rows

    return batch_of_rows(_rows(source.path), predicted=source.predicted)


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    from evalkit.files import read_text
    from evalkit.formats.contents import other_content

    content = read_text(path).removeprefix("\ufeff")
    if (other := other_content(content[:4096].encode())) is not None:
        raise FormatError(f"{path}: is {other}")
    first = _first_line(content)
    header = _header(first)
    if header is None:
        raise FormatError(f"{path}:1: {_unread(first)}")
    csv.field_size_limit(_CELL_LIMIT)
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=header.delimiter, strict=True)
    rows: list[tuple[str, dict[str, str]]] = []
    try:
        next(reader)
        for cells in reader:
            where = f"{path}:{reader.line_num}"
            if not cells:
                continue
            if len(cells) != len(header.names):
                number = f"{number_of(len(cells), 'cell')} under {number_of(len(header.names), 'column')}"
                raise FormatError(f"{where}: {number}; quote cells that hold {header.delimiter!r}")
            rows.append((where, dict(zip(header.names, cells, strict=True))))
    except csv.Error as error:
        raise FormatError(f"{path}:{reader.line_num}: not valid CSV ({error}); write it with a CSV library") from error
    yield from _items(rows, header) if header.of_items else _articles(rows, header)


def _unread(line: str) -> str:
    names = max((_cells(line, sign) for sign in _DELIMITERS), key=len)
    folded = {name.strip().casefold() for name in names}
    if folded & {"token", "word", "tokens", "words"} and folded & {"tag", "ner", "ner_tags", "tags", "label"}:
        return (
            "a table with one row a token; read it with --format conll --separator comma and --token-column, "
            "--tag-column with the names of the columns"
        )
    return (
        f"the columns are {', '.join(map(repr, names))}; expected are id and start, end, label for one row an item, or "
        f"id, text and layers as JSON ({', '.join(layer_names())}) for one row an article"
    )


def _articles(rows: Sequence[tuple[str, dict[str, str]]], header: _Header) -> Iterator[tuple[str, dict[str, Any]]]:
    from evalkit.formats.native.json_rows import json_value

    for where, cells in rows:
        row: dict[str, Any] = {"id": cells[header.columns["id"]]}
        if "text" in header.columns:
            row["text"] = cells[header.columns["text"]]
        row |= {name: cells[name] for name in _OF_ARTICLE if cells.get(name)}
        for name in header.layers:
            row[name] = json_value(cells[name], f"{where}: column {name!r}") if cells[name].strip() else None
        # Lists of objects under other names are no layers, which is said of them.
        for name in cells.keys() - row.keys() - set(header.columns.values()):
            if cells[name].startswith("[{"):
                row[name] = json_value(cells[name], f"{where}: column {name!r}")
        yield where, row


def _items(rows: Sequence[tuple[str, dict[str, str]]], header: _Header) -> Iterator[tuple[str, dict[str, Any]]]:
    names = header.columns
    layer = all_layers()[0]
    articles: dict[str, list[tuple[str, dict[str, str]]]] = {}
    for where, cells in rows:
        articles.setdefault(cells[names["id"]], []).append((where, cells))
    of_article = "text" in names and _text_is_of_article(articles, names, rows[0][0] if rows else "")
    for article_id, own in articles.items():
        row: dict[str, Any] = {"id": article_id, layer.name: []}
        if of_article:
            row["text"] = own[0][1][names["text"]]
        of_all = {name: own[0][1][name] for name in _OF_ARTICLE if name in own[0][1]}
        of_all = {name: said for name, said in of_all.items() if all(cells[name] == said for _, cells in own)}
        row |= {name: said for name, said in of_all.items() if said}
        surface = names.get("surface") or (None if of_article else names.get("text"))
        others = [name for name in header.names if name not in {*names.values(), *of_all, layer.spans_field}]
        for where, cells in own:
            if not any(cells[names[what]].strip() for what in ("start", "end", "label")):
                continue
            item: dict[str, Any] = {what: _whole(cells[names[what]], what, where) for what in ("start", "end")}
            item["label"] = cells[names["label"]]
            if surface is not None:
                item["text"] = cells[surface]
            row[layer.name].append(item | {name: _other(cells[name], name, layer, where) for name in others})
        yield own[0][0], row


def _other(cell: str, column: str, layer: Layer[Any], where: str) -> str | float | None:
    """What a cell says of an item beside its place and label: in a field of the layer, or in one that is not read."""
    if not cell.strip():
        return None
    if {field.name: field.type for field in layer.fields}.get(column, NAME) is not NUMBER:
        return cell
    if not _NUMBER.fullmatch(cell.strip()) or not math.isfinite(number := float(cell)):
        raise FormatError(f"{where}: {column!r} is {cell!r:.80}, not a finite number; mend it")
    return number


def _text_is_of_article(
    articles: Mapping[str, Sequence[tuple[str, dict[str, str]]]], names: Mapping[str, str], where: str
) -> bool:
    """Whether the column of texts holds those of articles, not what stands at the spans.

    Raises:
        FormatError: it is neither.
    """
    text = names["text"]
    if all(len({cells[text] for _, cells in own}) == 1 for own in articles.values()) and all(
        not cells[names["end"]].strip() or len(cells[text]) >= _whole(cells[names["end"]], "end", where)
        for own in articles.values()
        for where, cells in own
    ):
        return True
    if all(
        not cells[names["end"]].strip()
        or len(cells[text]) == _whole(cells[names["end"]], "end", where) - _whole(cells[names["start"]], "start", where)
        for own in articles.values()
        for where, cells in own
    ):
        return False
    raise FormatError(
        f"{where}: column {text!r} is neither the text of the article in every row nor what stands at each span; call "
        "what stands at the spans 'surface', or write one row an article"
    )


def _whole(cell: str, what: str, where: str) -> int:
    if not _WHOLE.fullmatch(cell.strip()):
        raise FormatError(f"{where}: {what!r} is {cell!r:.80}, not a whole number; mend it")
    return int(cell)


CSV = Format(
    name="csv",
    about="CSV or TSV with a header: one row an article with layers as JSON, or one row an item",
    suffixes=(".csv",),
    read=_read,
    sniff=_sniff,
    options={"label_case": LABEL_CASE},
    keeps_ids=True,
    of_rows=True,
)
