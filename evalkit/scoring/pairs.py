"""Gold and predictions laid side by side, article by article, before anything is counted.

Here everything that is not scored is set aside and counted: layers that the gold does not annotate, items outside
the declared scope, predictions for articles that the gold does not have. An article without a prediction, or with a
failed one, stays and counts as missed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evalkit.errors import InputError
from evalkit.records import LAYERS, Annotations, Article, Entity, Example, Prediction, Quote, Scope, Span, Stance

__all__ = ["Pair", "Paired", "pair_up"]

CHAIN = "chain"
END_TO_END = "stances end to end"


@dataclass(frozen=True, slots=True)
class Pair:
    """One article with what is gold and what was predicted, inside the scope."""

    article: Article
    gold: Annotations
    predicted: Annotations
    given_stances: tuple[Stance, ...] | None = None


@dataclass(frozen=True)
class Paired:
    """All articles, sorted by id, and what was set aside.

    Attributes:
        pairs: one for each gold article.
        not_evaluated: task → reason, for layers that cannot be scored at all, and for the chain of them; also
            "stances end to end" where only given pairs can be.
        set_aside: what → how many, for the notes.
        failed: article id → error.
        given_only: the extractor labels given pairs and finds no stances of its own.
    """

    pairs: tuple[Pair, ...]
    not_evaluated: Mapping[str, str]
    set_aside: Mapping[str, int] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    given_only: bool = False

    def missing(self, tasks: Collection[str]) -> dict[str, str]:
        """What is not evaluated of some tasks: the task, or a part of it, → reason."""
        return {
            what: reason
            for what, reason in self.not_evaluated.items()
            if what in tasks or (what == END_TO_END and "stances" in tasks)
        }

    def with_layer(self, layer: str) -> list[Pair]:
        """The articles whose gold has the layer; for "chain" those that have all layers."""
        wanted = LAYERS if layer == CHAIN else (layer,)
        return [pair for pair in self.pairs if all(getattr(pair.gold, name) is not None for name in wanted)]


def pair_up(
    examples: Iterable[Example], predictions: Iterable[Prediction], *, layers: Sequence[str] | None = None
) -> Paired:
    """Gold and predictions by article.

    Args:
        examples: the gold.
        predictions: in any order, at most one an article.
        layers: the layers that the extractor claims; by default those that any prediction has.

    Raises:
        InputError: no gold, an article twice on one side, or no prediction for any gold article.
    """
    gold = _unique("gold article", ((example.article.id, example) for example in examples))
    found = _unique("prediction for article", ((p.article_id, p) for p in predictions))
    if not gold:
        raise InputError("the gold has no article; check the path and the split")
    known = gold.keys() & found.keys()
    if not known and found:
        raise InputError(
            f"no prediction is about an article of the gold: gold has {min(gold)!r}, predictions have {min(found)!r}; "
            "are they of the same dataset and split?"
        )
    claimed = _claimed(found.values()) if layers is None else tuple(layers)
    aside: Counter[str] = Counter()
    failed: dict[str, str] = {}
    if len(found) > len(known):
        aside["predictions for articles that are not in the gold, set aside"] = len(found) - len(known)
    if len(gold) > len(known):
        aside["articles without a prediction, counted as missed"] = len(gold) - len(known)
    pairs = []
    for name in sorted(gold):
        prediction = found.get(name, Prediction(article_id=name, annotations=Annotations()))
        if prediction.error is not None:
            failed[name] = prediction.error
        pairs.append(_pair(gold[name], prediction, claimed, aside))
    reasons = _not_evaluated(pairs, claimed)
    given_only = "stances" not in reasons and _given_only(found.values())
    if given_only:
        reasons[END_TO_END] = "the extractor labels given pairs and finds none itself"
    return Paired(tuple(pairs), reasons, dict(sorted(aside.items())), failed, given_only)


def _unique(what: str, items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, item in items:
        if name in found:
            raise InputError(f"{what} {name!r} is given twice; keep one")
        found[name] = item
    return found


def _claimed(predictions: Iterable[Prediction]) -> tuple[str, ...]:
    seen: set[str] = set()
    for prediction in predictions:
        seen.update(layer for layer in LAYERS if getattr(prediction.annotations, layer) is not None)
    return tuple(layer for layer in LAYERS if layer in seen)


def _given_only(predictions: Iterable[Prediction]) -> bool:
    """Whether there are labels for given pairs and in no article stances, not even an empty layer of them."""
    done = [prediction for prediction in predictions if prediction.error is None]
    given = any(prediction.given is not None for prediction in done)
    return given and all(prediction.annotations.stances is None for prediction in done)


def _not_evaluated(pairs: Sequence[Pair], claimed: Sequence[str]) -> dict[str, str]:
    reasons = {}
    for layer in LAYERS:
        if layer not in claimed:
            reasons[layer] = "the extractor does not claim it"
        elif all(getattr(pair.gold, layer) is None for pair in pairs):
            reasons[layer] = "the gold does not annotate it"
    if reasons:
        layer = next(iter(reasons))
        reasons[CHAIN] = f"it needs entities, quotes and stances; {layer}: {reasons[layer]}"
    elif not any(all(getattr(pair.gold, layer) is not None for layer in LAYERS) for pair in pairs):
        reasons[CHAIN] = "no article of the gold has entities, quotes and stances"
    return reasons


def _pair(example: Example, prediction: Prediction, claimed: Sequence[str], aside: Counter[str]) -> Pair:
    article, scope = example.article, example.gold.scope
    layers: dict[str, Any] = {}
    for layer in LAYERS:
        gold, predicted = getattr(example.gold, layer), getattr(prediction.annotations, layer)
        if scope.layers is not None and layer not in scope.layers:
            gold = None
        if gold is None:
            if predicted and layer in claimed:
                aside[f"predicted {layer} in articles whose gold does not annotate them, set aside"] += len(predicted)
            layers[layer] = (None, None)
            continue
        kept = gold, (predicted or ()) if layer in claimed else None
        layers[layer] = kept if scope == Scope() else _in_scope(article, layer, kept, scope, aside)
    return Pair(
        article,
        example.gold.with_layers(**{layer: sides[0] for layer, sides in layers.items()}),
        Annotations(**{layer: sides[1] for layer, sides in layers.items()}),
        None if prediction.given is None else prediction.given["stances"],
    )


def _in_scope(
    article: Article, layer: str, sides: tuple[Any, Any], scope: Scope, aside: Counter[str]
) -> tuple[Any, Any]:
    outside = [zone for zone in article.zones if scope.zones is not None and zone.kind not in scope.zones]
    kept: list[Any] = []
    for name, items in zip(("gold", "predicted"), sides, strict=True):
        if items is None:
            kept.append(None)
            continue
        inside = tuple(
            item
            for item in items
            if not any(s.start < z.end and z.start < s.end for s in _spans_of(item) for z in outside)
            and (scope.labels is None or layer != "entities" or item.label in scope.labels)
        )
        if len(inside) < len(items):
            aside[f"{name} {layer} outside the annotated scope, set aside"] += len(items) - len(inside)
        kept.append(inside)
    return kept[0], kept[1]


def _spans_of(item: Entity | Quote | Stance) -> tuple[Span, ...]:
    if isinstance(item, Entity):
        return item.spans
    return item.content if isinstance(item, Quote) else item.evidence
