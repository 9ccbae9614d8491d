"""What mentions earn as clusters: those of one article that share an `entity_id` are one cluster.

Each function here is a convention of the task `clusters` and is described there. All of them are sums over articles, so
what they count are rows as anywhere else: links (muc), mentions (b3, lea) or clusters (ceaf), each of which belongs to
one mention and counts under its label.
"""

from __future__ import annotations

from collections import Counter, defaultdict
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
        twin: mention → the mention of the other side at the same place.
        cluster_of: mention → the position of its cluster.
    """

    clusters: Sequence[Sequence[int]]
    twin: dict[int, int]
    cluster_of: dict[int, int]


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


def _articles(columns: Columns, mentions: str) -> Iterator[tuple[_Side, _Side]]:
    """The two sides of each article."""
    twins = _twins(columns)
    for article in range(len(columns.articles)):
        sides = [
            _side(records, range(int(first[article]), int(first[article + 1])), twin, mentions)
            for records, first, twin in zip(columns.records, columns.first, twins, strict=True)
        ]
        yield sides[0], sides[1]


def _side(records: Sequence[Entity], positions: range, twin: dict[int, int], mentions: str) -> _Side:
    clusters: defaultdict[object, list[int]] = defaultdict(list)
    for position in positions:
        if mentions == ALL or position in twin:
            # A mention without a name is a cluster of its own.
            name = records[position].entity_id
            clusters[position if name is None else name].append(position)
    ordered = list(clusters.values())
    return _Side(ordered, twin, {mention: number for number, cluster in enumerate(ordered) for mention in cluster})


def _common(side: _Side, other: _Side, cluster: Sequence[int]) -> Counter[int]:
    """The clusters of the other side that have mentions of one → how many."""
    return Counter(other.cluster_of[side.twin[mention]] for mention in cluster if mention in side.twin)


def _links(side: _Side, other: _Side) -> Iterator[_Row]:
    """Vilain et al. 1995: of a cluster of k mentions that falls into p parts there, k - p of k - 1 links are right."""
    for cluster in side.clusters:
        met: set[int] = set()
        for number, mention in enumerate(cluster):
            there = other.cluster_of[side.twin[mention]] if mention in side.twin else None
            if number:
                yield mention, float(there in met)
            if there is not None:
                met.add(there)


def _shares(side: _Side, other: _Side) -> Iterator[_Row]:
    """Bagga & Baldwin 1998, with mentions that the other side lacks worth nothing (Pradhan et al. 2014)."""
    for cluster in side.clusters:
        common = _common(side, other, cluster)
        for mention in cluster:
            there = other.cluster_of[side.twin[mention]] if mention in side.twin else None
            yield mention, 0.0 if there is None else common[there] / len(cluster)


def _similarities(side: _Side, other: _Side) -> Iterator[_Row]:
    """Luo 2005, φ4, with mentions that the other side lacks left in their clusters (Pradhan et al. 2014)."""
    edges = [
        (number, there, 2 * common * STEPS // (len(cluster) + len(other.clusters[there])))
        for number, cluster in enumerate(side.clusters)
        for there, common in sorted(_common(side, other, cluster).items())
    ]
    paired = {edges[edge][0]: edges[edge][1] for edge in best_assignment(edges)}
    for number, cluster in enumerate(side.clusters):
        if number in paired:
            there = paired[number]
            shared = _common(side, other, cluster)[there]
            yield cluster[0], 2 * shared / (len(cluster) + len(other.clusters[there]))
        else:
            yield cluster[0], 0.0


def _resolutions(side: _Side, other: _Side) -> Iterator[_Row]:
    """Moosavi & Strube 2016: each cluster weighs as many mentions as it has."""
    for cluster in side.clusters:
        common = _common(side, other, cluster)
        if len(cluster) == 1:
            resolved = float(any(len(other.clusters[there]) == 1 for there in common))
        else:
            links = len(cluster) * (len(cluster) - 1)
            resolved = sum(number * (number - 1) for number in common.values()) / links
        for mention in cluster:
            yield mention, resolved


METRICS: dict[str, _Metric] = {"muc": _links, "b3": _shares, "ceaf": _similarities}
"""Whose mean F1 is the score of CoNLL-2012."""
