"""Columns whose predicted items all have one label, whatever label that is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, overload

import numpy as np

from evalkit.layers.table import load_layer
from evalkit.records import Annotations
from evalkit.scoring.columns import Columns
from evalkit.scoring.from_arrays import columns_from_arrays
from evalkit.scoring.pairs import Pair

__all__ = ["columns_with_label", "with_labels"]


def columns_with_label(columns: Columns, label: str) -> Columns:
    """The same items with one label for all that are predicted.

    Only the numbers are made anew; the records of an article are when a convention asks for them.

    Args:
        columns: those of a layer, made of records, whose predicted items have one label already.
        label: the one that they get; as they are if it is empty.
    """
    if not label:
        return columns
    labels = sorted({*columns.labels, label})
    known = np.searchsorted(np.array(labels, dtype=object), np.array(columns.labels, dtype=object)).astype(np.int32)
    gold, predicted = columns.sides
    made = columns_from_arrays(
        columns.articles,
        labels,
        (gold.article, gold.start, gold.end, known[gold.label]),
        (predicted.article, predicted.start, predicted.end, np.full_like(predicted.label, labels.index(label))),
        gold_shape=gold.shape,
        predicted_shape=predicted.shape,
        shapes=columns.shapes,
        texts=columns.texts,
    )
    # Labels that are equal order nothing: items stand where they stood.
    sides = [replace(side, order=old.order[side.order]) for side, old in zip(made.sides, columns.sides, strict=True)]
    pairs = _Relabelled(columns.pairs, {columns.layer: label})
    return replace(made, gold=sides[0], predicted=sides[1], layer=columns.layer, pairs=pairs)


def with_labels(annotations: Annotations, labels: Mapping[str, str]) -> Annotations:
    """The same items with other labels: layer → the one that all of its items get, as they are if it is empty."""
    changed = {}
    for name, label in labels.items():
        layer = load_layer(name)
        items = layer.of(annotations)
        if label and items:
            changed[name] = [
                item if layer.label(item) == label else replace(item, **{layer.label_field: label}) for item in items
            ]
    return annotations.with_layers(**changed) if changed else annotations


class _Relabelled(Sequence[Pair]):
    """Articles whose predicted items get another label when an article is looked at."""

    def __init__(self, pairs: Sequence[Pair], labels: Mapping[str, str]) -> None:
        def looked_at(position: int) -> Pair:
            pair = pairs[position]
            given = None if pair.given is None else with_labels(pair.given, labels)
            return replace(pair, predicted=with_labels(pair.predicted, labels), given=given)

        self._pairs = pairs
        self._looked_at: Callable[[int], Pair] = cache(looked_at)

    def __len__(self) -> int:
        return len(self._pairs)

    @overload
    def __getitem__(self, position: int) -> Pair: ...
    @overload
    def __getitem__(self, position: slice) -> list[Pair]: ...
    def __getitem__(self, position: int | slice) -> Any:
        if isinstance(position, slice):
            return [self[one] for one in range(*position.indices(len(self)))]
        return self._looked_at(range(len(self))[position])
