"""Which predicted stance is about the same holder and target as which gold one.

Holders match by entity_id, through the mentions behind it where the extractor has ids of its own, and so do targets
that are entities. A topic has no mention and a free name. It matches by one of the names that the gold topic has in
the article (its own or an alias; case, number and hyphens apart) or, for the same holder, by evidence that overlaps
the gold's. A predicted name that the gold knows for a topic of the article means that topic and no other.

Matching is one-to-one, of the largest possible number; of several such ones that with most equal labels, then with most
topics of one name, so that the order of stances never matters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from evalkit.layers.stances import folded_topic, topic_names
from evalkit.records import TOPIC_PREFIX, Stance
from evalkit.scoring.alignment import Alignment, align, any_overlap, plain_name
from evalkit.scoring.arrays import Ints, pair_arrays
from evalkit.scoring.assignment import best_assignment
from evalkit.scoring.columns import Columns

__all__ = ["StanceArticle", "matched_stances", "pair_stances", "stance_articles"]


@dataclass(frozen=True)
class StanceArticle:
    """The stances of one article, in canonical order, and what predicted names mean.

    Attributes:
        stances: gold and predicted ones.
        first: the position of the first gold and the first predicted one among those of all articles.
        alignment: predicted names in terms of the gold.
    """

    stances: tuple[list[Stance], list[Stance]]
    first: tuple[int, int]
    alignment: Alignment

    @cached_property
    def names(self) -> dict[str, frozenset[str]]:
        """Gold topic → all that it may be called, folded."""
        names: dict[str, frozenset[str]] = {}
        for stance in self.stances[0]:
            if called := topic_names(stance):
                names[stance.target] = names.get(stance.target, frozenset()) | called
        return names

    @cached_property
    def known(self) -> frozenset[str]:
        """The names of all gold topics."""
        return frozenset().union(*self.names.values())

    def same_holder(self, gold: Stance, predicted: Stance) -> bool:
        """Whether the predicted holder is the gold one."""
        return self.alignment.gold_id(predicted.holder) == plain_name(gold.holder)

    def same_name(self, gold: Stance, predicted: Stance) -> bool:
        """Whether the predicted target is the gold one, a topic by its very name, case and punctuation apart."""
        return self.alignment.gold_id(predicted.target) == plain_name(gold.target)

    def same_target(self, gold: Stance, predicted: Stance) -> bool:
        """Whether the predicted target is the gold one, for stances of one holder."""
        if self.same_name(gold, predicted):
            return True
        names = self.names.get(gold.target)
        if names is None or not predicted.target.startswith(TOPIC_PREFIX):
            return False
        name = folded_topic(predicted.target)
        return name in names or (name not in self.known and any_overlap(gold.evidence, predicted.evidence))


def stance_articles(columns: Columns) -> list[StanceArticle]:
    """The articles of some columns of stances; made once for all conventions."""
    articles: list[StanceArticle] | None = columns.memo.get("stances")
    if articles is None:
        articles = columns.memo["stances"] = []
        bounds = [first.tolist() for first in columns.first]
        for number, pair in enumerate(columns.pairs):
            gold, predicted = (
                side[first[number] : first[number + 1]] for side, first in zip(columns.records, bounds, strict=True)
            )
            first = bounds[0][number], bounds[1][number]
            articles.append(StanceArticle((gold, predicted), first, align(pair.gold, pair.all_predicted)))
    return articles


def matched_stances(columns: Columns, *, same_label: bool, named: bool = False) -> tuple[Ints, Ints]:
    """Positions of gold and predicted stances that match.

    Args:
        columns: the stances.
        same_label: only pairs with equal labels.
        named: topics by their very names only.
    """
    key = ("matched stances", same_label, named)
    if key not in columns.memo:
        pairs: list[tuple[int, int]] = []
        for article in stance_articles(columns):
            gold, predicted = article.first
            found = pair_stances(article, *article.stances, same_label=same_label, named=named)
            pairs += [(gold + i, predicted + j) for i, j in found]
        columns.memo[key] = pair_arrays(pairs)
    matched: tuple[Ints, Ints] = columns.memo[key]
    return matched


def pair_stances(
    article: StanceArticle,
    gold: Sequence[Stance],
    predicted: Sequence[Stance],
    *,
    same_label: bool = False,
    named: bool = False,
) -> list[tuple[int, int]]:
    """Positions among some gold and some predicted stances of an article that match."""
    edges = list(_edges(article, gold, predicted, same_label=same_label, named=named))
    return [edges[edge][:2] for edge in best_assignment(edges)]


def _edges(
    article: StanceArticle, gold: Sequence[Stance], predicted: Sequence[Stance], *, same_label: bool, named: bool
) -> Iterator[tuple[int, int, int]]:
    by_holder: dict[str, list[int]] = {}
    for j, stance in enumerate(predicted):
        by_holder.setdefault(article.alignment.gold_id(stance.holder), []).append(j)
    # So many that all smaller things together never outweigh a larger one.
    room = min(len(gold), len(predicted)) + 1
    for i, ours in enumerate(gold):
        for j in by_holder.get(plain_name(ours.holder), ()):
            theirs = predicted[j]
            by_name = article.same_name(ours, theirs)
            if (same_label and ours.label != theirs.label) or not (
                by_name if named else article.same_target(ours, theirs)
            ):
                continue
            yield i, j, room * room + room * (ours.label == theirs.label) + by_name
