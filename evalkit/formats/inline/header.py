"""The header of an inline file; the markup itself is described in `evalkit.formats.inline.markup`."""

from __future__ import annotations

from evalkit.errors import FormatError, InputError
from evalkit.layers.entities import ENTITIES
from evalkit.layers.quotes import QUOTES
from evalkit.layers.scopes import parse_scope
from evalkit.layers.stances import STANCES
from evalkit.layers.table import layer_names
from evalkit.records import Scope

__all__ = ["MARKED", "parse_header", "pop_layers", "pop_scope"]

MARKED = (ENTITIES.name, QUOTES.name, STANCES.name)
"""The layers that there are marks for."""


def parse_header(lines: list[str], where: str) -> dict[str, str]:
    """The `key: value` lines as written; refuses double keys and a header without `id`."""
    header: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        key, colon, value = line.partition(":")
        if not colon or not key.strip():
            raise FormatError(f"{where}:{number}: header line {line!r} is not 'key: value'")
        if key.strip() in header:
            raise FormatError(f"{where}:{number}: header key {key.strip()!r} is given twice; keep one")
        header[key.strip()] = value.strip()
    if not header.get("id"):
        raise FormatError(f"{where}:1: the header has no 'id: NAME' line; add one")
    return header


def _names(value: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in value.split(",") if name.strip())


def pop_layers(header: dict[str, str], where: str) -> tuple[str, ...]:
    """Takes the declared layers out of the header; all layers if it declares none."""
    if "layers" not in header:
        return MARKED
    layers = _names(header.pop("layers"))
    for layer in layers:
        if layer not in MARKED:
            raise FormatError(f"{where}: header names layer {layer!r}; use {', '.join(MARKED)}")
    return layers


def pop_scope(header: dict[str, str], where: str) -> Scope:
    """Takes the declared scope out of the header; `scope_quotes: kinds=direct` is about one layer."""
    given = (header.pop(f"scope_{key}", None) for key in ("layers", "labels", "zones"))
    layers, labels, zones = (None if value is None else _names(value) for value in given)
    single = {name: header.pop(f"scope_{name}") for name in layer_names() if f"scope_{name}" in header}
    try:
        of = tuple([parse_scope(f"{name}:{value}") for name, value in sorted(single.items())])
    except InputError as error:
        raise FormatError(f"{where}: header: {error}") from error
    return Scope(layers=layers, labels=labels, zones=zones, of=of)
