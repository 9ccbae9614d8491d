"""The native form: one JSON object an article, in lines (`.jsonl`) or as a list (`.json`).

::

    {"id": "a1", "text": "Ida Moen left Oslo.", "title": "", "source": "", "published": "", "lang": "en",
     "zones": [{"kind": "body", "start": 0, "end": 19}], "metadata": {}, "text_sha256": "…",
     "entities": [{"id": "e1", "spans": [[0, 8]], "text": "Ida Moen", "label": "PER", "entity_id": "moen"}],
     "quotes": [{"id": "q1", "kind": "direct", "content": [[0, 8]], "cue": [], "speaker": [0, 8],
                 "speaker_id": "moen"}],
     "stances": [{"id": "s1", "holder": "moen", "target": "topic:oslo", "label": "against", "evidence": []}]}

Each layer has a list of objects under its name, with the fields of its record (see `evalkit.layers`). A layer that is
absent or null was not annotated. Where several people read the article, `readings` has the same lists for each of them,
by name, with a `scope` where that is not the gold's: `{"kari": {"entities": […]}, "ola": {"entities": […]}}`.
Predictions use the same objects; `id` names the article and `text` may be left out; `given_LAYER` holds items of the
gold with the labels that the extractor chose for them. `start`/`end` on an item are read as its one span, ids may be
left out or be whole numbers, and a layer may be an object of lists. `text` beside spans is what the file claims to
stand there: it is compared, never trusted.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any

import orjson

from evalkit.errors import FormatError
from evalkit.formats.native.json_rows import read_rows
from evalkit.formats.native.table_rows import upright
from evalkit.layers.base import Layer
from evalkit.layers.fields import SPAN, TEXT
from evalkit.layers.keys import UnreadKey, described_keys, known_keys, unread_keys
from evalkit.layers.scopes import layer_scopes, scope_to_table
from evalkit.layers.table import all_layers, layer_names, load_layer
from evalkit.records import Annotations, Article, Example, Prediction, Scope, Zone
from evalkit.registry import near_match

__all__ = [
    "READINGS",
    "annotations_from_row",
    "annotations_to_row",
    "article_from_row",
    "article_id_of",
    "article_to_row",
    "claimed_surfaces",
    "dump_line",
    "example_from_row",
    "example_to_row",
    "misspelt_layer",
    "prediction_from_row",
    "prediction_line",
    "prediction_to_row",
    "read_rows",
    "reading_rows",
    "scope_from_row",
    "sha256_text",
    "unknown_layers",
    "unlabelled",
    "unread_fields",
]

Row = dict[str, Any]

READINGS = "readings"
"""The key of what each annotator said."""

GIVEN = "given_"
"""Before the name of a layer: items of the gold with labels that an extractor chose."""


def sha256_text(text: str) -> str:
    """SHA-256 of the text as UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def dump_line(row: Mapping[str, Any]) -> str:
    """One JSON line, UTF-8 characters kept, keys in the order given, ending in a line feed."""
    return _written(row) + "\n"


_written = json.JSONEncoder(ensure_ascii=False).encode


def _text(row: Mapping[str, Any], key: str, where: str, default: str | None = None) -> str:
    value = row.get(key, default)
    if type(value) is str:
        return value
    if value is None and default is not None:
        return default
    raise FormatError(f"{where}: {key!r} must be a string, found {value!r}")


def _items(
    row: Mapping[str, Any], key: str, layer: Layer[Any], where: str, *, labelled: bool
) -> tuple[Any, ...] | None:
    values = upright(row.get(key))
    if values is None:
        return None
    if not isinstance(values, (list, tuple)):
        raise FormatError(f"{where}: {key!r} must be a list or null, found {type(values).__name__}")
    items = []
    for index, value in enumerate(values):
        if type(value) is not dict and not isinstance(value, Mapping):
            raise FormatError(f"{where}: {key}[{index}] must be an object, found {value!r}")
        try:
            items.append(layer.from_json(value, index + 1))
        except FormatError as error:
            there = described_keys(layer, value)
            raise FormatError(f"{where}: {key}[{index}]: {error}" + (f"; {there}" if there else "")) from error
    if labelled and (bare := unlabelled(layer, items)) is not None:
        raise FormatError(f"{where}: {key}[{bare}]: {layer.label_field!r} is empty; name one, or leave the item out")
    return tuple(items)


