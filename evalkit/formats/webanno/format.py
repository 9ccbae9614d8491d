"""WebAnno TSV 3, which WebAnno and INCEpTION export, as a format: it is read only."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from evalkit.formats.base import Source
from evalkit.formats.standoff.document import Documents
from evalkit.formats.standoff.form import standoff_format
from evalkit.options import ReadOptions

__all__ = ["WEBANNO"]

_LOOKED_INTO = 20


def _sniff(path: Path, head: bytes) -> float:
    from evalkit.formats.webanno.header import is_webanno
    from evalkit.formats.webanno.reading import SUFFIX, holds_webanno

    if not path.is_dir():
        return 0.95 if is_webanno(head) else 0.0
    files = islice((file for file in path.rglob(f"*{SUFFIX}") if file.is_file()), _LOOKED_INTO)
    return 0.9 if any(map(holds_webanno, files)) else 0.0


def _documents(source: Source, options: ReadOptions) -> Documents:
    from evalkit.formats.webanno.reading import webanno_documents

    return webanno_documents(source, options)


WEBANNO = standoff_format(
    name="webanno",
    about="WebAnno TSV 3, a file a document or the folder of a project, as INCEpTION exports it",
    suffixes=(".tsv",),
    documents=_documents,
    profile="inception",
    sniff=_sniff,
    # Offsets of sentences and tokens that follow on each other: only one way of counting gives their texts.
    has_offsets=False,
)
