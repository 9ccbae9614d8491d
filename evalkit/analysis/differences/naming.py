"""Two readings of an article with one name for each thing: readers choose names of their own, and so do their tools.

A thing of one reading is that of the other if each of them is what the scorer's alignment takes the other for, by the
mentions they share. So a reader who takes two people for one person is not made to agree with one who does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from evalkit.analysis.differences.matching import Version
from evalkit.layers.base import Layer
from evalkit.layers.table import load_layer
from evalkit.records import Annotations
from evalkit.scoring.alignment import align

__all__ = ["common_names", "named_alike", "renamed_things"]


def named_alike(version: Version) -> Version:
    """The same with the things of the new annotations called as in the old ones."""
    names = common_names(version.old, version.new)
    return replace(version, new=renamed_things(version.new, names))


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
        if (value := getattr(item, field)) is not None and value in names and not layer.nobody(value)
    }
    return replace(item, **changed) if changed else item