def unlabelled(layer: Layer[Any], items: Sequence[Any]) -> int | None:
    """The index of the first item whose label is empty or blank; None if there is none."""
    with contextlib.suppress(TypeError):
        if all(map(str.strip, set(map(layer.label, items)))):
            return None
    # A label that is no text is for others to judge.
    labels = enumerate(map(layer.label, items))
    return next((index for index, label in labels if isinstance(label, str) and not label.strip()), None)


def annotations_from_row(row: Mapping[str, Any], where: str) -> Annotations:
    """The layers of a JSON object.

    Raises:
        FormatError: a field is missing or of the wrong type; says where and what was found.
    """
    return Annotations(_layers(row, "", where), scope_from_row(row, where))


def _layers(row: Mapping[str, Any], before: str, where: str) -> dict[str, tuple[Any, ...]]:
    found = {}
    for layer in all_layers():
        # A pair that was given may have got no label, which counts as missed.
        items = _items(row, before + layer.name, layer, where, labelled=not before)
        if items is not None:
            found[layer.name] = items
    return found


def scope_from_row(row: Mapping[str, Any], where: str) -> Scope:
    """What of an article was annotated exhaustively, from a JSON object.

    Raises:
        FormatError: it says something else.
    """
    scope = row.get("scope") or {}
    if not isinstance(scope, Mapping):
        raise FormatError(f"{where}: 'scope' must be an object, found {scope!r}")
    declared: dict[str, tuple[str, ...] | None] = {}
    for key in ("layers", "labels", "zones"):
        names = scope.get(key)
        if names is not None and not (isinstance(names, (list, tuple)) and all(isinstance(n, str) for n in names)):
            raise FormatError(f"{where}: scope {key!r} must be a list of names or null, found {names!r}")
        declared[key] = None if names is None else tuple(names)
    # What else it holds are the scopes of single layers, by name.
    of = layer_scopes({key: value for key, value in scope.items() if key not in declared}, where)
    return Scope(layers=declared["layers"], labels=declared["labels"], zones=declared["zones"], of=of)


def claimed_surfaces(row: Mapping[str, Any], where: str) -> dict[tuple[str, int], str]:
    """The `text` that a row claims to stand at the spans of its items, by layer and index.

    Raises:
        FormatError: one is no text, so that it could be compared with nothing.
    """
    found = {
        (layer, index): text
        for layer in layer_names()
        for index, item in enumerate(upright(row.get(layer)) or ())
        if (type(item) is dict or isinstance(item, Mapping)) and (text := item.get("text")) is not None
    }
    for (layer, index), text in found.items():
        if not isinstance(text, str):
            raise FormatError(f"{where}: {layer}[{index}]: 'text' must be a string, found {text!r}")
    return found


def unread_fields(row: Mapping[str, Any]) -> dict[tuple[str, int], tuple[UnreadKey, ...]]:
    """The keys of a row's items that nothing is read from, by the name that lists them and index.

    Looked for in all items of a list together: there are millions of items, and few have such a key.
    """
    found: dict[tuple[str, int], tuple[UnreadKey, ...]] = {}
    for name, (layer, known, looks_inside) in _listed_layers().items():
        items = upright(row.get(name))
        if items and (looks_inside or not known.issuperset(chain.from_iterable(items))):
            for index, item in enumerate(items):
                if looks_inside or not known.issuperset(item):
                    own = tuple(unread_keys(layer, item))
                    if own:
                        found[name, index] = own
    return found


