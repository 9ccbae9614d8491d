"""Entities: mentions of people, organisations, places and other named things."""

from __future__ import annotations

from evalkit.layers.base import Layer
from evalkit.records import Entity

__all__ = ["ENTITIES"]

ENTITIES: Layer[Entity] = Layer(
    name="entities",
    one="entity",
    record=Entity,
    label=lambda entity: entity.label,
    labels=None,
    spans=lambda entity: entity.spans,
    parts=lambda entity: [("span", span) for span in entity.spans],
)
