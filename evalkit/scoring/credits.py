"""What a convention gives back, and how credits become a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.scoring.columns import EntityColumns, Ints
from evalkit.scoring.table import CountTable

__all__ = ["Convention", "Credits", "Items", "credits_of_pairs", "entity_table"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Items:
    """What is counted when it is not the entities themselves: the article and label of each item."""

    article: Ints
    label: Ints


@dataclass(frozen=True, eq=False)
class Credits:
    """What each item earned under one convention.

    Attributes:
        gold: credit of each gold item, 0 to 1.
        predicted: credit of each predicted item, 0 to 1.
        pairs: who was matched with whom (positions in gold and predicted), where matching is one-to-one.
        gold_items: what was counted in place of the gold entities, such as tokens.
        predicted_items: what was counted in place of the predicted entities.
    """

    gold: Floats
    predicted: Floats
    pairs: tuple[Ints, Ints] | None = None
    gold_items: Items | None = None
    predicted_items: Items | None = None


Convention = Callable[[EntityColumns], Credits]
"""A convention fills credits; micro, macro, intervals, tests, slices and gates follow from the table."""


def credits_of_pairs(columns: EntityColumns, gold: Ints, predicted: Ints, value: float | Floats = 1.0) -> Credits:
    """Credits in which both items of each pair earn `value` and all other items nothing."""
    gold_credit = np.zeros(len(columns.gold))
    predicted_credit = np.zeros(len(columns.predicted))
    gold_credit[gold] = value
    predicted_credit[predicted] = value
    return Credits(gold_credit, predicted_credit, (gold, predicted))


def entity_table(columns: EntityColumns, credits: Credits) -> CountTable:
    """The four-number table of some credits."""
    shape = (len(columns.articles), len(columns.labels))
    cells = np.zeros((*shape, 4))
    size = shape[0] * shape[1]
    for at, (items, credit) in enumerate(
        ((credits.gold_items, credits.gold), (credits.predicted_items, credits.predicted))
    ):
        if items is None:
            where = columns.cells[at]
            cells[..., at] = columns.counts[at]
        else:
            where = items.article.astype(np.int64) * shape[1] + items.label
            cells[..., at] = np.bincount(where, minlength=size).reshape(shape)
        cells[..., at + 2] = np.bincount(where, weights=credit, minlength=size).reshape(shape)
    return CountTable(columns.articles, columns.labels, cells)
