"""Figures as values between tabs (TSV) or commas (CSV), for spreadsheets and programs: one row a figure, in full."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from unicodedata import normalize

from evalkit.harmless import one_line
from evalkit.report.document import Block, Chart, Document, Lines, MarkedArticle

__all__ = ["render_csv", "render_tsv"]

FORMULA = ("=", "+", "-", "@")
NUMBERS = re.compile(r"[-+]?[\d.]+(?:[eE][-+]?\d+)?%?(?: [-+]?[\d.]+)*")


def render_tsv(document: Document) -> str:
    """A header and the rows of the document, an absent value as an empty field; ends in a line feed.

    A document without rows gives its title and its blocks, one after the other.
    """
    return "".join("\t".join(map(_tab_field, line)) + "\n" for line in _lines_of(document))


def render_csv(document: Document) -> str:
    """The same between commas; fields with a comma or a quotation mark are quoted (RFC 4180, but for line feeds)."""
    return "".join(",".join(map(_comma_field, line)) + "\n" for line in _lines_of(document))


def _lines_of(document: Document) -> Iterator[Iterable[object]]:
    if document.rows:
        names = list(dict.fromkeys(name for row in document.rows for name in row))
        yield names
        yield from ([row.get(name) for name in names] for row in document.rows)
    else:
        yield [document.title]
        yield from (line for block in document.blocks for line in _block_lines(block))


def _block_lines(block: Block) -> Iterator[Iterable[object]]:
    if isinstance(block, Lines):
        yield from ([words] for words in (block.title, *(line.text for line in block.lines)) if words)
    elif isinstance(block, MarkedArticle):
        yield ("start", "end", "layer", "label", "kind", "text")
        for mark in block.marks:
            yield (mark.start, mark.end, mark.layer, mark.label, mark.kind, block.text[mark.start : mark.end])
    else:
        table = block.table if isinstance(block, Chart) else block
        yield [table.title]
        yield [column.name for column in table.columns]
        yield from table.rows


def _tab_field(value: object) -> str:
    """One field; quotation marks that would open one over several columns and lines are doubled, as readers expect."""
    text = _field(value)
    return _quoted(text) if text.startswith('"') else text


def _comma_field(value: object) -> str:
    text = _field(value)
    return _quoted(text) if "," in text or '"' in text else text


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _field(value: object) -> str:
    """A value as text on one line, one that a spreadsheet would take for a formula with an apostrophe before it."""
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return repr(value)
    text = one_line(str(value))
    return f"'{text}" if normalize("NFKC", text[:1]) in FORMULA and not NUMBERS.fullmatch(text) else text
