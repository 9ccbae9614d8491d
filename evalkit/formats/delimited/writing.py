"""Documents as a table with one row an item, after a row for each article with its text and what is known of it.

Cells are quoted as RFC 4180 says, and hold what there is: one that begins with `=` is data, whatever a spreadsheet
takes it for.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from evalkit.formats.delimited.items import ANSWERS, ITEM_ID, LINK, METADATA, SCORE, SUGGESTED
from evalkit.formats.delimited.table import OF_ARTICLE, ROLES, folded
from evalkit.formats.standoff.document import Document
from evalkit.options import ReadOptions

__all__ = ["is_reserved", "write_items"]

_PLACE = ("start", "end", "label", "surface", ITEM_ID, SCORE)
_STATED = ("title", "source", "published", "lang", "zones", "scope")
_RESERVED = frozenset(
    map(folded, ("", "article_id", "text", *ROLES["annotator"].split(), SUGGESTED, *_PLACE, *_STATED, *OF_ARTICLE))
)
"""The columns that are no features; a file has all of them that could be called otherwise."""


def write_items(documents: Sequence[Document], target: Path, options: ReadOptions) -> None:
    """Writes the table to a file, with tabs if it ends in `.tsv`."""
    from evalkit.files import write_file

    rows = [row for document in documents for own in _apart(document) for row in _rows(own)]
    used = dict.fromkeys(key for row in rows for key in row)
    first = [
        key
        for key in ("article_id", "annotator", SUGGESTED, *_PLACE)
        if key in used or key in ("start", "end", "label")
    ]
    further = sorted(used.keys() - {*first, "text"})
    names = [*first, *further, "text"]
    made = io.StringIO(newline="")
    table = csv.DictWriter(
        made, names, restval="", lineterminator="\r\n", delimiter="\t" if target.suffix == ".tsv" else ","
    )
    table.writeheader()
    table.writerows(rows)
    write_file(target, made.getvalue())


def is_reserved(name: str) -> bool:
    """Whether a column of that name says something else than a feature of an item."""
    return folded(name) in _RESERVED or name != name.strip() or name.startswith((LINK, METADATA))


def _apart(document: Document) -> Iterable[Document]:
    """The gold, which nobody's name stands beside, and what an annotator said, if both are the same too."""
    if document.ground_truth and document.annotator:
        yield replace(document, annotator="")
    yield document


def _rows(document: Document) -> Iterable[dict[str, Any]]:
    named: dict[str, Any] = {"article_id": document.id}
    if document.annotator:
        named["annotator"] = document.annotator
    if document.suggested:
        named[SUGGESTED] = "true"
    article: dict[str, Any] = {"text": document.text}
    for key, value in document.article.items():
        column = key if key in _STATED else METADATA + key
        article[column] = value if isinstance(value, str) else orjson.dumps(value).decode()
    if ANSWERS in document.labels:
        article[ANSWERS] = _cell(document.labels[ANSWERS])
    yield named | article
    links: dict[str, dict[str, list[str]]] = {}
    for link in document.links:
        links.setdefault(link.source, {}).setdefault(LINK + link.type, []).append(link.target)
    for mark in document.marks:
        start, end = mark.spans[0]
        row = {"start": start, "end": end, "label": mark.type, "surface": document.text[start:end], ITEM_ID: mark.id}
        if mark.score is not None:
            row[SCORE] = mark.score
        row |= {name: _cell(value) for name, value in mark.features.items()}
        row |= {column: _cell(tuple(targets)) for column, targets in links.get(mark.id, {}).items()}
        yield named | row


def _cell(value: str | tuple[str, ...]) -> str:
    """A text as it is; several as a JSON list, and one that looks like a list too."""
    if isinstance(value, str):
        return value
    return value[0] if len(value) == 1 and not value[0].startswith("[") else orjson.dumps(value).decode()
