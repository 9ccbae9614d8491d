"""Which predicted stance is about the same holder and target as which gold one.

Holders match by entity_id, through the mentions behind it where the extractor has ids of its own, and so do targets
that are entities. A topic has no mention and a free name. It matches by one of the names that the gold topic has in
the article (its own or an alias; case, number and hyphens apart) or, for the same holder, by evidence that overlaps
the gold's. A predicted name that the gold knows for a topic of the article means that topic and no other.

Matching is one-to-one, of the largest possible number; of several such ones that with most equal labels, then with most
topics of one name, so that the order of stances never matters.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evalkit.layers.stances import folded_topic, topic_names
from evalkit.records import TOPIC_PREFIX, Stance
from evalkit.scoring.alignment import any_overlap
from evalkit.scoring.arrays import Ints, ranges
from evalkit.scoring.assignment import best_assignment
from evalkit.scoring.columns import Columns
from evalkit.scoring.meanings import meanings_of

__all__ = ["StancePairs", "matched_stances", "pair_stances", "stance_pairs"]

Mask = NDArray[np.bool_]


class StancePairs(NamedTuple):
    """All pairs of a gold and a predicted stance of one article that have the same holder, in canonical order.

    Attributes:
        gold: positions of the gold stances.
        predicted: positions of the predicted ones.
        same_label: whether labels agree.
        same_name: whether the predicted target is the gold one, a topic by its very name, case and punctuation apart.
        same_target: whether the predicted target is the gold one.
    """

    gold: Ints
    predicted: Ints
    same_label: Mask
    same_name: Mask
    same_target: Mask

    def only(self, keep: Mask) -> StancePairs:
        """Some of the pairs."""
        return StancePairs(
            self.gold[keep], self.predicted[keep], self.same_label[keep], self.same_name[keep], self.same_target[keep]
        )


def stance_pairs(columns: Columns) -> StancePairs:
    """The pairs of some columns of stances that have the same holder; made once for all conventions."""
    if "stance pairs" not in columns.memo:
        columns.memo["stance pairs"] = _with_same_holder(columns)
    pairs: StancePairs = columns.memo["stance pairs"]
    return pairs


def _with_same_holder(columns: Columns) -> StancePairs:
    meanings = meanings_of(columns)
    articles = [side.article.astype(np.int64) for side in columns.sides]
    ours, theirs = columns.records
    names = meanings.names
    holders = [
        names.plain(names.codes(stance.holder for stance in ours))[0],
        meanings.meant(articles[1], names.codes(stance.holder for stance in theirs)),
    ]
    targets = [
        names.plain(names.codes(stance.target for stance in ours))[0],
        meanings.meant(articles[1], names.codes(stance.target for stance in theirs)),
    ]
    keys = [article * len(names) + holder for article, holder in zip(articles, holders, strict=True)]
    order = np.argsort(keys[1], kind="stable")
    bounds = (np.searchsorted(keys[1][order], keys[0], end) for end in ("left", "right"))
    gold, place = ranges(*bounds)
    predicted = order[place]
    same_name = targets[0][gold] == targets[1][predicted]
    same_target = same_name.copy()
    topics = _Topics(columns)
    for pair in np.flatnonzero(~same_name).tolist():
        same_target[pair] = topics.same(ours[gold[pair]], theirs[predicted[pair]], int(articles[0][gold[pair]]))
    same_label = columns.gold.label[gold] == columns.predicted.label[predicted]
    return StancePairs(gold, predicted, same_label, same_name, same_target)


class _Topics:
    """The names of the gold topics of each article."""

    def __init__(self, columns: Columns) -> None:
        self._gold, self._first = columns.records[0], columns.first[0].tolist()
        self._names: dict[int, tuple[dict[str, frozenset[str]], frozenset[str]]] = {}

    def same(self, gold: Stance, predicted: Stance, article: int) -> bool:
        """Whether the target of two stances of one holder is one topic that has several names."""
        if not (gold.target.startswith(TOPIC_PREFIX) and predicted.target.startswith(TOPIC_PREFIX)):
            return False
        if article not in self._names:
            self._names[article] = _names(self._gold[self._first[article] : self._first[article + 1]])
        names, known = self._names[article]
        name = _folded(predicted.target)
        return name in names[gold.target] or (name not in known and any_overlap(gold.evidence, predicted.evidence))


def _names(stances: Sequence[Stance]) -> tuple[dict[str, frozenset[str]], frozenset[str]]:
    """Gold topic → all that it may be called, folded; and the names of all gold topics."""
    names: dict[str, frozenset[str]] = {}
    for stance in stances:
        if called := topic_names(stance):
            names[stance.target] = names.get(stance.target, frozenset()) | called
    return names, frozenset().union(*names.values())


# The names of a few topics are asked for again with every pair of stances.
_folded = lru_cache(maxsize=1 << 12)(folded_topic)


def matched_stances(columns: Columns, *, same_label: bool, named: bool = False) -> tuple[Ints, Ints]:
    """Positions of gold and predicted stances that match.

    Args:
        columns: the stances.
        same_label: only pairs with equal labels.
        named: topics by their very names only.
    """
    key = ("matched stances", same_label, named)
    if key not in columns.memo:
        pairs = stance_pairs(columns)
        good = pairs.same_name if named else pairs.same_target
        every = np.arange(len(columns.gold)), np.arange(len(columns.predicted))
        columns.memo[key] = pair_stances(columns, pairs.only(good & pairs.same_label if same_label else good), *every)
    matched: tuple[Ints, Ints] = columns.memo[key]
    return matched


def pair_stances(columns: Columns, pairs: StancePairs, gold: Ints, predicted: Ints) -> tuple[Ints, Ints]:
    """The matching of some pairs, among some gold and some predicted stances to which all of them belong."""
    # So many that all smaller things together never outweigh a larger one.
    numbers = (
        np.bincount(side.article[items], minlength=len(columns.articles))
        for side, items in zip(columns.sides, (gold, predicted), strict=True)
    )
    room = (np.minimum(*numbers) + 1)[columns.gold.article[pairs.gold]]
    weight = room * room + room * pairs.same_label + pairs.same_name
    edges = list(zip(pairs.gold.tolist(), pairs.predicted.tolist(), weight.tolist(), strict=True))
    chosen = best_assignment(edges)
    return pairs.gold[chosen], pairs.predicted[chosen]
