"""Documents as tasks of Prodigy, one a line: annotated ones as accepted answers, suggestions without an answer.

Every task has tokens, as Prodigy's interfaces for spans and relations want them, cut where a mark begins or ends.
Features of a mark are further keys of its span, which Prodigy keeps.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evalkit.formats.prodigy.reading import QUESTION, SUGGESTED
from evalkit.formats.standoff.document import Document, Mark
from evalkit.formats.standoff.words import Tokens, tokens_of
from evalkit.options import ReadOptions

__all__ = ["write_prodigy"]


def write_prodigy(documents: Sequence[Document], target: Path, options: ReadOptions) -> None:
    """Writes the tasks to a file."""
    import orjson

    from evalkit.files import write_file

    lines = [orjson.dumps(_task(document), option=orjson.OPT_APPEND_NEWLINE) for document in documents]
    write_file(target, b"".join(lines))


def _task(document: Document) -> dict[str, Any]:
    text = document.text
    tokens = tokens_of(text, [span for mark in document.marks for span in mark.spans])
    spans = {mark.id: _span(mark, tokens) for mark in document.marks}
    relations = [
        {
            "head": spans[link.source]["token_end"],
            "child": spans[link.target]["token_end"],
            "head_span": _bare(spans[link.source]),
            "child_span": _bare(spans[link.target]),
            "label": link.type,
            **({"id": link.id} if link.id else {}),
            **link.features,
        }
        for link in document.links
    ]
    task: dict[str, Any] = {
        "text": text,
        "meta": {"id": document.id, **{key: value for key, value in document.article.items() if key != "id"}},
        "tokens": [
            {"text": text[start:end], "start": start, "end": end, "id": number, "ws": blank}
            for number, ((start, end), blank) in enumerate(zip(tokens.spans, tokens.blank, strict=True))
        ],
        "spans": list(spans.values()),
    }
    if relations:
        task["relations"] = relations
    if QUESTION in document.labels:
        task["options"] = [{"id": label, "text": label} for label in document.labels[QUESTION]]
        task["accept"] = list(document.labels[QUESTION])
    if document.annotator:
        task |= {"_session_id": document.annotator, "_annotator_id": document.annotator}
    task["_view_id"] = "review" if document.ground_truth else "relations" if relations else "spans_manual"
    if document.suggested or not document.annotated:
        return task | {SUGGESTED: document.suggested}
    return task | {"answer": "accept"}


def _span(mark: Mark, tokens: Tokens) -> dict[str, Any]:
    start, end = mark.spans[0].start, mark.spans[-1].end
    covered = tokens.range_of(mark.spans[0])
    span: dict[str, Any] = {"start": start, "end": end, "token_start": covered.first, "token_end": covered.last}
    span |= {"label": mark.type, "id": mark.id, **mark.features}
    return span if mark.score is None else span | {"score": mark.score}


def _bare(span: dict[str, Any]) -> dict[str, Any]:
    return {key: span[key] for key in ("start", "end", "token_start", "token_end", "label")}
