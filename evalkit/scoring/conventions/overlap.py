"""overlap: each item earns the share of its characters that the other side pays for, each character once.

Known elsewhere as proportional (Johansson & Moschitti 2010). A character of a gold item pays for one predicted item
of its label only, and a character of a predicted item for one gold item: counted naively, three near-copies of one
gold item earn a precision of 1. Who is paid where several claim a character: the pair that fits best, which is the one
with the largest intersection / union, comes first, of equally good ones the leftmost. So a near-copy earns what better
fitting items leave, a second equal copy nothing, and the order of the input does not matter. An empty span earns 1 if
the other side has it too, else 0.

    gold      PER [0, 8]       recall    4/8
    predicted PER [4, 20]      precision 4/16

    gold      PER [0, 8]                            recall    8/8
    predicted PER [0, 8], PER [0, 7], PER [2, 12]   precision (8/8 + 0/7 + 0/10) / 3
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evalkit.scoring.columns import Columns, Ints, SpanColumns
from evalkit.scoring.edges import Edges, lengths, pieces_of
from evalkit.scoring.items import Items, items_of_credits
from evalkit.scoring.matching import cluster
from evalkit.scoring.meeting import couples, open_edges

__all__ = ["overlap"]

Floats = NDArray[np.float64]
Stretches = list[tuple[int, int]]

AT_ONCE = 2048
"""So many pairs are looked at together."""


def overlap(columns: Columns) -> Items:
    """Credits under the convention."""
    paid = np.zeros(len(columns.gold)), np.zeros(len(columns.predicted))
    alone = couples(columns, None, by_label=True)
    paid[0][alone.gold] = paid[1][alone.predicted] = alone.common
    for edges in open_edges(columns, None, by_label=True):
        _pay(columns, edges, paid)
    credits = [characters / lengths(columns, side) for side, characters in zip(columns.sides, paid, strict=True)]
    return items_of_credits(columns, credits[0], credits[1])


def _pay(columns: Columns, edges: Edges, paid: tuple[Floats, Floats]) -> None:
    """Adds the characters that are paid for to both items of each pair."""
    clusters = cluster(columns, edges, by_label=True)
    edges = clusters.edges
    number = np.repeat(np.arange(len(clusters)), np.diff(np.append(clusters.first, len(edges.gold))))
    contested = np.zeros(len(clusters), dtype=bool)
    for side, items in ((columns.gold, edges.gold), (columns.predicted, edges.predicted)):
        contested[number[_contested(columns, side, items)]] = True
    common = edges.common.copy()
    open_edges = np.flatnonzero(contested[number])
    if len(open_edges):
        common[open_edges] = _in_turn(columns, edges.only(open_edges))
    np.add.at(paid[0], edges.gold, common)
    np.add.at(paid[1], edges.predicted, common)


def _contested(columns: Columns, side: SpanColumns, items: Ints) -> NDArray[np.bool_]:
    """Which items overlap another of the same side, by their hulls."""
    names, place = np.unique(items, return_inverse=True)
    start, end = columns.axis(side, names, by_label=True)
    order = np.argsort(start, kind="stable")
    low, high = start[order], end[order]
    clash = np.zeros(len(names), dtype=bool)
    # In order of start an item meets one before it if any of those reaches beyond its start …
    clash[order[1:]] = low[1:] < np.maximum.accumulate(high)[:-1]
    # … and one after it if the very next one starts before its end.
    clash[order[:-1]] |= low[1:] < high[:-1]
    return clash[place]


def _in_turn(columns: Columns, edges: Edges) -> Ints:
    """The characters that each pair gets when the best fitting one takes first what both of its items still have."""
    left: tuple[dict[int, Stretches], dict[int, Stretches]] = ({}, {})
    for side, items, stretches in zip(columns.sides, (edges.gold, edges.predicted), left, strict=True):
        for item in np.unique(items).tolist():
            # An empty span is one character of its own, which only its equals have.
            stretches[item] = [(start, max(end, start + 1)) for start, end in pieces_of(columns, side, item)]
    common = np.zeros(len(edges.gold), dtype=np.int64)
    waiting = _best_first(columns, edges)
    # The hull of what each item still has: pairs whose hulls no longer meet are passed over many at a time.
    low, high = ([np.zeros(len(side), dtype=np.int64) for side in columns.sides] for _ in range(2))
    for place, stretches in enumerate(left):
        for item, own in stretches.items():
            low[place][item], high[place][item] = own[0][0], own[-1][1]
    for first in range(0, len(waiting), AT_ONCE):
        some = waiting[first : first + AT_ONCE]
        gold, predicted = edges.gold[some], edges.predicted[some]
        meet = np.maximum(low[0][gold], low[1][predicted]) < np.minimum(high[0][gold], high[1][predicted])
        for edge in some[meet].tolist():
            pair = int(edges.gold[edge]), int(edges.predicted[edge])
            shared = _shared(left[0][pair[0]], left[1][pair[1]])
            if shared:
                common[edge] = sum(end - start for start, end in shared)
                for place, item in enumerate(pair):
                    rest = left[place][item] = _without(left[place][item], shared)
                    low[place][item], high[place][item] = (rest[0][0], rest[-1][1]) if rest else (0, 0)
    return common


def _best_first(columns: Columns, edges: Edges) -> Ints:
    """Positions of the edges by fit, the best first, the same if gold and predicted change sides.

    Only pairs that have an item in common compete; for those each sum over both items orders the other items.
    """
    gold, predicted = columns.gold, columns.predicted
    size = lengths(columns, gold, edges.gold) + lengths(columns, predicted, edges.predicted)
    fit = edges.common / (size - edges.common)
    keys = [edges.gold + edges.predicted]
    for name in ("shape", "end", "start"):
        ours, theirs = getattr(gold, name), getattr(predicted, name)
        keys.append(ours[edges.gold].astype(np.int64) + theirs[edges.predicted])
    return np.lexsort((*keys, -fit))


def _shared(first: Stretches, second: Stretches) -> Stretches:
    """The stretches that are in both; each is ascending."""
    shared = []
    i = j = 0
    while i < len(first) and j < len(second):
        low, high = max(first[i][0], second[j][0]), min(first[i][1], second[j][1])
        if low < high:
            shared.append((low, high))
        # The one that ends first meets nothing further.
        if first[i][1] < second[j][1]:
            i += 1
        else:
            j += 1
    return shared


def _without(stretches: Stretches, taken: Stretches) -> Stretches:
    """The stretches less some parts of them; each is ascending."""
    left = []
    part = 0
    for start, end in stretches:
        rest = start
        while part < len(taken) and taken[part][0] < end:
            if rest < taken[part][0]:
                left.append((rest, taken[part][0]))
            rest = taken[part][1]
            part += 1
        if rest < end:
            left.append((rest, end))
    return left