@cache
def _listed_layers() -> dict[str, tuple[Layer[Any], frozenset[str], bool]]:
    """Each name that lists items, their layer, its keys, and whether one of them may be an object with an id."""
    return {
        before + layer.name: (layer, known_keys(layer), bool(layer.span_ids))
        for layer in all_layers()
        for before in ("", GIVEN)
    }


def unknown_layers(row: Mapping[str, Any]) -> dict[str, int]:
    """How many objects a row lists under a name that is no layer: a misspelt one, or one that is not installed."""
    return {
        key: len(items)
        for key, value in row.items()
        if type(value) in (list, dict)
        and not _is_known(key)
        and type(items := upright(value)) is list
        and items
        and type(items[0]) is dict
    }


def misspelt_layer(row: Mapping[str, Any]) -> tuple[str, str] | None:
    """A name in a row that stands for a layer which the row does not have, and the layer; None if there is none.

    The name must be near, and its first object one of that layer: `ents` holds entities, `sentences` hold no stances.
    Where it is empty, or holds what has no place in the text, the name must begin alike, too.
    """
    for key, value in row.items():
        if value == [] and key not in _NO_LAYERS and key not in layer_names():
            near = near_match(key, layer_names())
            if near is not None and _begin_alike(key, near) and near not in row:
                return key, near
    for key in unknown_layers(row):
        before = GIVEN if key.startswith(GIVEN) else ""
        near = near_match(key.removeprefix(before), layer_names())
        if near is None or before + near in row:
            continue
        try:
            item = load_layer(near).from_json(upright(row[key])[0], 1)
        except FormatError:
            continue
        placeless = load_layer(near).spans_field is None
        if _begin_alike(key.removeprefix(before), near) if placeless else load_layer(near).spans(item):
            return key, before + near
    return None


def _begin_alike(one: str, other: str) -> bool:
    return one[:2].lower() == other[:2].lower()


_NO_LAYERS = {"zones", "scope", "metadata", "usage", READINGS}


def _is_known(key: str) -> bool:
    return key in _NO_LAYERS or key.removeprefix(GIVEN) in layer_names()


def article_id_of(row: Mapping[str, Any], where: str) -> str:
    """The article that a JSON object is about: its `id`, or `article_id`; a whole number is taken as its digits."""
    key = "article_id" if "article_id" in row else "id"
    value = row.get(key)
    if value is None:
        there = ", ".join(map(repr, row)) or "nothing"
        raise FormatError(f"{where}: {key!r} must be a string, found {value!r}; the row has {there}")
    return str(value) if type(value) is int else _text(row, key, where)


def article_from_row(row: Mapping[str, Any], where: str) -> Article:
    """The article of a JSON object; `text` may be absent (scoring does not need it).

    Raises:
        FormatError: a field is missing or of the wrong type.
    """
    zones = upright(row.get("zones")) or ()
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
    try:
        return Zone(TEXT.read(zone.get("kind"), "kind"), *SPAN.read(zone, "zone"))
    except FormatError as error:
        raise FormatError(f"{where}: {error}") from error


def example_from_row(row: Mapping[str, Any], where: str) -> Example:
    """An article with its gold, from a JSON object."""
    gold = annotations_from_row(row, where)
    readings = {
        name: _reading(own, gold.scope, f"{where}: {READINGS}.{name}") for name, own in reading_rows(row, where).items()
    }
    return Example(article=article_from_row(row, where), gold=gold, readings=readings)


