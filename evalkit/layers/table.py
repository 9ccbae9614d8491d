"""The layers by name, in pipeline order; other packages add theirs through the entry-point group `evalkit.layers`."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import Any

from evalkit.errors import EvalkitError
from evalkit.layers.base import Layer
from evalkit.records import Article
from evalkit.registry import Registry

__all__ = ["LAYERS", "all_layers", "layer_names", "load_layer", "open_layers"]

LAYERS = Registry(
    what="layer",
    table={
        "entities": "evalkit.layers.entities:ENTITIES",
        "quotes": "evalkit.layers.quotes:QUOTES",
        "stances": "evalkit.layers.stances:STANCES",
        "categories": "evalkit.layers.categories:CATEGORIES",
    },
    group="evalkit.layers",
)
"""Each name stands for a `Layer`; a layer comes after those that its items refer to."""


_TAKEN = {one.name for one in fields(Article)} | {"articles", "scope", "split", "error", "usage", "seconds"}
_TAKEN |= {"layers", "maps", "aliases"}
"""What a row has beside its layers, frames beside theirs, and `labels.toml` beside theirs."""


@cache
def layer_names() -> tuple[str, ...]:
    """The names of all layers: those of evalkit in pipeline order, then those of other packages, sorted."""
    return (*LAYERS.table, *sorted(LAYERS.entry_points()))


@cache
def load_layer(name: str) -> Layer[Any]:
    """The layer of a name.

    Raises:
        UnknownNameError: there is none.
        EvalkitError: what a package brings under the name is no layer of that name.
    """
    layer = LAYERS.load(name)
    if not isinstance(layer, Layer) or layer.name != name or name in _TAKEN:
        raise EvalkitError(f"layer {name!r}: what is installed under the name is no Layer of that name: {layer!r}")
    there = {field.name for field in layer.fields}
    named = {layer.label_field, *layer.same, *layer.hashed, *layer.refers, *layer.defaults}
    if missing := sorted(named - there):
        raise EvalkitError(f"layer {name!r}: {layer.record.__name__} has no field {missing[0]!r}")
    return layer


def all_layers() -> tuple[Layer[Any], ...]:
    """All layers, in the order of their names."""
    return tuple(map(load_layer, layer_names()))


def open_layers() -> tuple[Layer[Any], ...]:
    """The layers whose labels a dataset chooses (`labels.toml`); maps of labels are for the first, or name another."""
    return tuple(layer for layer in all_layers() if layer.labels is None)
