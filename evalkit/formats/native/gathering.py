"""What is gathered of typed rows for the columns of a layer (see `evalkit.formats.native.columns`).

Each row is looked at as where files are loaded: what would be refused or noted there raises, and whoever reads leaves
the file to the careful path.
"""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain, repeat
from operator import attrgetter, lt
from typing import Any

from evalkit.formats.native.rows import GIVEN, sha256_text
from evalkit.formats.native.seen_rows import SeenRow
from evalkit.formats.native.texts import SpooledTexts
from evalkit.layers.base import Layer, surface
from evalkit.layers.table import all_layers
from evalkit.records import Annotations, Article, Example, Scope, Span, Zone

__all__ = ["LIMIT", "Gathered", "Gathering"]

_NOTHING: Mapping[str, str] = {}
_NO_SCOPE = Scope()

LIMIT = 2**31 - 1
"""Offsets from here on are left to the careful path."""


class _Codes(dict[str, int]):
    """Numbers for labels, in the order in which they are met."""

    def __missing__(self, label: str) -> int:
        if not label.strip():
            raise ValueError("a label says something")
        self[label] = number = len(self)
        return number


def _numbers() -> array[int]:
    """An array of 32 bits an item."""
    return array("i")


@dataclass(slots=True)
class Gathered:
    """Places as they are gathered; whole numbers at once as such, so that no object is kept for any of them."""

    article: array[int] = field(default_factory=_numbers)
    start: array[int] = field(default_factory=_numbers)
    end: array[int] = field(default_factory=_numbers)
    label: array[int] = field(default_factory=_numbers)

    def add(self, layer: Layer[Any], items: Sequence[Any], codes: _Codes) -> None:
        """Takes items of one span each."""
        offsets = array("i", [offset for (span,) in _places(layer, items) for offset in span])
        self.start += offsets[::2]
        self.end += offsets[1::2]
        self.label.extend([codes[label] for label in map(layer.label, items)])


