"""weighted:FILE: a predicted item at the place of a gold item earns the weight of their pair of labels, 1 if equal.

Known elsewhere as label hierarchies or confusion costs (neleval). FILE is TOML or JSON: a table of gold labels, each
with the weights of predicted labels, 0 to 1; a pair that is given in one direction only counts in both, a pair that is
not given earns nothing.

    [weights.LOC]
    GPE = 0.5
    FAC = 0.25

Items at one place are matched one-to-one for the largest sum of weights.

    gold      LOC [0, 8]
    predicted GPE [0, 8]  0.5 on both sides
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from evalkit.errors import FormatError
from evalkit.files import parse_json, read_text
from evalkit.scoring.assignment import best_assignment, refuse_crowd
from evalkit.scoring.columns import Columns, SpanColumns
from evalkit.scoring.items import Items, items_of_pairs
from evalkit.toml import parse_toml

__all__ = ["read_weights", "weighted"]

Weights = Mapping[tuple[str, str], float]

STEPS = 10**9
"""Weights as whole numbers, so that the best assignment is exact."""


def weighted(columns: Columns, file: str) -> Items:
    """Credits under the convention.

    Raises:
        InputError: the file cannot be read.
        FormatError: it is no table of weights.
    """
    content = read_text(Path(file), remedy="give the file with the weights of labels")
    weights = read_weights(content, file)
    gold, predicted, value = [], [], []
    for ours, theirs in _places(columns):
        refuse_crowd(columns.articles[int(columns.gold.article[ours[0]])], len(ours) * len(theirs))
        edges = [
            (i, j, round(weight * STEPS))
            for i in ours
            for j in theirs
            if (weight := _weight(columns, weights, i, j)) > 0
        ]
        for i, j, _ in (edges[edge] for edge in best_assignment(edges)):
            gold.append(i)
            predicted.append(j)
            value.append(_weight(columns, weights, i, j))
    met = sum(set(pair) <= set(columns.labels) for pair in weights)
    told = f"{sha256(content.encode()).hexdigest()[:7]},{met} of {len(weights)} weights met"
    return items_of_pairs(
        columns,
        np.array(gold, dtype=np.int64),
        np.array(predicted, dtype=np.int64),
        np.array(value, dtype=np.float64),
        told=told,
    )


def _places(columns: Columns) -> Iterator[tuple[list[int], list[int]]]:
    """The gold and the predicted items of each place that both sides have."""
    by_place: list[dict[int, list[int]]] = []
    for side in columns.sides:
        places: dict[int, list[int]] = {}
        for item, place in enumerate(side.place.tolist()):
            places.setdefault(place, []).append(item)
        by_place.append(places)
    for place, items in by_place[0].items():
        if place in by_place[1]:
            yield items, by_place[1][place]


def _weight(columns: Columns, weights: Weights, gold: int, predicted: int) -> float:
    def label(side: SpanColumns, item: int) -> str:
        return columns.labels[int(side.label[item])]

    pair = label(columns.gold, gold), label(columns.predicted, predicted)
    return 1.0 if pair[0] == pair[1] else weights.get(pair, weights.get(pair[::-1], 0.0))


def read_weights(content: str, name: str) -> dict[tuple[str, str], float]:
    """The weights of a file: (gold label, predicted label) → weight.

    Args:
        content: TOML, or JSON if it begins with a brace.
        name: the file, for messages.

    Raises:
        FormatError: it is no table of weights from 0 to 1, or says of equal labels that they weigh less than 1.
    """
    is_json = content.lstrip().startswith("{")
    tables: Any = parse_json(content, name) if is_json else parse_toml(content, name)
    rows = tables.get("weights", tables) if isinstance(tables, dict) else None
    if not isinstance(rows, dict) or not rows:
        raise FormatError(f"{name}: holds no table of weights; write [weights.GOLD_LABEL] and lines LABEL = 0.5")
    weights: dict[tuple[str, str], float] = {}
    for gold, row in rows.items():
        if not isinstance(row, dict):
            raise FormatError(
                f"{name}: {gold!r} is {row!r}, not a table of predicted labels; write LABEL = 0.5 below it"
            )
        for predicted, weight in row.items():
            number = isinstance(weight, (int, float)) and not isinstance(weight, bool)
            if not number or not 0 <= weight <= 1:
                raise FormatError(f"{name}: {gold}.{predicted} is {weight!r}; a weight is a number from 0 to 1")
            if gold == predicted and weight != 1:
                raise FormatError(f"{name}: {gold}.{predicted} is {weight!r}; a label weighs 1 where it is right")
            if gold != predicted:
                weights[gold, predicted] = float(weight)
    return weights
