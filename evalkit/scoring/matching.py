"""The one-to-one matching of overlapping items that earns the most.

Overlaps (see `evalkit.scoring.edges`) are matched cluster by cluster, a cluster being a chain of overlapping items.
Nearly all clusters are one gold and one predicted item, or one item with several of the other side, and are matched
as arrays; the rest are small assignment problems. A matching is the best by, in this order: number of pairs, number
of pairs with equal labels, characters in common, leftmost. The last three decide only who gets the credit, never how
much there is; where more than `DP_EDGES` overlaps hang together the leftmost is not asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.scoring.arrays import unpaired
from evalkit.scoring.assignment import CHAIN, DP_EDGES, EXACT, assign_many, best_assignment, refuse_crowd
from evalkit.scoring.columns import Columns, Ints
from evalkit.scoring.edges import Edges
from evalkit.scoring.meeting import Masks, couples, open_edges

__all__ = ["Clusters", "Rule", "cluster", "match_open", "match_overlapping"]


@dataclass(frozen=True, eq=False)
class Clusters:
    """Edges grouped into chains; `first` holds where each cluster begins in the edges, `edges` are sorted by it."""

    edges: Edges
    first: Ints

    def __len__(self) -> int:
        return len(self.first)


@dataclass(frozen=True)
class Rule:
    """How a cluster of several edges is decided.

    Attributes:
        preference: what makes an edge come first among edges, as keys for `numpy.lexsort` (the last key leads).
        solve: the positions of the edges to use, given edges and the cluster number of each; not asked where all
            edges of a cluster share one item: then the first one by preference is used.
    """

    preference: Callable[[Columns, Edges], tuple[Ints, ...]]
    solve: Callable[[Columns, Edges, Ints], Ints]


def match_open(
    columns: Columns,
    free: Masks | None = None,
    *,
    by_label: bool,
    keep: Callable[[Edges], Edges] | None = None,
    rule: Rule | None = None,
) -> tuple[Ints, Ints]:
    """Positions of the matched pairs (gold, predicted).

    Args:
        columns: both sides.
        free: the gold and the predicted items that may be matched; all by default.
        by_label: only items of one label may be matched.
        keep: which overlaps are good enough; all by default.
        rule: how clusters of several overlaps are decided; the matching that earns the most by default.
    """
    alone = couples(columns, free, by_label=by_label)
    alone = keep(alone) if keep else alone
    matched = [(alone.gold, alone.predicted)]
    for edges in open_edges(columns, free, by_label=by_label):
        matched.append(
            match_overlapping(columns, cluster(columns, keep(edges) if keep else edges, by_label=by_label), rule)
        )
    return np.concatenate([pair[0] for pair in matched]), np.concatenate([pair[1] for pair in matched])


def cluster(columns: Columns, edges: Edges, *, by_label: bool) -> Clusters:
    """The edges in chains: two edges are in one chain if items of theirs overlap on the axis, directly or not."""
    if not len(edges.gold):
        return Clusters(edges, np.zeros(0, dtype=np.int64))
    gold_start, gold_end = columns.axis(columns.gold, edges.gold, by_label=by_label)
    start, end = columns.axis(columns.predicted, edges.predicted, by_label=by_label)
    # An edge reaches over both of its items; in order of start a chain ends where nothing so far reaches the next edge.
    low, high = np.minimum(gold_start, start), np.maximum(gold_end, end)
    order = np.argsort(low, kind="stable")
    low, high = low[order], high[order]
    fresh = np.concatenate([[True], low[1:] >= np.maximum.accumulate(high)[:-1]])
    return Clusters(edges.only(order), np.flatnonzero(fresh))


def match_overlapping(columns: Columns, clusters: Clusters, rule: Rule | None = None) -> tuple[Ints, Ints]:
    """Positions of the matched pairs (gold, predicted) of some clusters."""
    rule = rule or MOST_CREDIT
    edges, first = clusters.edges, clusters.first
    sizes = np.diff(np.append(first, len(edges.gold)))
    single, several = first[sizes == 1], np.flatnonzero(sizes > 1)
    chosen = [(edges.gold[single], edges.predicted[single])]
    if len(several):
        # The cluster number of each edge, so that clusters are worked on as one sorted array.
        number = np.repeat(np.arange(len(sizes)), sizes)
        star = _stars(edges, first) & (sizes > 1)
        inside = np.flatnonzero(star[number])
        # Sorted by cluster, then by preference: the first edge of each cluster number is the one to take.
        order = np.lexsort((*rule.preference(columns, edges.only(inside)), number[inside]))
        ranked = number[inside][order]
        best = inside[order][np.concatenate([[True], ranked[1:] != ranked[:-1]])] if len(inside) else inside
        chosen.append((edges.gold[best], edges.predicted[best]))
        rest = np.flatnonzero(~star[number] & (sizes[number] > 1))
        if len(rest):
            used = rest[rule.solve(columns, edges.only(rest), number[rest])]
            chosen.append((edges.gold[used], edges.predicted[used]))
    return np.concatenate([pair[0] for pair in chosen]), np.concatenate([pair[1] for pair in chosen])


def _stars(edges: Edges, first: Ints) -> NDArray[np.bool_]:
    """For each cluster whether one item has part in all of its edges."""
    star = np.zeros(len(first), dtype=bool)
    for column in (edges.gold, edges.predicted):
        # Largest and smallest position in a cluster are the same if it has one item of this side only.
        star |= np.maximum.reduceat(column, first) == np.minimum.reduceat(column, first)
    return star


def _best_first(columns: Columns, edges: Edges) -> tuple[Ints, ...]:
    unequal = ~_same_label(columns, edges)
    return edges.predicted, edges.gold, _symmetric_place(columns, edges), -edges.common, unequal.astype(np.int64)


def _symmetric_place(columns: Columns, edges: Edges) -> Ints:
    """Where a pair lies, the same if gold and predicted change sides."""
    a, b = columns.gold, columns.predicted
    ours, theirs = edges.gold, edges.predicted
    total = a.start[ours].astype(np.int64) + a.end[ours] + b.start[theirs] + b.end[theirs]
    return total * (len(columns.labels) + 1) + np.minimum(a.label[ours], b.label[theirs])


def _most_credit(columns: Columns, edges: Edges, number: Ints) -> Ints:
    twos = _two_by_two(edges, number)
    used = [twos[_solve_twos(columns, edges.only(twos), number[twos])]]
    rest = unpaired(len(number), twos)
    sizes = np.bincount(number[rest], minlength=1)[number[rest]]
    order = rest[sizes <= DP_EDGES]
    order = order[np.lexsort((*_best_first(columns, edges.only(order)), number[order]))]
    used.append(order[_solve_small(columns, edges.only(order), number[order])])
    large = rest[sizes > DP_EDGES]
    for part in np.split(large, np.flatnonzero(np.diff(number[large])) + 1) if len(large) else ():
        used.append(part[_solve_large(columns, edges.only(part))])
    return np.concatenate(used)


def _two_by_two(edges: Edges, number: Ints) -> Ints:
    """Positions of the edges in clusters of two gold and two predicted items; edges of a cluster stand together."""
    first = np.flatnonzero(np.diff(number, prepend=-1))
    two = np.ones(len(first), dtype=bool)
    sizes = np.diff(np.append(first, len(number)))
    for column in (edges.gold, edges.predicted):
        low, high = np.minimum.reduceat(column, first), np.maximum.reduceat(column, first)
        outer = (column == np.repeat(low, sizes)) | (column == np.repeat(high, sizes))
        two &= (low < high) & np.logical_and.reduceat(outer, first)
    return np.flatnonzero(np.repeat(two, sizes))


def _solve_twos(columns: Columns, edges: Edges, number: Ints) -> Ints:
    """Positions of the edges to use where each cluster is two by two: its straight pairs or its crossed ones."""
    if not len(number):
        return np.zeros(0, dtype=np.int64)
    first = np.flatnonzero(np.diff(number, prepend=-1))
    sizes = np.diff(np.append(first, len(number)))
    low = [np.repeat(np.minimum.reduceat(column, first), sizes) for column in (edges.gold, edges.predicted)]
    crossed = (edges.gold == low[0]) != (edges.predicted == low[1])
    way = 2 * np.repeat(np.arange(len(first)), sizes) + crossed
    place = np.empty(len(number), dtype=np.int64)
    place[np.lexsort(_best_first(columns, edges))] = np.arange(len(number))
    leftmost = np.full(2 * len(first), len(number))
    np.minimum.at(leftmost, way, place)
    cross = leftmost[1::2] < leftmost[0::2]
    # From what decides last to what decides first: pairs, equal labels, characters in common, leftmost.
    for value in (edges.common, _same_label(columns, edges), np.ones(len(number))):
        total = np.bincount(way, weights=value, minlength=len(leftmost))
        cross = np.where(total[0::2] == total[1::2], cross, total[1::2] > total[0::2])
    return np.flatnonzero(crossed == np.repeat(cross, sizes))


def _solve_small(columns: Columns, edges: Edges, number: Ints) -> list[int]:
    if not len(number):
        return []
    first = np.flatnonzero(np.diff(number, prepend=-1))
    ends = [*first[1:].tolist(), len(number)]
    rows = list(
        zip(
            edges.gold.tolist(),
            edges.predicted.tolist(),
            _same_label(columns, edges).tolist(),
            edges.common.tolist(),
            strict=True,
        )
    )
    used: list[int] = []
    for begin, end in zip(first.tolist(), ends, strict=True):
        cluster_rows = rows[begin:end]
        # Weights in which one more equal label outweighs all common characters, and one more pair all equal labels.
        by_label = sum(common for *_, common in cluster_rows) + 1
        by_pair = by_label * (len(cluster_rows) + 1)
        weighted = [
            (gold, predicted, by_pair + by_label * same + common) for gold, predicted, same, common in cluster_rows
        ]
        used += [begin + position for position in best_assignment(weighted)]
    return used


def _solve_large(columns: Columns, edges: Edges) -> Ints:
    same = _same_label(columns, edges).astype(np.int64)
    sizes = len(np.unique(edges.gold)), len(np.unique(edges.predicted))
    refuse_crowd(columns.articles[int(columns.gold.article[edges.gold[0]])], sizes[0] * sizes[1], CHAIN)
    matched = min(sizes)
    # Common characters are counted more coarsely until the sum of all weights is exact in a float64.
    step = 1
    while (matched + 1) * int(_weights(same, edges.common, matched, step).max()) >= EXACT:
        step *= 2
    return assign_many(edges.gold, edges.predicted, _weights(same, edges.common, matched, step))


def _same_label(columns: Columns, edges: Edges) -> NDArray[np.bool_]:
    return np.asarray(columns.gold.label[edges.gold] == columns.predicted.label[edges.predicted])


def _weights(same: Ints, common: Ints, matched: int, step: int) -> Ints:
    """Weights whose sum over at most `matched` edges counts pairs first, then equal labels, then characters."""
    shared = common // step
    by_label = matched * int(shared.max()) + 1
    weight: Ints = (matched + 1 + same) * by_label + shared
    return weight


MOST_CREDIT = Rule(_best_first, _most_credit)
