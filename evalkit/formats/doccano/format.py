"""JSON lines of doccano as a format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evalkit.formats.base import Source
from evalkit.formats.standoff.document import Document, Documents, Holds
from evalkit.formats.standoff.form import standoff_format
from evalkit.options import ReadOptions

__all__ = ["DOCCANO"]


def _sniff(path: Path, head: bytes) -> float:
    from evalkit.formats.doccano.reading import looks_like_doccano, readings_of
    from evalkit.formats.standoff.values import first_objects

    if path.is_dir():
        return 0.9 if readings_of(path) else 0.0
    return 0.95 if any(map(looks_like_doccano, first_objects(head))) else 0.0


def _documents(source: Source, options: ReadOptions) -> Documents:
    from evalkit.formats.doccano.reading import read_doccano

    return read_doccano(source, options)


def _write(documents: Sequence[Document], target: Path, options: ReadOptions) -> None:
    from evalkit.formats.doccano.writing import write_doccano

    write_doccano(documents, target, options)


DOCCANO = standoff_format(
    name="doccano",
    about="doccano's JSON lines: spans with or without relations, or labels of whole texts",
    suffixes=(".jsonl",),
    documents=_documents,
    write_documents=_write,
    holds=Holds(features=False, labels=True, article=True, suggestions=True),
    sniff=_sniff,
)
