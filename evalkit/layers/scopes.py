"""What of one layer was annotated exhaustively, as text (`quotes:kinds=direct,parts=speaker`) and as a table.

A table, in TOML or JSON, says the same in two lists::

    [scope.quotes]
    kinds = ["direct"]       # `labels` of a layer whose items have a label
    parts = ["speaker"]      # what of its items: of quotes their cue and their speaker
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from evalkit.errors import FormatError, InputError
from evalkit.layers.base import Layer
from evalkit.layers.table import layer_names, load_layer
from evalkit.records import LayerScope, Scope
from evalkit.registry import near_match, unknown_name

__all__ = [
    "common_scope",
    "declared_over",
    "layer_scopes",
    "parse_scope",
    "scope_from_table",
    "scope_text",
    "scope_to_table",
]

PARTS = "parts"


def parse_scope(text: str) -> LayerScope:
    """The scope that `LAYER:kinds=A,B,parts=C` stands for; `parts=` alone says that no part was annotated.

    Raises:
        UnknownNameError: there is no such layer.
        InputError: it says nothing, or names a setting, a label or a part that the layer does not have.
    """
    name, _, rest = text.strip().partition(":")
    if name not in layer_names():
        raise unknown_name("layer", name, layer_names())
    settings: dict[str, list[str]] = {}
    key = ""
    for word in filter(None, map(str.strip, rest.split(","))):
        before, equals, after = word.partition("=")
        if equals:
            key = before.strip()
            if key in settings:
                raise InputError(f"scope {text!r}: {key} is given twice; keep one")
            settings[key] = []
        elif not key:
            raise InputError(f"scope {text!r}: {word!r} belongs to no setting; {_wanted(load_layer(name))}")
        value = after.strip() if equals else word
        settings[key] += [value] if value else []
    return _checked(name, settings, f"scope {text!r}")


def scope_text(scope: LayerScope) -> str:
    """As `parse_scope` reads it."""
    settings = (f"{key}={','.join(values)}" for key, values in scope_to_table(scope).items())
    return f"{scope.layer}:{','.join(settings)}"


def scope_from_table(name: str, table: Any, where: str) -> LayerScope:
    """The scope that a table says.

    Raises:
        FormatError: there is no such layer, or the table says something else; begins with the place.
    """
    if name not in layer_names():
        near = near_match(name, layer_names())
        hint = f"did you mean {near!r}?" if near else f"use one of {', '.join(layer_names())}"
        raise FormatError(f"{where}: scope of {name!r}: there is no such layer; {hint}")
    if not isinstance(table, Mapping):
        raise FormatError(f"{where}: scope of {name!r} is {table!r}; {_wanted(load_layer(name))}")
    settings = {key: value for key, value in table.items() if value is not None}
    for key, value in settings.items():
        if not (isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value)):
            raise FormatError(f"{where}: scope of {name!r}: {key} must be a list of names, found {value!r}")
    try:
        return _checked(name, settings, f"scope of {name!r}")
    except InputError as error:
        raise FormatError(f"{where}: {error}") from error


def scope_to_table(scope: LayerScope) -> dict[str, list[str]]:
    """As `scope_from_table` reads it."""
    given = {_labels_key(load_layer(scope.layer)): scope.labels, PARTS: scope.parts}
    return {key: list(values) for key, values in given.items() if values is not None}


def layer_scopes(tables: Mapping[str, Any], where: str) -> tuple[LayerScope, ...]:
    """Those of several layers, by name; a layer of which nothing is said is left out.

    Raises:
        FormatError: as for `scope_from_table`.
    """
    given = ((name, table) for name, table in sorted(tables.items()) if table is not None)
    scopes = (scope_from_table(name, table, where) for name, table in given if table != {})
    return tuple(own for own in scopes if own != LayerScope(layer=own.layer))


def declared_over(scope: Scope, declared: Iterable[LayerScope]) -> Scope:
    """The scope with what is declared of some layers in place of what it says of them."""
    by_layer = {own.layer: own for own in scope.of}
    for own in declared:
        old = by_layer.get(own.layer, LayerScope(layer=own.layer))
        labels, parts = (old.labels if own.labels is None else own.labels), own.parts
        by_layer[own.layer] = replace(own, labels=labels, parts=old.parts if parts is None else parts)
    return replace(scope, of=tuple(by_layer[name] for name in sorted(by_layer)))


def common_scope(one: Scope, other: Scope) -> Scope:
    """What was annotated exhaustively under both of two scopes."""
    if one == other:
        return one
    layers = sorted({own.layer for own in (*one.of, *other.of)})
    own = ((name, one.of_layer(name), other.of_layer(name)) for name in layers)
    return Scope(
        **{name: _common(getattr(one, name), getattr(other, name)) for name in ("layers", "labels", "zones")},
        of=tuple(
            LayerScope(layer=name, labels=_common(a.labels, b.labels), parts=_common(a.parts, b.parts))
            for name, a, b in own
        ),
    )


def _common(one: tuple[str, ...] | None, other: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """What stands in both lists; None is everything."""
    if one is None or other is None:
        return one if other is None else other
    return tuple(name for name in one if name in other)


def _labels_key(layer: Layer[Any]) -> str:
    return f"{layer.label_field}s"


def _wanted(layer: Layer[Any]) -> str:
    settings = [f"{_labels_key(layer)}=…"] + [f"parts={','.join(layer.part_fields)}"] * bool(layer.part_fields)
    return f"write {layer.name}:{','.join(settings)}"


def _checked(name: str, settings: Mapping[str, Sequence[str]], where: str) -> LayerScope:
    layer = load_layer(name)
    labels_key = _labels_key(layer)
    known = {labels_key: "labels", "labels": "labels", PARTS: PARTS}
    if unknown := [key for key in settings if key not in known]:
        raise InputError(f"{where}: no setting {unknown[0]!r}; {_wanted(layer)}")
    if labels_key != "labels" and {labels_key, "labels"} <= set(settings):
        raise InputError(f"{where}: {labels_key} and labels are one; keep one")
    if not settings:
        raise InputError(f"{where}: says nothing; {_wanted(layer)}")
    values = {known[key]: tuple(sorted(set(given))) for key, given in settings.items()}
    _refuse_unknown(values.get(PARTS, ()), tuple(layer.part_fields), f"{where}: {layer.name} have no part")
    if layer.labels is not None:
        _refuse_unknown(values.get("labels", ()), layer.labels, f"{where}: {layer.name} have no {layer.label_field}")
    return LayerScope(layer=name, labels=values.get("labels"), parts=values.get(PARTS))


def _refuse_unknown(given: Sequence[str], known: Sequence[str], what: str) -> None:
    for name in given:
        if name not in known:
            near = near_match(name, known)
            hint = f"did you mean {near!r}?" if near else f"there are {', '.join(known) or 'none'}"
            raise InputError(f"{what} {name!r}; {hint}")
