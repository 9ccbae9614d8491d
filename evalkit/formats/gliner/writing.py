"""Documents as GLiNER's training data: a list of objects, with words as tokens, and the text beside them.

The words are those of `evalkit.formats.tokens`, whatever is marked: a mark that begins or ends inside one is a loss.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.formats.gliner.reading import SUGGESTED
from evalkit.formats.standoff.document import Document
from evalkit.formats.tokens import TokenIndex, words
from evalkit.options import ReadOptions

__all__ = ["beyond_words", "write_gliner"]


def beyond_words(document: Document) -> Mapping[str, str]:
    """The marks that do not stand on whole words, each with the kind of loss."""
    index = TokenIndex(document.text, words(document.text))
    found = {mark.id: index.of(mark.spans[0]) for mark in document.marks if mark.spans}
    return {mark: why for mark, why in found.items() if isinstance(why, str)}


def write_gliner(documents: Sequence[Document], target: Path, options: ReadOptions) -> None:
    """Writes the list of objects to a file, which is what GLiNER loads."""
    import orjson

    from evalkit.files import write_file

    write_file(target, b"[\n" + b",\n".join(orjson.dumps(_row(document)) for document in documents) + b"\n]\n")


def _row(document: Document) -> dict[str, Any]:
    text, tokens = document.text, words(document.text)
    index = TokenIndex(text, tokens)
    entities: list[list[Any]] = []
    numbers: dict[str, int] = {}
    for mark in document.marks:
        covered = index.of(mark.spans[0])
        if not isinstance(covered, str):
            numbers[mark.id] = len(entities)
            entities.append([covered[0], covered[1] - 1, mark.type])
    row: dict[str, Any] = {"id": document.id, "text": text}
    row["tokenized_text"] = [text[start:end] for start, end in tokens]
    if document.annotated:
        row["ner"] = entities
    relations = [
        [numbers[link.source], numbers[link.target], link.type]
        for link in document.links
        if link.source in numbers and link.target in numbers
    ]
    if relations:
        row["relations"] = relations
    meta = dict(document.article) | ({SUGGESTED: True} if document.suggested else {})
    if meta:
        row["meta"] = meta
    return row
