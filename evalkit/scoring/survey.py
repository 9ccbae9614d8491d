"""What pairing has to know of all articles before it lays the first ones side by side.

One look at the gold and one at the predictions, article by article, and nothing is kept of any but what can be added
up: which layers there are and together in how many articles, which parts gold items have and scopes leave room for, who
failed, what only one side has. So articles can be paired and scored in blocks, and let go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from evalkit.errors import InputError
from evalkit.layers.base import Layer
from evalkit.layers.table import all_layers
from evalkit.records import Article, Example, LayerScope, Prediction, Scope

__all__ = ["NO_SCOPE", "Annotated", "Made", "Survey", "Words", "annotates", "items_in_scope", "survey_sides"]

NO_SCOPE = Scope()

Words = tuple[str, str]
"""What is counted, in the singular and the plural."""

Parts = tuple[str, ...] | None
"""The parts of a layer that a scope names; None for all."""


@dataclass(slots=True)
class Found:
    """What the gold items of a layer have, in articles whose scope names the same parts."""

    items: int = 0
    articles: int = 0
    fields: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Survey:
    """What is known of all articles together.

    Attributes:
        articles: how many there are.
        texts: of how many the text is known.
        claimed: the layers that the extractor claims.
        absent: layer → why nothing of it can be scored.
        unknown: the layers that neither the gold nor the extractor has.
        failed: article id → error.
        given_only: the layers whose items the extractor labels where they are given, and finds none itself.
        apart: what only one side has, in words → how many.
        together: layers that gold has in one article → in how many it has these and no others.
        parts: layer → parts that a scope names → what gold items have there.
        labels: layer → label → how many gold items have it.
    """

    articles: int
    texts: int
    claimed: frozenset[str]
    absent: Mapping[str, str]
    unknown: frozenset[str]
    failed: Mapping[str, str]
    given_only: frozenset[str]
    apart: Mapping[Words, int]
    together: Mapping[frozenset[str], int]
    parts: Mapping[str, Mapping[Parts, Found]]
    labels: Mapping[str, Counter[str]]

    def number_with(self, layers: Sequence[str]) -> int:
        """How many articles have gold with some layers."""
        return sum(number for there, number in self.together.items() if there.issuperset(layers))

    def lack(self, layer: Layer[Any], fields: Sequence[str]) -> str | None:
        """Why none of some fields of a layer can be evaluated; None if one can, or if no gold item could have one."""
        whole = {name for own in fields for name in layer.part_fields.get(layer.part_of(own), ())}
        groups = self.parts.get(layer.name, {})
        items = sum(found.items for found in groups.values())
        inside = [
            (parts, found)
            for parts, found in groups.items()
            if annotates(LayerScope(layer=layer.name, parts=parts), layer, fields)
        ]
        if any(not found.fields.isdisjoint(fields) for _, found in inside):
            return None
        if items and not inside:
            return f"{_words(layer, fields)}: the scope of the gold leaves it out"
        # A part that is named was looked for: where nothing has it, there is none. In a part that several fields hold,
        # such as a speaker by mention or by id, one that nothing has was not.
        declared = any(parts is not None for parts, _ in inside)
        others = any(not found.fields.isdisjoint(whole) for _, found in inside)
        if not items or (declared and not others):
            return None
        return f"{_words(layer, fields)}: no gold {layer.one} has one"

    @cached_property
    def compared(self) -> list[tuple[Layer[Any], str, bool]]:
        """The parts that decide what is right, and whether the gold annotates them nowhere."""
        return [
            (layer, part, self.lack(layer, layer.part_fields[part]) is not None)
            for layer in all_layers()
            for part in layer.compared
        ]


def annotates(declared: LayerScope, layer: Layer[Any], fields: Sequence[str]) -> bool:
    """Whether a scope leaves room for any of some fields."""
    return declared.parts is None or any(layer.part_of(field) in declared.parts for field in fields)


def _words(layer: Layer[Any], fields: Sequence[str]) -> str:
    joined = {name for names in layer.joined.values() for name in names}
    return " or ".join(f"{name} span" if name in joined & set(layer.span_names) else name for name in fields)


def items_in_scope(
    article: Article, layer: Layer[Any], items: Sequence[Any], scope: Scope, gold: Sequence[Any] = ()
) -> tuple[Any, ...]:
    """Those items of a layer that a scope says something about; `gold` are those of the gold that are."""
    labels = scope.of_layer(layer.name).labels
    kept = tuple(items)
    if scope.zones is not None and layer.span_names:
        outside = [(zone.start, zone.end) for zone in article.zones if zone.kind not in scope.zones]
        kept = tuple([item for item in kept if not _meets(layer.spans(item), outside)]) if outside else kept
    if scope.labels is not None:
        kept = tuple([item for item in kept if layer.in_scope(item, scope.labels)])
    if labels is not None:
        places = {spans for item in gold if (spans := layer.spans(item))}
        # Of an item of another label that stands where a gold item does, the gold knows what it should be.
        kept = tuple([item for item in kept if layer.label(item) in labels or layer.spans(item) in places])
    return kept


def _meets(spans: Sequence[tuple[int, int]], zones: Sequence[tuple[int, int]]) -> bool:
    for start, end in spans:
        for first, last in zones:
            if start < last and first < end:
                return True
    return False


def survey_sides(
    examples: Iterable[Example] | Annotated,
    predictions: Iterable[Prediction] | Made,
    *,
    layers: Sequence[str] | None = None,
) -> Survey:
    """What is known of gold and predictions together.

    Args:
        examples: the gold, in order of article ids; or what is known of it.
        predictions: in any order, at most one an article; or what is known of them.
        layers: the layers that the extractor claims; by default those that any prediction has.

    Raises:
        InputError: no gold, an article twice on one side, or no prediction for any gold article.
    """
    gold = examples if isinstance(examples, Annotated) else Annotated(examples)
    made, names = predictions if isinstance(predictions, Made) else Made(predictions), gold.names
    if not names:
        raise InputError("the gold has no article; check the path and the split")
    both = made.names.intersection(names)
    if not both and made.names:
        raise InputError(
            f"no prediction is about an article of the gold: gold has {names[0]!r}, predictions have "
            f"{min(made.names)!r}; are they of the same dataset and split? "
            "Where a file names no article, its own name or a number is the id"
        )
    claimed = frozenset(made.layers if layers is None else layers)
    annotated = frozenset().union(*gold.together)
    unclaimed = "the predictions do not have it" if layers is None else "the extractor does not claim it"
    absent = {
        layer.name: unclaimed if layer.name in annotated else "the gold does not annotate it"
        for layer in all_layers()
        if layer.name not in claimed or layer.name not in annotated
    }
    return Survey(
        articles=len(names),
        texts=gold.texts,
        claimed=claimed,
        absent=absent,
        unknown=frozenset(absent) - claimed - annotated,
        failed={name: error for name, error in sorted(made.failed.items()) if name in both},
        given_only=frozenset(made.given - made.found) - absent.keys(),
        apart=_apart(len(made.names) - len(both), len(names) - len(both)),
        together=gold.together,
        parts=gold.parts,
        labels=gold.labels,
    )


def _apart(predicted: int, gold: int) -> dict[Words, int]:
    """What only one side has, in words."""
    apart: dict[Words, int] = {}
    if predicted:
        one = "prediction for an article that is not in the gold, set aside"
        apart[one, "predictions for articles that are not in the gold, set aside"] = predicted
    if gold:
        why = "without a prediction, counted as missed"
        apart[f"article {why}", f"articles {why}"] = gold
    return apart


class Made:
    """What is known of predictions."""

    def __init__(self, predictions: Iterable[Prediction] = ()) -> None:
        self.names: set[str] = set()
        self.layers: set[str] = set()
        self.failed: dict[str, str] = {}
        self.given: set[str] = set()
        self.found: set[str] = set()
        for one in predictions:
            self.add(one)

    def add(self, one: Prediction) -> None:
        """Takes a prediction. Raises InputError if there was one for its article."""
        if one.article_id in self.names:
            raise InputError(f"prediction for article {one.article_id!r} is given twice; keep one")
        self.names.add(one.article_id)
        self.layers.update(one.annotations.layers)
        if one.error is not None:
            self.failed[one.article_id] = one.error
            return
        self.found.update(one.annotations.layers)
        if one.given is not None:
            self.given.update(one.given.layers)


class Annotated:
    """What is known of the gold."""

    def __init__(self, examples: Iterable[Example] = ()) -> None:
        self.names: list[str] = []
        self.texts = 0
        self.together: Counter[frozenset[str]] = Counter()
        self.parts: dict[str, dict[Parts, Found]] = {}
        self.labels: dict[str, Counter[str]] = {layer.name: Counter() for layer in all_layers()}
        for example in examples:
            self.add(example)

    def add(self, example: Example) -> None:
        """Takes an article, in order of the ids. Raises InputError if it was there before."""
        name = example.article.id
        if self.names and self.names[-1] == name:
            raise InputError(f"gold article {name!r} is given twice; keep one")
        self.names.append(name)
        self.texts += bool(example.article.text)
        self.together[frozenset(self._layers(example))] += 1

    def _layers(self, example: Example) -> Iterator[str]:
        """The layers that are annotated in an article."""
        scope = example.gold.scope
        for layer in all_layers():
            items = layer.of(example.gold)
            if items is None or (scope.layers is not None and layer.name not in scope.layers):
                continue
            yield layer.name
            if scope != NO_SCOPE:
                items = items_in_scope(example.article, layer, items, scope)
            parts = scope.of_layer(layer.name).parts
            groups = self.parts.setdefault(layer.name, {})
            found = groups[parts] if parts in groups else groups.setdefault(parts, Found())
            found.articles += 1
            found.items += len(items)
            self.labels[layer.name].update(map(layer.label, items))
            for own in layer.fields:
                # Once it was found, nobody looks for it again.
                if own.name not in found.fields and any(getattr(item, own.name) for item in items):
                    found.fields.add(own.name)
