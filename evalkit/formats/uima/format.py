"""UIMA CASes as formats, as INCEpTION imports and exports them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evalkit.formats.base import Source
from evalkit.formats.standoff.document import Document, Documents, Holds
from evalkit.formats.standoff.form import standoff_format
from evalkit.options import ReadOptions

__all__ = ["CASJSON", "XMI"]

_HOLDS = Holds(placeless=True, labels=True, article=True, readings=True, scores=True)
_PROFILE = "inception"


def _sniff_xmi(path: Path, head: bytes) -> float:
    from evalkit.formats.uima.files import XMI

    return XMI.certainty(path, head)


def _read_xmi(source: Source, options: ReadOptions) -> Documents:
    from evalkit.formats.uima.files import XMI

    return XMI.documents(source, options)


def _write_xmi(documents: Sequence[Document], target: Path, options: ReadOptions) -> None:
    from evalkit.formats.uima.writing import write_xmi

    write_xmi(documents, target, options)


def _sniff_json(path: Path, head: bytes) -> float:
    from evalkit.formats.uima.files import JSON

    return JSON.certainty(path, head)


def _read_json(source: Source, options: ReadOptions) -> Documents:
    from evalkit.formats.uima.files import JSON

    return JSON.documents(source, options)


def _write_json(documents: Sequence[Document], target: Path, options: ReadOptions) -> None:
    from evalkit.formats.uima.writing import write_json

    write_json(documents, target, options)


XMI = standoff_format(
    name="xmi",
    about="UIMA CAS in XMI with its TypeSystem.xml, as INCEpTION has it",
    suffixes=(".xmi",),
    documents=_read_xmi,
    write_documents=_write_xmi,
    holds=_HOLDS,
    profile=_PROFILE,
    sniff=_sniff_xmi,
    keeps_splits=True,
)

CASJSON = standoff_format(
    name="casjson",
    about="UIMA CAS in JSON, as INCEpTION has it",
    suffixes=(".json",),
    documents=_read_json,
    write_documents=_write_json,
    holds=_HOLDS,
    profile=_PROFILE,
    sniff=_sniff_json,
    keeps_splits=True,
)
