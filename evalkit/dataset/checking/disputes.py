"""What nobody has decided yet of gold that was made of readings: as the record in the dataset folder says it.

The record is that of `evalkit.analysis.adjudication.decisions`; here only what is open in it is counted. Of that
nothing is in the gold, so whoever scores on the gold has to hear of it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from evalkit.files import read_bytes
from evalkit.showing import number_of

__all__ = ["DECISIONS_FILE", "DISPUTED", "dispute_notes", "open_disputes", "record_of"]

DECISIONS_FILE = "decisions.jsonl"
"""The record of what was decided, in the dataset folder that was made."""

DISPUTED = "disputed"
"""The status of what nobody has decided."""


def open_disputes(record: str, articles: Iterable[str]) -> dict[str, int]:
    """Article id → how many things that somebody marked there are disputed; of these articles, those that have any.

    Args:
        record: what the record says, one decision a line. What is damaged is left to those who read it whole.
        articles: the ids of the articles.
    """
    questions = {
        (str(row.get("article_id")), str(row.get("layer")), str(row.get("question")))
        for row in map(_row, record.split("\n"))
        if row.get("status") == DISPUTED
    }
    known = set(articles)
    return dict(sorted(Counter(article_id for article_id, *_ in questions if article_id in known).items()))


def _row(line: str) -> dict[str, Any]:
    try:
        row = json.loads(line) if line.strip() else {}
    except ValueError:
        return {}
    return row if isinstance(row, dict) else {}


def record_of(folder: Path) -> str:
    """What the record in a dataset folder says; "" if there is none."""
    path = folder / DECISIONS_FILE
    return read_bytes(path).decode("utf-8", "replace") if path.is_file() else ""


def dispute_notes(disputed: Mapping[str, int]) -> list[str]:
    """The note on what is open, if anything is."""
    if not disputed:
        return []
    things = number_of(sum(disputed.values()), "item is", "items are")
    return [
        f"{things} disputed in {number_of(len(disputed), 'article')} and not in the gold, so a system that finds one "
        "is counted wrong there; settle them with evalkit dataset adjudicate"
    ]