class Gathering:
    """What is gathered of rows, some at a time; each is let go before the next are read, so that memory is reused."""

    def __init__(
        self, layer: Layer[Any], *, predicted: bool, alone: bool, told: Callable[[Example], None] | None
    ) -> None:
        self.layer, self.predicted, self.alone, self.told = layer, predicted, alone, told
        self.others = tuple(other for other in all_layers() if other is not layer)
        self.given = tuple(attrgetter(GIVEN + one.name) for one in all_layers())
        absent = {own.name: own.absent for own in layer.fields}
        rest = absent.keys() - {layer.spans_field, layer.label_field}
        self.rest = [(name, attrgetter(name), absent[name]) for name in sorted(rest)]
        self.codes, self.other_codes = _Codes(), _Codes()
        self.articles: list[str] = []
        self.texts = SpooledTexts()
        self.metadata: list[Mapping[str, str]] = []
        self.surfaces: list[str | None] = []
        self.items, self.outside = Gathered(), Gathered()
        self.plain, self.reach = bytearray(), _numbers()
        self.readings: dict[str, Gathered] = {}
        self.read: dict[str, array[int]] = {}
        self.scoped = bytearray()
        self.scopes: dict[Any, Scope] = {}
        self.tells_text = False

    def add(self, rows: Sequence[SeenRow]) -> None:
        """Takes some rows.

        Raises:
            ValueError, TypeError: they say something that is not for columns.
        """
        first, lists = len(self.articles), [getattr(row, self.layer.name) for row in rows]
        self.articles += [row.id for row in rows]
        self.texts.extend(row.text or "" for row in rows)
        plain = self._add_items(lists, first)
        reaches = [repeat(0, len(rows)), *(self._reach(rows, layer) for layer in self.others)]
        self.reach.extend(map(max, zip(*reaches, strict=True)))
        if self.predicted:
            if any(map(_is_odd, rows)):
                raise ValueError("the row holds something else")
            return
        done = 0
        for number, (row, items) in enumerate(zip(rows, lists, strict=True), first):
            if row.error is not None or any(get(row) is not None for get in self.given):
                raise ValueError("gold is no prediction")
            _check_ids(items)
            if self.tells_text and not _are_there(self.layer, items, row.text):
                raise ValueError("the text differs")
            scope = self._add_gold(row, number)
            if row.readings:
                self._add_readings(row.readings, number)
            if self.told is not None:
                own = plain[done : done + len(items)]
                done += len(items)
                if any(own):
                    items = [item for item, is_plain in zip(items, own, strict=True) if not is_plain]
                self.told(self._example(row, items, scope))

    def _add_items(self, lists: Sequence[list[Any]], first: int) -> bytearray:
        """Takes the items of the layer, article by article, and says which of them are plain."""
        items = list(chain.from_iterable(lists))
        for number, own in enumerate(lists, first):
            self.items.article.extend([number] * len(own))
        self.items.add(self.layer, items, self.codes)
        given = _given(items)
        surfaces = [item.text for item in items] if "text" in given else [None] * len(items)
        self.tells_text = surfaces.count(None) < len(surfaces)
        # Those of predictions are compared once the texts of the gold are there.
        if self.predicted and (self.surfaces or self.tells_text):
            self.surfaces += [None] * (len(self.plain) - len(self.surfaces)) + surfaces
        plain = bytearray([True]) * len(items)
        for name, get, absent in self.rest:
            if name not in given:
                continue
            values = list(map(get, items))
            if values.count(absent) < len(values):
                plain = bytearray([flag and value == absent for flag, value in zip(plain, values, strict=True)])
        self.plain += plain
        return plain

    def _reach(self, rows: Sequence[SeenRow], layer: Layer[Any]) -> Iterable[int]:
        """Where the last span of another layer ends in each row; the items are looked at as everywhere."""
        lists = list(map(attrgetter(layer.name), rows))
        if lists.count(None) == len(lists):
            return repeat(0, len(lists))
        if self.alone:
            raise ValueError("another layer is there")
        if layer.labels is None:
            raise ValueError("which labels there are, all rows of the layer say together")
        labels = set(map(layer.label, chain.from_iterable(filter(None, lists))))
        if not labels.issubset(layer.labels) and (not self.predicted or not all(map(str.strip, labels))):
            raise ValueError("a label is none")
        return [self._reach_of(row, layer, items) if items else 0 for row, items in zip(rows, lists, strict=True)]

    def _reach_of(self, row: SeenRow, layer: Layer[Any], items: Sequence[Any]) -> int:
        if not self.predicted:
            _check_ids(items)
            if len(layer.identities(items)) < len(items):
                raise ValueError("an item stands twice")
        if layer.shows_text:
            told = [item.text for item in items]
            if told.count(None) < len(told) and (self.predicted or not _are_there(layer, items, row.text)):
                raise ValueError("the text is compared elsewhere, or differs")
        return _reach(layer, items)

    def _add_gold(self, row: SeenRow, number: int) -> Scope:
        """Takes what an article is besides its layers, and gives its scope."""
        if row.text_sha256 is not None and (not row.text or sha256_text(row.text) != row.text_sha256):
            raise ValueError("the text may be another one")
        said = row.metadata or _NOTHING
        self.metadata.append({key: value for key, value in said.items() if value is not None} if said else said)
        zones, scope = row.zones or (), self._scope(row)
        self.scoped.append(scope != _NO_SCOPE)
        length = len(row.text or "") or LIMIT
        if scope.labels is not None or (scope.layers is not None and self.layer.name not in scope.layers):
            raise ValueError("the scope asks for more than zones")
        for zone in zones:
            if not 0 <= zone.start < zone.end <= length:
                raise ValueError("a zone is impossible")
            if scope.zones is not None and zone.kind not in scope.zones:
                self.outside.article.append(number)
                self.outside.start.append(zone.start)
                self.outside.end.append(zone.end)
        return scope

    def _scope(self, row: SeenRow) -> Scope:
        if row.scope is None:
            return _NO_SCOPE
        names = ("layers", "labels", "zones")
        said = {name: value for name in names if (value := getattr(row.scope, name))}
        if any(getattr(row.scope, name) == () for name in names):
            raise ValueError("a scope is empty")
        return self.scopes.setdefault(tuple(said.items()), Scope(**said))

    def _add_readings(self, readings: Mapping[str, SeenRow], number: int) -> None:
        """Takes what several people said of an article, in the layer; all of it must be as it is in gold."""
        for name, own in readings.items():
            if not name.strip() or own.scope is not None or any(get(own) is not None for get in self.given):
                raise ValueError("a reading holds something else")
            for layer in self.others:
                items = getattr(own, layer.name) or ()
                if (layer.labels is None and items) or not all(map(str.strip, map(layer.label, items))):
                    raise ValueError("a reading holds other labels")
            items = getattr(own, self.layer.name)
            if items is None:
                raise ValueError("a reading lacks the layer")
            gathered = self.readings.setdefault(name, Gathered())
            gathered.article.extend([number] * len(items))
            gathered.add(self.layer, items, self.other_codes)
            if len(readings) > 1:
                self.read.setdefault(name, _numbers()).append(number)

    def _example(self, row: SeenRow, items: Sequence[Any], scope: Scope) -> Example:
        zones = tuple([Zone(zone.kind, zone.start, zone.end) for zone in row.zones or ()])
        layers = {layer.name: getattr(row, layer.name) for layer in self.others} | {self.layer.name: items}
        article = Article(id=row.id, text=row.text or "", zones=zones)
        return Example(article=article, gold=Annotations(layers, scope))