def reading_rows(row: Mapping[str, Any], where: str) -> dict[str, Mapping[str, Any]]:
    """What each annotator said, as JSON objects by name; a table has null for those who said nothing.

    Raises:
        FormatError: it is no object of objects, or a name is empty.
    """
    given = row.get(READINGS)
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise FormatError(f'{where}: {READINGS!r} must be an object such as {{"kari": {{…}}}}, found {given!r:.60}')
    rows = {name: own for name, own in sorted(given.items()) if own is not None}
    for name, own in rows.items():
        if not name.strip():
            raise FormatError(f"{where}: {READINGS} has one of {name!r}; name the annotator")
        if not isinstance(own, Mapping):
            raise FormatError(f"{where}: {READINGS}.{name} must be an object of layers, found {own!r:.60}")
    return rows


def _reading(row: Mapping[str, Any], scope: Scope, where: str) -> Annotations:
    own = annotations_from_row(row, where)
    return own if row.get("scope") is not None else Annotations(own.layers, scope)


def prediction_from_row(row: Mapping[str, Any], where: str) -> Prediction:
    """A prediction, from a JSON object; all but the article's id is optional."""
    given = _layers(row, GIVEN, where)
    seconds, usage = row.get("seconds") or 0.0, row.get("usage") or {}
    if not isinstance(seconds, (int, float)):
        raise FormatError(f"{where}: 'seconds' must be a number, found {seconds!r}")
    if not isinstance(usage, Mapping):
        raise FormatError(f"{where}: 'usage' must be an object, found {usage!r}")
    return Prediction(
        article_id=article_id_of(row, where),
        annotations=annotations_from_row(row, where),
        seconds=float(seconds),
        error=None if row.get("error") is None else _text(row, "error", where),
        usage=dict(usage),
        given=Annotations(given) if given else None,
    )


def annotations_to_row(annotations: Annotations, text: str | None = None) -> Row:
    """The layers as JSON values; with `text`, items carry what stands at their spans so that a diff can be read."""
    return {
        layer.name: None if items is None else [layer.to_json(item, text) for item in items]
        for layer in all_layers()
        if (items := layer.of(annotations)) is not None or layer.always_stated
    }


def article_to_row(article: Article) -> Row:
    """The article as JSON values, with the hash of its text."""
    return {
        "id": article.id,
        "title": article.title,
        "source": article.source,
        "published": article.published,
        "lang": article.lang,
        "metadata": dict(article.metadata),
        "text_sha256": sha256_text(article.text),
        "text": article.text,
        "zones": [{"kind": zone.kind, "start": zone.start, "end": zone.end} for zone in article.zones],
    }


def example_to_row(example: Example) -> Row:
    """Article, gold and readings as JSON values."""
    gold, text = example.gold, example.article.text
    row = article_to_row(example.article) | annotations_to_row(gold, text) | {"scope": _scope_to_row(gold.scope)}
    if example.readings:
        row[READINGS] = {
            name: annotations_to_row(own, text)
            | ({} if own.scope == gold.scope else {"scope": _scope_to_row(own.scope)})
            for name, own in sorted(example.readings.items())
        }
    return row


def _scope_to_row(scope: Scope) -> Row:
    declared = {key: getattr(scope, key) for key in ("layers", "labels", "zones")}
    stated: Row = {key: None if value is None else list(value) for key, value in declared.items()}
    return stated | {own.layer: scope_to_table(own) for own in scope.of}


def prediction_to_row(prediction: Prediction) -> Row:
    """A prediction as JSON values; fields that say nothing are left out."""
    row: Row = {"id": prediction.article_id} | annotations_to_row(prediction.annotations)
    if prediction.given is not None:
        given = annotations_to_row(prediction.given)
        row |= {GIVEN + layer: items for layer, items in given.items() if items is not None}
    if prediction.error is not None:
        row["error"] = prediction.error
    if prediction.usage:
        row["usage"] = dict(prediction.usage)
    return row


def prediction_line(prediction: Prediction) -> bytes:
    """A prediction as one JSON line with its line feed: the same bytes whoever writes it.

    Times are left out: they differ between runs that are otherwise the same.
    """
    return orjson.dumps(prediction_to_row(prediction), option=orjson.OPT_APPEND_NEWLINE)
