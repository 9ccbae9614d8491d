"""Every figure of a table at once, from totals of any shape: what is resampled, compared and sliced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evalkit.scoring.table import GOLD, GOLD_CREDIT, PREDICTED, PREDICTED_CREDIT
from evalkit.scoring.tasks.table import ScoredTable

__all__ = ["PRF_SCORES", "Figure", "FigureList", "figures_of", "ratio"]

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
        cells: float64 (articles, columns): the counts by label, then those by target and label, flattened.
    """

    names: tuple[Figure, ...]
    cells: Floats
    scored: ScoredTable

    def values(self, totals: Floats) -> Floats:
        """The figures, shape (..., names), from totals of shape (..., columns); 0.0 where a denominator is 0."""
        table, by_target = self.scored.table, self.scored.by_target
        width = len(table.labels) * 4
        own = totals[..., :width].reshape(*totals.shape[:-1], len(table.labels), 4)
        by_label = prf(own)
        flat = by_label.reshape(*totals.shape[:-1], len(table.labels) * 3)
        parts = [prf(own.sum(axis=-2)), macro_prf(own, by_label), flat]
        parts += [function(own, table.labels)[..., None] for function in self.scored.derived.values()]
        if by_target is not None:
            split = totals[..., width:].reshape(*totals.shape[:-1], len(by_target.labels), 4)
            parts += [f(split, by_target.labels)[..., None] for f in self.scored.by_target_derived.values()]
        return np.concatenate(parts, axis=-1)

    def point(self) -> Floats:
        """The figures of the table itself."""
        return self.values(self.cells.sum(axis=0))


def figures_of(scored: ScoredTable) -> FigureList:
    """The figures of a scored table: micro, macro, labels in sorted order, derived scores."""
    table, by_target = scored.table, scored.by_target
    names = [Figure(scope, "", score) for scope in ("micro", "macro") for score in PRF_SCORES]
    names += [Figure("label", label, score) for label in table.labels for score in PRF_SCORES]
    names += [Figure("derived", "", name) for name in scored.derived]
    cells = table.cells.reshape(len(table.articles), len(table.labels) * 4)
    if by_target is not None:
        names += [Figure("derived", "", name) for name in scored.by_target_derived]
        more = by_target.cells.reshape(len(table.articles), len(by_target.labels) * 4)
        cells = np.concatenate([cells, more], axis=1)
    return FigureList(tuple(names), cells, scored)


def ratio(above: Floats, below: Floats) -> Floats:
    """Quotients, and 0.0 where the denominator is 0."""
    return np.divide(above, below, out=np.zeros(np.broadcast_shapes(above.shape, below.shape)), where=below > 0)


def prf(totals: Floats) -> Floats:
    """Precision, recall and F1, shape (..., 3), from totals of shape (..., 4)."""
    precision = ratio(totals[..., PREDICTED_CREDIT], totals[..., PREDICTED])
    recall = ratio(totals[..., GOLD_CREDIT], totals[..., GOLD])
    return np.stack([precision, recall, ratio(2 * precision * recall, precision + recall)], axis=-1)


def macro_prf(totals: Floats, by_label: Floats) -> Floats:
    """Means of precision, recall and F1 over labels with gold support, shape (..., 3).

    In a resample these are the labels with gold support in the resample: the same function of the same counts.
    """
    supported = (totals[..., GOLD] > 0)[..., None]
    return ratio((by_label * supported).sum(axis=-2), supported.sum(axis=-2).astype(np.float64))
