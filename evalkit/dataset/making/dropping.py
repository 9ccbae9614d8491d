"""Leaving items out of gold on purpose, so that a plainer form can hold the rest: each is counted, by what was said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from evalkit.layers.base import Layer
from evalkit.layers.table import all_layers, layer_names, open_layers
from evalkit.records import Annotations, Example, Span
from evalkit.registry import check_names

__all__ = ["CROSSING", "DISCONTINUOUS", "NESTED", "Dropped", "drop_items", "droppable"]

NESTED, CROSSING, DISCONTINUOUS = "nested", "crossing", "discontinuous"
_KINDS = (NESTED, CROSSING, DISCONTINUOUS)


@dataclass
class Dropped:
    """What was left out.

    Attributes:
        items: layer → in words why → how many.
        links: layer → items of it that referred to a layer that is not there any more, and are kept without.
    """

    items: dict[str, Counter[str]] = field(default_factory=dict)
    links: Counter[str] = field(default_factory=Counter)

    def count(self, layer: str, kind: str, number: int) -> None:
        """So many items of a layer are left out, of one kind or all."""
        if number:
            self.items.setdefault(layer, Counter())[f"{kind}, dropped" if kind else "dropped"] += number


def droppable() -> tuple[str, ...]:
    """What can be named: a layer, or items of layers whose labels are free that stand in each other's way."""
    return (*_KINDS, *layer_names())


def drop_items(examples: Iterable[Example], names: Collection[str], dropped: Dropped) -> tuple[Example, ...]:
    """The examples without what is named, in their gold; readings of annotators are as they were.

    Of nested items the outermost stay, of crossing ones the longer, then the first.

    Args:
        examples: articles with their gold.
        names: layers, `nested`, `crossing` or `discontinuous`.
        dropped: what was left out is added to it.

    Raises:
        UnknownNameError: a name is none of these.
    """
    check_names("thing to drop", names, droppable())
    return tuple([replace(one, gold=_without(one.gold, names, dropped)) for one in examples])


def _without(gold: Annotations, names: Collection[str], dropped: Dropped) -> Annotations:
    changes: dict[str, Sequence[Any] | None] = {}
    for layer in all_layers():
        items = layer.of(gold)
        if items is None:
            continue
        if layer.name in names:
            dropped.count(layer.name, "", len(items))
            changes[layer.name] = None
            continue
        kept = _apart(layer, items, names, dropped) if layer in open_layers() else list(items)
        lost = [name for name, target in layer.refers.items() if target in names]
        linked = sum(any(getattr(item, name) is not None for name in lost) for item in kept)
        if linked:
            dropped.links[layer.name] += linked
            kept = [replace(item, **dict.fromkeys(lost)) for item in kept]
        if linked or len(kept) < len(items):
            changes[layer.name] = kept
    return gold.with_layers(**changes) if changes else gold


def _apart(layer: Layer[Any], items: Sequence[Any], names: Collection[str], dropped: Dropped) -> list[Any]:
    """The items that stay, in their order."""
    kept = list(items)
    if DISCONTINUOUS in names:
        kept = [item for item in kept if len(layer.spans(item)) < 2]
        dropped.count(layer.name, DISCONTINUOUS, len(items) - len(kept))
    if NESTED not in names and CROSSING not in names:
        return kept
    places = [_extent(layer.spans(item)) for item in kept]
    stay: list[int] = []
    gone: set[int] = set()
    for number in sorted(range(len(kept)), key=lambda at: (places[at][0] - places[at][1], places[at], at)):
        start, end = places[number]
        others = [places[one] for one in stay if places[one][0] < end and start < places[one][1]]
        nested = any(first <= start and end <= last and (first, last) != (start, end) for first, last in others)
        crossing = any(not (first <= start and end <= last) for first, last in others)
        kind = NESTED if nested and NESTED in names else CROSSING if crossing and CROSSING in names else ""
        if kind:
            dropped.count(layer.name, kind, 1)
            gone.add(number)
        else:
            stay.append(number)
    return [item for number, item in enumerate(kept) if number not in gone]


def _extent(spans: Sequence[Span]) -> tuple[int, int]:
    """Where an item begins and ends; what stands nowhere, such as a category, is in nothing and holds nothing."""
    return (min(span.start for span in spans), max(span.end for span in spans)) if spans else (0, 0)
