"""Who overlaps whom, and the one-to-one matching of maximum credit.

Overlap is found by two binary searches on the global axis, and matched cluster by cluster, a cluster being a chain of
overlapping items. Nearly all clusters are one gold and one predicted item and are matched as arrays; the rest are
small assignment problems. A matching is the best by, in this order: number of pairs, number of pairs with equal
labels, characters in common, leftmost. The last three decide only who gets the credit, never how much there is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from evalkit.scoring.columns import EntityColumns, Ints, SpanColumns, unpaired

__all__ = [
    "Clusters",
    "Edges",
    "best_assignment",
    "cluster",
    "find_edges",
    "fragments",
    "lengths",
    "match_overlapping",
    "pending",
    "pieces_of",
]

DP_COLUMNS = 10


class Edges(NamedTuple):
    """Pairs of overlapping items: positions in gold and predicted, and the characters they share."""

    gold: Ints
    predicted: Ints
    common: Ints


@dataclass(frozen=True, eq=False)
class Clusters:
    """Edges grouped into chains; `first` holds where each cluster begins in the edges, `edges` are sorted by it."""

    edges: Edges
    first: Ints

    def __len__(self) -> int:
        return len(self.first)


def find_edges(columns: EntityColumns, gold: Ints, predicted: Ints, *, by_label: bool) -> Edges:
    """All overlapping pairs among some gold and some predicted items (given as positions)."""
    gold, gold_start, gold_end = _ordered(columns, columns.gold, gold, by_label)
    predicted, start, end = _ordered(columns, columns.predicted, predicted, by_label)
    high = np.searchsorted(start, gold_end, "left")
    low = np.searchsorted(np.maximum.accumulate(end), gold_start, "right") if len(end) else np.zeros_like(high)
    number = np.maximum(high - low, 0)
    left = np.repeat(np.arange(len(gold)), number)
    right = np.arange(len(left)) - np.repeat(np.cumsum(number) - number - low, number)
    common = np.minimum(gold_end[left], end[right]) - np.maximum(gold_start[left], start[right])
    keep = common > 0
    edges = Edges(gold[left[keep]], predicted[right[keep]], common[keep])
    return _refine(columns, edges)


def _ordered(columns: EntityColumns, side: SpanColumns, items: Ints, by_label: bool) -> tuple[Ints, Ints, Ints]:
    part = SpanColumns(*(getattr(side, name)[items] for name in SpanColumns.__dataclass_fields__))
    start, end = columns.axis(part, by_label=by_label)
    order = np.argsort(start, kind="stable")
    return items[order], start[order], end[order]


def _refine(columns: EntityColumns, edges: Edges) -> Edges:
    """Items in several pieces overlap only where their pieces do."""
    if len(columns.shapes) == 1:
        return edges
    pieced = np.flatnonzero((columns.gold.shape[edges.gold] != 0) | (columns.predicted.shape[edges.predicted] != 0))
    common = edges.common.copy()
    for at in pieced:
        ours = pieces_of(columns, columns.gold, int(edges.gold[at]))
        theirs = pieces_of(columns, columns.predicted, int(edges.predicted[at]))
        common[at] = sum(max(0, min(a[1], b[1]) - max(a[0], b[0])) for a in ours for b in theirs)
    keep = common > 0
    return Edges(edges.gold[keep], edges.predicted[keep], common[keep])


def pieces_of(columns: EntityColumns, side: SpanColumns, item: int) -> tuple[tuple[int, int], ...]:
    """The pieces of one item, in order of position."""
    shape = int(side.shape[item])
    return columns.shapes[shape] if shape else ((int(side.start[item]), int(side.end[item])),)


def lengths(columns: EntityColumns, side: SpanColumns) -> Ints:
    """Characters of each item, its pieces added up; 1 for an empty span."""
    length: Ints = np.maximum(side.end.astype(np.int64) - side.start, 1)
    for item in np.flatnonzero(side.shape):
        length[item] = sum(end - start for start, end in columns.shapes[side.shape[item]])
    return length


def fragments(
    columns: EntityColumns, side: SpanColumns, *, stride: int | None = None, by_label: bool = True
) -> tuple[Ints, Ints, Ints]:
    """Every piece of every item on the global axis: the item's position, start and end."""
    start, end = columns.axis(side, by_label=by_label, stride=stride)
    item: Ints = np.arange(len(side))
    pieced = np.flatnonzero(side.shape)
    if not len(pieced):
        return item, start, end
    offset = start[pieced] - side.start[pieced]
    extra = [
        (int(at), int(shift) + low, int(shift) + high)
        for at, shift in zip(pieced, offset, strict=True)
        for low, high in columns.shapes[side.shape[at]]
    ]
    keep = side.shape == 0
    more = np.array(extra, dtype=np.int64)
    return (
        np.concatenate([item[keep], more[:, 0]]),
        np.concatenate([start[keep], more[:, 1]]),
        np.concatenate([end[keep], more[:, 2]]),
    )


