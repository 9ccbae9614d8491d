"""The native form: one JSON object an article, in lines (`.jsonl`) or as a list (`.json`).

::

    {"id": "a1", "text": "Ida Moen left Oslo.", "title": "", "source": "", "published": "", "lang": "en",
     "zones": [{"kind": "body", "start": 0, "end": 19}], "metadata": {}, "text_sha256": "…",
     "entities": [{"id": "e1", "spans": [[0, 8]], "text": "Ida Moen", "label": "PER", "entity_id": "moen"}],
     "quotes": [{"id": "q1", "kind": "direct", "content": [[0, 8]], "cue": [], "speaker": [0, 8],
                 "speaker_id": "moen"}],
     "stances": [{"id": "s1", "holder": "moen", "target": "topic:oslo", "label": "against", "evidence": []}]}

A layer that is absent or null was not annotated. Predictions use the same objects; `id` names the article and
`text` may be left out. `start`/`end` on an entity are read as its one span, and ids may be left out. `text` beside
spans is what the file claims to stand there: it is compared, never trusted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evalkit.errors import FormatError
from evalkit.formats.native.json_rows import read_rows
from evalkit.formats.native.written_rows import (
    annotations_to_row,
    article_to_row,
    dump_line,
    example_to_row,
    prediction_to_row,
    sha256_text,
)
from evalkit.records import (
    LAYERS,
    Annotations,
    Article,
    Entity,
    Example,
    Prediction,
    Quote,
    Scope,
    Span,
    Stance,
    Zone,
)

__all__ = [
    "annotations_from_row",
    "annotations_to_row",
    "article_from_row",
    "article_id_of",
    "article_to_row",
    "claimed_surfaces",
    "dump_line",
    "example_from_row",
    "example_to_row",
    "prediction_from_row",
    "prediction_to_row",
    "read_rows",
    "sha256_text",
]

Row = dict[str, Any]


def _span(value: Any, where: str) -> Span:
    # The common case first: this is where most of the time of reading goes.
    if type(value) is list and len(value) == 2 and type(value[0]) is int and type(value[1]) is int:
        return Span(value[0], value[1])
    if isinstance(value, Mapping):
        value = (value.get("start"), value.get("end"))
    if not (
        isinstance(value, (list, tuple))
        and len(value) == 2
        and all(isinstance(offset, int) and not isinstance(offset, bool) for offset in value)
    ):
        raise FormatError(f"{where}: span {value!r} is not [start, end] in whole code points")
    return Span(value[0], value[1])


def _spans(value: Any, where: str) -> tuple[Span, ...]:
    if value is None:
        return ()
    if not isinstance(value, (list, tuple)):
        raise FormatError(f"{where}: expected a list of [start, end], found {value!r}")
    if len(value) == 1:
        return (_span(value[0], where),)
    if len(value) == 2 and all(isinstance(offset, int) for offset in value):
        return (_span(value, where),)
    return tuple(_span(item, where) for item in value)


def _text(row: Mapping[str, Any], key: str, where: str, default: str | None = None) -> str:
    value = row.get(key, default)
    if type(value) is str:
        return value
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise FormatError(f"{where}: {key!r} must be a string, found {value!r}")
    return value


def _optional(row: Mapping[str, Any], key: str, where: str) -> str | None:
    return None if row.get(key) is None else _text(row, key, where)


def _score(row: Mapping[str, Any], where: str) -> float | None:
    value = row.get("score")
    if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
        raise FormatError(f"{where}: 'score' must be a number, found {value!r}")
    return None if value is None else float(value)


def _items(row: Mapping[str, Any], layer: str, where: str) -> list[tuple[str, Mapping[str, Any]]] | None:
    items = row.get(layer)
    if items is None:
        return None
    if not isinstance(items, (list, tuple)):
        raise FormatError(f"{where}: {layer!r} must be a list or null, found {type(items).__name__}")
    for index, item in enumerate(items):
        if type(item) is not dict and not isinstance(item, Mapping):
            raise FormatError(f"{where}: {layer}[{index}] must be an object, found {item!r}")
    return [(f"{where}: {layer}[{index}]", item) for index, item in enumerate(items)]


def _entity(item: Mapping[str, Any], number: int, where: str) -> Entity:
    spans = item.get("spans")
    if spans is None and "start" in item:
        spans = [[item.get("start"), item.get("end")]]
    return Entity(
        id=_text(item, "id", where, f"e{number}"),
        spans=_spans(spans, where),
        label=_text(item, "label", where),
        entity_id=_optional(item, "entity_id", where),
        score=_score(item, where),
    )


def _quote(item: Mapping[str, Any], number: int, where: str) -> Quote:
    speaker = item.get("speaker")
    return Quote(
        id=_text(item, "id", where, f"q{number}"),
        kind=_text(item, "kind", where, "direct"),
        content=_spans(item.get("content"), where),
        cue=_spans(item.get("cue"), where),
        speaker=None if speaker is None else _span(speaker, where),
        speaker_id=_optional(item, "speaker_id", where),
        score=_score(item, where),
    )


def _stance(item: Mapping[str, Any], number: int, where: str) -> Stance:
    return Stance(
        id=_text(item, "id", where, f"s{number}"),
        holder=_text(item, "holder", where),
        target=_text(item, "target", where),
        label=_text(item, "label", where),
        evidence=_spans(item.get("evidence"), where),
        quote_id=_optional(item, "quote_id", where),
        score=_score(item, where),
    )


def annotations_from_row(row: Mapping[str, Any], where: str) -> Annotations:
    """The layers of a JSON object.

    Raises:
        FormatError: a field is missing or of the wrong type; says where and what was found.
    """
    entities, quotes, stances = (_items(row, layer, where) for layer in LAYERS)
    return Annotations(
        entities=None if entities is None else tuple(_entity(e, n, at) for n, (at, e) in enumerate(entities, 1)),
        quotes=None if quotes is None else tuple(_quote(q, n, at) for n, (at, q) in enumerate(quotes, 1)),
        stances=None if stances is None else tuple(_stance(s, n, at) for n, (at, s) in enumerate(stances, 1)),
        scope=_scope(row, where),
    )


def _scope(row: Mapping[str, Any], where: str) -> Scope:
    scope = row.get("scope") or {}
    if not isinstance(scope, Mapping):
        raise FormatError(f"{where}: 'scope' must be an object, found {scope!r}")
    declared: dict[str, tuple[str, ...] | None] = {}
    for key in ("layers", "labels", "zones"):
        names = scope.get(key)
        if names is not None and not (isinstance(names, (list, tuple)) and all(isinstance(n, str) for n in names)):
            raise FormatError(f"{where}: scope {key!r} must be a list of names or null, found {names!r}")
        declared[key] = None if names is None else tuple(names)
    return Scope(**declared)


def claimed_surfaces(row: Mapping[str, Any]) -> dict[tuple[str, int], str]:
    """The `text` that a row claims to stand at the spans of its items, by layer and index."""
    return {
        (layer, index): item["text"]
        for layer in LAYERS
        for index, item in enumerate(row.get(layer) or ())
        if (type(item) is dict or isinstance(item, Mapping)) and isinstance(item.get("text"), str)
    }


def article_id_of(row: Mapping[str, Any], where: str) -> str:
    """The article that a JSON object is about: its `id`, or `article_id`."""
    return _text(row, "article_id" if "article_id" in row else "id", where)


def article_from_row(row: Mapping[str, Any], where: str) -> Article:
    """The article of a JSON object; `text` may be absent (scoring does not need it).

    Raises:
        FormatError: a field is missing or of the wrong type.
    """
    zones = row.get("zones") or ()
    if not isinstance(zones, (list, tuple)):
        raise FormatError(f"{where}: 'zones' must be a list, found {zones!r}")
    metadata = row.get("metadata") or {}
    if not isinstance(metadata, Mapping):
        raise FormatError(f"{where}: 'metadata' must be an object, found {metadata!r}")
    return Article(
        id=article_id_of(row, where),
        text=_text(row, "text", where, ""),
        title=_text(row, "title", where, ""),
        source=_text(row, "source", where, ""),
        published=_text(row, "published", where, ""),
        lang=_text(row, "lang", where, ""),
        zones=tuple(_zone(zone, f"{where}: zones[{index}]") for index, zone in enumerate(zones)),
        metadata={key: str(value) for key, value in metadata.items() if value is not None},
    )


def _zone(zone: Any, where: str) -> Zone:
    if not isinstance(zone, Mapping):
        raise FormatError(f"{where}: expected an object with kind, start and end, found {zone!r}")
    return Zone(_text(zone, "kind", where), *_span(zone, where))


def example_from_row(row: Mapping[str, Any], where: str) -> Example:
    """An article with its gold, from a JSON object."""
    return Example(article=article_from_row(row, where), gold=annotations_from_row(row, where))


def prediction_from_row(row: Mapping[str, Any], where: str) -> Prediction:
    """A prediction, from a JSON object; all but the article's id is optional."""
    given = _items(row, "given_stances", where)
    seconds, usage = row.get("seconds") or 0.0, row.get("usage") or {}
    if not isinstance(seconds, (int, float)):
        raise FormatError(f"{where}: 'seconds' must be a number, found {seconds!r}")
    if not isinstance(usage, Mapping):
        raise FormatError(f"{where}: 'usage' must be an object, found {usage!r}")
    return Prediction(
        article_id=article_id_of(row, where),
        annotations=annotations_from_row(row, where),
        seconds=float(seconds),
        error=_optional(row, "error", where),
        usage=dict(usage),
        given_stances=None if given is None else tuple(_stance(s, n, at) for n, (at, s) in enumerate(given, 1)),
    )
