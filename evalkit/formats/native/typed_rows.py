"""Rows of JSON lines decoded by their types: the short way for rows that are as they should be.

A line is decoded into the fields of its layers at once, looked at column by column, and made records of. Whatever is in
another form (an object in place of a span, a key that nothing is read from, a blank label), damaged, or would be
refused (a span outside the text, an id given twice, a text beside an item that does not stand there) is None here and
left to `evalkit.formats.native.rows`, which knows every form and every message: nothing is judged here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache, lru_cache
from itertools import chain, repeat
from operator import attrgetter, lt
from types import NoneType
from typing import Any, get_args

import msgspec
import orjson
from msgspec import UNSET, Raw, UnsetType, field

from evalkit.errors import FormatError
from evalkit.files import unlike_written
from evalkit.formats.base import Claims
from evalkit.formats.native.read_row import EMPTY_TEXT, ReadRow
from evalkit.formats.native.rows import GIVEN, scope_from_row, sha256_text
from evalkit.layers.base import PLAIN_LIMIT, Layer
from evalkit.layers.fields import NAME, NAMES, NUMBER, REQUIRED, SPAN, SPANS, TEXT, FieldType
from evalkit.layers.keys import EXTRAS
from evalkit.layers.table import all_layers
from evalkit.records import Annotations, Article, Example, Prediction, Scope, Zone

__all__ = [
    "DOUBTS",
    "Given",
    "TypedRows",
    "article_of",
    "head_kinds",
    "id_of",
    "prediction_kinds",
    "reading_scope",
    "run_prediction",
    "scope_of",
    "usage_of",
]

Given = str | None | UnsetType
Scoped = Raw | UnsetType
Other = str | float | bool | None | UnsetType
Offsets = tuple[int, int]
_TYPES: Mapping[FieldType, Any] = {
    TEXT: str,
    NAME: str,
    SPAN: Offsets,
    SPANS: tuple[Offsets, ...],
    NAMES: tuple[str, ...],
    NUMBER: float,
}
_MOST_OTHERS = 50
"""So many keys that nothing is read from are learnt; files with more are read with care."""

Surfaces = dict[tuple[str, int], str]


class _DoubtError(Exception):
    """The row is for those who look closer."""


DOUBTS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, FormatError, _DoubtError)


class TypedRows:
    """Decodes the lines of one file, and learns which keys its rows have that nothing is read from."""

    def __init__(self, *, predicted: bool) -> None:
        self._predicted = predicted
        self._others: tuple[str, ...] = ()
        self._decode: Callable[[bytes], Any] | None = _decoder(predicted, ())

    def read(self, content: bytes, where: str) -> ReadRow | None:
        """What one JSON object says, if it is as it should be; otherwise None."""
        if self._decode is None:
            return None
        try:
            row = self._decode(content)
            # A key that stands twice in an object took its quotation marks along; those of texts stay the same.
            if content.count(b'"') != _encode(row).count(b'"') or b"\\u0022" in content:
                return None
            return _predicted_row(row, where) if self._predicted else _gold_row(row, where)
        except DOUBTS:
            return None

    @property
    def predicted(self) -> bool:
        """Whether the lines are predictions."""
        return self._predicted

    def read_again(self, content: bytes) -> Any:
        """The example or prediction of an object that was read before and found right; None if it takes a closer look.

        Nothing is looked at again: it takes half the time.
        """
        if self._decode is None:
            return None
        try:
            row = self._decode(content)
            return _prediction(row, id_of(row), None, {}) if self._predicted else _example(row, "", None, {}, {})
        except DOUBTS:
            return None

    def learn(self, row: Mapping[str, Any]) -> None:
        """Takes note of the keys of a row that was read with care: a text or a number that nobody reads is no doubt."""
        known = {*_row_kinds(self._predicted), *self._others}
        new = [key for key, value in row.items() if key not in known and isinstance(value, (str, int, float))]
        if not all(map(_is_field_name, new)):
            return
        if new and self._decode is not None and len(self._others) + len(new) <= _MOST_OTHERS:
            self._others = (*self._others, *new)
            self._decode = _decoder(self._predicted, self._others)

    def give_up(self) -> None:
        """Leaves all further rows to be read with care."""
        self._decode = None


def run_prediction(line: bytes, *, checked: bool) -> Prediction | None:
    """The prediction of a line as runs keep it, with or without a check; None if it takes a closer look.

    Its values are plain ones of their types, as `evalkit.predictions.admission` asks for.
    """
    try:
        row = _run_decoder()(line)
        if (row.check is UNSET) == checked:
            return None
        return _prediction(row, row.id, PLAIN_LIMIT, {})
    except DOUBTS:
        return None


# What a line is decoded into.

_encode = msgspec.json.Encoder().encode


@cache
def _item_type(layer: Layer[Any]) -> Any:
    """The fields of an item, with what any item may have besides; what a file leaves out stays unset."""
    kinds: dict[str, Any] = {**dict.fromkeys(sorted(EXTRAS), Any), "text": Given, "id": str | UnsetType}
    kinds |= {"start": int | UnsetType, "end": int | UnsetType}
    for one in layer.fields:
        kind = _TYPES[one.type]
        kinds[one.name] = kind if one.absent is REQUIRED else kind | None | UnsetType
    return _struct(f"{layer.one}_row", kinds)


def _layer_kinds(*before: str) -> dict[str, Any]:
    """The lists of items of a row, each name of a layer after each of some beginnings."""
    pairs = [(one + layer.name, _item_type(layer)) for one in before for layer in all_layers()]
    return {name: tuple[item, ...] | None | UnsetType for name, item in pairs}  # type: ignore[valid-type]


prediction_kinds = {
    "error": Given,
    "usage": dict[str, int | float] | None | UnsetType,
    "seconds": float | None | UnsetType,
}


@cache
def head_kinds() -> Mapping[str, Any]:
    """The fields of a row that are no layers."""
    zone: Any = _struct("zone_row", {"kind": str, "start": int, "end": int})
    names = ("title", "source", "published", "lang", "text", "text_sha256", "split")
    return {
        "id": str | UnsetType,
        "article_id": str | UnsetType,
        **dict.fromkeys(names, Given),
        "metadata": dict[str, str] | None | UnsetType,
        "zones": tuple[zone, ...] | None | UnsetType,
        "scope": Scoped,
    }


@cache
def _row_kinds(predicted: bool) -> dict[str, Any]:
    kinds = dict(head_kinds())
    if predicted:
        return kinds | _layer_kinds("", GIVEN) | prediction_kinds
    reading: Any = _struct("reading_row", {**_layer_kinds(""), "scope": Scoped})
    return kinds | _layer_kinds("") | {"readings": dict[str, reading | None] | None | UnsetType}


@lru_cache(maxsize=16)
def _decoder(predicted: bool, others: tuple[str, ...]) -> Callable[[bytes], Any]:
    return msgspec.json.Decoder(_struct("row", _row_kinds(predicted), others)).decode


@cache
def _run_decoder() -> Callable[[bytes], Any]:
    kinds = {"id": str, "check": Given, "scope": Scoped, **_layer_kinds("", GIVEN), **prediction_kinds}
    return msgspec.json.Decoder(_struct("run_row", kinds)).decode


def _struct(name: str, kinds: Mapping[str, Any], others: Sequence[str] = ()) -> Any:
    """A struct with these fields, and with other keys, which may be no names in Python."""
    given: list[Any] = [(key, kind, UNSET) if _may_lack(kind) else (key, kind) for key, kind in kinds.items()]
    given += [(f"other_{number}", Other, field(name=key, default=UNSET)) for number, key in enumerate(others)]
    # Not looked at by the collector: a row is a tree.
    return msgspec.defstruct(name, given, kw_only=True, forbid_unknown_fields=True, gc=False)


def _is_field_name(key: str) -> bool:
    """Whether a struct may have a field of this name in JSON."""
    return key.isprintable() and '"' not in key and "\\" not in key


def _may_lack(kind: Any) -> bool:
    return kind is Any or UnsetType in get_args(kind)


# What is made of a row.


def _gold_row(row: Any, where: str) -> ReadRow:
    surfaces, readings = Surfaces(), dict[str, Claims]()
    example = _example(row, where, len(row.text or "") or PLAIN_LIMIT, surfaces, readings)
    if row.text_sha256 and row.text and sha256_text(row.text) != row.text_sha256:
        raise _DoubtError
    if not example.gold.layers and not readings:
        raise _DoubtError
    claims = Claims(where=where, surfaces=surfaces, sha256=_given(row.text_sha256), readings=readings, proved=True)
    return ReadRow(example, claims, _given(row.split))


def _example(row: Any, where: str, limit: int | None, surfaces: Surfaces, claimed: dict[str, Claims]) -> Example:
    """The example of a row; what cannot be compared is added to the surfaces, what is said of readings to the claims.

    Nothing is looked at if there is no limit of offsets.
    """
    text = row.text or ""
    article = article_of(row, limit)
    gold = Annotations(_layers(row, "", limit, text, surfaces), scope_of(row))
    readings = {}
    for name, own in sorted((row.readings or {}).items()):
        if own is None:
            continue
        if not name.strip():
            raise _DoubtError
        beside = Surfaces()
        layers = _layers(own, "", limit, text, beside)
        readings[name] = Annotations(layers, reading_scope(own, gold.scope))
        claimed[name] = Claims(where=f"{where}: readings.{name}", surfaces=beside, proved=True)
    return Example(article=article, gold=gold, readings=readings)


def article_of(row: Any, limit: int | None) -> Article:
    """The article of a row; where zones are is not looked at if there is no limit of offsets."""
    return Article(
        id=id_of(row),
        text=row.text or "",
        title=row.title or "",
        source=row.source or "",
        published=row.published or "",
        lang=row.lang or "",
        zones=_zones(row, limit),
        metadata=row.metadata or {},
    )


def _predicted_row(row: Any, where: str) -> ReadRow:
    text, surfaces = row.text or "", Surfaces()
    _zones(row, PLAIN_LIMIT)
    if not f"{row.published or ''}{row.lang or ''}".isprintable():
        raise _DoubtError
    prediction = _prediction(row, id_of(row), len(text) or PLAIN_LIMIT, surfaces)
    if not prediction.annotations.layers:
        raise _DoubtError
    claims = Claims(where=where, surfaces=surfaces, text=text or None, sha256=_given(row.text_sha256), proved=True)
    return ReadRow(prediction, claims, None, (EMPTY_TEXT,) if row.text == "" else ())


def _prediction(row: Any, article_id: str, limit: int | None, surfaces: Surfaces) -> Prediction:
    given = _layers(row, GIVEN, limit, "", Surfaces())
    return Prediction(
        article_id=article_id,
        annotations=Annotations(_layers(row, "", limit, "", surfaces), scope_of(row)),
        seconds=row.seconds or 0.0,
        error=_given(row.error),
        usage=usage_of(row),
        given=Annotations(given) if given else None,
    )


_MOST = 2**63


def usage_of(row: Any) -> Mapping[str, float]:
    """What a prediction took; a number that is too large is one of `DOUBTS`."""
    usage: Mapping[str, float] = row.usage or {}
    if usage and any(abs(value) >= _MOST for value in usage.values()):
        raise _DoubtError
    return usage


def id_of(row: Any) -> str:
    """The id of the article of a row; it is one of `DOUBTS` if there is none."""
    name: Any = row.id if row.article_id is UNSET else row.article_id
    if name is UNSET:
        raise _DoubtError
    return str(name)


def _zones(row: Any, limit: int | None) -> tuple[Zone, ...]:
    zones = tuple([Zone(zone.kind, zone.start, zone.end) for zone in row.zones or ()])
    if limit is not None and not all(0 <= start < end <= limit for _, start, end in zones):
        raise _DoubtError
    return zones


def _given(value: Any) -> Any:
    return None if value is UNSET else value


def reading_scope(row: Any, gold: Scope) -> Scope:
    """What was annotated in a reading: what it says, else what the gold says."""
    return gold if row.scope is UNSET or bytes(row.scope) == b"null" else scope_of(row)


def scope_of(row: Any) -> Scope:
    """What was annotated in a row."""
    return Scope() if row.scope is UNSET else _scope_in(bytes(row.scope))


@lru_cache(maxsize=256)
def _scope_in(content: bytes) -> Scope:
    """What was annotated, which most rows of a file say in the same words."""
    value = orjson.loads(content)
    if unlike_written(content, value):
        raise _DoubtError
    return scope_from_row({"scope": value}, "")


def _layers(row: Any, before: str, limit: int | None, text: str, surfaces: Surfaces) -> dict[str, tuple[Any, ...]]:
    layers = {}
    for name, reader in _readers().items():
        items = getattr(row, before + name)
        # What is not given is neither.
        if type(items) is tuple:
            layers[name] = reader.items(items, limit, text, surfaces, labelled=not before) if items else ()
    return layers


@cache
def _readers() -> dict[str, _LayerReader]:
    return {layer.name: _LayerReader(layer) for layer in all_layers()}


_ID, _TEXT = attrgetter("id"), attrgetter("text")


_UNSET, _GIVEN = {UnsetType}, {tuple}


class _LayerReader:
    """Makes records of the rows of one layer."""

    def __init__(self, layer: Layer[Any]) -> None:
        self.layer = layer
        self._records: Any = tuple[layer.record, ...]  # type: ignore[name-defined]
        self._absent = [
            (one.name, attrgetter(one.name), one.absent)
            for one in layer.fields
            if one.absent is not REQUIRED and one.name != layer.spans_field
        ]
        self._spans = [(attrgetter(one.name), one.type is SPANS) for one in layer.fields if one.type in (SPAN, SPANS)]

    def items(
        self, rows: Sequence[Any], limit: int | None, text: str, surfaces: Surfaces, *, labelled: bool
    ) -> tuple[Any, ...]:
        """The items of an article as records.

        Args:
            rows: the items.
            limit: where the text ends; None where everything was looked at before.
            text: what is said to stand at spans is compared with it; if it is not known, that is added to the surfaces.
            surfaces: by layer and position.
            labelled: whether each must have a label.

        Raises:
            _DoubtError: one of them takes a closer look.
        """
        layer = self.layer
        ids = set(map(_ID, rows))
        if UNSET in ids:
            for number, row in enumerate(rows, 1):
                if row.id is UNSET:
                    row.id = f"{layer.prefix}{number}"
            ids = set(map(_ID, rows))
        self._fill(rows)
        if limit is not None:
            if len(ids) < len(rows) or (labelled and not all(map(str.strip, set(map(layer.label, rows))))):
                raise _DoubtError
            self._look_at_spans(rows, limit)
            self._look_at_surfaces(rows, text, surfaces)
        items: tuple[Any, ...] = msgspec.convert(rows, self._records, from_attributes=True)
        return items

    def _fill(self, rows: Sequence[Any]) -> None:
        """Gives every row what its record holds where the file says nothing."""
        for name, value_of, absent in self._absent:
            values = list(map(value_of, rows))
            kinds = set(map(type, values))
            if kinds == _UNSET:
                # A field that the file leaves out: no value is looked at.
                deque(map(setattr, rows, repeat(name), repeat(absent)), maxlen=0)
            elif UnsetType in kinds or (absent is not None and NoneType in kinds):
                for row, value in zip(rows, values, strict=True):
                    if value is UNSET or value is None:
                        setattr(row, name, absent)
        place, places = self.layer.spans_field, list[Any](map(self.layer.spans, rows))
        if place is None or set(map(type, places)) == _GIVEN:
            return
        for row, value in zip(rows, places, strict=True):
            if value is UNSET or value is None:
                if (row.start is UNSET) != (row.end is UNSET):
                    raise _DoubtError
                setattr(row, place, () if row.start is UNSET else ((row.start, row.end),))

    def _look_at_spans(self, rows: Sequence[Any], limit: int) -> None:
        layer = self.layer
        if layer.needs_spans and layer.spans_field is not None and not all(map(layer.spans, rows)):
            raise _DoubtError
        for value_of, several in self._spans:
            values: Any = map(value_of, rows)
            if spans := list(chain.from_iterable(values) if several else filter(None, values)):
                starts, ends = zip(*spans, strict=True)
                if min(starts) < 0 or max(ends) > limit or not all(map(lt, starts, ends)):
                    raise _DoubtError

    def _look_at_surfaces(self, rows: Sequence[Any], text: str, surfaces: Surfaces) -> None:
        layer, claimed = self.layer, list(map(_TEXT, rows))
        if claimed[0] is UNSET and claimed.count(UNSET) == len(claimed):
            return
        if not text:
            said = ((number, own) for number, own in enumerate(claimed) if type(own) is str)
            surfaces |= {(layer.name, number): own for number, own in said}
        elif layer.shows_text and not _stand_there(text, list(map(layer.spans, rows)), claimed):
            raise _DoubtError


def _stand_there(text: str, places: Sequence[Sequence[Offsets]], claimed: Sequence[Any]) -> bool:
    """Whether what is said to stand at each place does."""
    with suppress(ValueError):
        if [text[start:end] for ((start, end),) in places] == claimed:
            return True
    # Some have several parts, or none, or nothing is said of them.
    return all(
        said == " … ".join([text[start:end] for start, end in spans])
        for spans, said in zip(places, claimed, strict=True)
        if spans and type(said) is str
    )
