"""Entities: mentions of named things, each with one label.

A predicted entity is right, wrong or partly right by the convention in use; a wrong label is one missed and one
spurious item.

    gold      PER Ida Moen, GPE Oslo
    predicted PER Ida Moen, ORG Oslo     exact: precision 1/2, recall 1/2
"""

from __future__ import annotations

from evalkit.scoring.tasks.base import Convention, Task
from evalkit.scoring.tasks.spans import SPAN_CONVENTIONS, SPAN_KINDS, SPAN_PROPERTIES

__all__ = ["TASK"]

TASK = Task(
    name="entities",
    about="mentions of people, organisations, places and other named things",
    layers=("entities",),
    conventions={
        **SPAN_CONVENTIONS,
        "linked": Convention(
            function="evalkit.scoring.conventions.linked:linked",
            about="as exact, and the knowledge-base id (link) is right too",
            needs=("link",),
            excepted={"counts": "its items are those that have a link"},
        ),
    },
    main="exact",
    matched="boundary",
    default=("exact", "boundary", "partial", "type"),
    every=(
        *("exact", "boundary", "partial", "type", "partial:0.5", "type:0.5", "fuzzy", "overlap", "iou:0.5"),
        *("trimmed", "token", "surface", "surface:in-place", "linked"),
    ),
    kinds=SPAN_KINDS,
    properties=SPAN_PROPERTIES,
)
