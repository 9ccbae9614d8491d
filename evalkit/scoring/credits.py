"""What a convention gives back, and how credits become a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from evalkit.scoring.columns import EntityColumns, Ints
from evalkit.scoring.table import CountTable

__all__ = ["Convention", "Credits", "Items", "credits_of_pairs", "credits_of_settled", "entity_table"]

Floats = NDArray[np.float64]
Pairs = tuple[Ints, Ints]


@dataclass(frozen=True, eq=False)
class Items:
    """What is counted when it is not the entities themselves: the article and label of each item."""

    article: Ints
    label: Ints


class Credits:
    """What each item earned under one convention.

    Attributes:
        settled: pairs of equal items that earn 1, if pairs alone earn anything.
        more: further pairs; positions in gold and predicted.
        value: what both items of each of these further pairs earn.
        gold_items: what was counted in place of the gold entities, such as tokens.
        predicted_items: what was counted in place of the predicted entities.
    """

    def __init__(
        self,
        gold: Floats | int,
        predicted: Floats | int,
        more: Pairs | None = None,
        gold_items: Items | None = None,
        predicted_items: Items | None = None,
        *,
        settled: Pairs | None = None,
        value: float | Floats = 1.0,
    ) -> None:
        """Credits of single items, or (with pairs) the numbers of items of which only those in pairs earn anything."""
        self._sides = (gold, predicted)
        self.settled, self.more, self.value = settled, more, value
        self.gold_items, self.predicted_items = gold_items, predicted_items

    @cached_property
    def gold(self) -> Floats:
        """Credit of each gold item, 0 to 1."""
        return self._spread(0)

    @cached_property
    def predicted(self) -> Floats:
        """Credit of each predicted item, 0 to 1."""
        return self._spread(1)

    @cached_property
    def pairs(self) -> Pairs | None:
        """Who was matched with whom (positions in gold and predicted), where matching is one-to-one."""
        if self.settled is None or self.more is None:
            return self.more
        gold, predicted = (np.concatenate(both) for both in zip(self.settled, self.more, strict=True))
        return gold, predicted

    def _spread(self, at: int) -> Floats:
        side = self._sides[at]
        if not isinstance(side, int):
            return side
        credit = np.zeros(side)
        if self.settled is not None:
            credit[self.settled[at]] = 1.0
        if self.more is not None:
            credit[self.more[at]] = self.value
        return credit


Convention = Callable[[EntityColumns], Credits]
"""A convention fills credits; micro, macro, intervals, tests, slices and gates follow from the table."""


def credits_of_pairs(columns: EntityColumns, gold: Ints, predicted: Ints, value: float | Floats = 1.0) -> Credits:
    """Credits in which both items of each pair earn `value` and all other items nothing."""
    return Credits(len(columns.gold), len(columns.predicted), (gold, predicted), value=value)


def credits_of_settled(
    columns: EntityColumns, settled: Pairs, gold: Ints, predicted: Ints, value: float | Floats = 1.0
) -> Credits:
    """As `credits_of_pairs`, but with pairs of equal items that earn 1 besides."""
    return Credits(len(columns.gold), len(columns.predicted), (gold, predicted), settled=settled, value=value)


def entity_table(columns: EntityColumns, credits: Credits) -> CountTable:
    """The four-number table of some credits."""
    if credits.settled is not None and credits.more is not None and credits.settled[0] is columns.equal[0]:
        # Most pairs are of equal items, and those are counted once for all conventions.
        cells = columns.equal_cells.copy()
        for at, items in enumerate(credits.more):
            np.add.at(cells.reshape(-1, 4)[:, at + 2], columns.cells[at][items], credits.value)
        return CountTable(columns.articles, columns.labels, cells)
    shape = (len(columns.articles), len(columns.labels))
    cells, size = np.empty((*shape, 4)), shape[0] * shape[1]
    counted = (credits.gold_items, credits.gold), (credits.predicted_items, credits.predicted)
    for at, (own, credit) in enumerate(counted):
        if own is None:
            where = columns.cells[at]
            cells[..., at] = columns.counts[at]
        else:
            where = own.article.astype(np.int64) * shape[1] + own.label
            cells[..., at] = np.bincount(where, minlength=size).reshape(shape)
        cells[..., at + 2] = np.bincount(where, weights=credit, minlength=size).reshape(shape)
    return CountTable(columns.articles, columns.labels, cells)
