"""Mistakes of known kinds, put into right annotations: as errors of gold, and as what simulated systems get wrong."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from evalkit.records import Annotations, Article, Entity, Quote, Span, Stance

KINDS: Mapping[str, tuple[str, ...]] = {
    "entities": ("label", "boundary", "missing"),
    "quotes": ("speaker", "boundary", "missing"),
    "stances": ("label", "missing"),
}
"""Layer → what is done to its items: another label (a flipped stance), other bounds, another speaker, nothing left."""

_WORD = re.compile(r"\S+")
_NAME = re.compile(r"\b[A-Z][\w’'-]+(?: [A-Z][\w’'-]+)*")


@dataclass(frozen=True, slots=True)
class Mistake:
    """One error: its article, layer and kind, the item as it was, and as it is (None if it is gone)."""

    article_id: str
    layer: str
    kind: str
    was: Any
    now: Any


def changed(
    kind: str, layer: str, item: Any, article: Article, gold: Annotations, labels: Sequence[str], draw: random.Random
) -> Any:
    """An item with a mistake of a kind; None if it is gone, or if no such mistake can be made with it."""
    if kind == "label":
        others = [label for label in labels if label != item.label]
        return replace(item, label=draw.choice(others)) if others else None
    if kind == "speaker":
        mentions = [
            (entity.spans[0], entity.entity_id)
            for entity in gold["entities"] or ()
            if entity.entity_id not in (None, item.speaker_id) and len(entity.spans) == 1
        ]
        if not mentions:
            return None
        span, name = draw.choice(mentions)
        return replace(item, speaker=span, speaker_id=name)
    if kind == "boundary":
        field = "spans" if layer == "entities" else "content"
        spans = getattr(item, field)
        moved = _moved(article.text, spans[0], draw)
        return None if moved is None or len(spans) > 1 else replace(item, **{field: (moved,)})
    return None


def _moved(text: str, span: Span, draw: random.Random) -> Span | None:
    """A span that is a word longer or shorter at one end."""
    start, end = span
    words = list(_WORD.finditer(text[start:end]))
    ways = []
    if len(words) > 1:
        ways += [Span(start + words[1].start(), end), Span(start, start + words[-2].end())]
    if after := re.match(r" \w+", text[end:]):
        ways.append(Span(start, end + after.end()))
    if before := re.search(r"\w+ $", text[:start]):
        ways.append(Span(before.start(), end))
    return draw.choice(ways) if ways else None


def with_mistakes(
    articles: Sequence[Article],
    gold: Mapping[str, Annotations],
    layer: str,
    rate: float,
    seed: int,
    weights: Mapping[tuple[str, str], float] | None = None,
) -> tuple[dict[str, Annotations], list[Mistake]]:
    """The gold with so many of the items of a layer wrong, all kinds alike often, and what is wrong.

    With weights, by article and id of the item, mistakes are made where these are large.
    """
    draw = random.Random(f"{layer} {rate} {seed}")
    labels = [item.label for one in articles for item in gold[one.id][layer] or () if layer != "quotes"]
    mean = sum(weights.values()) / len(weights) if weights else 1.0
    done, mistakes = {}, []
    for article in articles:
        items = []
        for item in gold[article.id][layer] or ():
            weight = weights[article.id, item.id] / mean if weights else 1.0
            if draw.random() >= rate * weight:
                items.append(item)
                continue
            kind = draw.choice(KINDS[layer])
            now = changed(kind, layer, item, article, gold[article.id], labels, draw)
            mistakes.append(Mistake(article.id, layer, kind if now is not None else "missing", item, now))
            items += [] if now is None else [now]
        done[article.id] = gold[article.id].with_layers(**{layer: items})
    return done, mistakes


@dataclass(frozen=True)
class Simulation:
    """How simulated systems err.

    Attributes:
        number: how many systems.
        worst: how good the worst is, as the odds (log) of being right about an item of usual difficulty.
        best: how good the best is.
        hard: spread of how hard an item is for all of them.
        surface: spread of how hard the words of an item are wherever they stand.
        family: spread of how hard it is for a family of systems; every third one is of the same.
        like: how often one that errs makes the mistake that most make there.
        odd: how sure systems are (log odds) that something which is nothing is an item.
    """

    number: int = 10
    worst: float = 1.6
    best: float = 3.0
    hard: float = 1.1
    surface: float = 0.8
    family: float = 0.6
    like: float = 0.7
    odd: float = -1.9


FAMILIES = 3


def simulated(
    articles: Sequence[Article], gold: Mapping[str, Annotations], layer: str, how: Simulation, seed: int
) -> dict[str, dict[str, Annotations]]:
    """System → article → what it finds: most of the gold, with mistakes that systems share, and what is nothing."""
    draw, normal = random.Random(f"{layer} {seed}"), np.random.default_rng(seed)
    labels = [item.label for one in articles for item in gold[one.id][layer] or () if layer != "quotes"]
    names = [f"system{number}" for number in range(how.number)]
    quality = np.linspace(how.worst, how.best, how.number)
    said: dict[str, dict[str, list[Any]]] = {name: {article.id: [] for article in articles} for name in names}
    hard_words: dict[str, float] = {}
    for article in articles:
        annotations = gold[article.id]
        items = list(annotations[layer] or ())
        there = [(item, True) for item in items] + [
            (item, False) for item in _nothings(layer, article, annotations, labels, draw)
        ]
        for item, is_gold in there:
            words = _words(layer, item, article)
            hard = how.hard * normal.normal() + how.surface * hard_words.setdefault(words, normal.normal())
            of_family = how.family * normal.normal(size=FAMILIES)
            usual = _mistaken(layer, item, article, annotations, labels, draw)
            for number, name in enumerate(names):
                here = hard + of_family[number % FAMILIES] + 0.6 * normal.logistic()
                if is_gold:
                    sure = quality[number] - here
                    other = (
                        usual
                        if draw.random() < how.like
                        else _mistaken(layer, item, article, annotations, labels, draw)
                    )
                    answer = item if sure > 0 else other
                else:
                    sure = how.odd - 0.35 * quality[number] + here
                    answer = item if sure > 0 else None
                if answer is not None:
                    score = 1 / (1 + math.exp(-0.7 * (abs(sure) + normal.normal())))
                    own = said[name][article.id]
                    own.append(replace(answer, id=f"x{len(own) + 1}", score=float(np.clip(score, 0.02, 0.999))))
    return {
        name: {key: Annotations({**gold[key].layers, layer: items}) for key, items in own.items()}
        for name, own in said.items()
    }


def _words(layer: str, item: Any, article: Article) -> str:
    if layer == "stances":
        return f"{item.holder} {item.target}"
    span = item.spans[0] if layer == "entities" else item.content[0]
    return article.text[span.start : span.end]


def _mistaken(
    layer: str, item: Any, article: Article, gold: Annotations, labels: Sequence[str], draw: random.Random
) -> Any:
    return changed(draw.choice(KINDS[layer]), layer, item, article, gold, labels, draw)


def _nothings(layer: str, article: Article, gold: Annotations, labels: Sequence[str], draw: random.Random) -> list[Any]:
    """What a system may take for an item and is none."""
    taken = [span for item in gold[layer] or () for span in (item.spans if layer == "entities" else ())]
    if layer == "entities":
        return [
            Entity(id="", spans=(Span(*found.span()),), label=draw.choice(labels))
            for found in _NAME.finditer(article.text)
            if not any(found.start() < end and start < found.end() for start, end in taken)
        ]
    people = sorted({entity.entity_id for entity in gold["entities"] or () if entity.entity_id})
    if layer == "stances":
        pairs = {(item.holder, item.target) for item in gold[layer] or ()}
        drawn = [(draw.choice(people), draw.choice(people)) for _ in range(6)] if len(people) > 1 else []
        return [
            Stance(id="", holder=holder, target=target, label=draw.choice(labels))
            for holder, target in dict.fromkeys(drawn)
            if holder != target and (holder, target) not in pairs
        ]
    quoted = [span for item in gold[layer] or () for span in item.content]
    sentences = [Span(*found.span()) for found in re.finditer(r"[A-Z][^.\n]{30,120}\.", article.text)]
    free = [one for one in sentences if not any(one.start < end and start < one.end for start, end in quoted)]
    mentions = [entity for entity in gold["entities"] or () if entity.label == "PER"]
    return [
        Quote(id="", kind="indirect", content=(span,), speaker=who.spans[0], speaker_id=who.entity_id)
        for span in free[:6]
        if mentions
        for who in [draw.choice(mentions)]
    ]