def _given(items: Sequence[Any]) -> tuple[str, ...]:
    """The fields that items of one row or another of a file have: the others are absent of all."""
    fields: tuple[str, ...] = type(items[0]).__struct_fields__ if items else ()
    return fields


def _places(layer: Layer[Any], items: Sequence[Any]) -> list[Any]:
    """Where some items stand."""
    if "start" not in _given(items) and "end" not in _given(items):
        return list(map(layer.spans, items))
    for item in items:
        # Said in either of two ways, and never in both.
        if (layer.spans(item) is None) == (item.start is None) or (item.start is None) != (item.end is None):
            raise ValueError("an item stands nowhere, or in two places")
        if item.start is not None:
            setattr(item, layer.spans_field or "", ((item.start, item.end),))
    return list(map(layer.spans, items))


def _reach(layer: Layer[Any], items: Sequence[Any]) -> int:
    """Where the last span of some items ends; each must be a stretch of a text, and items stand where they have to."""
    if layer.spans_field is not None and layer.needs_spans and not all(map(layer.spans, items)):
        raise ValueError("an item stands nowhere")
    spans = layer.every_span(items)
    if not spans:
        return 0
    starts, ends = zip(*spans, strict=True)
    if min(starts) < 0 or not all(map(lt, starts, ends)):
        raise ValueError("a span is impossible")
    return int(max(ends))


def _are_there(layer: Layer[Any], items: Sequence[Any], text: str | None) -> bool:
    """Whether what a file says stands at some items does, as far as it says so and there is a text."""
    if not text:
        return True
    places, said = list(map(layer.spans, items)), [item.text for item in items]
    with suppress(ValueError):
        # Nearly always each is one span.
        if [text[start:end] for ((start, end),) in places] == said:
            return True
    return all(
        own is None or own == surface(text, itertools.starmap(Span, spans))
        for spans, own in zip(places, said, strict=True)
    )


def _check_ids(items: Sequence[Any]) -> None:
    ids = {item.id for item in items}
    if len(ids) == len(items) and None not in ids:
        return
    if len(ids) < len(items) and ids != {None}:
        raise ValueError("no two ids are equal")
    if None in ids and len(ids) > 1:
        raise ValueError("a number may be the id of another item")


def _is_odd(row: SeenRow) -> bool:
    """Whether there is something to be said of a prediction besides its layers."""
    others = (row.error, row.text_sha256, row.zones, row.metadata, row.scope, row.readings)
    return (
        any(value is not None for value in others)
        or row.text == ""
        or not f"{row.published or ''}{row.lang or ''}".isprintable()
    )
