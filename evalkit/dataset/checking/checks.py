"""What can be wrong with an annotated article; every problem is reported, each with a stable code.

==========================  ===========================================================================
code                        what is wrong
==========================  ===========================================================================
offset-out-of-range         a span begins before the text or ends after it
span-empty                  start and end are equal
span-reversed               start is after end
span-missing                an item of the text, such as an entity or the content of a quote, has no span at all
span-whitespace             white space at an end of a span
text-mismatch               the text beside an item is not what stands at its spans
offset-unit                 an offset that is none in the unit that was named, such as one inside a surrogate pair
text-hash                   the text is not the one that was annotated
text-empty                  there is no text
label-unknown               a label outside the inventory
quote-kind-unknown          a kind of quote outside the inventory
stance-label-unknown        a stance label outside the inventory
id-duplicate                two items of a layer, or two articles, have one id
item-duplicate              two items say the same
reference-unknown           a speaker_id, holder, target or quote_id that nothing has
topic-form                  a topic that is not `topic:words-with-hyphens`, or an alias of one that is not
                            `words-with-hyphens`
alias-of-entity             other names given to a target that is no topic
alias-of-another            a topic that may be called as another topic of the article is
spans-cross                 two entities, or the contents of two quotes, overlap without nesting
entity-labels-differ        one entity_id has two labels
evidence-missing            a stance without evidence
zone-unknown                a zone of unknown kind
zone-overlap                two zones overlap
in-boilerplate              an item in a zone where nothing is annotated
date-invalid                `published` is no ISO date
lang-invalid                `lang` is no language code
==========================  ===========================================================================

`FATAL` and the codes of labels are those that make a score meaningless; loading refuses them. The others are for the
people who keep the gold. Building and validating a dataset folder adds codes of its own (see
`evalkit.dataset.checking.validate`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from evalkit.dataset.checking.check_spans import (
    are_possible,
    check_overlaps,
    check_surfaces,
    check_zones,
    span_problems,
)
from evalkit.dataset.checking.offsets import GOLD, Evidence
from evalkit.dataset.checking.problems import Problem, place_of
from evalkit.dataset.labels import Inventory, with_metadata_layers
from evalkit.formats.base import Claims
from evalkit.formats.native.rows import sha256_text
from evalkit.layers.base import Fault, Layer, unknown_reference
from evalkit.layers.table import all_layers, load_layer
from evalkit.records import Annotations, Article, Example, Span, Zone
from evalkit.registry import near_match

__all__ = ["FATAL", "Problem", "check_example", "check_ids", "check_readings", "check_scorable", "check_spans"]

FATAL = frozenset(
    {
        "offset-out-of-range",
        "span-empty",
        "span-reversed",
        "span-missing",
        "text-mismatch",
        "text-hash",
        "offset-unit",
        "id-duplicate",
        "format",
    }
)
"""Codes of problems with which nothing can be scored; a label outside the inventory is another."""

ANSWERED = Evidence()
"""What is known of the answers of an extractor besides their offsets."""

_LANG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def check_example(
    example: Example,
    inventory: Inventory | None = None,
    *,
    surfaces: Mapping[tuple[str, int], str] | None = None,
    sha256: str | None = None,
    proved: bool = False,
) -> list[Problem]:
    """Every problem of one annotated article, sorted by place.

    Args:
        example: the article and its gold.
        inventory: the labels that may occur; None checks no labels.
        surfaces: the texts that a file claims to stand at the spans of its items, by layer and index.
        sha256: the hash that a file claims its text to have.
        proved: whether the reader looked at offsets, text and ids (see `evalkit.formats.base.Claims`).
    """
    found = [
        *_check_article(example.article, None if proved else sha256),
        *check_zones(example.article),
        *_check_annotations(example, inventory, surfaces or {}, proved=proved),
    ]
    return sorted(found, key=Problem.sort_key)


def _check_annotations(
    example: Example, inventory: Inventory | None, surfaces: Mapping[tuple[str, int], str], *, proved: bool
) -> Iterator[Problem]:
    article, gold = example.article, example.gold
    if not proved:
        evidence = Evidence(surfaces, GOLD)
        yield from span_problems(article, gold, evidence)
        yield from check_surfaces(article, gold, evidence)
        yield from _check_ids_of_items(article, gold)
    yield from _check_ends(article, gold)
    yield from check_overlaps(article, gold)
    yield from _check_items(article, gold)
    if inventory is not None:
        yield from _check_labels(example, inventory)


def check_readings(
    example: Example, inventory: Inventory | None, claims: Mapping[str, Claims], *, fatal: bool = False
) -> list[Problem]:
    """The problems of what each annotator said, looked at as gold is; their places name the annotator.

    Args:
        example: the article and its readings.
        inventory: the labels that may occur; None checks no labels.
        claims: what a file says besides the readings, by annotator.
        fatal: only what `check_scorable` looks for.
    """
    found = []
    for name, reading in example.readings.items():
        # Of one that is the gold everything is said already.
        if reading == example.gold:
            continue
        said = claims.get(name, Claims())
        surfaces, proved = said.surfaces, said.proved
        own = replace(example, gold=reading)
        problems = (
            check_scorable(own, inventory, surfaces=surfaces, proved=proved)
            if fatal
            else _check_annotations(own, inventory, surfaces, proved=proved)
        )
        found += [replace(one, place=f"readings.{name}.{one.place}") for one in problems if one.place[:5] != "zones"]
    return sorted(found, key=Problem.sort_key)


def check_scorable(
    example: Example,
    inventory: Inventory | None = None,
    *,
    surfaces: Mapping[tuple[str, int], str] | None = None,
    sha256: str | None = None,
    proved: bool = False,
) -> list[Problem]:
    """The problems with a code in `FATAL` only, sorted by place: what loading looks for, faster than everything.

    Scoring needs no text, so an article without one is no problem; nothing is compared with it then. What was `proved`
    when it was read (see `evalkit.formats.base.Claims`) has no wrong offset, text or id.
    """
    article, gold, evidence = example.article, example.gold, Evidence(surfaces or {}, GOLD)
    found = (
        ()
        if proved
        else [
            *(_check_article(article, sha256) if sha256 else ()),
            *check_zones(article),
            *span_problems(article, gold, evidence),
            *check_surfaces(article, gold, evidence),
            *_check_ids_of_items(article, gold),
        ]
    )
    wrong_labels = _check_labels(example, inventory) if inventory is not None else ()
    return sorted([*(one for one in found if one.code in FATAL), *wrong_labels], key=Problem.sort_key)


def check_spans(article: Article, annotations: Annotations, evidence: Evidence = ANSWERED) -> list[Problem]:
    """The spans that cannot be in the text, gold or predicted: out of range, empty, reversed, missing.

    The message names a cause where one explains all spans of the article, such as offsets in UTF-16 code units.
    """
    return sorted(span_problems(article, annotations, evidence), key=Problem.sort_key)


def check_ids(articles: Iterable[tuple[str, str]]) -> list[Problem]:
    """A problem for each article id that is given more than once; each comes with its place, which may be empty."""
    first: dict[str, str] = {}
    double: dict[str, str] = {}
    for article_id, where in articles:
        if article_id in first:
            places = f" ({first[article_id]} and {where})" if where else ""
            double.setdefault(article_id, f"two articles have the id {article_id!r}{places}; rename or remove one")
        first.setdefault(article_id, where)
    return [Problem(name, "id", "id-duplicate", message) for name, message in sorted(double.items())]


def _check_article(article: Article, sha256: str | None) -> Iterator[Problem]:
    if not article.text.strip():
        yield Problem(article.id, "text", "text-empty", "the article has no text; add it, or the corpus file")
    if sha256 and article.text and (found := sha256_text(article.text)) != sha256:
        yield Problem(
            article.id,
            "text_sha256",
            "text-hash",
            f"the text has SHA-256 {found[:12]}…, annotated was {sha256[:12]}…; restore the text or annotate it anew",
        )
    if article.published and not _is_date(article.published):
        message = f"published is {article.published!r}; write an ISO date such as 2025-03-14"
        yield Problem(article.id, "published", "date-invalid", message)
    if article.lang and not _LANG.fullmatch(article.lang):
        message = f"lang is {article.lang!r}; write an ISO 639 code such as en"
        yield Problem(article.id, "lang", "lang-invalid", message)


def _is_date(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return len(value) >= len("2025-01-01")


def _check_labels(example: Example, inventory: Inventory) -> Iterator[Problem]:
    """Labels and kinds outside the inventory, in layers of which it names some."""
    whole = with_metadata_layers(example, inventory).gold
    for layer in all_layers():
        items, known = layer.of(whole) or (), inventory.labels_of(layer.name)
        if not known or set(map(layer.label, items)).issubset(known):
            continue
        for index, item in enumerate(items):
            value = layer.label(item)
            if value not in known:
                message = f"{layer.label_field} {value!r} is not in the inventory ({', '.join(known)})"
                place = place_of(layer.name, index, item.id)
                if layer.of(example.gold) is None:
                    place = f"metadata.{inventory.metadata[layer.name]}"
                yield Problem(example.article.id, place, layer.label_code, message + _hint(value, known))


def _hint(value: str, known: Iterable[str]) -> str:
    by_case = {name.lower(): name for name in known}
    near = near_match(value, by_case)
    return f"; did you mean {by_case[near]!r}?" if near else "; mend it, or add it to labels.toml"


def _check_ids_of_items(article: Article, gold: Annotations) -> Iterator[Problem]:
    """Ids that two items of a layer share."""
    for layer in all_layers():
        items = layer.of(gold) or ()
        if len({item.id for item in items}) < len(items):
            keys = [(item.id, item.id) for item in items]
            yield from _doubles(article, layer, "id-duplicate", keys, "has the id of")


def _check_items(article: Article, gold: Annotations) -> Iterator[Problem]:
    """Items that say the same, and what else their layer finds wrong."""
    for layer in all_layers():
        items = layer.of(gold) or ()
        said = [layer.identity(item) for item in items]
        if len(set(said)) < len(said):
            entries = [(item.id, identity) for item, identity in zip(items, said, strict=True)]
            how = f"has the {' and '.join(layer.same)} of"
            yield from _doubles(article, layer, "item-duplicate", entries, how)
        for index, code, message in (*layer.problems(items, gold), *_references(layer, items, gold)):
            yield Problem(article.id, place_of(layer.name, index, items[index].id), code, message)


def _references(layer: Layer[Any], items: Sequence[Any], gold: Annotations) -> Iterator[Fault]:
    """Ids of items of other layers that nothing has, as far as the layer referred to was annotated."""
    for field, name in layer.refers.items():
        others = gold[name]
        if others is None:
            continue
        ids = {other.id for other in others}
        for index, item in enumerate(items):
            value = getattr(item, field)
            if value is not None and value not in ids:
                yield unknown_reference(index, field, value, load_layer(name).one, ids)


def _doubles(
    article: Article, layer: Layer[Any], code: str, entries: Iterable[tuple[str, object]], how: str
) -> Iterator[Problem]:
    first: dict[object, tuple[int, str]] = {}
    for index, (name, key) in enumerate(entries):
        before = first.setdefault(key, (index, name))
        if before[0] != index:
            message = f"{how} {place_of(layer.name, *before)}; keep one"
            yield Problem(article.id, place_of(layer.name, index, name), code, message)


def _check_ends(article: Article, gold: Annotations) -> Iterator[Problem]:
    """White space at the ends of spans, and items where nothing is annotated."""
    zones = gold.scope.zones
    furniture = [zone for zone in article.zones if zone.kind == "boilerplate"]
    if zones is not None and "boilerplate" in zones:
        furniture = []
    text = article.text
    for layer in all_layers():
        items = layer.of(gold) or ()
        # Most layers of most gold: this is where the time of checking goes.
        if _stand_well(layer.every_span(items), text, furniture):
            continue
        for index, item in enumerate(items):
            place = place_of(layer.name, index, item.id)
            spans = list(layer.parts(item))
            for name, span in spans:
                found = text[span.start : span.end] if 0 <= span.start < span.end else ""
                if found != found.strip():
                    message = f"{name} {list(span)} is {_shorten(found)}, with white space at an end; trim the span"
                    yield Problem(article.id, place, "span-whitespace", message)
            if any(span.start < zone.end and zone.start < span.end for _, span in spans for zone in furniture):
                message = "the item is in boilerplate, where nothing is annotated; remove it or mend the zone"
                yield Problem(article.id, place, "in-boilerplate", message)


def _stand_well(spans: Sequence[Span], text: str, furniture: Sequence[Zone]) -> bool:
    """Whether all spans lie in a text, with no white space at an end and no part of furniture."""
    if not spans:
        return True
    if not are_possible(spans, len(text)):
        return False
    starts, ends = zip(*spans, strict=True)
    edges = "".join([*map(text.__getitem__, starts), *[text[end - 1] for end in ends]])
    if edges.split() != [edges]:
        return False
    first, last = min(starts), max(ends)
    near = [zone for zone in furniture if first < zone.end and zone.start < last]
    return not any(start < zone.end and zone.start < end for zone in near for start, end in spans)


def _shorten(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:18]} … {text[-18:]}")
