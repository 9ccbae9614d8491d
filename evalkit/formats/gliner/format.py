"""GLiNER's training data as a format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from evalkit.formats.base import Source
from evalkit.formats.standoff.document import Document, Documents, Holds
from evalkit.formats.standoff.form import standoff_format
from evalkit.options import ReadOptions

__all__ = ["GLINER"]


def _sniff(path: Path, head: bytes) -> float:
    from evalkit.formats.standoff.values import first_objects

    return 0.0 if path.is_dir() else 0.95 if any("tokenized_text" in row for row in first_objects(head)) else 0.0


def _documents(source: Source, options: ReadOptions) -> Documents:
    from evalkit.formats.gliner.reading import read_gliner

    return read_gliner(source, options)


def _write(documents: Sequence[Document], target: Path, options: ReadOptions) -> None:
    from evalkit.formats.gliner.writing import write_gliner

    write_gliner(documents, target, options)


def _beyond(document: Document) -> Mapping[str, str]:
    from evalkit.formats.gliner.writing import beyond_words

    return beyond_words(document)


GLINER = standoff_format(
    name="gliner",
    about="GLiNER's training data: tokens with entities as [first, last, label], last inclusive",
    suffixes=(".json", ".jsonl"),
    documents=_documents,
    write_documents=_write,
    holds=Holds(features=False, article=True, suggestions=True),
    beyond=_beyond,
    sniff=_sniff,
    options={"detokenise": "how text is rebuilt from tokens: space (default) or simple."},
    has_offsets=False,
)
