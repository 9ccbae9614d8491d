"""brat standoff as a format: a folder of texts with what is annotated in each beside it, or one such pair."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from evalkit.formats.base import Source
from evalkit.formats.standoff.document import Document, Documents, Holds
from evalkit.formats.standoff.form import standoff_format
from evalkit.options import ReadOptions

__all__ = ["BRAT"]

_SUFFIXES = (".ann", ".a1", ".a2")
_LINE = re.compile(rb"(?:[TERAMN#][^\s]*|\*)\t\S+[^\t]* \S|E\d+\t\S+:T\d+|#", re.ASCII)
_LOOKED_INTO = 20
_BEGINNING = 4096


def _sniff(path: Path, head: bytes) -> float:
    if path.is_dir():
        files = islice(_annotations(path), _LOOKED_INTO)
        return max((0.9 * (_certainty(_beginning(file)) > 0.5) for file in files), default=0.0)
    if path.suffix in _SUFFIXES:
        return _certainty(head)
    # A text is one of the two files, if annotations lie beside it; most of these have lines.
    beside = path.with_suffix(".ann")
    return 0.85 if path.suffix == ".txt" and beside.is_file() and _certainty(_beginning(beside)) > 0.5 else 0.0


def _annotations(folder: Path) -> Iterator[Path]:
    return (file for file in folder.rglob("*") if file.suffix in _SUFFIXES and file.is_file())


def _beginning(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(_BEGINNING)
    except OSError:
        return b"?"


def _certainty(head: bytes) -> float:
    """How sure it is that a file of such an ending is one of brat; in an empty one nothing was annotated."""
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return 0.9 if _LINE.match(first) else 0.6 if not first else 0.3


def _documents(source: Source, options: ReadOptions) -> Documents:
    from evalkit.formats.brat.reading import brat_documents

    return brat_documents(source, options)


def _write(documents: Sequence[Document], target: Path, options: ReadOptions) -> None:
    from evalkit.formats.brat.writing import write_brat

    write_brat(documents, target, options)


BRAT = standoff_format(
    name="brat",
    about="brat standoff: a folder of texts, each with its annotations beside it, or one such pair",
    suffixes=_SUFFIXES,
    documents=_documents,
    write_documents=_write,
    holds=Holds(discontinuous=True, scores=True),
    sniff=_sniff,
    keeps_splits=True,
)
