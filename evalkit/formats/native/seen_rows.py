"""Rows of native JSON decoded by the types of the keys that a file was seen to have: the least that a row can cost.

It takes rows as evalkit writes them: spans as lists of pairs (or one span as `start` and `end`), no field that nothing
is read from. Whatever else a row may be raises, and is for `evalkit.formats.native.rows`, which knows every form. Items
stay what they were decoded to; `evalkit.formats.native.typed_rows` makes records of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from pathlib import Path
from typing import Any

import msgspec
import orjson
from msgspec import UNSET, Struct, UnsetType

from evalkit.files import unlike_written
from evalkit.formats.native.rows import GIVEN, READINGS
from evalkit.layers.base import Layer
from evalkit.layers.fields import NAME, NAMES, NUMBER, REQUIRED, SPAN, SPANS, TEXT, FieldType
from evalkit.layers.table import all_layers

__all__ = ["SeenRow", "read_seen_rows"]

SeenRow = Any
"""A row: its fields are those of a file, None where it has none of the name; items stand under their layers."""

AT_ONCE = 1 << 16
"""So many bytes are read at once: few enough that their records stay in the processor's cache."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
QUOTE, COLON, BACKSLASH, BLANK = b'":\\ '

_Span = tuple[int, int]
_TYPES: dict[FieldType, Any] = {
    TEXT: str,
    NAME: str | None,
    NUMBER: float | None,
    SPAN: _Span | None,
    SPANS: tuple[_Span, ...],
    NAMES: tuple[str, ...],
}
_Text = str | None | UnsetType

Keys = tuple[frozenset[str], frozenset[str]]
"""The keys that all of some objects have, and those that any has."""
ROW = ""


class _Zone(Struct, forbid_unknown_fields=True, gc=False):
    kind: str
    start: int
    end: int


class _Scope(Struct, forbid_unknown_fields=True, gc=False):
    layers: tuple[str, ...] | UnsetType | None = UNSET
    labels: tuple[str, ...] | UnsetType | None = UNSET
    zones: tuple[str, ...] | UnsetType | None = UNSET


@dataclass(frozen=True, slots=True)
class _Kind:
    """A class of decoded objects, and what gives the fields that an object may be without, with their absent values."""

    type: Any
    fields: int
    optional: Mapping[str, Any]

    @classmethod
    def of(cls, name: str, fields: Mapping[str, tuple[Any, Any]], seen: Keys | None, *kept: str) -> _Kind:
        """The class of objects with some fields (name → type, absent value) in a file in which some keys were seen.

        A field that was seen in none is always absent: an object that has it is of no such class. None if any may be.
        Those to be `kept` can be filled in.
        """
        always, ever = (frozenset(), frozenset(fields)) if seen is None else (seen[0], seen[1].union(kept))
        needed = {own for own, (_, absent) in fields.items() if absent is REQUIRED or own in always}
        optional = {own: absent for own, (_, absent) in fields.items() if own in ever and own not in needed}
        never = {own: absent for own, (_, absent) in fields.items() if own not in needed and own not in optional}
        made: list[Any] = [
            *((own, fields[own][0]) for own in needed),
            *((own, fields[own][0] | UnsetType, UNSET) for own in optional),
        ]
        type_ = msgspec.defstruct(name, made, namespace=never, forbid_unknown_fields=True, gc=False)
        return cls(type_, len(made), optional)

    def keys(self, items: Sequence[Any]) -> int:
        """How many keys the objects had in their file; what they lack is filled in."""
        number = len(items) * self.fields
        for name, absent in self.optional.items():
            if UNSET in (values := list(map(attrgetter(name), items))):
                for item, value in zip(items, values, strict=True):
                    if value is UNSET:
                        number -= 1
                        setattr(item, name, absent)
        return number


def _list_of(kind: _Kind) -> Any:
    return list[kind.type] | None  # type: ignore[name-defined]  # A class that is made here.


def _named(kind: _Kind) -> Any:
    return dict[str, kind.type] | None  # type: ignore[name-defined]


def _item(layer: Layer[Any], seen: Keys | None) -> _Kind:
    """The items of a layer."""
    fields: dict[str, tuple[Any, Any]] = {"id": (str, None), "text": (str, None)}
    fields |= {field.name: (_TYPES[field.type], field.absent) for field in layer.fields}
    if layer.spans_field is not None:
        # In place of its spans an item may say where its one span is; who takes it sees to it that it does either.
        fields |= {layer.spans_field: (_TYPES[SPANS], None), "start": (int, None), "end": (int, None)}
    return _Kind.of(layer.name, fields, seen, *filter(None, [layer.spans_field]))


