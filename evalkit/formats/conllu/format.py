"""CoNLL-U as a format."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from evalkit.formats.base import Source
from evalkit.formats.conllu.settings import HELP
from evalkit.formats.standoff.document import Document, Documents, Holds
from evalkit.formats.standoff.form import standoff_format
from evalkit.options import ReadOptions

__all__ = ["CONLLU"]

_SUFFIXES = (".conllu", ".conllup")
_ROW = re.compile(rb"(?:\d{1,6}(?:[-.]\d{1,6})?)(?:\t[^\t\r\n]+){9}\r?")


def _sniff(path: Path, head: bytes) -> float:
    if path.is_dir():
        return 0.0
    if head.removeprefix(b"\xef\xbb\xbf").startswith(b"# global.columns"):
        return 0.95
    lines = head.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    words = [line for line in lines[:-1] or lines if line.strip() and not line.startswith(b"#")]
    alike = sum(_ROW.fullmatch(line) is not None for line in words)
    # Ten columns, the first a number, are nothing else, whatever the file is called.
    if words and 2 * alike > len(words):
        return 0.9
    return 0.85 if path.suffix in _SUFFIXES else 0.0


def _documents(source: Source, options: ReadOptions) -> Documents:
    from evalkit.formats.conllu.read import documents

    return documents(source, options)


def _write_documents(documents: Sequence[Document], target: Path, options: ReadOptions) -> None:
    from evalkit.formats.conllu.write import write_documents

    write_documents(documents, target, options)


def _beyond(document: Document) -> Mapping[str, str]:
    from evalkit.formats.conllu.write import beyond

    return beyond(document)


CONLLU = standoff_format(
    name="conllu",
    about="CoNLL-U, CoNLL-U Plus and CorefUD: one word a line, names in brackets (Entity) or tags",
    suffixes=_SUFFIXES,
    documents=_documents,
    write_documents=_write_documents,
    holds=Holds(links=False, discontinuous=True, article=True, declared=True),
    beyond=_beyond,
    sniff=_sniff,
    options=HELP,
    has_offsets=False,
)
