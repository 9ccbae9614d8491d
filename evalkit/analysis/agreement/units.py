"""What readers mark, as units of a text, layer by layer and part by part: what alpha is computed of.

Parts of a layer are

* `boundary`: where items stand, whatever they are;
* `label`: the same, with their labels as kinds;
* each other place that its items have, such as the `cue` of a quote: where these stand (`speaker-span`, where the
  speaker is a thing besides);
* each thing that its items name, such as the `speaker` of a quote and the `target` of a stance: where items stand, with
  the thing as their kind. Ids are everybody's own, so they are compared through mentions, as the scorer does
  (`evalkit.scoring.alignment`), in the words of the first reader of the article by name. What a topic is called is free
  too: all topics are of one kind.

A part that a reader's scope leaves out is not compared in that article.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from evalkit.analysis.agreement.unitised import ArticleLengths, Unit, article_lengths, coding_lengths
from evalkit.layers.base import Layer
from evalkit.records import TOPIC_PREFIX, Annotations, Example, Span
from evalkit.scoring.alignment import Alignment, align
from evalkit.scoring.survey import annotates

__all__ = ["Part", "PartLengths", "layer_lengths", "parts_of", "place_fields"]

UnitsOf = Callable[[Any, Alignment], Iterator[Unit]]
"""The units of an item, given what the names of its reader mean."""


class Part(NamedTuple):
    """A part of a layer.

    Attributes:
        name: how it is called.
        fields: the fields of the items that hold it; nothing for what every item has.
        shared: whether a kind means the same in every article.
        units: the units of an item.
        has_kinds: whether its units are of several kinds, or only stand somewhere.
    """

    name: str
    fields: tuple[str, ...]
    shared: bool
    units: UnitsOf
    has_kinds: bool = False


def place_fields(layer: Layer[Any]) -> dict[str, str]:
    """The places that items have beside where they stand, such as the cue of a quote: name → field."""
    words, others = set(layer.names.values()), layer.span_names.items()
    return {f"{word}-span" if word in words else word: field for field, word in others if field != layer.spans_field}


def parts_of(layer: Layer[Any]) -> list[Part]:
    """The parts of a layer; nothing where its items do not stand in the text."""
    if layer.spans_field is None:
        return []
    parts = [
        Part("boundary", (), True, lambda item, _: _units(layer.spans(item), "")),
        Part("label", (), True, lambda item, _: _units(layer.spans(item), layer.label(item)), True),
    ]
    parts += [Part(name, (field,), True, partial(_places, field)) for name, field in place_fields(layer).items()]
    mentions = {thing: place for place, thing in layer.span_ids.items()}
    for field, word in layer.names.items():
        fields = tuple(filter(None, (field, mentions.get(field, ""))))
        parts.append(Part(word, fields, False, partial(_things, layer, field, mentions.get(field)), True))
    return parts


class PartLengths(NamedTuple):
    """What articles add to the alpha of a part, by id: those in which two readers annotated it.

    Attributes:
        part: the part.
        lengths: of everything, gaps included.
        coding: of what several marked; of a part that has kinds, for others None.
    """

    part: Part
    lengths: dict[str, ArticleLengths]
    coding: dict[str, ArticleLengths] | None


def layer_lengths(layer: Layer[Any], examples: Sequence[Example]) -> Iterator[PartLengths]:
    """The parts of a layer, each with what articles add to its alpha."""
    meanings: dict[tuple[str, str, str], Alignment] = {}

    def meaning(article: str, first: tuple[str, Annotations], other: tuple[str, Annotations]) -> Alignment:
        key = article, first[0], other[0]
        if key not in meanings:
            meanings[key] = align(first[1], other[1])
        return meanings[key]

    for part in parts_of(layer):
        lengths, coding = {}, {}
        for example in examples:
            readings = [one for one in sorted(example.readings.items()) if _annotates(one[1], layer, part)]
            if len(readings) < 2:
                continue
            units = [
                _of_reading(
                    layer, part, one[1], _NOBODY if part.shared else meaning(example.article.id, readings[0], one)
                )
                for one in readings
            ]
            lengths[example.article.id] = article_lengths(units, len(example.article.text))
            if part.has_kinds:
                coding[example.article.id] = coding_lengths(units)
        yield PartLengths(part, lengths, coding if part.has_kinds else None)


_NOBODY = Alignment({}, {})


def _annotates(reading: Annotations, layer: Layer[Any], part: Part) -> bool:
    scope = reading.scope
    return (
        reading[layer.name] is not None
        and (scope.layers is None or layer.name in scope.layers)
        and (not part.fields or annotates(scope.of_layer(layer.name), layer, part.fields))
    )


def _of_reading(layer: Layer[Any], part: Part, reading: Annotations, meaning: Alignment) -> list[Unit]:
    labels, scope = reading.scope.of_layer(layer.name).labels, reading.scope.labels
    return [
        unit
        for item in reading[layer.name] or ()
        if layer.in_scope(item, scope) and (labels is None or layer.label(item) in labels)
        for unit in part.units(item, meaning)
    ]


def _units(spans: Sequence[Span], kind: str) -> Iterator[Unit]:
    return (Unit(span.start, span.end, kind) for span in spans)


def _places(field: str, item: Any, _: Alignment) -> Iterator[Unit]:
    value: Any = getattr(item, field)
    spans = () if value is None else (value,) if isinstance(value, Span) else value
    return _units(spans, "")


def _things(layer: Layer[Any], field: str, mention: str | None, item: Any, meaning: Alignment) -> Iterator[Unit]:
    name = getattr(item, field)
    place = None if mention is None else getattr(item, mention)
    return _units(layer.spans(item), _thing(name, place, meaning))


def _thing(name: str | None, place: Span | None, meaning: Alignment) -> str:
    """What a name, or a mention without one, stands for; nobody is a kind of its own."""
    if name is not None:
        return TOPIC_PREFIX if name.startswith(TOPIC_PREFIX) else meaning.gold_id(name)
    if place is None:
        return ""
    named = next((other for other in meaning.mentions if meaning.means(place, other)), None)
    return f"@{place.start}" if named is None else named
