"""Two versions or readings of an article with one name for each thing: who reads chooses names, and so do tools.

A thing of one side is that of the other if each of them is what the scorer's alignment takes the other for, by the
mentions they share. So a reader who takes two people for one person is not made to agree with one who does not. Free
names, such as topics, are one where matched items have them and neither side uses the name of the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from evalkit.analysis.differences.matching import Version, matched_items
from evalkit.layers.base import Layer
from evalkit.layers.table import all_layers, load_layer
from evalkit.records import Annotations
from evalkit.scoring.alignment import align

__all__ = ["common_names", "free_names_alike", "named_alike", "renamed_things"]

Names = Mapping[str, str]


def named_alike(versions: Sequence[Version]) -> list[tuple[Version, Names]]:
    """Versions whose new items call things and topics as the old ones do, and what each of these is called in the new.

    Only names that differ are told; to call them so again gives the new annotations as they were.
    """
    names = [common_names(one.old, one.new) for one in versions]
    renamed = [replace(one, new=renamed_things(one.new, own)) for one, own in zip(versions, names, strict=True)]
    for layer in all_layers():
        if layer.also_called is None:
            continue
        here = [n for n, one in enumerate(renamed) if layer.of(one.old) and layer.of(one.new)]
        for number, matches in zip(here, matched_items(layer.name, [renamed[n] for n in here]), strict=True):
            one = renamed[number]
            old, new = layer.of(one.old) or (), layer.of(one.new) or ()
            alike = free_names_alike(layer, old, new, [(old[i], new[j]) for i, j in matches])
            names[number] = names[number] | alike
            renamed[number] = replace(one, new=renamed_things(one.new, alike))
    back = [{common: name for name, common in sorted(own.items()) if name != common} for own in names]
    return list(zip(renamed, back, strict=True))


def free_names_alike(
    layer: Layer[Any], old: Iterable[Any], new: Iterable[Any], matched: Iterable[tuple[Any, Any]]
) -> dict[str, str]:
    """Free names of new items → the old names that they stand for, one for one.

    Args:
        layer: the layer.
        old: all items that have old names.
        new: all items that have new names.
        matched: old and new items that are one.
    """
    there, here = (
        {value for item in side for name in layer.names if layer.nobody(value := getattr(item, name))}
        for side in (old, new)
    )
    met: Counter[tuple[str, str]] = Counter()
    for one, other in matched:
        for name in layer.names:
            theirs, ours = getattr(one, name), getattr(other, name)
            # A name that both sides use means the same on both.
            if theirs in there - here and ours in here - there:
                met[ours, theirs] += 1
    meant: dict[str, str] = {}
    for (ours, theirs), _ in sorted(met.items(), key=lambda entry: (-entry[1], entry[0])):
        if ours not in meant and theirs not in meant.values():
            meant[ours] = theirs
    return meant


def common_names(old: Annotations, new: Annotations) -> dict[str, str]:
    """Each name of a thing in the new annotations → what it is called beside the old ones.

    That is the name of the old thing that it is, if it is one; else its own, or a numbered one if the old annotations
    use its own for another thing.
    """
    there, back = align(old, new), align(new, old)
    named = _names(new)
    names = {name: other for name, other in there.ids.items() if name in named and back.ids.get(other) == name}
    renamed, taken = set(names.values()), _names(old) | set(names.values())
    for name in sorted(named - names.keys()):
        # What one side does not mention, such as a speaker without a mention, is told by its name alone.
        by_name = name not in renamed and not (name in back.mentions and name in there.mentions)
        names[name] = name if by_name else _free(name, taken)
        taken.add(names[name])
    return names


def _free(name: str, taken: Iterable[str]) -> str:
    number, wanted = 2, name
    while wanted in taken:
        wanted, number = f"{name}-{number}", number + 1
    return wanted


def _names(annotations: Annotations) -> set[str]:
    """The names of things that any item has."""
    found = set()
    for name, items in annotations.layers.items():
        layer = load_layer(name)
        for item in items:
            values = (getattr(item, field) for field in layer.thing_fields)
            found |= {value for value in values if value is not None and not layer.nobody(value)}
    return found


def renamed_things(annotations: Annotations, names: Mapping[str, str]) -> Annotations:
    """The annotations with their things called otherwise: old name → new name."""
    layers = {
        name: [_renamed(load_layer(name), item, names) for item in items] for name, items in annotations.layers.items()
    }
    return Annotations(layers, annotations.scope)


def _renamed(layer: Layer[Any], item: Any, names: Mapping[str, str]) -> Any:
    changed = {
        field: names[value]
        for field in layer.thing_fields
        if (value := getattr(item, field)) is not None and value in names
    }
    return replace(item, **changed) if changed else item
