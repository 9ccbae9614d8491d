"""Every figure of a table at once, from totals of any shape: what is resampled, compared and sliced."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evalkit.scoring.table import macro_prf, prf
from evalkit.scoring.tasks.table import ScoredTable

__all__ = ["PRF_SCORES", "Figure", "FigureList", "figures_of"]

Floats = NDArray[np.float64]

PRF_SCORES = ("precision", "recall", "f1")


class Figure(NamedTuple):
    """The name of one figure.

    `scope` is "micro", "macro", "label" or "derived"; `label` is empty unless the scope is "label"; `score` is
    precision, recall, f1 or the name of the derived score.
    """

    scope: str
    label: str
    score: str

    @property
    def row(self) -> str:
        """How the row is called in tables: the label, else the scope."""
        return self.label if self.scope == "label" else self.scope


@dataclass(frozen=True, eq=False)
class FigureList:
    """The figures of one scored table, as a function of its totals.

    Attributes:
        names: one for each value.
        cells: float64 (articles, columns): the counts by group and label, flattened.
    """

    names: tuple[Figure, ...]
    cells: Floats
    scored: ScoredTable

    def values(self, totals: Floats) -> Floats:
        """The figures, shape (..., names), from totals of shape (..., columns); 0.0 where a denominator is 0."""
        table = self.scored.table
        size, shape = len(table.labels), totals.shape[:-1]
        grouped = totals.reshape(*shape, max(len(table.groups), 1), size, 4)
        own = grouped.sum(axis=-3) if table.groups else grouped[..., 0, :, :]
        by_label = prf(own)
        parts = [prf(own.sum(axis=-2)), macro_prf(own, by_label), by_label.reshape(*shape, size * 3)]
        for derived in self.scored.derived.values():
            parts.append(derived.values(grouped if derived.group else own, table.labels)[..., None])
        return np.concatenate(parts, axis=-1)

    def point(self) -> Floats:
        """The figures of the table itself."""
        return self.values(self.cells.sum(axis=0))


def figures_of(scored: ScoredTable) -> FigureList:
    """The figures of a scored table: micro, macro, labels in sorted order, derived scores."""
    table = scored.table
    names = [Figure(scope, "", score) for scope in ("micro", "macro") for score in PRF_SCORES]
    names += [Figure("label", label, score) for label in table.labels for score in PRF_SCORES]
    names += [Figure("derived", "", name) for name in scored.derived]
    return FigureList(tuple(names), table.whole.reshape(len(table.articles), math.prod(table.whole.shape[1:])), scored)
