"""Gold and predictions laid side by side, article by article, before anything is counted.

Here everything that is not scored is set aside and counted: layers that the gold does not annotate, items outside
the declared scope, predictions for articles that the gold does not have. An article without a prediction, or with a
failed one, stays and counts as missed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evalkit.errors import InputError
from evalkit.layers.base import Layer
from evalkit.layers.table import all_layers
from evalkit.records import Annotations, Article, Example, Prediction, Scope

__all__ = ["Pair", "Paired", "pair_up"]


@dataclass(frozen=True, slots=True)
class Pair:
    """One article with what is gold and what was predicted, inside the scope.

    `given` holds the labels for items that the gold gives, from an extractor that can label them.
    """

    article: Article
    gold: Annotations
    predicted: Annotations
    given: Annotations | None = None


@dataclass(frozen=True)
class Paired:
    """All articles, sorted by id, and what was set aside.

    Attributes:
        pairs: one for each gold article.
        absent: layer → why nothing of it can be scored.
        unknown: the layers that neither the gold nor the extractor has.
        set_aside: what → how many, for the notes.
        failed: article id → error.
        given_only: the layers whose items the extractor labels where they are given, and finds none itself.
    """

    pairs: tuple[Pair, ...]
    absent: Mapping[str, str]
    unknown: frozenset[str] = frozenset()
    set_aside: Mapping[str, int] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    given_only: frozenset[str] = frozenset()

    def with_layers(self, layers: Sequence[str]) -> list[Pair]:
        """The articles whose gold has some layers."""
        return [pair for pair in self.pairs if all(pair.gold[layer] is not None for layer in layers)]


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
    by_article: dict[str, Prediction] = _unique("prediction for article", ((p.article_id, p) for p in predictions))
    if not gold:
        raise InputError("the gold has no article; check the path and the split")
    in_both = gold.keys() & by_article.keys()
    if not in_both and by_article:
        raise InputError(
            f"no prediction is about an article of the gold: gold has {min(gold)!r}, predictions have "
            f"{min(by_article)!r}; are they of the same dataset and split?"
        )
    claimed = _claimed(by_article.values()) if layers is None else frozenset(layers)
    aside: Counter[str] = Counter()
    if len(by_article) > len(in_both):
        aside["predictions for articles that are not in the gold, set aside"] = len(by_article) - len(in_both)
    if len(gold) > len(in_both):
        aside["articles without a prediction, counted as missed"] = len(gold) - len(in_both)
    pairs = []
    for name in sorted(gold):
        prediction = by_article.get(name, Prediction(article_id=name, annotations=Annotations()))
        pairs.append(_pair(gold[name], prediction, claimed, aside))
    annotated = {layer for pair in pairs for layer in pair.gold.layers}
    absent = {
        layer.name: "the gold does not annotate it" if layer.name in claimed else "the extractor does not claim it"
        for layer in all_layers()
        if layer.name not in claimed or layer.name not in annotated
    }
    return Paired(
        tuple(pairs),
        absent,
        unknown=frozenset(absent) - claimed - annotated,
        set_aside=dict(sorted(aside.items())),
        failed={name: error for name in sorted(in_both) if (error := by_article[name].error) is not None},
        given_only=_given_only(by_article.values()) - absent.keys(),
    )


def _unique(what: str, items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    by_name: dict[str, Any] = {}
    for name, item in items:
        if name in by_name:
            raise InputError(f"{what} {name!r} is given twice; keep one")
        by_name[name] = item
    return by_name


def _claimed(predictions: Iterable[Prediction]) -> frozenset[str]:
    return frozenset(layer for prediction in predictions for layer in prediction.annotations.layers)


def _given_only(predictions: Iterable[Prediction]) -> frozenset[str]:
    """Layers with labels for given items and in no article items of their own, not even an empty layer of them."""
    done = [prediction for prediction in predictions if prediction.error is None]
    given = {layer for prediction in done if prediction.given is not None for layer in prediction.given.layers}
    return frozenset(given - {layer for prediction in done for layer in prediction.annotations.layers})


def _pair(example: Example, prediction: Prediction, claimed: frozenset[str], aside: Counter[str]) -> Pair:
    article, scope = example.article, example.gold.scope
    sides: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for layer in all_layers():
        gold, predicted = layer.of(example.gold), layer.of(prediction.annotations)
        if scope.layers is not None and layer.name not in scope.layers:
            gold = None
        if gold is None:
            if predicted and layer.name in claimed:
                what = f"predicted {layer.name} in articles whose gold does not annotate them, set aside"
                aside[what] += len(predicted)
            continue
        kept: tuple[Any, Any] = gold, (predicted or ()) if layer.name in claimed else None
        if scope != Scope():
            kept = _in_scope(article, layer, kept, scope, aside)
        sides[0][layer.name], sides[1][layer.name] = kept
    return Pair(article, Annotations(sides[0], scope), Annotations(sides[1]), prediction.given)


def _in_scope(
    article: Article, layer: Layer[Any], sides: tuple[Any, Any], scope: Scope, aside: Counter[str]
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
            if not any(s.start < z.end and z.start < s.end for s in layer.spans(item) for z in outside)
            and layer.in_scope(item, scope.labels)
        )
        if len(inside) < len(items):
            aside[f"{name} {layer.name} outside the annotated scope, set aside"] += len(items) - len(inside)
        kept.append(inside)
    return kept[0], kept[1]
