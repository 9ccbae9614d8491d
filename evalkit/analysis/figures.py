"""Every figure of a table at once, from totals of any shape: what is resampled, compared and sliced."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evalkit.scoring.counts import GOLD, PREDICTED, macro_prf, pooled_prf, prf
from evalkit.scoring.tasks.table import ScoredTable

__all__ = ["PRF_SCORES", "Figure", "FigureList", "figures_of"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

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
        scored: the table.
    """

    names: tuple[Figure, ...]
    scored: ScoredTable

    @property
    def columns(self) -> int:
        """How many numbers the totals are: four for each group and label."""
        return max(len(self.scored.table.groups), 1) * len(self.scored.table.labels) * 4

    @cached_property
    def cells(self) -> NDArray[np.floating[Any]]:
        """The counts by group and label, flattened: (articles, columns), float32 where that holds them exactly."""
        table = self.scored.table
        narrow = np.float32 if table.packed.dtype.itemsize <= 4 else np.float64
        cells = np.zeros((len(table.articles), self.columns // 4, 4), dtype=narrow)
        cells[table.article, table.lane] = table.packed
        return cells.reshape(len(table.articles), self.columns)

    def values(self, totals: NDArray[np.floating[Any]]) -> Floats:
        """The figures, shape (..., names), from totals of shape (..., columns); 0.0 where a denominator is 0."""
        grouped, label_totals = self.unfold(np.asarray(totals, dtype=np.float64))
        by_label = prf(label_totals)
        flat = by_label.reshape(*totals.shape[:-1], by_label.shape[-2] * 3)
        pooled = pooled_prf(label_totals, by_label, apart=self.scored.table.apart)
        parts = [pooled, macro_prf(label_totals, by_label), flat]
        for derived in self.scored.derived.values():
            wanted = grouped if derived.group else label_totals
            parts.append(derived.values(wanted, self.scored.table.labels)[..., None])
        return np.concatenate(parts, axis=-1)

    def defined(self, totals: NDArray[np.floating[Any]]) -> Bools:
        """Which figures the totals have anything for, shape (..., names): the others are 0.0 for want of a denominator.

        Precision needs a predicted item, recall a gold item, F1 either of them; F1 of a label needs a gold item of it,
        for where it does not occur a wrong prediction makes F1 0.0 whatever the extractor can do. A mean over labels
        needs a label with gold support, and a derived score any item.
        """
        _, label_totals = self.unfold(totals)
        gold, predicted = label_totals[..., GOLD] > 0, label_totals[..., PREDICTED] > 0
        by_label: Bools = np.stack([predicted, gold, gold], axis=-1)
        some_predicted, some_gold = predicted.any(axis=-1), gold.any(axis=-1)
        pooled: Bools = np.stack([some_predicted, some_gold, some_predicted | some_gold], axis=-1)
        shape = totals.shape[:-1]
        macro = np.broadcast_to(pooled[..., 1:2], (*shape, 3))
        derived = np.broadcast_to(pooled[..., 2:], (*shape, len(self.scored.derived)))
        return np.concatenate([pooled, macro, by_label.reshape(*shape, by_label.shape[-2] * 3), derived], axis=-1)

    def unfold(self, totals: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """The totals of shape (..., columns) by group and label, and by label alone: (..., groups, labels, 4)."""
        groups, labels = max(len(self.scored.table.groups), 1), len(self.scored.table.labels)
        grouped = totals.reshape(*totals.shape[:-1], groups, labels, 4)
        # One group is looked at as it is: a sum over it would copy every resample.
        return grouped, grouped.sum(axis=-3) if groups > 1 else grouped[..., 0, :, :]

    def point(self) -> Floats:
        """The figures of the table itself."""
        return self.values(self.scored.table.group_totals().ravel())


def figures_of(scored: ScoredTable) -> FigureList:
    """The figures of a scored table: micro, macro, labels in sorted order, derived scores."""
    table = scored.table
    names = [Figure(scope, "", score) for scope in ("micro", "macro") for score in PRF_SCORES]
    names += [Figure("label", label, score) for label in table.labels for score in PRF_SCORES]
    names += [Figure("derived", "", name) for name in scored.derived]
    return FigureList(tuple(names), scored)
