"""What every item earned under one convention: one table, of which everything that is shown is a fold or a filter.

A convention is a function of the columns that gives `Items`: for each side rows of (article, item, label, credit,
partner). Usually the rows are the items of the layer themselves. A convention that counts something else, such as
tokens, gives rows of which each belongs to exactly one item: so slices by any property of items add up to the whole.

The four-number table is the sum of the rows; explanations, changes, kinds of errors, slices, scores by group and
calibration select rows or add them up in another way. A credit is computed once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from evalkit.errors import InputError
from evalkit.scoring.columns import GOLD_SIDE, PREDICTED_SIDE, Columns, Ints
from evalkit.scoring.counts import CountTable, packed
from evalkit.scoring.filled import filled_cells
from evalkit.showing import number_of

__all__ = ["NOBODY", "Items", "Rows", "Values", "items_of_credits", "items_of_pairs", "items_of_rows"]

Floats = NDArray[np.float64]
Pairs = tuple[Ints, Ints]

NOBODY = -1
"""The partner of an item that was matched with none."""

Values = tuple[Sequence[str], Sequence[str]]
"""A property: its value for each gold and for each predicted item, in canonical order."""


@dataclass(frozen=True, eq=False)
class Rows:
    """What is counted of one side; arrays have one element a row.

    Attributes:
        item: the item that the row belongs to, as a position in the canonical order of its side.
        label: position of the label that the row counts under.
        credit: what it earned, 0 to 1.
        partner: the item of the other side that it was matched with, or `NOBODY`.
        side: whose items `item` means: those of the rows' own side, or (labels given to gold items) the gold ones.
    """

    item: Ints
    label: Ints
    credit: Floats
    partner: Ints
    side: int


@dataclass(frozen=True, eq=False)
class Items:
    """Both sides under one convention; made by `items_of_pairs`, `items_of_credits` or `items_of_rows`.

    Most conventions only say who is paired with whom; rows are spread from that when somebody looks at them, and the
    table is counted without them.

    Attributes:
        columns: the items that the rows belong to.
        settled: pairs of items of one label that earn 1.
        pairs: further pairs (positions among gold and predicted items), one-to-one.
        value: what both items of each of these pairs earn.
        credits: what each gold and each predicted item earned, where pairs do not say it.
        rows: what is counted, where that is not the items themselves.
        told: what a signature must say besides the name of the convention, such as the lists of words that it used.
        apart: whether its labels count different things (see `CountTable.apart`).
    """

    columns: Columns
    settled: Pairs | None = None
    pairs: Pairs | None = None
    value: float | Floats = 1.0
    credits: tuple[Floats, Floats] | None = None
    rows: tuple[Rows, Rows] | None = None
    told: str = ""
    apart: bool = False

    @cached_property
    def gold(self) -> Rows:
        """The rows of the gold side."""
        return self._side(GOLD_SIDE) if self.rows is None else self.rows[GOLD_SIDE]

    @cached_property
    def predicted(self) -> Rows:
        """The rows of the predicted side."""
        return self._side(PREDICTED_SIDE) if self.rows is None else self.rows[PREDICTED_SIDE]

    @property
    def counts_items(self) -> bool:
        """Whether every item of the layer is one row, in canonical order."""
        return self.rows is None

    @cached_property
    def shares(self) -> tuple[Floats, Floats]:
        """The credit of each gold and each predicted item, 0 to 1: of several rows, such as tokens, their mean.

        Not a number stands for an item that is not counted.
        """
        return self._shares(GOLD_SIDE, self.gold), self._shares(PREDICTED_SIDE, self.predicted)

    def _shares(self, number: int, rows: Rows) -> Floats:
        size = len(self.columns.sides[number])
        if rows.side != number:
            # Labels given to gold items: no item of this side is counted.
            return np.full(size, np.nan)
        counted = np.bincount(rows.item, minlength=size)
        total = np.bincount(rows.item, weights=rows.credit, minlength=size)
        return np.where(counted > 0, total / np.maximum(counted, 1), np.nan)

    def _side(self, number: int) -> Rows:
        side = self.columns.sides[number]
        credit = np.zeros(len(side)) if self.credits is None else self.credits[number]
        partner = np.full(len(side), NOBODY)
        for pairs, value in ((self.settled, 1.0), (self.pairs, self.value)):
            if pairs is not None:
                partner[pairs[number]] = pairs[1 - number]
                if self.credits is None:
                    credit[pairs[number]] = value
        return Rows(np.arange(len(side)), side.label, credit, partner, number)

    def table(self) -> CountTable:
        """The four-number table: the rows added up by article and label."""
        columns = self.columns
        if self.rows is None and self.settled is not None:
            # Pairs of equal items are counted once for all conventions.
            values = columns.equal_values.copy()
            if self.settled[0] is not columns.equal[0]:
                # Both items of a settled pair are in one cell.
                values[2:] = columns.filled.sums(GOLD_SIDE, self.settled[GOLD_SIDE])
            for side, items in enumerate(self.pairs or ()):
                np.add.at(values[side + 2], columns.filled.place[side][items], self.value)
            article, label = columns.filled_places
            return CountTable(columns.articles, columns.labels, article, label, packed(values.T), apart=self.apart)
        return _summed(self, (), None)

    def grouped_table(self, values: Values) -> CountTable:
        """The table by the value of a property of the items besides article and label; its fold is `table()`.

        Raises:
            InputError: there is not one value for each item.
        """
        for name, of_side, side in zip(("gold", "predicted"), values, self.columns.sides, strict=True):
            if len(of_side) != len(side):
                raise InputError(
                    f"{number_of(len(of_side), 'value')} for {number_of(len(side), f'{name} item')}; give one for each"
                )
        names = sorted({*values[0], *values[1]})
        position = {name: number for number, name in enumerate(names)}
        codes = [np.array([position[name] for name in of_side], dtype=np.int64) for of_side in values]
        # A value that no row has, such as the target of a prediction that is not asked for, makes no group.
        used = np.unique(np.concatenate([codes[rows.side][rows.item] for rows in (self.gold, self.predicted)]))
        kept = [np.searchsorted(used, of_side) for of_side in codes]
        return _summed(self, tuple(names[number] for number in used), (kept[0], kept[1]))


def _summed(items: Items, groups: tuple[str, ...], codes: Pairs | None) -> CountTable:
    """Rows and their credit by article, group and label; without `codes` all rows are in one group."""
    columns, sides = items.columns, (items.gold, items.predicted)
    if items.rows is None and codes is None:
        filled = columns.filled
    else:
        # A cell's number, counted through articles, groups and labels.
        numbers = []
        for rows in sides:
            cell = columns.sides[rows.side].article[rows.item].astype(np.int64) * max(len(groups), 1)
            if codes is not None:
                cell += codes[rows.side][rows.item]
            numbers.append(cell * len(columns.labels) + rows.label)
        size = len(columns.articles) * max(len(groups), 1) * len(columns.labels)
        filled = filled_cells((numbers[0], numbers[1]), size)
    credits = [filled.sums(side, weights=rows.credit) for side, rows in enumerate(sides)]
    return _table(items, filled.numbers, np.stack([filled.sums(0), filled.sums(1), *credits]), groups)


def _table(items: Items, cells: Ints, values: Floats, groups: tuple[str, ...] = ()) -> CountTable:
    """The table of some cells by their numbers, counted through articles, groups and labels; values (4, cells)."""
    labels = items.columns.labels
    lane, label = np.divmod(cells, max(len(labels), 1))
    article, group = np.divmod(lane, max(len(groups), 1))
    return CountTable.of_cells(
        items.columns.articles, labels, article, label, values.T, groups=groups, group=group, apart=items.apart
    )


Convention = Callable[[Columns], Items]
"""A convention fills in credits; micro, macro, intervals, tests, slices and gates follow from the table."""


def items_of_pairs(
    columns: Columns,
    gold: Ints,
    predicted: Ints,
    value: float | Floats = 1.0,
    *,
    settled: Pairs | None = None,
    told: str = "",
) -> Items:
    """Items of which both of each pair earn `value` and all others nothing.

    Args:
        columns: both sides.
        gold: positions of the paired gold items.
        predicted: positions of their partners.
        value: one for all pairs, or one for each.
        settled: pairs of items of one label that earn 1 besides, such as `columns.equal`.
        told: what a signature must say besides the name of the convention.
    """
    return Items(columns, settled, (gold, predicted), value, told=told)


def items_of_credits(columns: Columns, gold: Floats, predicted: Floats) -> Items:
    """Items with the credit of each gold and each predicted one, where nobody is paired."""
    return Items(columns, credits=(gold, predicted))


def items_of_rows(columns: Columns, gold: Rows, predicted: Rows) -> Items:
    """What is counted where that is something else than the items of the layer."""
    return Items(columns, rows=(gold, predicted))
