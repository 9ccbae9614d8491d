"""Prodigy's JSON lines as a format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.formats.base import Source
from evalkit.formats.standoff.document import Document, Documents, Holds
from evalkit.formats.standoff.form import standoff_format
from evalkit.options import ReadOptions

__all__ = ["PRODIGY"]


def _sniff(path: Path, head: bytes) -> float:
    from evalkit.formats.standoff.values import first_objects

    return 0.0 if path.is_dir() else 0.95 if any(map(_is_task, first_objects(head))) else 0.0


def _is_task(row: Mapping[str, Any]) -> bool:
    if not {"_input_hash", "_task_hash"}.isdisjoint(row) or not isinstance(row.get("text"), str):
        return not {"_input_hash", "_task_hash"}.isdisjoint(row)
    if "spans" in row and not {"answer", "_view_id", "_session_id"}.isdisjoint(row):
        return True
    spans = row.get("spans")
    first = spans[0] if isinstance(spans, list) and spans else None
    spanned = isinstance(first, dict) and {"start", "end", "label"} <= first.keys()
    return spanned or {"options", "accept"} <= row.keys()


def _documents(source: Source, options: ReadOptions) -> Documents:
    from evalkit.formats.prodigy.reading import read_prodigy

    return read_prodigy(source, options)


def _write(documents: Sequence[Document], target: Path, options: ReadOptions) -> None:
    from evalkit.formats.prodigy.writing import write_prodigy

    write_prodigy(documents, target, options)


def _is_reserved(name: str) -> bool:
    from evalkit.formats.prodigy.spans import RESERVED

    return name in RESERVED


PRODIGY = standoff_format(
    name="prodigy",
    about="Prodigy's JSON lines, as db-out writes them",
    suffixes=(".jsonl",),
    documents=_documents,
    write_documents=_write,
    holds=Holds(labels=True, article=True, readings=True, scores=True, suggestions=True, reserved=_is_reserved),
    sniff=_sniff,
    tells_answers=True,
)
