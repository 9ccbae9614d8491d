"""fuzzy: HIPE's rule, decided gold by gold in text order.

A gold item takes its exact prediction if that is still unused, else the first unused overlapping one, which is used
up and counts only if its label agrees (HIPE-2020 scorer, regime "fuzzy"). The walk is greedy because the published
definition is; items are walked in canonical order, so the order of the input does not matter.

    gold      PER [0, 8]                PER [0, 8]
    predicted PER [4, 20]  right        ORG [4, 20]  used up: one missed, one spurious
"""

from __future__ import annotations

import numpy as np

from evalkit.scoring.columns import EntityColumns
from evalkit.scoring.credits import Credits, credits_of_pairs
from evalkit.scoring.matching import cluster, find_edges, match_overlapping, pending

__all__ = ["fuzzy"]


def fuzzy(columns: EntityColumns) -> Credits:
    """Credits under the convention."""
    settled_gold, settled_predicted, open_gold, open_predicted = pending(columns, by_label=False)
    edges = find_edges(columns, open_gold, open_predicted, by_label=False)
    gold_key, predicted_key = columns.gold.key, columns.predicted.key

    def walk(rows: list[tuple[int, int, int]]) -> list[int]:
        used: set[int] = set()
        taken: list[int] = []
        by_gold: dict[int, list[tuple[int, int]]] = {}
        for at, (gold, predicted, _) in enumerate(rows):
            by_gold.setdefault(gold, []).append((predicted, at))
        for gold in sorted(by_gold):
            free = [pair for pair in sorted(by_gold[gold]) if pair[0] not in used]
            exact = [pair for pair in free if predicted_key[pair[0]] == gold_key[gold]]
            for predicted, at in (exact or free)[:1]:
                used.add(predicted)
                taken.append(at)
        return sorted(taken)

    gold, predicted = match_overlapping(columns, cluster(columns, edges, by_label=False), walk)
    agree = columns.gold.label[gold] == columns.predicted.label[predicted]
    return credits_of_pairs(
        columns,
        np.concatenate([settled_gold, gold[agree]]),
        np.concatenate([settled_predicted, predicted[agree]]),
    )
