"""Documents of spaCy as a format."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.formats.base import Source
from evalkit.formats.standoff.document import Document, Documents, Holds
from evalkit.formats.standoff.form import standoff_format
from evalkit.options import ReadOptions

__all__ = ["SPACY"]

_MAP_OF_FEW = range(0x87, 0x8C)
"""The first byte of a DocBin when it is unpacked: a map of seven to eleven entries."""


def _sniff(path: Path, head: bytes) -> float:
    from evalkit.formats.spacy_docs.training import is_training_data
    from evalkit.formats.standoff.values import first_objects

    if path.is_dir():
        return 0.0
    if head[:1] == b"x":
        try:
            begin = zlib.decompressobj().decompress(head, 64)
        except zlib.error:
            begin = b""
        if begin[:1] and begin[0] in _MAP_OF_FEW and b"version" in begin:
            return 0.95
    return (
        0.95
        if is_training_data(head) or any(map(_is_doc, first_objects(head)))
        else 0.5
        if path.suffix == ".spacy"
        else 0.0
    )


def _is_doc(row: Mapping[str, Any]) -> bool:
    return isinstance(row.get("ents"), list) and isinstance(row.get("text"), str)


def _documents(source: Source, options: ReadOptions) -> Documents:
    from evalkit.formats.spacy_docs.reading import read_spacy

    return read_spacy(source, options)


def _write(documents: Sequence[Document], target: Path, options: ReadOptions) -> None:
    from evalkit.formats.spacy_docs.writing import write_spacy

    write_spacy(documents, target, options)


SPACY = standoff_format(
    name="spacy",
    about="spaCy's DocBin, the JSON of its documents, or what spaCy 2 was trained on",
    suffixes=(".spacy",),
    documents=_documents,
    write_documents=_write,
    holds=Holds(labels=True, article=True, readings=True, scores=True, suggestions=True),
    sniff=_sniff,
    # Python counts them, or they are numbers of tokens.
    has_offsets=False,
    options={"spans_key": "the groups of spans that are read from spaCy files, with commas between; all by default."},
)
