"""Entities: mentions of people, organisations, places and other named things."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from evalkit.layers.base import Fault, Layer
from evalkit.records import Annotations, Entity, Example

__all__ = ["ENTITIES", "entity_ids"]


def entity_ids(annotations: Annotations) -> set[str] | None:
    """The things that entities name, for references to them; None if entities were not annotated."""
    entities = ENTITIES.of(annotations)
    return None if entities is None else {e.entity_id for e in entities if e.entity_id is not None}


def _problems(entities: Sequence[Entity], _: Annotations) -> Iterator[Fault]:
    """One thing under two labels."""
    first: dict[str, tuple[str, str]] = {}
    for index, entity in enumerate(entities):
        if entity.entity_id is None:
            continue
        label, name = first.setdefault(entity.entity_id, (entity.label, entity.id))
        if label != entity.label:
            message = f"{entity.entity_id!r} is {entity.label} here and {label} in {name}; one entity has one label"
            yield Fault(index, "entity-labels-differ", message)


def _counts(examples: Sequence[Example]) -> Mapping[str, Mapping[str, int]]:
    by_article = [ENTITIES.of(example.gold) or () for example in examples]
    return {
        "structure": {
            "things named": sum(len({entity.entity_id or entity.id for entity in entities}) for entities in by_article),
            "nested mentions": sum(map(_nested, by_article)),
            "discontinuous mentions": sum(len(entity.spans) > 1 for entities in by_article for entity in entities),
        }
    }


def _nested(entities: Sequence[Entity]) -> int:
    spans = {(entity.spans[0].start, entity.spans[-1].end) for entity in entities if entity.spans}
    furthest, nested = -1, 0
    for _, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        nested += end <= furthest
        furthest = max(furthest, end)
    return nested


ENTITIES: Layer[Entity] = Layer(
    name="entities",
    one="entity",
    record=Entity,
    prefix="e",
    may_cross=False,
    left_out=("link",),
    always_stated=True,
    problems=_problems,
    counts=_counts,
    mention=("entity_id", "spans"),
)
