"""fuzzy: HIPE's rule, decided gold by gold in text order.

A gold item takes its exact prediction if that is still unused, else the first unused overlapping one, which is used
up and counts only if its label agrees (HIPE-2020 scorer, regime "fuzzy"). The walk is greedy because the published
definition is; items are walked in canonical order, so the order of the input does not matter.

    gold      PER [0, 8]                PER [0, 8]
    predicted PER [4, 20]  right        ORG [4, 20]  used up: one missed, one spurious
"""

from __future__ import annotations

import numpy as np

from evalkit.scoring.columns import Columns, Ints
from evalkit.scoring.edges import Edges
from evalkit.scoring.items import Items
from evalkit.scoring.matching import Rule, match_open

__all__ = ["fuzzy"]


def fuzzy(columns: Columns) -> Items:
    """Credits under the convention."""
    gold, predicted = match_open(columns, by_label=False, rule=Rule(_in_text_order, _walk))
    agree = columns.gold.label[gold] == columns.predicted.label[predicted]
    return Items(columns, (gold[agree], predicted[agree]))


def _in_text_order(columns: Columns, edges: Edges) -> tuple[Ints, ...]:
    inexact = columns.gold.key[edges.gold] != columns.predicted.key[edges.predicted]
    return edges.predicted, inexact.astype(np.int64), edges.gold


def _walk(columns: Columns, edges: Edges, number: Ints) -> Ints:
    order = np.lexsort(_in_text_order(columns, edges))
    used: set[int] = set()
    done: set[int] = set()
    taken: list[int] = []
    for at, gold, predicted in zip(
        order.tolist(), edges.gold[order].tolist(), edges.predicted[order].tolist(), strict=True
    ):
        if gold not in done and predicted not in used:
            done.add(gold)
            used.add(predicted)
            taken.append(at)
    return np.array(taken, dtype=np.int64)
