"""The fields of an annotation by the types that its record declares: how each is read, written, declared and ordered.

A record of a layer is a frozen dataclass of `id: str` and fields of these types; that is all which files, cards,
frames and fingerprints need to know of it:

====================  ===========================================================================
type                  in JSON
====================  ===========================================================================
`str`                 a string that must be there
`str | None`          a string or null
`Span | None`         `[start, end]` or null; an object with `start` and `end` is read too
`tuple[Span, ...]`    a list of them, or one object; absent is empty
`tuple[str, ...]`     a list of strings; absent is empty
`float | None`        a number; left out if there is none
====================  ===========================================================================
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from evalkit.errors import EvalkitError, FormatError
from evalkit.records import Span

__all__ = ["REQUIRED", "SPAN", "SPANS", "Field", "FieldType", "fields_of", "hashed_spans"]

REQUIRED: Any = object()
"""In place of a value that must be given."""

Json = Any


@dataclass(frozen=True, eq=False)
class FieldType:
    """One type of field.

    Attributes:
        absent: what a field holds that is not given or null; `REQUIRED` if it must be given.
        read: the value from JSON that is not null; the second argument is the name of the field, for messages.
        write: the value as JSON.
        hashed: the value as JSON, in the one order that fingerprints are made of.
        order: what values are sorted by.
        feature: how a dataset card declares it; None if it is left out of gold.
    """

    absent: Any
    read: Callable[[Json, str], Any]
    write: Callable[[Any], Json]
    hashed: Callable[[Any], Json]
    order: Callable[[Any], Any]
    feature: Mapping[str, object] | None


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record: its name, its type and what it holds if it is not given (`REQUIRED` if it must be)."""

    name: str
    type: FieldType
    absent: Any


def fields_of(record: type[Any], defaults: Mapping[str, str]) -> tuple[Field, ...]:
    """The fields of a record but its id, in their order.

    Args:
        record: a dataclass with a text `id`.
        defaults: what texts hold that a file leaves out.

    Raises:
        EvalkitError: it has a field of a type that no file can hold.
    """
    types = typing.get_type_hints(record)
    found = []
    for name in (field.name for field in fields(record)):
        if name == "id":
            continue
        if types[name] not in _TYPES:
            known = ", ".join(map(_type_name, _TYPES))
            raise EvalkitError(f"{record.__name__}.{name} is declared as {_type_name(types[name])}; use one of {known}")
        type_ = _TYPES[types[name]]
        found.append(Field(name, type_, defaults.get(name, type_.absent)))
    return tuple(found)


def _type_name(declared: object) -> str:
    return declared.__name__ if isinstance(declared, type) else str(declared).replace("evalkit.records.", "")


_new = tuple.__new__
"""Makes a span of two numbers in half the time that its class takes, which shows where there are millions."""


def _itself(value: Any) -> Any:
    return value


def _read_text(value: Json, name: str) -> str:
    if not isinstance(value, str):
        raise FormatError(f"{name!r} must be a string, found {value!r}")
    return value


def _read_number(value: Json, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise FormatError(f"{name!r} must be a number, found {value!r}")
    return float(value)


def _read_span(value: Json, name: str) -> Span:
    if type(value) is dict or isinstance(value, Mapping):
        value = [value.get("start"), value.get("end")]
    # The common case first: this is where most of the time of reading goes.
    if type(value) is list and len(value) == 2 and type(value[0]) is int and type(value[1]) is int:
        return _new(Span, value)
    if not (
        isinstance(value, (list, tuple))
        and len(value) == 2
        and all(isinstance(offset, int) and not isinstance(offset, bool) for offset in value)
    ):
        raise FormatError(f"{_span_word(name)} {value!r} is not [start, end] in whole code points")
    return Span(value[0], value[1])


def _span_word(name: str) -> str:
    return "span" if name == "spans" else f"{name!r}"


def _read_spans(value: Json, name: str) -> tuple[Span, ...]:
    if isinstance(value, Mapping):
        return (_read_span(value, name),)
    if not isinstance(value, (list, tuple)):
        raise FormatError(f"{name!r} must be a list of [start, end], found {value!r}")
    if len(value) == 1:
        (span,) = value
        # The common case without another call.
        if type(span) is list and len(span) == 2 and type(span[0]) is int and type(span[1]) is int:
            return (_new(Span, span),)
        return (_read_span(span, name),)
    if len(value) == 2 and all(isinstance(offset, int) for offset in value):
        return (_read_span(value, name),)
    return tuple([_read_span(span, name) for span in value])


def _read_names(value: Json, name: str) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(one, str) for one in value):
        raise FormatError(f"{name!r} must be a list of strings, found {value!r}")
    return tuple(value)


def _place(spans: Iterable[Span]) -> tuple[tuple[int, int], ...]:
    """By start, the longer first."""
    return tuple([(span.start, -span.end) for span in spans])


def hashed_spans(spans: Sequence[Span]) -> list[list[int]]:
    """Spans as JSON in ascending order."""
    if len(spans) == 1:
        return [list(spans[0])]
    return [list(span) for span in sorted(spans)]


TEXT = FieldType(REQUIRED, _read_text, _itself, _itself, _itself, {"dtype": "string"})
NAME = FieldType(None, _read_text, _itself, _itself, lambda name: name or "", {"dtype": "string"})
SPAN = FieldType(
    absent=None,
    read=_read_span,
    write=lambda span: None if span is None else list(span),
    hashed=lambda span: None if span is None else list(span),
    order=lambda span: () if span is None else _place([span]),
    feature={"list": "int32"},
)
SPANS = FieldType(
    absent=(),
    read=_read_spans,
    write=lambda spans: list(map(list, spans)),
    hashed=hashed_spans,
    order=_place,
    feature={"list": {"list": "int32"}},
)
NAMES = FieldType((), _read_names, list, sorted, _itself, {"list": "string"})
NUMBER = FieldType(None, _read_number, _itself, _itself, lambda number: -1.0 if number is None else number, None)

_TYPES: dict[object, FieldType] = {
    str: TEXT,
    str | None: NAME,
    Span | None: SPAN,
    tuple[Span, ...]: SPANS,
    tuple[str, ...]: NAMES,
    float | None: NUMBER,
}