def cluster(columns: EntityColumns, edges: Edges, *, by_label: bool) -> Clusters:
    """The edges in chains: two edges are in one chain if items of theirs overlap on the axis, directly or not."""
    if not len(edges.gold):
        return Clusters(edges, np.zeros(0, dtype=np.int64))
    gold_start, gold_end = columns.axis(columns.gold, by_label=by_label)
    start, end = columns.axis(columns.predicted, by_label=by_label)
    low = np.minimum(gold_start[edges.gold], start[edges.predicted])
    high = np.maximum(gold_end[edges.gold], end[edges.predicted])
    order = np.lexsort((edges.predicted, edges.gold, low))
    low, high = low[order], high[order]
    fresh = np.concatenate([[True], low[1:] >= np.maximum.accumulate(high)[:-1]])
    return Clusters(Edges(*(column[order] for column in edges)), np.flatnonzero(fresh))


def match_overlapping(
    columns: EntityColumns, clusters: Clusters, solve: Callable[[list[tuple[int, int, int]]], list[int]] | None = None
) -> tuple[Ints, Ints]:
    """Positions of the matched pairs (gold, predicted), in the order of the clusters.

    Args:
        columns: both sides.
        clusters: the edges that may be used.
        solve: decides one cluster of several edges, given (gold, predicted, preference) for each edge, and gives
            the edges to use; the assignment of maximum preference by default.
    """
    edges, first = clusters.edges, clusters.first
    sizes = np.diff(np.append(first, len(edges.gold)))
    chosen = [first[sizes == 1]]
    many = np.flatnonzero(sizes > 1)
    if solve is None and len(many):
        stars = _stars(columns, clusters, sizes, many)
        chosen.append(stars[0])
        many = stars[1]
    picked: list[int] = []
    for at in many:
        begin, size = int(first[at]), int(sizes[at])
        rows = _preferences(columns, edges, begin, size)
        picked += [begin + index for index in (solve or best_assignment)(rows)]
    chosen.append(np.array(picked, dtype=np.int64))
    used = np.sort(np.concatenate(chosen))
    return edges.gold[used], edges.predicted[used]


def _stars(columns: EntityColumns, clusters: Clusters, sizes: Ints, many: Ints) -> tuple[Ints, Ints]:
    """The best edge of each cluster in which all edges share one item, and the clusters that are no such star."""
    edges = clusters.edges
    number = np.repeat(np.arange(len(sizes)), sizes)
    star = np.zeros(len(sizes), dtype=bool)
    for column in (edges.gold, edges.predicted):
        star |= np.maximum.reduceat(column, clusters.first) == np.minimum.reduceat(column, clusters.first)
    star[sizes == 1] = False
    inside = np.flatnonzero(star[number])
    if not len(inside):
        return inside, many
    gold, predicted = edges.gold[inside], edges.predicted[inside]
    unequal = columns.gold.label[gold] != columns.predicted.label[predicted]
    place = _symmetric_place(columns, gold, predicted)
    order = np.lexsort((place, -edges.common[inside], unequal, number[inside]))
    ranked = number[inside][order]
    best = np.concatenate([[True], ranked[1:] != ranked[:-1]])
    return inside[order][best], many[~star[many]]


def _symmetric_place(columns: EntityColumns, gold: Ints, predicted: Ints) -> Ints:
    """Where a pair lies, the same if gold and predicted change sides."""
    a, b = columns.gold, columns.predicted
    total = a.start[gold].astype(np.int64) + a.end[gold] + b.start[predicted] + b.end[predicted]
    return total * (len(columns.labels) + 1) + np.minimum(a.label[gold], b.label[predicted])


