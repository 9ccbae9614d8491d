"""Checks of what items say: labels, doubles, and references between the layers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from evalkit.dataset.labels import Inventory
from evalkit.dataset.problems import Problem, place_of
from evalkit.records import AUTHOR, LAYERS, TOPIC_PREFIX, Annotations, Article, Quote, Stance
from evalkit.registry import near_match

__all__ = ["check_ids_of_items", "check_labels", "check_references", "check_repeats"]

_TOPIC = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def check_labels(article: Article, gold: Annotations, inventory: Inventory) -> Iterator[Problem]:
    """Labels and kinds outside the inventory."""
    declared = (
        ("entities", "label", "label-unknown", [(e.id, e.label) for e in gold.entities or ()], inventory.labels),
        ("quotes", "kind", "quote-kind-unknown", [(q.id, q.kind) for q in gold.quotes or ()], inventory.kinds),
        (
            "stances",
            "label",
            "stance-label-unknown",
            [(s.id, s.label) for s in gold.stances or ()],
            inventory.stance_labels,
        ),
    )
    for layer, field, code, items, known in declared:
        if {value for _, value in items}.issubset(known):
            continue
        for index, (name, value) in enumerate(items):
            if value not in known:
                message = f"{field} {value!r} is not in the inventory ({', '.join(known)})"
                yield Problem(article.id, place_of(layer, index, name), code, message + _hint(value, known))


def _hint(value: str, known: Iterable[str]) -> str:
    by_case = {name.lower(): name for name in known}
    near = near_match(value, by_case)
    return f"; did you mean {by_case[near]!r}?" if near else "; mend it, or add it to labels.toml"


def check_ids_of_items(article: Article, gold: Annotations) -> Iterator[Problem]:
    """Ids that two items of a layer share."""
    for layer in LAYERS:
        items = getattr(gold, layer) or ()
        if len({item.id for item in items}) == len(items):
            continue
        yield from _double(article, layer, "id-duplicate", [(item.id, item.id) for item in items], "has the id of")


def check_repeats(article: Article, gold: Annotations) -> Iterator[Problem]:
    """Ids given twice, items that say the same, and one entity under two labels."""
    yield from check_ids_of_items(article, gold)
    said: dict[str, list[tuple[str, object]]] = {
        "entities": [(e.id, (e.spans, e.label)) for e in gold.entities or ()],
        "quotes": [(q.id, (q.content, q.kind)) for q in gold.quotes or ()],
        "stances": [(s.id, (s.holder, s.target)) for s in gold.stances or ()],
    }
    for layer, entries in said.items():
        yield from _double(article, layer, "item-duplicate", entries, _SAME[layer])
    yield from _entity_labels(article, gold)


_SAME = {
    "entities": "has the spans and label of",
    "quotes": "has the content and kind of",
    "stances": "has the holder and target of",
}


def _double(
    article: Article, layer: str, code: str, entries: Iterable[tuple[str, object]], how: str
) -> Iterator[Problem]:
    first: dict[object, tuple[int, str]] = {}
    for index, (name, key) in enumerate(entries):
        if key not in first:
            first[key] = (index, name)
            continue
        message = f"{how} {place_of(layer, *first[key])}; keep one"
        yield Problem(article.id, place_of(layer, index, name), code, message)


def _entity_labels(article: Article, gold: Annotations) -> Iterator[Problem]:
    first: dict[str, tuple[str, str]] = {}
    for index, entity in enumerate(gold.entities or ()):
        if entity.entity_id is None:
            continue
        label, name = first.setdefault(entity.entity_id, (entity.label, entity.id))
        if label != entity.label:
            message = f"{entity.entity_id!r} is {entity.label} here and {label} in {name}; one entity has one label"
            yield Problem(article.id, place_of("entities", index, entity.id), "entity-labels-differ", message)


def check_references(article: Article, gold: Annotations) -> Iterator[Problem]:
    """What quotes and stances refer to, as far as the layer referred to was annotated."""
    entities = None if gold.entities is None else {e.entity_id for e in gold.entities if e.entity_id is not None}
    quotes = None if gold.quotes is None else {quote.id for quote in gold.quotes}
    for index, quote in enumerate(gold.quotes or ()):
        yield from _quote_references(article, index, quote, entities)
    for index, stance in enumerate(gold.stances or ()):
        yield from _stance_references(article, index, stance, entities, quotes)


def _quote_references(article: Article, index: int, quote: Quote, entities: set[str] | None) -> Iterator[Problem]:
    if quote.speaker_id is not None and entities is not None and quote.speaker_id not in entities:
        yield _unknown(article, place_of("quotes", index, quote.id), "speaker_id", quote.speaker_id, entities)


def _stance_references(
    article: Article, index: int, stance: Stance, entities: set[str] | None, quotes: set[str] | None
) -> Iterator[Problem]:
    place = place_of("stances", index, stance.id)
    if stance.holder != AUTHOR and entities is not None and stance.holder not in entities:
        yield _unknown(article, place, "holder", stance.holder, entities)
    if stance.target.startswith(TOPIC_PREFIX):
        if not _TOPIC.fullmatch(stance.target.removeprefix(TOPIC_PREFIX)):
            message = f"target {stance.target!r} is not {TOPIC_PREFIX}words-with-hyphens in lower case; rename it"
            yield Problem(article.id, place, "topic-form", message)
    elif entities is not None and stance.target not in entities:
        yield _unknown(article, place, "target", stance.target, entities)
    if stance.quote_id is not None and quotes is not None and stance.quote_id not in quotes:
        yield _unknown(article, place, "quote_id", stance.quote_id, quotes)
    if not stance.evidence:
        message = "the stance has no evidence; name the span or the quote that shows it"
        yield Problem(article.id, place, "evidence-missing", message)


def _unknown(article: Article, place: str, field: str, value: str, known: Iterable[str]) -> Problem:
    near = near_match(value, sorted(known))
    hint = f"; did you mean {near!r}?" if near else ""
    what = "quote" if field == "quote_id" else "entity_id"
    return Problem(article.id, place, "reference-unknown", f"{field} {value!r} is no {what} of this article{hint}")