@dataclass(frozen=True, slots=True)
class _Rows:
    """The classes of the rows of a file."""

    row: _Kind
    reading: _Kind
    items: Mapping[str, _Kind]

    @classmethod
    def of(cls, seen: Mapping[str, Keys] | None) -> _Rows:
        """Those of a file in which some keys were seen, by the name that lists the objects."""

        def keys(name: str) -> Keys | None:
            return None if seen is None else seen.get(name, (frozenset(), frozenset()))

        items = {name: _item(layer, keys(name)) for layer in all_layers() for name in (layer.name, GIVEN + layer.name)}
        layers: dict[str, tuple[Any, Any]] = {name: (_list_of(kind), None) for name, kind in items.items()}
        layers |= {"scope": (_Scope | None, None)}
        reading = _Kind.of("reading", layers, keys(READINGS))
        texts = ("text", "title", "source", "published", "lang", "text_sha256", "error")
        fields = {
            "id": (str, REQUIRED),
            **dict.fromkeys(texts, (str | None, None)),
            "metadata": (dict[str, str | None] | None, None),
            "zones": (list[_Zone] | None, None),
            "seconds": (float | None, None),
            **dict.fromkeys(("split", "usage"), (None, None)),
            READINGS: (_named(reading), None),
        }
        return cls(_Kind.of("row", fields | layers, keys(ROW)), reading, items)

    def keys(self, rows: Sequence[SeenRow]) -> int:
        """How many keys all objects of some rows had in their file; what they lack is filled in."""
        number = self.row.keys(rows)
        readings = [own for row in rows if row.readings for own in row.readings.values()]
        number += self.reading.keys(readings)
        for row in rows:
            number += 3 * len(row.zones or ()) + len(row.metadata or ()) + len(row.readings or ())
        for name, kind in self.items.items():
            items = list(chain.from_iterable(filter(None, map(attrgetter(name), chain(rows, readings)))))
            number += kind.keys(items) if items else 0
        for scope in [own.scope for own in chain(rows, readings) if own.scope]:
            number += sum(value is not UNSET for value in (scope.layers, scope.labels, scope.zones))
        return number


def read_seen_rows(path: Path) -> Iterator[list[SeenRow]]:
    """The rows of a file of JSON lines, some at a time.

    Raises:
        ValueError: a row is damaged, has another form, or loses something when it is read.
        OSError: the file cannot be read.
    """
    rows_of: _Rows | None = None
    with path.open("rb") as file:
        while content := file.read(AT_ONCE):
            content += file.readline()
            if rows_of is None:
                content = content.removeprefix(BYTE_ORDER_MARK)
            lines = [line for line in content.split(b"\n") if line and not line.isspace()]
            rows_of = rows_of or _Rows.of(_seen(lines))
            try:
                rows = list(map(msgspec.json.Decoder(rows_of.row.type).decode, lines))
            except msgspec.ValidationError:
                # With a field that no row had before.
                rows_of = _Rows.of(None)
                rows = list(map(msgspec.json.Decoder(rows_of.row.type).decode, lines))
            # Of a key that an object has twice only one is left.
            if rows_of.keys(rows) != keys_of(content) and any(unlike_written(one, orjson.loads(one)) for one in lines):
                raise ValueError("something of a row would be lost")
            yield rows


def _seen(lines: Iterable[bytes]) -> Mapping[str, Keys]:
    """The keys of some rows and of what they list, by its name: the fewer are looked for, the sooner it is done."""
    rows = list(map(orjson.loads, lines))
    readings = [own for row in rows for own in (row.get(READINGS) or {}).values()]
    objects = {ROW: rows, READINGS: readings}
    for one in chain(rows, readings):
        for name, items in one.items():
            if type(items) is list and items and type(items[0]) is dict:
                objects.setdefault(name, []).extend(items)
    keys = {name: list(map(frozenset, own)) for name, own in objects.items() if own}
    return {name: (frozenset.intersection(*own), frozenset.union(*own)) for name, own in keys.items()}


def keys_of(content: bytes) -> int:
    """How many keys the objects of some JSON have; less than none if that takes a closer look."""
    import numpy as np

    characters = np.frombuffer(b"   " + content, dtype=np.uint8)
    colons = np.flatnonzero(characters == COLON)
    before = characters[colons - 1]
    if (before <= BLANK).any():
        return -1
    quoted = colons[before == QUOTE]
    escaped = characters[quoted - 2] == BACKSLASH
    # After one backslash it is a mark within a text; after two it may end a key, whose last letter is a backslash.
    if (escaped & (characters[quoted - 3] == BACKSLASH)).any():
        return -1
    return int((~escaped).sum())
