"""What conventions are tried on: articles made by hand and at random from a seed, and how an example is made small."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from evalkit.records import AUTHOR, QUOTE_KINDS, STANCE_LABELS, Annotations, Article, Entity, Quote, Span, Stance
from evalkit.scoring.pairs import Pair

__all__ = ["Case", "extreme_cases", "layer_of", "random_cases", "show", "shrink", "with_items"]

Case = tuple[Pair, ...]

WORDS = 24
TEXT = "Moen saw port town " * (WORDS // 4)
NAMES = ("moen", "ruiz", "oslo", "port")
TRIES = 3000


def layer_of(task: str) -> str:
    """The layer whose items a task counts."""
    return "stances" if task == "chain" else task


def random_cases(task: str, *, seed: int, number: int) -> Iterator[Case]:
    """Small corpora of one to three articles; each is the same for the same seed."""
    for at in range(number):
        rng = random.Random(f"{task}/{seed}/{at}")
        yield tuple(_random_pair(task, rng, f"a{number}") for number in range(rng.randint(1, 3)))


def _random_pair(task: str, rng: random.Random, name: str) -> Pair:
    make = _entity_sides if task == "entities" else _linked_sides
    gold, predicted = make(rng)
    return Pair(Article(id=name, text=TEXT), gold, predicted)


def _entity_sides(rng: random.Random) -> tuple[Annotations, Annotations]:
    gold = [_random_entity(rng) for _ in range(rng.randint(0, 4))]
    predicted = [rng.choice(gold) for _ in range(rng.randint(0, 3)) if gold]
    predicted += [_random_entity(rng) for _ in range(rng.randint(0, 3))]
    if gold and rng.random() < 0.3:
        gold.append(rng.choice(gold))
    return Annotations(entities=tuple(gold)), Annotations(entities=tuple(predicted))


def _random_entity(rng: random.Random) -> Entity:
    spans = [_random_span(rng, least=0)]
    if rng.random() < 0.2:
        spans.append(_random_span(rng, least=0))
    return Entity(id="", spans=tuple(spans), label=rng.choice(("ORG", "PER")))


def _random_span(rng: random.Random, *, least: int) -> Span:
    start = rng.randrange(0, 20)
    return Span(start, start + rng.randint(least, 9))


def _linked_sides(rng: random.Random) -> tuple[Annotations, Annotations]:
    gold = _linked(rng, [])
    predicted = _linked(rng, list(gold.quotes or ()))
    stances = [stance for stance in gold.stances or () if rng.random() < 0.6]
    known = {(stance.holder, stance.target) for stance in stances}
    stances += [stance for stance in predicted.stances or () if (stance.holder, stance.target) not in known]
    return gold, _renamed(predicted.with_layers(stances=stances), rng)


def _linked(rng: random.Random, others: Sequence[Quote]) -> Annotations:
    """Entities whose mentions never meet, quotes said by them, and at most one stance for a holder and target."""
    entities = tuple(
        Entity(id=name, spans=(Span(5 * at, 5 * at + 4),), label=rng.choice(("ORG", "PER")), entity_id=name)
        for at, name in enumerate(NAMES)
    )
    quotes = [_random_quote(rng, f"q{at}") for at in range(rng.randint(0, 3))]
    quotes += [quote for quote in others if rng.random() < 0.6 and quote.id not in {own.id for own in quotes}]
    stances = {}
    for at in range(rng.randint(0, 3)):
        holder, target = rng.choice((*NAMES, AUTHOR)), rng.choice((*NAMES, "topic:Port plan"))
        quote_id = rng.choice(quotes).id if quotes and rng.random() < 0.5 else None
        stances[holder, target] = Stance(
            id=f"s{at}", holder=holder, target=target, label=rng.choice(STANCE_LABELS), quote_id=quote_id
        )
    return Annotations(entities=entities, quotes=tuple(quotes), stances=tuple(stances.values()))


def _random_quote(rng: random.Random, name: str) -> Quote:
    content = [_random_span(rng, least=5) for _ in range(rng.choice((1, 1, 1, 2)))]
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

    def own(name: str | None) -> Any:
        return f"x-{name}" if name in NAMES else name

    return annotations.with_layers(
        entities=tuple(replace(entity, entity_id=own(entity.entity_id)) for entity in annotations.entities or ()),
        quotes=tuple(replace(quote, speaker_id=own(quote.speaker_id)) for quote in annotations.quotes or ()),
        stances=tuple(
            replace(stance, holder=own(stance.holder), target=own(stance.target))
            for stance in annotations.stances or ()
        ),
    )


def extreme_cases(task: str) -> Iterator[tuple[str, Case]]:
    """Inputs that must give a defined result, by name."""
    some = _random_pair(task, random.Random(5), "a")
    layer = layer_of(task)
    items = getattr(some.gold, layer) or getattr(_random_pair(task, random.Random(7), "a").gold, layer)
    full = replace(
        some, gold=some.gold.with_layers(**{layer: items}), predicted=some.predicted.with_layers(**{layer: items})
    )
    nothing: dict[str, Any] = {layer: ()}
    yield "no gold", (replace(full, gold=full.gold.with_layers(**nothing)),)
    yield "no predictions", (replace(full, predicted=full.predicted.with_layers(**nothing)),)
    yield (
        "neither",
        (replace(full, gold=full.gold.with_layers(**nothing), predicted=full.predicted.with_layers(**nothing)),),
    )
    yield "no article", ()
    empty = Annotations(
        entities=(Entity(id="e", spans=(Span(3, 3),), label="PER", entity_id="moen"),),
        quotes=(Quote(id="q", kind="direct", content=(Span(3, 3),)), Quote(id="r", kind="direct", content=())),
        stances=(Stance(id="s", holder="moen", target="topic:x", label="favor", evidence=(Span(3, 3),)),),
    )
    yield "an empty span", (Pair(some.article, empty, empty),)
    yield "an empty span that is missed", (Pair(some.article, empty, full.predicted),)
    yield "10,000 tokens", (_long_pair(),)


def _long_pair() -> Pair:
    words = 10_000
    spans = [Span(5 * at, 5 * at + 4) for at in range(0, words, 10)]
    entities = tuple(Entity(id="", spans=(span,), label="PER", entity_id="moen") for span in spans)
    quotes = tuple(Quote(id=f"q{at}", kind="direct", content=(span,)) for at, span in enumerate(spans[:200]))
    stances = (Stance(id="s", holder="moen", target="topic:x", label="favor"),)
    gold = Annotations(entities=entities, quotes=quotes, stances=stances)
    whole = Entity(id="", spans=(Span(0, 5 * words),), label="PER")
    return Pair(Article(id="long", text="word " * words), gold, gold.with_layers(entities=(*entities[::2], whole)))


def with_items(pair: Pair, side: str, layer: str, items: Sequence[Any]) -> Pair:
    """The pair with other items in one layer of one side ("gold" or "predicted")."""
    return replace(pair, **{side: getattr(pair, side).with_layers(**{layer: items})})


def shrink(case: Case, fails: Callable[[Case], object]) -> Case:
    """A smaller case that still fails (gives anything true): articles and items are dropped while it does."""
    tries = 0
    found = True
    while found and tries < TRIES:
        found = False
        for smaller in _smaller(case):
            tries += 1
            if fails(smaller):
                case, found = smaller, True
                break
    return case


def _smaller(case: Case) -> Iterator[Case]:
    for at in range(len(case)):
        yield case[:at] + case[at + 1 :]
    for at, pair in enumerate(case):
        for side in ("gold", "predicted"):
            for layer in ("entities", "quotes", "stances"):
                items = getattr(getattr(pair, side), layer) or ()
                for number in range(len(items)):
                    rest = items[:number] + items[number + 1 :]
                    yield (*case[:at], with_items(pair, side, layer, rest), *case[at + 1 :])


def show(case: Case, task: str) -> str:
    """The case for people: one line an article and side."""
    lines = []
    for pair in case:
        for side in ("gold", "predicted"):
            items = getattr(getattr(pair, side), layer_of(task)) or ()
            lines.append(f"{pair.article.id} {side:9} {'; '.join(_show(item) for item in items) or '-'}")
    return "\n".join(lines) or "no article"


def _show(item: Entity | Quote | Stance) -> str:
    if isinstance(item, Entity):
        return f"{item.label} {_places(item.spans)}"
    if isinstance(item, Quote):
        cue = f" cue {_places(item.cue)}" if item.cue else ""
        speaker = f" speaker {_places((item.speaker,))}" if item.speaker else ""
        return f"{item.kind} {_places(item.content)}{cue}{speaker}{f' = {item.speaker_id}' if item.speaker_id else ''}"
    return f"{item.holder} -> {item.target} {item.label}{f' from {item.quote_id}' if item.quote_id else ''}"


def _places(spans: Sequence[Span]) -> str:
    return "+".join(f"[{start}, {end}]" for start, end in spans)
