"""CSV and TSV with a header: one row an item, one row an article with its layers as JSON, or one row a token.

::

    article_id,start,end,label,text        id,text,entities                        Sentence #,Word,Tag
    a,0,3,PER,Ola left.                    a,Ola left.,"[{""start"": 0, …}]"       Sentence: 1,Ola,B-PER

Columns are found by their usual names, or named by settings. Items stand in the text of their article, which is in a
column or beside the file (`texts`); predictions need none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from evalkit.formats.base import Batch, Format, Source
from evalkit.formats.spelling import LABEL_CASE
from evalkit.formats.standoff.document import Document, Documents, Holds
from evalkit.formats.standoff.form import standoff_format
from evalkit.formats.tags.settings import HELP
from evalkit.options import ReadOptions

__all__ = ["CSV"]

_OPTIONS = {
    "id_column": "the column with the id of the article, where a row is an item.",
    "start_column": "the column with the first character of an item.",
    "end_column": "the column with the end of an item.",
    "label_column": "the column with the label of an item.",
    "text_column": "the column with the text of the article.",
    "surface_column": "the column with what stands at the span, which proves the offsets.",
    "annotator_column": "the column with who annotated an item.",
    "texts": "where the texts are, if not in the file: a folder of ID.txt, or a file of rows with an id and a text.",
}


def _sniff(path: Path, head: bytes) -> float:
    from evalkit.formats.delimited.table import first_line, header_of

    if path.is_dir():
        return 0.0
    line = first_line(head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace"))
    if not line.lstrip().startswith(("{", "[")) and header_of(line) is not None:
        return 0.85
    return 0.4 if path.suffix == ".csv" else 0.0


def _documents(source: Source, options: ReadOptions) -> Documents:
    from evalkit.errors import FormatError
    from evalkit.formats.delimited.items import item_documents, knows_texts
    from evalkit.formats.delimited.table import read_table

    table = read_table(source.path, options.values)
    if table.header.kind != "item" or not knows_texts(table, options.values):
        raise FormatError(
            f"{source.path}: a profile is for tables with one row an item and the texts of the articles; name "
            "the texts with --texts, or leave out the profile"
        )
    return item_documents(table, source, options)


def _write(documents: Sequence[Document], target: Path, options: ReadOptions) -> None:
    from evalkit.formats.delimited.writing import write_items

    write_items(documents, target, options)


def _is_reserved(name: str) -> bool:
    from evalkit.formats.delimited.writing import is_reserved

    return is_reserved(name)


_TOOL = standoff_format(
    name="csv",
    about="CSV or TSV with a header: one row an item, one row an article with layers as JSON, or one row a token",
    suffixes=(".csv",),
    documents=_documents,
    write_documents=_write,
    holds=Holds(labels=True, article=True, readings=True, scores=True, suggestions=True, reserved=_is_reserved),
    sniff=_sniff,
    options={
        **_OPTIONS,
        "token_column": HELP["token_column"],
        "tag_column": HELP["tag_column"],
        "encoding": HELP["encoding"],
        "label_case": LABEL_CASE,
    },
)


def _read(source: Source, options: ReadOptions) -> Batch:
    from evalkit.formats.delimited.articles import article_rows, token_rows
    from evalkit.formats.delimited.items import item_rows, knows_texts
    from evalkit.formats.delimited.table import read_table
    from evalkit.formats.native.format import batch_of_rows

    table = read_table(source.path, options.values)
    kind = table.header.kind
    if options.profile is not None or (kind == "item" and knows_texts(table, options.values)):
        return _TOOL.read(source, options) if _TOOL.read is not None else Batch()
    rows = {"item": item_rows, "article": article_rows, "token": token_rows}[kind](table)
    batch = batch_of_rows(rows, predicted=source.predicted, unnamed=source.unnamed)
    return replace(batch, notes={**table.notes, **batch.notes})


CSV: Format = replace(_TOOL, read=_read, keeps_ids=True, of_rows=True, proves_offsets=False)
