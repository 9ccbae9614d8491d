"""The layers by name, in pipeline order; other packages add theirs through the entry-point group `evalkit.layers`."""

from __future__ import annotations

from functools import cache

from evalkit.layers.base import Layer
from evalkit.registry import Registry

__all__ = ["LAYERS", "all_layers", "layer_names", "load_layer"]

LAYERS = Registry(
    what="layer",
    table={
        "entities": "evalkit.layers.entities:ENTITIES",
        "quotes": "evalkit.layers.quotes:QUOTES",
        "stances": "evalkit.layers.stances:STANCES",
    },
    group="evalkit.layers",
)
"""Each name stands for a `Layer`; a layer comes after those that its items refer to."""


@cache
def layer_names() -> tuple[str, ...]:
    """The names of all layers: those of evalkit in pipeline order, then those of other packages, sorted."""
    return (*LAYERS.table, *sorted(LAYERS.entry_points()))


@cache
def load_layer(name: str) -> Layer[object]:
    """The layer of a name.

    Raises:
        UnknownNameError: there is none.
    """
    layer: Layer[object] = LAYERS.load(name)
    return layer


def all_layers() -> tuple[Layer[object], ...]:
    """All layers, in the order of their names."""
    return tuple(map(load_layer, layer_names()))
