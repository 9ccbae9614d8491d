"""One order and one numbering for annotations that say the same thing, so that equal gold has equal bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from operator import lt
from typing import Any

from evalkit.layers.base import Layer
from evalkit.layers.table import layer_names, load_layer
from evalkit.records import Annotations, Example, Scope

__all__ = ["canonical_annotations", "canonical_example"]


def canonical_example(example: Example, *, renumber: bool = False) -> Example:
    """The same example with zones, metadata and annotations in canonical order (see `canonical_annotations`)."""
    article = replace(
        example.article,
        zones=tuple(sorted(example.article.zones, key=lambda zone: (zone.start, zone.end, zone.kind))),
        metadata=dict(sorted(example.article.metadata.items())),
    )
    ordered = replace(example, article=article, readings=dict(sorted(example.readings.items())))
    return ordered.changed(lambda own: canonical_annotations(own, renumber=renumber))


def canonical_annotations(annotations: Annotations, *, renumber: bool = False) -> Annotations:
    """The same annotations sorted by their place in the text.

    Items are sorted by start, the longer first, then by what they say. `renumber` replaces all ids by e1, q1, s1 …
    in that order (and the ids by which items of one layer name those of another), so that only what was annotated
    remains.
    """
    layers: dict[str, tuple[Any, ...]] = {}
    names: dict[str, Mapping[str, str]] = {}
    for name in sorted(annotations.layers, key=lambda name: layer_names().index(load_layer(name).name)):
        layer = load_layer(name)
        ordered = _in_order(layer, annotations.layers[name])
        if renumber:
            ordered = sorted([layer.renamed(item, names) for item in ordered], key=layer.order)
            # An id given twice keeps its first place; validation reports the double, ordering must not fail on it.
            first: dict[str, str] = {}
            for number, item in enumerate(ordered, 1):
                first.setdefault(item.id, f"{layer.prefix}{number}")
            names[name] = first
            ordered = [replace(item, id=f"{layer.prefix}{number}") for number, item in enumerate(ordered, 1)]
        layers[name] = tuple(ordered)
    return Annotations(layers, _sorted_scope(annotations.scope))


def _in_order(layer: Layer[Any], items: Sequence[Any]) -> list[Any]:
    """The items with what they list in ascending order, by their order."""
    items = [layer.ordered(item) for item in items] if layer.has_lists(items) else list(items)
    places = layer.places(items)
    # The place comes first in the order of items: where no two share one, it is all of it.
    if all(map(lt, places, places[1:])):
        return items
    return sorted(items, key=layer.order)


def _sorted_scope(scope: Scope) -> Scope:
    return Scope(
        layers=None if scope.layers is None else tuple(sorted(scope.layers)),
        labels=None if scope.labels is None else tuple(sorted(scope.labels)),
        zones=None if scope.zones is None else tuple(sorted(scope.zones)),
        of=tuple(sorted(scope.of, key=lambda own: own.layer)),
    )
