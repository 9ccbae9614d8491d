"""Derived scores: figures of a whole table that are neither precision, recall nor F1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evalkit.scoring.table import GOLD, GOLD_CREDIT, PREDICTED, PREDICTED_CREDIT

__all__ = ["accuracy", "favg", "favg_by_target", "label_f1", "macro_f1"]

Floats = NDArray[np.float64]


def label_f1(totals: Floats) -> Floats:
    """F1 of each label, shape (..., labels), from totals of shape (..., labels, 4); 0.0 where undefined."""
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = totals[..., PREDICTED_CREDIT] / totals[..., PREDICTED]
        recall = totals[..., GOLD_CREDIT] / totals[..., GOLD]
        precision = np.where(totals[..., PREDICTED] > 0, precision, 0.0)
        recall = np.where(totals[..., GOLD] > 0, recall, 0.0)
        f1 = 2 * precision * recall / (precision + recall)
    return np.where(precision + recall > 0, f1, 0.0)


def accuracy(totals: Floats, labels: tuple[str, ...]) -> Floats:
    """Right labels by gold items; a pair without a label is wrong."""
    gold = totals[..., GOLD].sum(axis=-1)
    return np.asarray(totals[..., GOLD_CREDIT].sum(axis=-1) / np.maximum(gold, 1.0))


def favg(totals: Floats, labels: tuple[str, ...]) -> Floats:
    """(F1 favor + F1 against) / 2 (Mohammad et al. 2016, SemEval-2016 task 6)."""
    f1 = label_f1(totals)
    return np.asarray((f1[..., labels.index("favor")] + f1[..., labels.index("against")]) / 2)


def macro_f1(totals: Floats, labels: tuple[str, ...]) -> Floats:
    """The mean F1 of favor, against and neutral, each counted even without support."""
    f1 = label_f1(totals)
    return np.asarray(np.mean([f1[..., labels.index(name)] for name in ("against", "favor", "neutral")], axis=0))


def favg_by_target(totals: Floats, labels: tuple[str, ...]) -> Floats:
    """The mean of favg over the targets that have a gold stance."""
    f1 = label_f1(totals)
    targets = sorted({label.partition("\t")[0] for label in labels})
    if not targets:
        return np.zeros(totals.shape[:-2])
    values, present = [], []
    for target in targets:
        own = [at for at, label in enumerate(labels) if label.partition("\t")[0] == target]
        polar = [at for at in own if labels[at].partition("\t")[2] in ("favor", "against")]
        values.append(f1[..., polar].sum(axis=-1) / 2)
        present.append(totals[..., own, GOLD].sum(axis=-1) > 0)
    value, here = np.stack(values, axis=-1), np.stack(present, axis=-1)
    number = here.sum(axis=-1)
    return np.asarray((value * here).sum(axis=-1) / np.maximum(number, 1))
