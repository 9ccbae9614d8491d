"""What mentions earn as clusters: those of one article that share an `entity_id` are one cluster.

Each function here is a convention of the task `clusters` and is described there. All of them are sums over articles, so
what they count are rows as anywhere else: links (muc), mentions (b3, lea) or clusters (ceaf), each of which belongs to
one mention and counts under its label.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evalkit.records import Entity
from evalkit.scoring.assignment import best_assignment
from evalkit.scoring.columns import GOLD_SIDE, PREDICTED_SIDE, Columns
from evalkit.scoring.items import NOBODY, Items, Rows, items_of_rows
from evalkit.scoring.meeting import relabelled

__all__ = ["ALL", "BOTH", "METRICS", "b3", "ceaf", "conll", "lea", "muc"]

ALL, BOTH = "all", "both"
"""Which mentions are looked at: every one, or only those that both sides have."""

STEPS = 10**9
"""Similarities as whole numbers, so that the best assignment is exact."""


@dataclass(frozen=True)
class _Side:
    """The mentions of one side of one article, of those that are looked at.

    Attributes:
        clusters: positions of the mentions of each cluster, in canonical order.
        there: for each mention of each cluster the cluster of the other side that its twin is in, or None.
        common: for each cluster the clusters of the other side that have mentions of it → how many.
    """

    clusters: Sequence[Sequence[int]]
    there: Sequence[Sequence[int | None]]
    common: Sequence[dict[int, int]]


_Row = tuple[int, float]
"""A mention and what it earns."""

_Metric = Callable[[_Side, _Side], Iterator[_Row]]


def muc(columns: Columns, mentions: str = ALL) -> Items:
    """Links: each mention but the first of its cluster, right if it shares a cluster there too with an earlier one."""
    return _items(columns, _links, mentions)


def b3(columns: Columns, mentions: str = ALL) -> Items:
    """Mentions: the share of its cluster that the cluster of its twin has too."""
    return _items(columns, _shares, mentions)


def ceaf(columns: Columns, mentions: str = ALL) -> Items:
    """Clusters: their likeness to the one that they are paired with, one-to-one and for the largest sum."""
    return _items(columns, _similarities, mentions)


def lea(columns: Columns, mentions: str = ALL) -> Items:
    """Mentions: the share of the links of its cluster that are links there too; alone there, if it is alone here."""
    return _items(columns, _resolutions, mentions)


def conll(columns: Columns, mentions: str = ALL) -> Items:
    """The rows of muc, b3 and ceaf, each under the name of its metric."""
    names = tuple(sorted(METRICS))
    of_metrics = [_items(columns, METRICS[name], mentions) for name in names]
    gold, predicted = (
        _joined([side.gold for side in of_metrics]),
        _joined([side.predicted for side in of_metrics]),
    )
    return replace(items_of_rows(replace(columns, labels=names), gold, predicted), apart=True)


def _joined(parts: Sequence[Rows]) -> Rows:
    """Rows one after the other, the number of each part as their label."""
    return Rows(
        item=np.concatenate([rows.item for rows in parts]),
        label=np.repeat(np.arange(len(parts)), [len(rows.item) for rows in parts]),
        credit=np.concatenate([rows.credit for rows in parts]),
        partner=np.concatenate([rows.partner for rows in parts]),
        side=parts[0].side,
    )


def _items(columns: Columns, metric: _Metric, mentions: str) -> Items:
    rows: tuple[list[_Row], list[_Row]] = ([], [])
    for gold, predicted in _articles(columns, mentions):
        rows[GOLD_SIDE].extend(metric(gold, predicted))
        rows[PREDICTED_SIDE].extend(metric(predicted, gold))
    partners = _twins(columns)
    return items_of_rows(
        columns,
        _rows(columns, GOLD_SIDE, rows[GOLD_SIDE], partners),
        _rows(columns, PREDICTED_SIDE, rows[PREDICTED_SIDE], partners),
    )


def _rows(columns: Columns, side: int, rows: Sequence[_Row], partners: tuple[dict[int, int], dict[int, int]]) -> Rows:
    item = np.array([row[0] for row in rows], dtype=np.int64)
    credit = np.array([row[1] for row in rows], dtype=np.float64)
    partner = np.array([partners[side].get(mention, NOBODY) for mention, _ in rows], dtype=np.int64)
    return Rows(item, columns.sides[side].label[item], credit, partner, side)


def _twins(columns: Columns) -> tuple[dict[int, int], dict[int, int]]:
    """Mention → the mention of the other side at the same place, one-to-one, those of equal label first."""
    twins: tuple[dict[int, int], dict[int, int]] | None = columns.memo.get("twins")
    if twins is None:
        gold, predicted = (
            np.concatenate(pair).tolist() for pair in zip(columns.equal, relabelled(columns), strict=True)
        )
        pairs = list(zip(gold, predicted, strict=True))
        twins = columns.memo["twins"] = dict(pairs), {theirs: ours for ours, theirs in pairs}
    return twins


def _articles(columns: Columns, mentions: str) -> list[tuple[_Side, _Side]]:
    """The two sides of each article; made once for all metrics."""
    key = ("clusters", mentions)
    if key not in columns.memo:
        twins = _twins(columns)
        columns.memo[key] = articles = []
        for article in range(len(columns.articles)):
            gold, predicted = (
                _clusters(records, range(int(first[article]), int(first[article + 1])), twin, mentions)
                for records, first, twin in zip(columns.records, columns.first, twins, strict=True)
            )
            articles.append((_side(gold, predicted, twins[GOLD_SIDE]), _side(predicted, gold, twins[PREDICTED_SIDE])))
    found: list[tuple[_Side, _Side]] = columns.memo[key]
    return found


def _clusters(records: Sequence[Entity], positions: range, twin: dict[int, int], mentions: str) -> list[list[int]]:
    clusters: defaultdict[object, list[int]] = defaultdict(list)
    for position in positions:
        if mentions == ALL or position in twin:
            # A mention without a name is a cluster of its own.
            name = records[position].entity_id
            clusters[position if name is None else name].append(position)
    return list(clusters.values())


def _side(clusters: list[list[int]], others: list[list[int]], twin: dict[int, int]) -> _Side:
    cluster_of = {mention: number for number, cluster in enumerate(others) for mention in cluster}
    twins = {mention: cluster_of[twin[mention]] for cluster in clusters for mention in cluster if mention in twin}
    there = [[twins.get(mention) for mention in cluster] for cluster in clusters]
    common: list[dict[int, int]] = []
    for cluster in there:
        counts: dict[int, int] = {}
        for other in cluster:
            if other is not None:
                counts[other] = counts.get(other, 0) + 1
        common.append(counts)
    return _Side(clusters, there, common)


def _links(side: _Side, other: _Side) -> Iterator[_Row]:
    """Vilain et al. 1995: of a cluster of k mentions that falls into p parts there, k - p of k - 1 links are right."""
    for cluster, there in zip(side.clusters, side.there, strict=True):
        for number in range(1, len(cluster)):
            yield cluster[number], float(there[number] is not None and there[number] in there[:number])


def _shares(side: _Side, other: _Side) -> Iterator[_Row]:
    """Bagga & Baldwin 1998, with mentions that the other side lacks worth nothing (Pradhan et al. 2014)."""
    for cluster, there, common in zip(side.clusters, side.there, side.common, strict=True):
        for mention, met in zip(cluster, there, strict=True):
            yield mention, 0.0 if met is None else common[met] / len(cluster)


def _similarities(side: _Side, other: _Side) -> Iterator[_Row]:
    """Luo 2005, φ4, with mentions that the other side lacks left in their clusters (Pradhan et al. 2014)."""
    edges = [
        (number, there, 2 * shared * STEPS // (len(cluster) + len(other.clusters[there])))
        for number, (cluster, common) in enumerate(zip(side.clusters, side.common, strict=True))
        for there, shared in sorted(common.items())
    ]
    paired = {edges[edge][0]: edges[edge][1] for edge in best_assignment(edges)}
    for number, cluster in enumerate(side.clusters):
        if number in paired:
            there = paired[number]
            yield cluster[0], 2 * side.common[number][there] / (len(cluster) + len(other.clusters[there]))
        else:
            yield cluster[0], 0.0


def _resolutions(side: _Side, other: _Side) -> Iterator[_Row]:
    """Moosavi & Strube 2016: each cluster weighs as many mentions as it has."""
    for cluster, common in zip(side.clusters, side.common, strict=True):
        if len(cluster) == 1:
            resolved = float(any(len(other.clusters[there]) == 1 for there in common))
        else:
            links = len(cluster) * (len(cluster) - 1)
            resolved = sum(number * (number - 1) for number in common.values()) / links
        for mention in cluster:
            yield mention, resolved


METRICS: dict[str, _Metric] = {"muc": _links, "b3": _shares, "ceaf": _similarities}
"""Whose mean F1 is the score of CoNLL-2012."""
