"""Maps from labels to labels: what a map does to the items of a layer, counted.

A map is applied in the open: what was mapped, what was dropped on purpose and what the map does not name is counted
by label and returned beside the annotations.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from evalkit.errors import InputError
from evalkit.formats.spelling import label_key, respelled
from evalkit.layers.table import load_layer, open_layers
from evalkit.records import Annotations
from evalkit.showing import number_of

__all__ = [
    "LabelMap",
    "MapCounts",
    "apply_label_map",
    "apply_label_maps",
    "chain_label_maps",
    "fitted_map",
    "for_predictions",
    "listed",
    "mapped_labels",
]

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelMap:
    """From labels to labels.

    Attributes:
        name: how it is called in notes and signatures.
        mapping: the new label for each old one; None drops items of it on purpose.
        layer: whose labels these are: a layer whose labels the inventory names.
        made: the labels that it leaves as they are without naming them, see `for_predictions`.
    """

    name: str
    mapping: Mapping[str, str | None]
    layer: str = field(default_factory=lambda: open_layers()[0].name)
    made: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class MapCounts:
    """What a label map did, in numbers of items by label.

    Attributes:
        mapped: kept, by (old label, new label).
        dropped: dropped because the map says so, by old label.
        unmapped: dropped because the map does not name the label, by old label.
        layer: whose items; empty if no map was applied.
        made: of those that were kept, the ones whose label the map only makes, by label.
    """

    mapped: Mapping[tuple[str, str], int] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)
    unmapped: Mapping[str, int] = field(default_factory=dict)
    layer: str = ""
    made: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: MapCounts) -> MapCounts:
        """The counts of both, which are of one layer."""
        return MapCounts(
            _sum(self.mapped, other.mapped),
            _sum(self.dropped, other.dropped),
            _sum(self.unmapped, other.unmapped),
            self.layer or other.layer,
            _sum(self.made, other.made),
        )

    def then(self, other: MapCounts) -> MapCounts:
        """The counts of two maps one after the other: what the second kept, and what either dropped."""
        return replace(self, mapped={}) + other

    @property
    def items_mapped(self) -> int:
        """How many items kept a place, under whatever label."""
        return sum(self.mapped.values())

    @property
    def items_dropped(self) -> int:
        """How many items are gone, on purpose or because the map does not name their label."""
        return sum(self.dropped.values()) + sum(self.unmapped.values())

    def notes(self, side: str) -> list[str]:
        """What the map did to the items of one side, gold or predicted, in words."""
        changed = {pair: number for pair, number in self.mapped.items() if pair[0] != pair[1]}
        one, several = f"{side} {load_layer(self.layer).one}", f"{side} {self.layer}"
        unnamed = "a label that the label map makes and does not name, kept as"
        told = (
            ((f"{one} mapped", f"{several} mapped"), {f"{old}→{new}": count for (old, new), count in changed.items()}),
            ((f"{one} has {unnamed} it is", f"{several} have {unnamed} they are"), self.made),
            ((f"{one} dropped by the label map", f"{several} dropped by the label map"), self.dropped),
            (
                (f"{one} dropped, its label is not in the map", f"{several} dropped, their label is not in the map"),
                self.unmapped,
            ),
        )
        return [f"{number_of(sum(by.values()), *what)}: {listed(by)}" for what, by in told if by]


def chain_label_maps(first: LabelMap, second: LabelMap) -> LabelMap:
    """One map that does what `second` does after `first`; a label that `second` does not name is left out.

    Raises:
        InputError: they are for different layers.
    """
    name = f"{first.name}+{second.name}"
    if first.layer != second.layer:
        raise InputError(f"label map {name!r}: the first is for {first.layer}, the second for {second.layer}; use one")
    mapping = {
        label: None if target is None else second.mapping[target]
        for label, target in first.mapping.items()
        if target is None or target in second.mapping
    }
    return LabelMap(name=name, mapping=mapping, layer=first.layer)


def fitted_map(label_map: LabelMap, known: Iterable[str]) -> LabelMap:
    """A map that an extractor brings, for a gold with these labels: it takes to them, and only what is none of them.

    A label that the gold has stays, and so does one that the map takes to a label that the gold does not have: the map
    was made for another gold, and would only hide what was predicted.
    """
    labels = set(known)
    if not labels:
        return label_map
    keys = set(map(label_key, labels))
    mapping = {
        label: target if label_key(label) not in keys and (target is None or target in labels) else label
        for label, target in label_map.mapping.items()
    }
    return replace(label_map, mapping={**{label: label for label in sorted(labels)}, **mapping})


def for_predictions(label_map: LabelMap, known: Iterable[str]) -> LabelMap:
    """A map of gold and predicted labels as it is for predictions, given the labels that the gold has before it.

    A label that the map makes, and neither names nor finds in the gold, is one that an extractor uses already: it
    stands for itself.
    """
    taken = set(map(label_key, (*label_map.mapping, *known)))
    made = {target for target in label_map.mapping.values() if target is not None and label_key(target) not in taken}
    if not made:
        return label_map
    return replace(label_map, mapping={**label_map.mapping, **{label: label for label in sorted(made)}}, made=made)


def apply_label_map(annotations: Annotations, label_map: LabelMap) -> tuple[Annotations, MapCounts]:
    """The annotations with other labels in the layer of the map, and what that did.

    Items whose label the map drops or does not name are left out and counted; a label in another spelling than the map
    has it in is that label. References to their `entity_id` from other layers stay as they are: who spoke does not
    depend on what was scored.
    """
    layer = load_layer(label_map.layer)
    items = layer.of(annotations)
    if items is None:
        return annotations, MapCounts(layer=layer.name)
    kept: list[Any] = []
    mapped: Counter[tuple[str, str]] = Counter()
    dropped: Counter[str] = Counter()
    unmapped: Counter[str] = Counter()
    made: Counter[str] = Counter()
    spelling = respelled(set(map(layer.label, items)), label_map.mapping)
    for item in items:
        label = layer.label(item)
        name = spelling.get(label, label)
        if name not in label_map.mapping:
            unmapped[label] += 1
            continue
        target = label_map.mapping[name]
        if target is None:
            dropped[label] += 1
            continue
        mapped[label, target] += 1
        made[name] += name in label_map.made
        kept.append(item if target == label else replace(item, **{layer.label_field: target}))
    scope = annotations.scope
    if scope.labels is not None:
        scope = replace(scope, labels=_mapped_scope(scope.labels, label_map))
    if (own := scope.of_layer(layer.name)).labels is not None:
        mapped_own = replace(own, labels=mapped_labels(own.labels or (), label_map))
        scope = replace(scope, of=tuple([mapped_own if other is own else other for other in scope.of]))
    counts = MapCounts(mapped, dropped, unmapped, layer.name, made) + MapCounts()
    return Annotations(annotations.layers, scope, **{layer.name: kept}), counts


def apply_label_maps(
    annotations: Iterable[Annotations], maps: Sequence[LabelMap]
) -> tuple[list[Annotations], list[MapCounts]]:
    """Some annotations after some maps, one after the other, and what these did to each layer that they are for."""
    mapped, by_layer = list(annotations), dict[str, MapCounts]()
    for label_map in maps:
        done = [apply_label_map(before, label_map) for before in mapped]
        mapped = [after for after, _ in done]
        counts = sum((counts for _, counts in done), MapCounts(layer=label_map.layer))
        by_layer[label_map.layer] = by_layer.get(label_map.layer, MapCounts()).then(counts)
    return mapped, list(by_layer.values())


def _mapped_scope(labels: Iterable[str], label_map: LabelMap) -> tuple[str, ...]:
    """What the labels of a scope become; those that are said to be of another layer stay."""
    after: list[str] = []
    others = tuple(f"{layer.name}/" for layer in open_layers() if layer.name != label_map.layer)
    own = f"{label_map.layer}/"
    for label in labels:
        if label.startswith(others):
            after.append(label)
        else:
            said = own if label.startswith(own) else ""
            after += [said + target for target in mapped_labels([label.removeprefix(said)], label_map)]
    return tuple(dict.fromkeys(after))


def mapped_labels(labels: Iterable[str], label_map: LabelMap) -> tuple[str, ...]:
    """What some labels become, each once; those that are dropped or not named are left out."""
    targets = (label_map.mapping.get(label) for label in labels)
    return tuple(dict.fromkeys(target for target in targets if target is not None))


def _sum(one: Mapping[Key, int], other: Mapping[Key, int]) -> dict[Key, int]:
    return dict(sorted((Counter(one) + Counter(other)).items(), key=lambda item: str(item[0])))


def listed(counts: Mapping[str, int]) -> str:
    """Labels with their numbers, in words."""
    return ", ".join(f"{name} {number}" for name, number in counts.items())
