"""The format `labelstudio`: exports of Label Studio (JSON and JSON-MIN), and tasks to import into it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.formats.base import Source
from evalkit.formats.standoff.document import Holds
from evalkit.formats.standoff.form import standoff_format

if TYPE_CHECKING:
    from evalkit.formats.standoff.document import Document, Documents
    from evalkit.options import ReadOptions

__all__ = ["LABEL_STUDIO"]

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]:]')

_OF_TASKS = frozenset(
    b"id data meta annotations completions predictions drafts project created_at updated_at inner_id file_upload "
    b"overlap is_labeled total_annotations cancelled_annotations total_predictions comment_count agreement allow_skip "
    b"unresolved_comment_count comment_authors last_comment_updated_at updated_by storage_filename".split()
)
_OF_ANNOTATED_TASKS = frozenset((b"annotations", b"completions", b"predictions", b"total_annotations", b"file_upload"))
_OF_ANNOTATIONS = frozenset((b"completed_by", b"was_cancelled", b"ground_truth", b"lead_time", b"task"))
_OF_ROWS = frozenset((b"annotation_id", b"annotator", b"lead_time"))


def _sniff(path: Path, head: bytes) -> float:
    """How sure it is of a file: the keys of its first task tell."""
    if path.is_dir():
        return 0.0
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] not in (b"[", b"{"):
        return 0.0
    keys, holds = _keys_of_first(start)
    if holds == b"{" and b"text" not in keys:
        return 0.95 if keys & _OF_ANNOTATED_TASKS or keys <= _OF_TASKS else 0.0
    is_annotation = b"result" in keys and bool(keys & _OF_ANNOTATIONS)
    if keys == {b"tasks", b"total"} or keys == {b"tasks"}:
        return 0.92 if b'"data"' in start and b'"annotations"' in start else 0.0
    return 0.95 if is_annotation or keys >= _OF_ROWS else 0.0


def _keys_of_first(start: bytes) -> tuple[set[bytes], bytes]:
    """The keys of the first object of some JSON, as far as it is there, and how the value of `data` begins."""
    keys: set[bytes] = set()
    depth, last, holds = 0, b"", b""
    least = 1 if start[:1] == b"[" else 0
    for match in _TOKEN.finditer(start):
        token = match[0]
        if token in (b"{", b"["):
            depth += 1
        elif token in (b"}", b"]"):
            depth -= 1
            if depth <= least:
                break
        elif token == b":":
            if depth == least + 1:
                keys.add(last)
                if last == b"data":
                    holds = start[match.end() :].lstrip()[:1]
        else:
            last = token[1:-1]
    return keys, holds


def _documents(source: Source, options: ReadOptions) -> Documents:
    from evalkit.formats.labelstudio.documents import read_documents

    return read_documents(source, options)


def _write(documents: Sequence[Document], target: Path, options: ReadOptions) -> None:
    from evalkit.formats.labelstudio.writing import write_documents

    write_documents(documents, target, options)


LABEL_STUDIO = standoff_format(
    name="labelstudio",
    about="Label Studio: JSON and JSON-MIN exports; tasks to import, with the labelling configuration beside them",
    suffixes=(".json",),
    documents=_documents,
    write_documents=_write,
    holds=Holds(
        discontinuous=True,
        placeless=True,
        labels=True,
        article=True,
        readings=True,
        scores=True,
        suggestions=True,
        # What it calls the text of a region's meta is the note.
        reserved="text".__eq__,
    ),
    sniff=_sniff,
    options={"text_key": "the key of a task's data whose text was annotated; found by itself where it can be."},
    keeps_splits=True,
    tells_answers=True,
)
