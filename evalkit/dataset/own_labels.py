"""The labels that a gold uses: its own inventory where no `labels.toml` gives one, in one spelling each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from evalkit.dataset.label_maps import listed
from evalkit.dataset.labels import Inventory, load_inventory
from evalkit.formats.spelling import gold_spelling, respelled
from evalkit.layers.base import Layer
from evalkit.layers.table import load_layer, open_layers
from evalkit.records import Annotations, Example
from evalkit.showing import number_of

__all__ = [
    "Labelled",
    "Spellings",
    "gold_spellings",
    "label_counts",
    "own_inventory",
    "own_labels_notes",
    "reading_spellings",
    "respelled_annotations",
    "spelling_note",
]

LISTED = 12
"""So many labels are listed in a note; of more, the most frequent."""


class Labelled(NamedTuple):
    """Examples in one spelling of labels, the inventory that they go by, and what is to be said about it."""

    examples: tuple[Example, ...]
    inventory: Inventory
    notes: tuple[str, ...]


def label_counts(
    annotations: Iterable[Annotations], layers: Sequence[Layer[Any]] | None = None
) -> dict[str, Counter[str]]:
    """How many items of each layer have each label; by default for the layers whose labels a dataset chooses."""
    layers = open_layers() if layers is None else layers
    counts = {layer.name: Counter[str]() for layer in layers}
    for one in annotations:
        for layer in layers:
            if items := layer.of(one):
                counts[layer.name].update(map(layer.label, items))
    return counts


def own_inventory(
    examples: Sequence[Example],
    inventory: Inventory,
    *,
    defined: Mapping[str, Sequence[str]] | None = None,
    keep_case: bool = False,
) -> Labelled:
    """Gold in the spelling of its inventory; layers of which that names no label take those that the gold uses.

    Args:
        examples: the gold.
        inventory: what `labels.toml` says.
        defined: labels by layer that the file of the gold defines itself, used or not.
        keep_case: whether spellings that differ in case are labels of their own.
    """
    gold = gold_spellings(
        label_counts(example.gold for example in examples), inventory, defined=defined, keep_case=keep_case
    )
    if gold.spellings:
        examples = [replace(example, gold=respelled_annotations(example.gold, gold.spellings)) for example in examples]
    if not any(example.readings for example in examples):
        return Labelled(tuple(examples), gold.inventory, gold.notes)
    others = (own for example in examples for own in example.readings.values() if own != example.gold)
    read = reading_spellings(label_counts(others), gold.inventory, keep_case=keep_case)
    if read.spellings:
        examples = [
            replace(
                one,
                readings={name: respelled_annotations(own, read.spellings) for name, own in one.readings.items()},
            )
            for one in examples
        ]
    return Labelled(tuple(examples), read.inventory, (*gold.notes, *read.notes))


class Spellings(NamedTuple):
    """Labels to be read in another spelling (layer → label → label), the inventory then, and what is to be said."""

    spellings: Mapping[str, Mapping[str, str]]
    inventory: Inventory
    notes: tuple[str, ...]


def gold_spellings(
    counts: Mapping[str, Mapping[str, int]],
    inventory: Inventory,
    *,
    defined: Mapping[str, Sequence[str]] | None = None,
    keep_case: bool = False,
) -> Spellings:
    """What `own_inventory` makes of the labels of gold, by layer with their numbers."""
    notes: list[str] = []
    spellings: dict[str, Mapping[str, str]] = {}
    for layer, by_label in counts.items():
        known = inventory.labels_of(layer)
        if spelling := _spelling(by_label, known, keep_case=keep_case):
            spellings[layer] = spelling
            notes.append(spelling_note("gold", layer, spelling, by_label))
        if not known:
            used = Counter[str]()
            for label, number in by_label.items():
                used[spelling.get(label, label)] += number
            inventory = inventory.with_labels(layer, sorted({*used, *(defined or {}).get(layer, ())}))
            notes += own_labels_notes(layer, used)
    return Spellings(spellings, inventory, tuple(notes))


def reading_spellings(
    counts: Mapping[str, Mapping[str, int]], inventory: Inventory, *, keep_case: bool = False
) -> Spellings:
    """The same of the readings that are not the gold; where neither it nor the gold has a label, theirs are taken."""
    notes: list[str] = []
    spellings: dict[str, Mapping[str, str]] = {}
    for layer, by_label in counts.items():
        known = inventory.labels_of(layer)
        if spelling := _spelling(by_label, known, keep_case=keep_case):
            spellings[layer] = spelling
            notes.append(spelling_note("annotators'", layer, spelling, by_label))
        if not known:
            inventory = inventory.with_labels(layer, sorted({spelling.get(label, label) for label in by_label}))
    return Spellings(spellings, inventory, tuple(notes))


def _spelling(by_label: Mapping[str, int], known: Sequence[str], *, keep_case: bool) -> Mapping[str, str]:
    if known:
        return respelled(by_label, known, keep_case=keep_case)
    return gold_spelling(by_label, keep_case=keep_case)


def own_labels_notes(layer: str, counts: Mapping[str, int]) -> list[str]:
    """The note on gold whose labels nobody listed, unless they all are labels of the bundled gold."""
    usual = load_inventory().labels_of(layer)
    if not usual or set(counts) <= set(usual):
        return []
    shown = dict(sorted(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))[:LISTED]))
    more = f" and {len(counts) - len(shown)} more" if len(counts) > len(shown) else ""
    taken = "is the one" if len(counts) == 1 else f"are the {len(counts)}"
    return [f"no labels.toml lists the labels of the gold; taken {taken} that its {layer} have: {listed(shown)}{more}"]


def spelling_note(side: str, layer: str, spelling: Mapping[str, str], counts: Mapping[str, int]) -> str:
    """What was read in another spelling than it has."""
    changed = {f"{label}→{name}": counts[label] for label, name in sorted(spelling.items())}
    number = sum(changed.values())
    items = number_of(number, f"{side} {load_layer(layer).one}", f"{side} {layer}")
    return f"{items} with a label in another spelling, read as the gold's: {listed(changed)}"


def respelled_annotations(annotations: Annotations, spellings: Mapping[str, Mapping[str, str]]) -> Annotations:
    """The annotations with labels in another spelling: layer → label → label."""
    changed: dict[str, tuple[Any, ...]] = {}
    for layer in open_layers():
        spelling, items = spellings.get(layer.name), layer.of(annotations)
        if spelling and items and not spelling.keys().isdisjoint(map(layer.label, items)):
            changed[layer.name] = tuple([_respelled(layer, item, spelling) for item in items])
    return annotations.with_layers(**changed) if changed else annotations


def _respelled(layer: Layer[Any], item: Any, spelling: Mapping[str, str]) -> Any:
    name = spelling.get(layer.label(item))
    return item if name is None else replace(item, **{layer.label_field: name})
