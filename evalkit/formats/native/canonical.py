"""One order and one numbering for annotations that say the same thing, so that equal gold has equal bytes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from evalkit.records import Annotations, Entity, Example, Quote, Scope, Span, Stance

__all__ = ["canonical_annotations", "canonical_example"]


def canonical_example(example: Example, *, renumber: bool = False) -> Example:
    """The same example with zones, metadata and annotations in canonical order (see `canonical_annotations`)."""
    article = replace(
        example.article,
        zones=tuple(sorted(example.article.zones, key=lambda zone: (zone.start, zone.end, zone.kind))),
        metadata=dict(sorted(example.article.metadata.items())),
    )
    return Example(article=article, gold=canonical_annotations(example.gold, renumber=renumber))


def canonical_annotations(annotations: Annotations, *, renumber: bool = False) -> Annotations:
    """The same annotations sorted by their place in the text.

    Items are sorted by start, the longer first, then by what they say. `renumber` replaces all ids by e1, q1, s1 …
    in that order (and the quote ids that stances name), so that only what was annotated remains.
    """
    entities, quotes, stances = annotations.entities, annotations.quotes, annotations.stances
    if entities is not None:
        entities = tuple(sorted((_sorted_entity(entity) for entity in entities), key=_entity_key))
    if quotes is not None:
        quotes = tuple(sorted((_sorted_quote(quote) for quote in quotes), key=_quote_key))
    if stances is not None:
        stances = tuple(sorted((_sorted_stance(stance) for stance in stances), key=_stance_key))
    ordered = Annotations(entities=entities, quotes=quotes, stances=stances, scope=_sorted_scope(annotations.scope))
    return _renumbered(ordered) if renumber else ordered


def _renumbered(annotations: Annotations) -> Annotations:
    quotes = annotations.quotes or ()
    # A quote id given twice keeps its first place; validation reports the double, ordering must not fail on it.
    names: dict[str, str] = {}
    for number, quote in enumerate(quotes, 1):
        names.setdefault(quote.id, f"q{number}")
    entities, stances = annotations.entities, annotations.stances
    if stances is not None:
        stances = tuple(
            replace(stance, quote_id=names.get(stance.quote_id or "", stance.quote_id)) for stance in stances
        )
        stances = tuple(
            replace(stance, id=f"s{number}") for number, stance in enumerate(sorted(stances, key=_stance_key), 1)
        )
    return annotations.with_layers(
        entities=None if entities is None else tuple(replace(e, id=f"e{n}") for n, e in enumerate(entities, 1)),
        quotes=None if annotations.quotes is None else tuple(replace(q, id=f"q{n}") for n, q in enumerate(quotes, 1)),
        stances=stances,
    )


def _place(spans: Iterable[Span]) -> tuple[tuple[int, int], ...]:
    return tuple((span.start, -span.end) for span in spans)


def _score(score: float | None) -> float:
    return -1.0 if score is None else score


def _sorted_entity(entity: Entity) -> Entity:
    return entity if len(entity.spans) < 2 else replace(entity, spans=tuple(sorted(entity.spans)))


def _sorted_quote(quote: Quote) -> Quote:
    return replace(quote, content=tuple(sorted(quote.content)), cue=tuple(sorted(quote.cue)))


def _sorted_stance(stance: Stance) -> Stance:
    return replace(stance, evidence=tuple(sorted(stance.evidence)))


def _sorted_scope(scope: Scope) -> Scope:
    return Scope(
        layers=None if scope.layers is None else tuple(sorted(scope.layers)),
        labels=None if scope.labels is None else tuple(sorted(scope.labels)),
        zones=None if scope.zones is None else tuple(sorted(scope.zones)),
    )


def _entity_key(entity: Entity) -> tuple[object, ...]:
    return (_place(entity.spans), entity.label, entity.entity_id or "", _score(entity.score), entity.id)


def _quote_key(quote: Quote) -> tuple[object, ...]:
    speaker = () if quote.speaker is None else _place([quote.speaker])
    said = (_place(quote.content), quote.kind, _place(quote.cue))
    return (*said, speaker, quote.speaker_id or "", _score(quote.score), quote.id)


def _stance_key(stance: Stance) -> tuple[object, ...]:
    said = (_place(stance.evidence), stance.holder, stance.target, stance.label)
    return (*said, stance.quote_id or "", _score(stance.score), stance.id)
