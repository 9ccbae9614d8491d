"""Documents as lines that doccano imports: triples, or objects with relations where a document has links.

Offsets count as doccano's pages do, in UTF-16 code units; a line in which that makes a difference says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evalkit.formats.doccano.reading import KNOWN, QUESTION, SUGGESTED, UNIT_KEY
from evalkit.formats.doccano.units import units_differ, utf16_offsets
from evalkit.formats.standoff.document import Document
from evalkit.layers.table import layer_names
from evalkit.options import ReadOptions

__all__ = ["write_doccano"]


def write_doccano(documents: Sequence[Document], target: Path, options: ReadOptions) -> None:
    """Writes the lines to a file, all of one kind, as a project is: with relations if one has some."""
    import orjson

    from evalkit.files import write_file

    related = any(document.links for document in documents)
    classified = not any(document.marks for document in documents) and any(map(_answers, documents))
    lines = [
        orjson.dumps(_line(document, related, classified), option=orjson.OPT_APPEND_NEWLINE) for document in documents
    ]
    write_file(target, b"".join(lines))


def _answers(document: Document) -> tuple[str, ...]:
    return document.labels.get(QUESTION, ())


def _line(document: Document, related: bool, classified: bool) -> dict[str, Any]:
    text = document.text
    line: dict[str, Any] = {"id": document.id, "text": text}
    spans = utf16_offsets(text, [mark.spans[0] for mark in document.marks])
    offsets = {mark.id: own for mark, own in zip(document.marks, spans, strict=True)}
    if not document.annotated:
        return line | _known(document)
    if related:
        numbers = {mark.id: number for number, mark in enumerate(document.marks, 1)}
        line["entities"] = [
            {"id": numbers[mark.id], "label": mark.type, "start_offset": start, "end_offset": end}
            for mark in document.marks
            for start, end in [offsets[mark.id]]
        ]
        line["relations"] = [
            {"id": number, "from_id": numbers[link.source], "to_id": numbers[link.target], "type": link.type}
            for number, link in enumerate(document.links, 1)
        ]
    elif not classified:
        line["label"] = sorted([*offsets[mark.id], mark.type] for mark in document.marks)
    if QUESTION in document.labels:
        line["label" if classified else "cats"] = list(_answers(document))
    if document.annotator:
        line["username"] = document.annotator
    if offsets and units_differ(text):
        line[UNIT_KEY] = "utf-16"
    return line | _known(document)


def _known(document: Document) -> dict[str, Any]:
    """What is known of the article, under keys of its own; under `meta` what a key of the line is called too."""
    reserved = KNOWN.union(layer_names())
    line = {key: value for key, value in document.article.items() if key not in reserved}
    meta = {key: value for key, value in document.article.items() if key in reserved}
    if document.suggested:
        meta[SUGGESTED] = True
    return line | ({"meta": meta} if meta else {})
