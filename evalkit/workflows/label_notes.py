"""What is said about labels beside a result: what a map did, and predicted labels that the gold does not use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from evalkit.dataset.labels import Inventory, MapCounts
from evalkit.records import Prediction

__all__ = ["foreign_entities", "foreign_labels", "map_notes"]


def map_notes(side: str, counts: MapCounts) -> list[str]:
    """What a label map did to the entities of one side."""
    notes = []
    changed = {pair: number for pair, number in counts.mapped.items() if pair[0] != pair[1]}
    if changed:
        listed = ", ".join(f"{old}→{new} {number}" for (old, new), number in changed.items())
        notes.append(f"{sum(changed.values())} {side} entities mapped: {listed}")
    if counts.dropped:
        listed = ", ".join(f"{label} {number}" for label, number in counts.dropped.items())
        notes.append(f"{sum(counts.dropped.values())} {side} entities dropped by the label map: {listed}")
    if counts.unmapped:
        listed = ", ".join(f"{label} {number}" for label, number in counts.unmapped.items())
        notes.append(
            f"{sum(counts.unmapped.values())} {side} entities dropped, their label is not in the map: {listed}"
        )
    return notes


def foreign_labels(inventory: Inventory, predictions: Sequence[Prediction], *, plain: bool) -> list[str]:
    """Notes on predicted labels that cannot be right because this gold does not know them.

    Entity labels are looked at if they are `plain`; a label map counts what it does not know itself.
    """
    entities = _counted(predictions, "entities", "label") if plain else {}
    return [
        *foreign_entities(inventory, entities),
        *_foreign("quotes", "kind", _counted(predictions, "quotes", "kind"), inventory.kinds, "rename them"),
        *_foreign(
            "stances", "label", _counted(predictions, "stances", "label"), inventory.stance_labels, "rename them"
        ),
    ]


def foreign_entities(inventory: Inventory, counts: Mapping[str, int]) -> list[str]:
    """The note on predicted entities, from how many have each label; none if the gold knows all labels."""
    return _foreign("entities", "label", counts, inventory.labels, "map them with --predicted-label-map")


def _counted(predictions: Sequence[Prediction], layer: str, field: str) -> Counter[str]:
    return Counter([getattr(item, field) for one in predictions for item in getattr(one.annotations, layer) or ()])


def _foreign(layer: str, field: str, counts: Mapping[str, int], known: Sequence[str], advice: str) -> list[str]:
    found = {name: number for name, number in sorted(counts.items()) if known and name not in known}
    if not found:
        return []
    listed = ", ".join(f"{name} {number}" for name, number in found.items())
    return [
        f"{sum(found.values())} predicted {layer} have a {field} that this gold does not use, so they count as wrong "
        f"({listed}); {advice}"
    ]
