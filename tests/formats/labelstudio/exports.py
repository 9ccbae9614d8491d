"""Exports in the shape in which Label Studio writes them, with invented people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TEXT = "🚢 Ola Brun left Ruun.\nShe said: “Never again,” and: “Never.”"
"""Its first letter counts twice in UTF-16."""


def region(
    name: str, start: int, end: int, label: str, *, said: str | None = None, text: str = TEXT, **more: Any
) -> dict[str, Any]:
    """A region as current versions write it."""
    own = text[start:end].replace("\n", "\\n") if said is None else said
    value = {"start": start, "end": end, "text": own, "labels": [label]}
    result = {"value": value, "id": name, "from_name": "label", "to_name": "text", "type": "labels"}
    return {**result, "origin": "manual", **more}


def relation(source: str, target: str, *labels: str, direction: str = "right") -> dict[str, Any]:
    return {
        "from_id": source,
        "to_id": target,
        "type": "relation",
        "direction": direction,
        **({"labels": list(labels)} if labels else {}),
    }


def annotation(*results: Mapping[str, Any], by: Any = 1, **more: Any) -> dict[str, Any]:
    """An annotation as it is exported in JSON."""
    return {
        "id": 22,
        "completed_by": by,
        "result": list(results),
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": "2025-01-30T02:40:43.893565Z",
        "updated_at": "2025-01-30T02:40:43.893578Z",
        "draft_created_at": None,
        "lead_time": 8.65,
        "prediction": {},
        "result_count": len(results),
        "unique_id": "3bc9da85-967f-47a1-bfa8-410206e54cf9",
        "import_id": None,
        "last_action": None,
        "task": 87,
        "project": 29,
        "updated_by": 1,
        "parent_prediction": None,
        "parent_annotation": None,
        "last_created_by": None,
        **more,
    }


def task(*annotations: Any, data: Mapping[str, Any] | None = None, number: int = 87, **more: Any) -> dict[str, Any]:
    """A task as it is exported in JSON."""
    return {
        "id": number,
        "annotations": list(annotations),
        "file_upload": "0a1b2c3d-tasks.json",
        "drafts": [],
        "predictions": [],
        "data": {"text": TEXT} if data is None else dict(data),
        "meta": {},
        "created_at": "2025-01-30T02:40:33.867975Z",
        "updated_at": "2025-01-30T02:40:43.923985Z",
        "inner_id": 1,
        "total_annotations": len(annotations),
        "cancelled_annotations": 0,
        "total_predictions": 0,
        "comment_count": 0,
        "unresolved_comment_count": 0,
        "last_comment_updated_at": None,
        "project": 29,
        "updated_by": 1,
        "comment_authors": [],
        **more,
    }
