"""Which cells of a table anything is in, however many cells there are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.scoring.arrays import Ints

__all__ = ["Filled", "filled_cells"]

Floats = NDArray[np.float64]

CELLS_AN_ITEM = 16
"""Up to so many cells an item they are marked in one array; beyond that the numbers of the cells are sorted."""


@dataclass(frozen=True, eq=False)
class Filled:
    """The cells that anything of either side is in.

    Attributes:
        numbers: the numbers of the cells, ascending.
        place: for each gold and each predicted row the position of its cell among them.
    """

    numbers: Ints
    place: tuple[Ints, Ints]

    def sums(self, side: int, rows: Ints | None = None, weights: Floats | None = None) -> NDArray[np.float64]:
        """How many rows of one side are in each cell, all or some of them, or what they weigh together."""
        place = self.place[side] if rows is None else self.place[side][rows]
        return np.bincount(place, weights, minlength=len(self.numbers)).astype(np.float64, copy=False)


def filled_cells(cells: tuple[Ints, Ints], size: int) -> Filled:
    """The filled ones of `size` cells.

    Args:
        cells: for each row of the gold and of the predicted side the number of its cell.
        size: how many cells there are.
    """
    if size > CELLS_AN_ITEM * (len(cells[0]) + len(cells[1])):
        numbers, place = np.unique(np.concatenate(cells), return_inverse=True)
        return Filled(numbers, (place[: len(cells[0])], place[len(cells[0]) :]))
    there = np.zeros(size, dtype=bool)
    for side in cells:
        there[side] = True
    position = np.cumsum(there) - 1
    return Filled(np.flatnonzero(there), (position[cells[0]], position[cells[1]]))
