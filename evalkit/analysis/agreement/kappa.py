"""Cohen's kappa on the labels of matched items (Cohen 1960, "A coefficient of agreement for nominal scales").

    kappa = (po - pe) / (1 - pe)

`po` is the share of matched items that have one label for both readers, `pe` the share that would have by chance, each
reader keeping their own shares of labels: the sum over labels of the products of these. Items are matched whatever
their labels (`Task.matched`, else by the kinds of errors of the task), so what only one reader marked does not count
here: F1 and alpha are about that. Of more than two readers it is the plain mean over their pairs (Light 1971).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evalkit.analysis.agreement.coefficient import Sums
from evalkit.analysis.agreement.pairwise import mean_defined
from evalkit.scoring.columns import Columns, Ints
from evalkit.scoring.items import NOBODY, Items
from evalkit.scoring.tasks.base import RIGHT
from evalkit.scoring.tasks.table import judge_items, load_task

__all__ = ["LABEL", "Matched", "kappa_sums", "kappa_value", "matched_by_kind", "matched_items"]

Floats = NDArray[np.float64]

LABEL = "label"
"""The kind of an error, in every task that has it, of items that differ in their label alone."""


def kappa_value(totals: Floats, labels: int) -> Floats:
    """Kappa of totals of shape (…, 1 + 2 · labels): pairs that agree, then the labels of one side, then of the other.

    NaN where nothing is matched, and where chance alone would agree always.
    """
    first, second = totals[..., 1 : 1 + labels], totals[..., 1 + labels : 1 + 2 * labels]
    number = first.sum(axis=-1)
    by_chance = (first * second).sum(axis=-1)
    room = number**2 - by_chance
    # (a/n - c/n²) / (1 - c/n²), without the quotients.
    above = totals[..., 0] * number - by_chance
    return np.asarray(np.divide(above, room, out=np.full(np.shape(room), np.nan), where=room > 0))


class Matched(NamedTuple):
    """Items of two readers, matched whatever their labels: positions among those of the first and of the second."""

    columns: Columns
    first: Ints
    second: Ints


def matched_items(items: Items) -> Matched:
    """The items that a convention matched."""
    rows = np.flatnonzero(items.gold.partner != NOBODY)
    return Matched(items.columns, items.gold.item[rows], items.gold.partner[rows])


def matched_by_kind(task: str, columns: Columns) -> Matched | None:
    """The items that are right or differ in their label alone; None of a task that does not tell these apart."""
    if LABEL not in load_task(task).kinds:
        return None
    judged = judge_items(task, columns)
    kinds = [judged.names.index(name) for name in (RIGHT, LABEL)]
    first = np.flatnonzero(np.isin(judged.kind[0], kinds))
    return Matched(columns, first, judged.partner[0][first])


def kappa_sums(articles: Sequence[str], pairs: Sequence[Matched]) -> Sums:
    """What kappa is computed from.

    Args:
        articles: the ids of all articles, sorted.
        pairs: the matched items of each pair of readers.
    """
    row = {name: number for number, name in enumerate(articles)}
    parts, sizes = [], []
    for columns, ours, theirs in pairs:
        labels = len(columns.labels)
        cells = np.zeros((len(articles), 1 + 2 * labels))
        rows = np.array([row[name] for name in columns.articles], dtype=np.int64)[columns.gold.article[ours]]
        first, second = columns.gold.label[ours], columns.predicted.label[theirs]
        cells[:, 0] = np.bincount(rows[first == second], minlength=len(articles))
        np.add.at(cells, (rows, 1 + first), 1.0)
        np.add.at(cells, (rows, 1 + labels + second), 1.0)
        parts.append(cells)
        sizes.append(labels)
    whole = np.concatenate(parts, axis=1) if parts else np.zeros((len(articles), 0))

    def mean(totals: Floats) -> Floats:
        at, values = 0, []
        for labels in sizes:
            values.append(kappa_value(totals[..., at : at + 1 + 2 * labels], labels))
            at += 1 + 2 * labels
        return mean_defined(values) if values else np.full(totals.shape[:-1], np.nan)

    return Sums(tuple(articles), whole, mean, sum(len(pair.first) for pair in pairs), np.asarray(whole.any(axis=1)))
