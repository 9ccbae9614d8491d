"""What conventions are tried on: articles made by hand and at random from a seed, and how an example is made small."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from evalkit.layers.base import Layer
from evalkit.layers.fields import REQUIRED, SPAN, SPANS
from evalkit.layers.table import load_layer
from evalkit.records import Annotations, Article, Span
from evalkit.scoring.pairs import Pair
from evalkit.scoring.tasks.base import imported
from evalkit.scoring.tasks.table import load_task

__all__ = ["Case", "extreme_cases", "random_cases", "random_sides", "random_span", "show", "shrink", "with_items"]

Case = tuple[Pair, ...]

WORDS = 24
TEXT = "Moen saw port town " * (WORDS // 4)
LABELS = ("ORG", "PER")
"""The labels of items of layers that have no closed list of them."""

TRIES = 3000
MANY, LONG = 1000, 10_000


def random_cases(task: str, *, seed: int, number: int) -> Iterator[Case]:
    """Small corpora of one to three articles; each is the same for the same seed."""
    for case_number in range(number):
        rng = random.Random(f"{task}/{seed}/{case_number}")
        yield tuple(_random_pair(task, rng, f"a{number}") for number in range(rng.randint(1, 3)))


def _random_pair(task: str, rng: random.Random, name: str) -> Pair:
    gold, predicted = imported(load_task(task).cases)(load_layer(load_task(task).layer), rng)
    return Pair(Article(id=name, text=TEXT), gold, predicted)


def random_sides(layer: Layer[Any], rng: random.Random) -> tuple[Annotations, Annotations]:
    """Gold and predicted items of one layer with nested, equal and discontinuous spans, some of them copies."""
    gold = [_random_item(layer, rng) for _ in range(rng.randint(0, 4))]
    predicted = [rng.choice(gold) for _ in range(rng.randint(0, 3)) if gold]
    predicted += [_random_item(layer, rng) for _ in range(rng.randint(0, 3))]
    if gold and rng.random() < 0.3:
        gold.append(rng.choice(gold))
    return Annotations({layer.name: gold}), Annotations({layer.name: predicted})


def _random_item(layer: Layer[Any], rng: random.Random) -> Any:
    spans = [random_span(rng, least=0)]
    if rng.random() < 0.2:
        spans.append(random_span(rng, least=0))
    return _make_item(layer, spans, rng.choice(layer.labels or LABELS))


def random_span(rng: random.Random, *, least: int) -> Span:
    """A span at the beginning of the text, of at least some characters."""
    start = rng.randrange(0, 20)
    return Span(start, start + rng.randint(least, 9))


def _make_item(layer: Layer[Any], spans: Sequence[Span], label: str) -> Any:
    """An item of any layer; what its record must have besides holds a word."""
    values: dict[str, Any] = {one.name: "x" for one in layer.fields if one.absent is REQUIRED}
    values[layer.label_field] = label
    if layer.spans_field is not None:
        values[layer.spans_field] = [list(span) for span in spans]
    return layer.from_json({"id": "", **values}, 1)


def extreme_cases(task: str) -> Iterator[tuple[str, Case]]:
    """Inputs that must give a defined result, by name."""
    layer = load_layer(load_task(task).layer)
    tried = (_random_pair(task, random.Random(seed), "a") for seed in range(5, 1000))
    some = next(pair for pair in tried if layer.of(pair.gold))
    full = with_items(some, "predicted", layer.name, layer.of(some.gold) or ())
    without_gold = with_items(full, "gold", layer.name, ())
    yield "no gold", (without_gold,)
    yield "no predictions", (with_items(full, "predicted", layer.name, ()),)
    yield "neither", (with_items(without_gold, "predicted", layer.name, ()),)
    yield "no article", ()
    label = (layer.labels or LABELS)[0]
    empty = [_make_item(layer, [Span(3, 3)], label), *([] if layer.needs_spans else [_make_item(layer, [], label)])]
    missed = with_items(some, "gold", layer.name, empty)
    yield "an empty span", (with_items(missed, "predicted", layer.name, empty),)
    yield "an empty span that is missed", (missed,)
    spans = [Span(5 * word, 5 * word + 4) for word in range(0, LONG, LONG // (MANY if layer.needs_spans else 1))]
    many = Annotations({layer.name: [_make_item(layer, [span], label) for span in spans]})
    fewer = [*(layer.of(many) or ())[::2], _make_item(layer, [Span(0, 5 * LONG)], label)]
    yield "10,000 tokens", (Pair(Article(id="long", text="word " * LONG), many, Annotations({layer.name: fewer})),)


def with_items(pair: Pair, side: str, layer: str, items: Sequence[Any]) -> Pair:
    """The pair with other items in one layer of one side ("gold" or "predicted")."""
    return replace(pair, **{side: getattr(pair, side).with_layers(**{layer: items})})


def shrink(case: Case, fails: Callable[[Case], object]) -> Case:
    """A smaller case that still fails (gives anything true): articles and items are dropped while it does."""
    tries = 0
    smaller_fails = True
    while smaller_fails and tries < TRIES:
        smaller_fails = False
        for smaller in _smaller(case):
            tries += 1
            if fails(smaller):
                case, smaller_fails = smaller, True
                break
    return case


def _smaller(case: Case) -> Iterator[Case]:
    for position in range(len(case)):
        yield case[:position] + case[position + 1 :]
    for position, pair in enumerate(case):
        for side, annotated in (("gold", pair.gold), ("predicted", pair.predicted)):
            for layer, items in annotated.layers.items():
                for number in range(len(items)):
                    rest = items[:number] + items[number + 1 :]
                    yield (*case[:position], with_items(pair, side, layer, rest), *case[position + 1 :])


def show(case: Case, task: str) -> str:
    """The case for people: one line an article and side."""
    layer = load_layer(load_task(task).layer)
    lines = []
    for pair in case:
        for side, annotated in (("gold", pair.gold), ("predicted", pair.predicted)):
            items = "; ".join(_show(item, layer) for item in layer.of(annotated) or ())
            lines.append(f"{pair.article.id} {side:9} {items or '-'}")
    return "\n".join(lines) or "no article"


def _show(item: Any, layer: Layer[Any]) -> str:
    """Label and place of an item, then what else it says."""
    words = []
    for one in layer.fields:
        value = getattr(item, one.name)
        places = [value] if one.type is SPAN and value is not None else value
        shown = "+".join(f"[{start}, {end}]" for start, end in places or ()) if one.type in (SPAN, SPANS) else value
        if shown and one.name not in (layer.label_field, layer.spans_field):
            words.append(f"{one.name} {shown}")
        elif shown:
            words.insert(0 if one.name == layer.label_field else 1, str(shown))
    return " ".join(words)
