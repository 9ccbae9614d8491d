"""Derived scores: figures of a whole table that are neither precision, recall nor F1.

Each is a function of totals of shape (..., labels, 4) and the labels that gives values of shape (...); of groups, such
as targets, the totals are (..., groups, labels, 4).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evalkit.scoring.counts import GOLD, GOLD_CREDIT, prf, ratio

__all__ = ["accuracy", "favg", "favg_by_group", "macro_f1"]

Floats = NDArray[np.float64]

F1 = 2


def accuracy(totals: Floats, labels: tuple[str, ...]) -> Floats:
    """Right labels by gold items; an item without a label is wrong."""
    return ratio(totals[..., GOLD_CREDIT].sum(axis=-1), totals[..., GOLD].sum(axis=-1))


def macro_f1(totals: Floats, labels: tuple[str, ...]) -> Floats:
    """The mean F1 of all labels, each counted even without support."""
    return np.asarray(prf(totals)[..., F1].sum(axis=-1) / max(len(labels), 1))


def favg(totals: Floats, labels: tuple[str, ...]) -> Floats:
    """(F1 favor + F1 against) / 2 (Mohammad et al. 2016, SemEval-2016 task 6)."""
    f1 = prf(totals)[..., F1]
    return np.asarray((f1[..., labels.index("favor")] + f1[..., labels.index("against")]) / 2)


def favg_by_group(totals: Floats, labels: tuple[str, ...]) -> Floats:
    """The mean of `favg` over the groups that have a gold item."""
    present = totals[..., GOLD].sum(axis=-1) > 0
    return ratio((favg(totals, labels) * present).sum(axis=-1), present.sum(axis=-1).astype(np.float64))