def _preferences(columns: EntityColumns, edges: Edges, begin: int, size: int) -> list[tuple[int, int, int]]:
    """The edges of one cluster with a whole number each, so that the largest sum is the preferred matching."""
    part = slice(begin, begin + size)
    gold, predicted = edges.gold[part], edges.predicted[part]
    same = (columns.gold.label[gold] == columns.predicted.label[predicted]).tolist()
    common = edges.common[part].tolist()
    rank = np.argsort(np.argsort(_symmetric_place(columns, gold, predicted), kind="stable")).tolist()
    by_common = 1 << size
    by_label = by_common * (sum(common) + 1)
    by_pair = by_label * (size + 1)
    return [
        (g, p, by_pair + by_label * s + by_common * c + (1 << (size - 1 - r)))
        for g, p, s, c, r in zip(gold.tolist(), predicted.tolist(), same, common, rank, strict=True)
    ]


def best_assignment(edges: list[tuple[int, int, int]]) -> list[int]:
    """Positions of the edges of the one-to-one matching with the largest sum of weights.

    Args:
        edges: (row, column, weight), weights positive whole numbers of any size.
    """
    rows = sorted({edge[0] for edge in edges})
    columns = sorted({edge[1] for edge in edges})
    if len(columns) > len(rows):
        return best_assignment([(column, row, weight) for row, column, weight in edges])
    if len(columns) > DP_COLUMNS:
        return _hungarian(edges, rows, columns)
    bit = {column: 1 << at for at, column in enumerate(columns)}
    best: dict[int, tuple[int, tuple[int, ...]]] = {0: (0, ())}
    for row in rows:
        mine = [(at, bit[column], weight) for at, (r, column, weight) in enumerate(edges) if r == row]
        step = dict(best)
        for mask, (total, used) in best.items():
            for at, column, weight in mine:
                if not mask & column:
                    candidate = total + weight
                    if candidate > step.get(mask | column, (-1, ()))[0]:
                        step[mask | column] = (candidate, (*used, at))
        best = step
    return sorted(max(best.values())[1])


def _hungarian(edges: list[tuple[int, int, int]], rows: list[int], columns: list[int]) -> list[int]:
    """The same through the Hungarian method with exact whole numbers (Kuhn 1955, shortest augmenting paths)."""
    position = {(row, column): at for at, (row, column, _) in enumerate(edges)}
    weight = {(row, column): value for row, column, value in edges}
    n, m = len(columns), len(rows)
    cost = [[0] + [-weight.get((row, column), 0) for row in rows] for column in columns]
    u, v, match = [0] * (n + 1), [0] * (m + 1), [0] * (m + 1)
    for i in range(1, n + 1):
        match[0], j0 = i, 0
        least: list[int | None] = [None] * (m + 1)
        came, seen = [0] * (m + 1), [False] * (m + 1)
        while match[j0]:
            seen[j0] = True
            i0, j1, delta = match[j0], 0, None
            for j in range(1, m + 1):
                if seen[j]:
                    continue
                reduced = cost[i0 - 1][j] - u[i0] - v[j]
                known = least[j]
                if known is None or reduced < known:
                    least[j], came[j], known = reduced, j0, reduced
                if delta is None or known < delta:
                    delta, j1 = known, j
            _shift(u, v, match, seen, least, delta or 0)
            j0 = j1
        while j0:
            match[j0] = match[came[j0]]
            j0 = came[j0]
    pairs = [(rows[j - 1], columns[match[j] - 1]) for j in range(1, m + 1) if match[j]]
    return sorted(position[pair] for pair in pairs if pair in position)


def _shift(u: list[int], v: list[int], match: list[int], seen: list[bool], least: list[int | None], delta: int) -> None:
    for j, was_seen in enumerate(seen):
        if was_seen:
            u[match[j]] += delta
            v[j] -= delta
        else:
            known = least[j]
            if known is not None:
                least[j] = known - delta


def pending(columns: EntityColumns, *, by_label: bool) -> tuple[Ints, Ints, Ints, Ints]:
    """Splits the items: pairs that agree and can touch nothing else, and all items that must be looked at.

    Returns:
        Positions of the settled gold and predicted items (pairs), then of the open gold and predicted items. In an
        article where no two items of a side overlap, an item that has its equal on the other side meets nothing else.
    """
    flat = columns.flat(by_label=by_label)
    gold, predicted = columns.equal
    if not flat.all():
        settled = flat[columns.gold.article[gold]]
        gold, predicted = gold[settled], predicted[settled]
    return gold, predicted, unpaired(len(columns.gold), gold), unpaired(len(columns.predicted), predicted)
