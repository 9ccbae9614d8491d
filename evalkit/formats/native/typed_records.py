"""Records decoded straight from lines that were read before and found right: for those who go through a large file.

A line is decoded into the records of its layers at once, which takes half of what `typed_rows` takes. Nothing is looked
at again, so an item must say all in the words of its record: one that stands at `start` and `end`, or has no id, makes
the line one for `typed_rows`. What several people said of an article is decoded when somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, fields
from functools import cache
from typing import Any

import msgspec
from msgspec import UNSET, Raw, UnsetType

from evalkit.formats.native.rows import GIVEN, READINGS
from evalkit.formats.native.typed_rows import (
    DOUBTS,
    Given,
    TypedRows,
    article_of,
    head_kinds,
    id_of,
    prediction_kinds,
    reading_scope,
    scope_of,
    usage_of,
)
from evalkit.layers.base import Layer
from evalkit.layers.table import all_layers
from evalkit.records import Annotations, Article, Example, Prediction, Scope

__all__ = ["RecordDecoder", "article_at_a_glance", "holds_what_is_absent"]

Closely = Callable[[bytes], Any]
"""Reads a line that takes a closer look."""

_MISSES = 16
"""After so many lines that took a closer look the others of a file get one at once."""


class RecordDecoder:
    """Decodes the lines of one file, each of which was read before.

    Args:
        typed: what they were read by.
        closely: reads a line that it does not understand.
    """

    def __init__(self, typed: TypedRows, closely: Closely) -> None:
        self._typed, self._rest = typed, closely
        self._misses = 0 if all(map(holds_what_is_absent, all_layers())) else _MISSES

    def __call__(self, content: bytes) -> Any:
        """The example or the prediction of a line. Raises what the closer look raises."""
        if self._misses < _MISSES:
            predicted = self._typed.predicted
            record = _prediction(content) if predicted else _example(content, self._closely)
            if record is not None:
                return record
            self._misses += 1
        return self._closely(content)

    def _closely(self, content: bytes) -> Any:
        return self._typed.read_again(content) or self._rest(content)


def holds_what_is_absent(layer: Layer[Any]) -> bool:
    """Whether a record to which a field is not given holds what its layer says of one that is absent."""
    absent = {own.name: own.absent for own in layer.fields}
    for field in fields(layer.record):
        default = field.default if field.default_factory is MISSING else field.default_factory()
        if default is not MISSING and field.name in absent and default != absent[field.name]:
            return False
    return True


def article_at_a_glance(content: bytes) -> Article | None:
    """The id and the text of a line; None if it takes a closer look."""
    try:
        row = _article_decoder()(content)
        return Article(id=id_of(row), text=row.text or "")
    except DOUBTS:
        return None


def _example(content: bytes, closely: Closely) -> Example | None:
    """The example of a line; None if it takes a closer look, which what was said in readings may take later."""
    try:
        row = _gold_decoder()(content)
        if not _is_in_words_of_records(row, content):
            return None
        gold = Annotations(_layers(row), scope_of(row))
        names = [name for name, said in (row.readings or {}).items() if bytes(said) != b"null"]
        readings = _Readings(sorted(names), content, gold.scope, closely) if names else {}
        return Example(article=article_of(row, None), gold=gold, readings=readings)
    except DOUBTS:
        return None


def _prediction(content: bytes) -> Prediction | None:
    """The prediction of a line; None if it takes a closer look."""
    try:
        row = _predicted_decoder()(content)
        if not _is_in_words_of_records(row, content):
            return None
        given = _layers(row, GIVEN)
        return Prediction(
            article_id=id_of(row),
            annotations=Annotations(_layers(row), scope_of(row)),
            seconds=row.seconds or 0.0,
            error=None if row.error is UNSET else row.error,
            usage=usage_of(row),
            given=Annotations(given) if given else None,
        )
    except DOUBTS:
        return None


class _Readings(Mapping[str, Annotations]):
    """What each annotator said of an article, decoded when it is asked for; their names are known before.

    Args:
        names: those of the annotators, sorted.
        content: the line.
        scope: that of the gold.
        closely: reads the line if it takes a closer look.
    """

    def __init__(self, names: list[str], content: bytes, scope: Scope, closely: Closely) -> None:
        self._names, self._content, self._scope, self._closely = names, content, scope, closely
        self._said: Mapping[str, Annotations] | None = None

    def __getitem__(self, name: str) -> Annotations:
        if self._said is None:
            self._said = self._decoded()
        return self._said[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __repr__(self) -> str:
        return repr(dict(self))

    def _decoded(self) -> Mapping[str, Annotations]:
        try:
            rows = _readings_decoder()(self._content).readings
        except DOUBTS:
            example: Example = self._closely(self._content)
            return example.readings
        return {name: Annotations(_layers(rows[name]), reading_scope(rows[name], self._scope)) for name in self._names}


def _is_in_words_of_records(row: Any, content: bytes) -> bool:
    """Whether no item of a line stands at `start` and `end`: only zones do, and no letter of a key is escaped."""
    zones = len(row.zones or ())
    return content.count(b'"start"') == zones and b"\\u006" not in content and b"\\u007" not in content


def _layers(row: Any, before: str = "") -> dict[str, tuple[Any, ...]]:
    layers = {}
    for layer in all_layers():
        # What is not given is neither.
        if type(items := getattr(row, before + layer.name)) is tuple:
            layers[layer.name] = items
    return layers


def _layer_kinds(*before: str) -> dict[str, Any]:
    """The lists of records of a line, each name of a layer after each of some beginnings."""
    pairs = [(one + layer.name, layer.record) for one in before for layer in all_layers()]
    return {name: tuple[record, ...] | None | UnsetType for name, record in pairs}  # type: ignore[valid-type]


def _decoder(kinds: Mapping[str, Any]) -> Callable[[bytes], Any]:
    """Decodes lines into structs with these fields; other keys are passed over."""
    given = [(name, kind, UNSET) for name, kind in kinds.items()]
    return msgspec.json.Decoder(msgspec.defstruct("row", given, gc=False)).decode


@cache
def _article_decoder() -> Callable[[bytes], Any]:
    return _decoder({"id": str | UnsetType, "article_id": str | UnsetType, "text": Given})


@cache
def _gold_decoder() -> Callable[[bytes], Any]:
    return _decoder({**head_kinds(), **_layer_kinds(""), READINGS: dict[str, Raw] | None | UnsetType})


@cache
def _readings_decoder() -> Callable[[bytes], Any]:
    kinds = {**_layer_kinds(""), "scope": Raw | UnsetType}
    given = [(name, kind, UNSET) for name, kind in kinds.items()]
    reading: Any = msgspec.defstruct("reading", given, gc=False)
    return _decoder({READINGS: dict[str, reading | None]})


@cache
def _predicted_decoder() -> Callable[[bytes], Any]:
    return _decoder({**head_kinds(), **_layer_kinds("", GIVEN), **prediction_kinds})
