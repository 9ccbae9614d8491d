"""Figures as tab-separated values for spreadsheets and programs: one row a figure, numbers in full."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from unicodedata import normalize

from evalkit.harmless import one_line
from evalkit.report.document import Block, Chart, Document, Lines, MarkedArticle

__all__ = ["render_tsv"]

FORMULA = ("=", "+", "-", "@")
NUMBERS = re.compile(r"[-+]?[\d.]+(?:[eE][-+]?\d+)?%?(?: [-+]?[\d.]+)*")


def render_tsv(document: Document) -> str:
    """A header and the rows of the document, an absent value as an empty field; ends in a line feed.

    A document without rows gives its title and its blocks, one after the other.
    """
    if document.rows:
        names = list(dict.fromkeys(name for row in document.rows for name in row))
        lines: list[Iterable[object]] = [names, *([row.get(name) for name in names] for row in document.rows)]
    else:
        lines = [[document.title], *(line for block in document.blocks for line in _block_lines(block))]
    return "".join("\t".join(map(_field, line)) + "\n" for line in lines)


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


def _field(value: object) -> str:
    """One field.

    Text that a spreadsheet would take for a formula gets an apostrophe before it; quotation marks that would open a
    field over several columns and lines are doubled, as readers of such files expect.
    """
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return repr(value)
    text = one_line(str(value))
    if normalize("NFKC", text[:1]) in FORMULA and not NUMBERS.fullmatch(text):
        return f"'{text}"
    return '"' + text.replace('"', '""') + '"' if text.startswith('"') else text
