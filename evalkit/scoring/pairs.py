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

from evalkit.errors import InputError
from evalkit.layers.base import Layer
from evalkit.layers.table import all_layers, load_layer
from evalkit.records import Annotations, Article, Example, LayerScope, Prediction, Scope
from evalkit.showing import number_of

__all__ = [
    "OUTSIDE",
    "Pair",
    "Paired",
    "annotates",
    "in_order",
    "kinds_without_gold",
    "pair_up",
    "words_outside",
]

OUTSIDE = "outside the annotated scope"
"""Where items stand that the gold says nothing about."""

NO_SCOPE = Scope()


Words = tuple[str, str]
"""What is counted, in the singular and the plural."""


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
    """All articles, sorted by id, and what was set aside.

    Attributes:
        pairs: one for each gold article.
        absent: layer → why nothing of it can be scored.
        unknown: the layers that neither the gold nor the extractor has.
        set_aside: what, in the singular and the plural → how many, for the notes.
        failed: article id → error.
        given_only: the layers whose items the extractor labels where they are given, and finds none itself.
        emptied: layer → why all of its gold items are gone, such as that the label maps drop them.
    """

    pairs: tuple[Pair, ...]
    absent: Mapping[str, str]
    unknown: frozenset[str] = frozenset()
    set_aside: Mapping[Words, int] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    given_only: frozenset[str] = frozenset()
    emptied: Mapping[str, str] = field(default_factory=dict)

    def with_layers(self, layers: Sequence[str]) -> list[Pair]:
        """The articles whose gold has some layers."""
        return [pair for pair in self.pairs if all(pair.gold[layer] is not None for layer in layers)]

    def without(self, layer: str, fields: Sequence[str]) -> str | None:
        """Why none of some fields of a layer can be evaluated: no gold item has one, or the scope leaves them out.

        None if one can, or if there is no gold item that could have one.
        """
        return _lack(self.pairs, load_layer(layer), fields)


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
    gold = _unique("gold article", ((example.article.id, example) for example in examples))
    by_article: dict[str, Prediction] = _unique("prediction for article", ((p.article_id, p) for p in predictions))
    if not gold:
        raise InputError("the gold has no article; check the path and the split")
    in_both = gold.keys() & by_article.keys()
    if not in_both and by_article:
        raise InputError(
            f"no prediction is about an article of the gold: gold has {min(gold)!r}, predictions have "
            f"{min(by_article)!r}; are they of the same dataset and split? "
            "Where a file names no article, its own name or a number is the id"
        )
    claimed = _claimed(by_article.values()) if layers is None else frozenset(layers)
    aside: Counter[Words] = Counter()
    if len(by_article) > len(in_both):
        one = "prediction for an article that is not in the gold, set aside"
        several = "predictions for articles that are not in the gold, set aside"
        aside[one, several] = len(by_article) - len(in_both)
    if len(gold) > len(in_both):
        why = "without a prediction, counted as missed"
        aside[f"article {why}", f"articles {why}"] = len(gold) - len(in_both)
    pairs = []
    for name in sorted(gold):
        prediction = by_article.get(name, Prediction(article_id=name, annotations=Annotations()))
        pairs.append(_pair(gold[name], prediction, claimed, aside, scored))
    pairs = _without_unannotated(pairs, aside, scored)
    annotated = {layer for pair in pairs for layer in pair.gold.layers}
    unclaimed = "the predictions do not have it" if layers is None else "the extractor does not claim it"
    absent = {
        layer.name: unclaimed if layer.name in annotated else "the gold does not annotate it"
        for layer in all_layers()
        if layer.name not in claimed or layer.name not in annotated
    }
    return Paired(
        tuple(pairs),
        absent,
        unknown=frozenset(absent) - claimed - annotated,
        set_aside=in_order(aside),
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
    outside = [zone for zone in article.zones if scope.zones is not None and zone.kind not in scope.zones]
    labels = scope.of_layer(layer.name).labels
    kept: list[Any] = []
    places: set[Any] = set()
    for name, items in zip(("gold", "predicted"), sides, strict=True):
        if items is None:
            kept.append(None)
            continue
        inside = tuple(
            item
            for item in items
            if not any(s.start < z.end and z.start < s.end for s in layer.spans(item) for z in outside)
            and layer.in_scope(item, scope.labels)
            # Of an item of another label that stands where a gold item does, the gold knows what it should be.
            and (labels is None or layer.label(item) in labels or layer.spans(item) in places)
        )
        places = {spans for item in inside if (spans := layer.spans(item))}
        if len(inside) < len(items):
            aside[words_outside(name, layer)] += len(items) - len(inside)
        kept.append(inside)
    return kept[0], kept[1]


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


def kinds_without_gold(paired: Paired, scored: Collection[str] | None = None) -> list[str]:
    """A note for each layer (of those that are scored) of whose kinds the gold has some and the predictions others."""
    notes = []
    for layer in all_layers():
        if scored is not None and layer.name not in scored:
            continue
        if layer.labels is None or not layer.needs_spans or layer.spans_field is None:
            continue
        gold, predicted = (
            Counter([layer.label(item) for pair in paired.pairs for item in layer.of(side(pair)) or ()])
            for side in (_gold_of, _predicted_of)
        )
        others = {kind: predicted[kind] for kind in layer.labels if predicted[kind] and not gold[kind]}
        known = [kind for kind in layer.labels if gold[kind]]
        if others and known:
            number, listed = sum(others.values()), ", ".join(f"{kind} {own}" for kind, own in others.items())
            field, scope = layer.label_field, f"{layer.name}:{layer.label_field}s={','.join(known)}"
            whose = number_of(number, f"predicted {layer.one} has", f"predicted {layer.name} have")
            notes.append(
                f"{whose} a {field} that no gold {layer.one} has ({listed}); if the gold "
                f"leaves these out, say so: --scope {scope}"
            )
    return notes


def _gold_of(pair: Pair) -> Annotations:
    return pair.gold


def _predicted_of(pair: Pair) -> Annotations:
    return pair.predicted


def annotates(declared: LayerScope, layer: Layer[Any], fields: Sequence[str]) -> bool:
    """Whether a scope leaves room for any of some fields."""
    return declared.parts is None or any(layer.part_of(field) in declared.parts for field in fields)


def _lack(pairs: Iterable[Pair], layer: Layer[Any], fields: Sequence[str]) -> str | None:
    whole = {name for field in fields for name in layer.part_fields.get(layer.part_of(field), ())}
    items, inside, declared, others = 0, 0, False, False
    for pair in pairs:
        gold = layer.of(pair.gold)
        if gold is None:
            continue
        items += len(gold)
        scope = pair.gold.scope.of_layer(layer.name)
        if not annotates(scope, layer, fields):
            continue
        inside += 1
        if any(getattr(item, field) for item in gold for field in fields):
            return None
        # A part that is named was looked for: where nothing has it, there is none. In a part that several fields hold,
        # such as a speaker by mention or by id, one that nothing has was not.
        declared = declared or scope.parts is not None
        others = others or any(getattr(item, field) for item in gold for field in whole)
    if items and not inside:
        return f"{_words(layer, fields)}: the scope of the gold leaves it out"
    if not items or (declared and not others):
        return None
    return f"{_words(layer, fields)}: no gold {layer.one} has one"


def _words(layer: Layer[Any], fields: Sequence[str]) -> str:
    joined = {name for names in layer.joined.values() for name in names}
    return " or ".join(f"{name} span" if name in joined & set(layer.span_names) else name for name in fields)


def _without_unannotated(pairs: Sequence[Pair], counted: Counter[Words], scored: Collection[str] | None) -> list[Pair]:
    """The articles without those parts, of the ones that decide what is right, that their gold does not annotate."""
    done = list(pairs)
    for layer in all_layers():
        aside = _counting(layer, counted, scored)
        for part in layer.compared:
            fields = layer.part_fields[part]
            everywhere = _lack(pairs, layer, fields) is not None
            why = f"a {part}, which the gold does not annotate"
            what = (
                f"predicted {layer.one} has {why}: it is taken without that",
                f"predicted {layer.name} have {why}: they are taken without it",
            )
            for number, pair in enumerate(done):
                if everywhere or not annotates(pair.gold.scope.of_layer(layer.name), layer, fields):
                    done[number] = Pair(
                        pair.article,
                        _bare(pair.gold, layer, fields, Counter(), what),
                        _bare(pair.predicted, layer, fields, aside, what),
                        pair.given,
                    )
    return done


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
