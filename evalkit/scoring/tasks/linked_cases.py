"""Random articles for the self-test in which entities, quotes and stances refer to each other."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from evalkit.layers.base import Layer
from evalkit.layers.entities import ENTITIES
from evalkit.layers.quotes import QUOTES
from evalkit.layers.stances import STANCES
from evalkit.records import AUTHOR, QUOTE_KINDS, STANCE_LABELS, Annotations, Entity, Quote, Span, Stance
from evalkit.scoring.selftest_cases import random_span

__all__ = ["linked_sides", "named_sides"]

NAMES = ("moen", "ruiz", "oslo", "port")
TOPICS = {"topic:Port plan": ("harbour-plan",), "topic:ferries": ("boat", "ships")}


def linked_sides(_: Layer[Any], rng: random.Random) -> tuple[Annotations, Annotations]:
    """Gold and predicted annotations of all three layers; half of the time the predicted names are others."""
    gold = _linked(rng, [])
    predicted = _linked(rng, list(QUOTES.of(gold) or ()))
    stances = [_called_otherwise(stance, rng) for stance in STANCES.of(gold) or () if rng.random() < 0.6]
    gold_pairs = {(stance.holder, stance.target) for stance in stances}
    stances += [stance for stance in STANCES.of(predicted) or () if (stance.holder, stance.target) not in gold_pairs]
    return gold, _renamed(predicted.with_layers(stances=stances), rng)


def named_sides(_: Layer[Any], rng: random.Random) -> tuple[Annotations, Annotations]:
    """Gold and predicted mentions of few things, some of them without a name; copies are among the predicted ones."""
    gold = _named(rng, [number for number in range(6) if rng.random() < 0.7])
    predicted = _named(rng, [rng.randrange(6) for _ in range(rng.randint(0, 6))])
    predicted += [mention for mention in gold if rng.random() < 0.4]
    return Annotations(entities=gold), Annotations(entities=predicted)


def _named(rng: random.Random, places: Sequence[int]) -> list[Entity]:
    return [
        Entity(
            id=f"e{number}",
            spans=(Span(4 * place, 4 * place + 3),),
            label=rng.choice(("ORG", "PER")),
            entity_id=rng.choice((*NAMES[:3], *NAMES[:3], None)),
        )
        for number, place in enumerate(places)
    ]


def _linked(rng: random.Random, others: Sequence[Quote]) -> Annotations:
    """Entities whose mentions never meet, quotes said by them, and at most one stance for a holder and target."""
    entities = tuple(
        Entity(id=name, spans=(Span(5 * number, 5 * number + 4),), label=rng.choice(("ORG", "PER")), entity_id=name)
        for number, name in enumerate(NAMES)
    )
    quotes = [_random_quote(rng, f"q{number}") for number in range(rng.randint(0, 3))]
    quotes += [quote for quote in others if rng.random() < 0.6 and quote.id not in {drawn.id for drawn in quotes}]
    stances = {}
    for number in range(rng.randint(0, 3)):
        holder, target = rng.choice((*NAMES, AUTHOR)), rng.choice((*NAMES, *TOPICS))
        quote_id = rng.choice(quotes).id if quotes and rng.random() < 0.5 else None
        stances[holder, target] = Stance(
            id=f"s{number}",
            holder=holder,
            target=target,
            label=rng.choice(STANCE_LABELS),
            evidence=(random_span(rng, least=5),) if rng.random() < 0.7 else (),
            quote_id=quote_id,
            aliases=TOPICS.get(target, ()),
        )
    return Annotations(entities=entities, quotes=tuple(quotes), stances=tuple(stances.values()))


def _called_otherwise(stance: Stance, rng: random.Random) -> Stance:
    """The same stance, its topic now and then by another name that it has, or by one that nobody knows."""
    names = (stance.target, *(f"topic:{alias}" for alias in stance.aliases), "topic:quay")
    return replace(stance, target=rng.choice(names)) if stance.target in TOPICS else stance


def _random_quote(rng: random.Random, name: str) -> Quote:
    content = [random_span(rng, least=5) for _ in range(rng.choice((1, 1, 1, 2)))]
    speaker = rng.randrange(len(NAMES))
    form = rng.choice(("entity", "entity", "span", "none"))
    return Quote(
        id=name,
        kind=rng.choice(QUOTE_KINDS),
        content=tuple(content),
        cue=rng.choice(((), (Span(30, 34),), (Span(30, 38),), (Span(40, 44),))),
        speaker=None if form == "none" else Span(5 * speaker, 5 * speaker + 4),
        speaker_id=NAMES[speaker] if form == "entity" else None,
    )


def _renamed(annotations: Annotations, rng: random.Random) -> Annotations:
    """The same with entity ids of its own, as an extractor has them."""
    if rng.random() < 0.5:
        return annotations

    def renamed(name: Any) -> Any:
        return f"x-{name}" if name in NAMES else name

    return annotations.with_layers(
        entities=[replace(entity, entity_id=renamed(entity.entity_id)) for entity in ENTITIES.of(annotations) or ()],
        quotes=[replace(quote, speaker_id=renamed(quote.speaker_id)) for quote in QUOTES.of(annotations) or ()],
        stances=[
            replace(stance, holder=renamed(stance.holder), target=renamed(stance.target))
            for stance in STANCES.of(annotations) or ()
        ],
    )
