"""The record of an adjudication, one line an item: what became of it, by which rule, and whose it is.

    {"article_id": "a1", "layer": "entities", "question": "e3", "status": "accepted", "rule": "agree",
     "by": ["kari", "ola"], "reason": "", "item": {"id": "e3", "spans": [[0, 4]], "text": "Oslo", "label": "GPE"}}

An item that is `accepted` is in the gold, one that is `rejected` is not, and of those that are `disputed` nobody has
decided yet. Items of one question exclude each other. What people decided is read again by the next adjudication.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.dataset.checking.disputes import DECISIONS_FILE, DISPUTED
from evalkit.errors import FormatError
from evalkit.formats.native.json_rows import read_rows
from evalkit.layers.base import surface
from evalkit.layers.table import layer_names, load_layer
from evalkit.shapes import checked, fields, list_of, ruled, text

__all__ = [
    "ACCEPTED",
    "DISPUTED",
    "EDITED",
    "PERSON",
    "REJECTED",
    "Decision",
    "decision_lines",
    "read_decisions",
    "stands_at",
]

ACCEPTED, REJECTED = "accepted", "rejected"
_STATUSES = (ACCEPTED, REJECTED, DISPUTED)

PERSON = "person"
"""The rule of what a person decided."""

EDITED = "edited"
"""Whose it is where somebody changed the gold in the folder by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What became of one item that somebody proposed.

    Attributes:
        article_id: the article.
        layer: the layer of the item.
        question: the items of one layer and article with the same of it exclude each other; the id of the one that is
            accepted.
        status: accepted, rejected or disputed.
        rule: what decided: agree, majority, `prefer:NAME`, only (one person read the article), person; "" if nothing.
        by: those who proposed it; of one that was decided those who decided, by saying so or by marking nothing.
        reason: why it is disputed, in words.
        item: the item.
        text: what stands at its spans.
    """

    article_id: str
    layer: str
    question: str
    status: str
    rule: str
    by: tuple[str, ...]
    item: Any
    text: str = ""
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """The decision as JSON values."""
        row = load_layer(self.layer).to_json(self.item)
        shown = {"text": self.text} if self.text and load_layer(self.layer).shows_text else {}
        return {
            "article_id": self.article_id,
            "layer": self.layer,
            "question": self.question,
            "status": self.status,
            "rule": self.rule,
            "by": list(self.by),
            "reason": self.reason,
            "item": row | shown,
        }


def decision_lines(decisions: Iterable[Decision]) -> str:
    """The record as text, one line a decision."""
    return "".join(json.dumps(one.to_json(), ensure_ascii=False) + "\n" for one in decisions)


_LINE = fields(
    {
        "article_id": text,
        "layer": ruled(text, lambda name: "" if name in layer_names() else "a layer that is known here"),
        "question": text,
        "status": ruled(text, lambda status: "" if status in _STATUSES else " or ".join(_STATUSES)),
        "rule": text,
        "by": list_of(text),
        "item": fields({"id": text}),
    },
    {"reason": text},
)


def read_decisions(folder: Path) -> tuple[Decision, ...]:
    """The record in a folder; empty if it has none.

    Raises:
        FormatError: a line of it is damaged; says which.
    """
    path = folder / DECISIONS_FILE
    if not path.is_file():
        return ()
    found = []
    for where, row in read_rows(path):
        checked(row, _LINE, where, "mend the line, or take it out")
        layer = load_layer(row["layer"])
        try:
            item = layer.from_json(row["item"], 1)
        except FormatError as error:
            raise FormatError(f"{where}: item: {error}") from error
        words = {key: row[key] for key in ("article_id", "layer", "question", "status", "rule")}
        claimed = row["item"].get("text") or ""
        found.append(Decision(**words, by=tuple(row["by"]), reason=row.get("reason") or "", item=item, text=claimed))
    return tuple(found)


def stands_at(layer: str, item: Any, article_text: str) -> str:
    """What stands at the spans of an item."""
    known = load_layer(layer)
    return surface(article_text, known.spans(item)) if article_text else ""
