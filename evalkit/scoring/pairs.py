"""Gold and predictions laid side by side, article by article, before anything is counted.

Here everything that is not scored is set aside and counted: layers and parts that the gold does not annotate, items
outside the declared scope, predictions for articles that the gold does not have. An article without a prediction, or
with a failed one, stays and counts as missed.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evalkit.layers.base import Layer
from evalkit.layers.table import all_layers, load_layer
from evalkit.records import Annotations, Article, Example, Prediction, Scope
from evalkit.scoring.survey import NO_SCOPE, Survey, Words, annotates, items_in_scope, survey_sides

__all__ = [
    "OUTSIDE",
    "Pair",
    "Paired",
    "Words",
    "by_article",
    "in_order",
    "pair_block",
    "pair_up",
    "words_outside",
]

OUTSIDE = "outside the annotated scope"
"""Where items stand that the gold says nothing about."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One article with what is gold and what was predicted, inside the scope.

    `given` holds the labels for items that the gold gives, from an extractor that can label them, `whole` all that was
    predicted where some of it was set aside for its score.
    """

    article: Article
    gold: Annotations
    predicted: Annotations
    given: Annotations | None = None
    whole: Annotations | None = None

    @property
    def all_predicted(self) -> Annotations:
        """What names are read from: an item that is too unsure to count still tells what its `entity_id` means."""
        return self.predicted if self.whole is None else self.whole


@dataclass(frozen=True)
class Paired:
    """All articles or a block of them, sorted by id, what is known of all, and what was set aside.

    Attributes:
        pairs: one for each gold article.
        survey: what is known of all articles together.
        set_aside: what, in the singular and the plural → how many, for the notes.
        emptied: layer → why all of its gold items are gone, such as that the label maps drop them.
    """

    pairs: tuple[Pair, ...]
    survey: Survey
    set_aside: Mapping[Words, int] = field(default_factory=dict)
    emptied: Mapping[str, str] = field(default_factory=dict)

    @property
    def absent(self) -> Mapping[str, str]:
        """Layer → why nothing of it can be scored."""
        return self.survey.absent

    @property
    def unknown(self) -> frozenset[str]:
        """The layers that neither the gold nor the extractor has."""
        return self.survey.unknown

    @property
    def failed(self) -> Mapping[str, str]:
        """Article id → error."""
        return self.survey.failed

    @property
    def given_only(self) -> frozenset[str]:
        """The layers whose items the extractor labels where they are given, and finds none itself."""
        return self.survey.given_only

    def with_layers(self, layers: Sequence[str]) -> list[Pair]:
        """The articles whose gold has some layers."""
        return [pair for pair in self.pairs if all(pair.gold[layer] is not None for layer in layers)]

    def number_with(self, layers: Sequence[str]) -> int:
        """How many of all articles have gold with some layers."""
        return self.survey.number_with(layers)

    def without(self, layer: str, fields: Sequence[str]) -> str | None:
        """Why none of some fields of a layer can be evaluated: no gold item has one, or the scope leaves them out.

        None if one can, or if there is no gold item that could have one.
        """
        return self.survey.lack(load_layer(layer), fields)


def pair_up(
    examples: Iterable[Example],
    predictions: Iterable[Prediction],
    *,
    layers: Sequence[str] | None = None,
    scored: Collection[str] | None = None,
) -> Paired:
    """Gold and predictions by article.

    Args:
        examples: the gold.
        predictions: in any order, at most one an article.
        layers: the layers that the extractor claims; by default those that any prediction has.
        scored: the layers that tasks are about: what is set aside of others is not counted. None for all.

    Raises:
        InputError: no gold, an article twice on one side, or no prediction for any gold article.
    """
    ordered, made = sorted(examples, key=lambda example: example.article.id), list(predictions)
    survey = survey_sides(ordered, made, layers=layers)
    aside = Counter(survey.apart)
    pairs = pair_block(ordered, by_article(made), survey, aside, scored)
    return Paired(pairs, survey, in_order(aside))


def by_article(predictions: Iterable[Prediction]) -> dict[str, Prediction]:
    """The predictions by the article that each is about."""
    return {prediction.article_id: prediction for prediction in predictions}


def pair_block(
    examples: Iterable[Example],
    predictions: Mapping[str, Prediction],
    survey: Survey,
    aside: Counter[Words],
    scored: Collection[str] | None = None,
) -> tuple[Pair, ...]:
    """Some examples beside what was predicted of them.

    Args:
        examples: the gold of these articles.
        predictions: by article id; of others too.
        survey: what is known of all articles.
        aside: what is set aside is added to it.
        scored: as for `pair_up`.
    """
    pairs = []
    for example in examples:
        name = example.article.id
        prediction = predictions.get(name) or Prediction(article_id=name, annotations=Annotations())
        pair = _pair(example, prediction, survey.claimed, aside, scored)
        pairs.append(_without_unannotated(pair, survey, aside, scored))
    return tuple(pairs)


def _pair(
    example: Example,
    prediction: Prediction,
    claimed: frozenset[str],
    counted: Counter[Words],
    scored: Collection[str] | None,
) -> Pair:
    article, scope = example.article, example.gold.scope
    sides: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for layer in all_layers():
        gold, predicted = layer.of(example.gold), layer.of(prediction.annotations)
        aside = _counting(layer, counted, scored)
        if scope.layers is not None and layer.name not in scope.layers:
            gold = None
        if gold is None:
            if predicted and layer.name in claimed:
                where = "in articles whose gold does not annotate"
                one, several = f"predicted {layer.one} {where} it", f"predicted {layer.name} {where} them"
                aside[f"{one}, set aside", f"{several}, set aside"] += len(predicted)
            continue
        kept: tuple[Any, Any] = gold, (predicted or ()) if layer.name in claimed else None
        if scope is not NO_SCOPE and scope != NO_SCOPE:
            kept = _in_scope(article, layer, kept, scope, aside)
        sides[0][layer.name], sides[1][layer.name] = kept
    return Pair(article, Annotations(sides[0], scope), Annotations(sides[1]), prediction.given)


def _in_scope(
    article: Article, layer: Layer[Any], sides: tuple[Any, Any], scope: Scope, aside: Counter[Words]
) -> tuple[Any, Any]:
    gold = items_in_scope(article, layer, sides[0], scope)
    predicted = sides[1] and items_in_scope(article, layer, sides[1], scope, gold)
    for name, items, inside in (("gold", sides[0], gold), ("predicted", sides[1], predicted)):
        if items is not None and len(inside) < len(items):
            aside[words_outside(name, layer)] += len(items) - len(inside)
    return gold, predicted


def words_outside(side: str, layer: Layer[Any]) -> Words:
    """What items of one side are called that stand outside the scope of the gold."""
    where = f"{OUTSIDE}, set aside"
    return f"{side} {layer.one} {where}", f"{side} {layer.name} {where}"


def in_order(counted: Mapping[Words, int]) -> dict[Words, int]:
    """What was set aside, in the order in which it is told."""
    return dict(sorted(counted.items(), key=lambda entry: entry[0][1]))


def _counting(layer: Layer[Any], aside: Counter[Words], scored: Collection[str] | None) -> Counter[Words]:
    """Where to count what is set aside of a layer: nowhere if nothing scores it."""
    return aside if scored is None or layer.name in scored else Counter()


def _without_unannotated(pair: Pair, survey: Survey, counted: Counter[Words], scored: Collection[str] | None) -> Pair:
    """The article without those parts, of the ones that decide what is right, that its gold does not annotate."""
    for layer, part, everywhere in survey.compared:
        fields = layer.part_fields[part]
        if everywhere or not annotates(pair.gold.scope.of_layer(layer.name), layer, fields):
            why = f"a {part}, which the gold does not annotate"
            what = (
                f"predicted {layer.one} has {why}: it is taken without that",
                f"predicted {layer.name} have {why}: they are taken without it",
            )
            gold = _bare(pair.gold, layer, fields, Counter(), what)
            predicted = _bare(pair.predicted, layer, fields, _counting(layer, counted, scored), what)
            if gold is not pair.gold or predicted is not pair.predicted:
                pair = Pair(pair.article, gold, predicted, pair.given)
    return pair


def _bare(
    annotations: Annotations, layer: Layer[Any], fields: Sequence[str], aside: Counter[Words], what: Words
) -> Annotations:
    items = layer.of(annotations) or ()
    bare = tuple([layer.without(item, fields) for item in items])
    changed = sum(map(operator.is_not, bare, items))
    if not changed:
        return annotations
    aside[what] += changed
    return annotations.with_layers(**{layer.name: bare})
