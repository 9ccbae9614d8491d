"""Cohen's kappa on the labels of matched items (Cohen 1960, "A coefficient of agreement for nominal scales").

    kappa = (po - pe) / (1 - pe)

`po` is the share of matched items that have one label for both readers, `pe` the share that would have by chance, each
reader keeping their own shares of labels: the sum over labels of the products of these. Items are matched whatever
their labels (`Task.matched`), so what only one reader marked does not count here: F1 and alpha are about that. Of more
than two readers it is the plain mean over their pairs (Light 1971).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evalkit.analysis.agreement.coefficient import Sums
from evalkit.analysis.agreement.pairwise import mean_defined
from evalkit.scoring.items import NOBODY, Items

__all__ = ["kappa_sums", "kappa_value"]

Floats = NDArray[np.float64]


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


def kappa_sums(articles: Sequence[str], pairs: Sequence[Items]) -> Sums:
    """What kappa is computed from.

    Args:
        articles: the ids of all articles, sorted.
        pairs: the items of each pair of readers, under the convention that matches them whatever their labels.
    """
    row = {name: number for number, name in enumerate(articles)}
    parts, sizes = [], []
    for items in pairs:
        labels = len(items.columns.labels)
        cells = np.zeros((len(articles), 1 + 2 * labels))
        matched = np.flatnonzero(items.gold.partner != NOBODY)
        gold, predicted = items.columns.sides
        ours, theirs = items.gold.item[matched], items.gold.partner[matched]
        rows = np.array([row[name] for name in items.columns.articles], dtype=np.int64)[gold.article[ours]]
        first, second = gold.label[ours], predicted.label[theirs]
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

    matched_items = sum(int((items.gold.partner != NOBODY).sum()) for items in pairs)
    return Sums(tuple(articles), whole, mean, matched_items, np.asarray(whole.any(axis=1)))
