"""Mean pairwise scores: the scorer run on two readings, both ways, and the mean over all pairs.

One reading takes the place of the gold and the other that of the predictions, then the other way round; F1 of a pair is
the mean of both. Under most conventions the two are the same number, since gold and predictions changing sides makes
precision of recall; some ask for what only gold has, such as the other names of a topic. The figure of several readers
is the plain mean over the pairs in which it is defined (a label that neither of a pair gave tells nothing of it), each
over the articles that both of them read.

In a resample the same articles are drawn for every pair.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.analysis.figures import PRF_SCORES, Figure, FigureList, figures_of
from evalkit.analysis.intervals import Bootstrap, Resampled, interval_bounds, jackknife, resampled
from evalkit.analysis.resampling import group_sums, row_blocks, units_of
from evalkit.results import PRF, Interval, Score, TaskResult
from evalkit.scoring.counts import GOLD, PREDICTED
from evalkit.scoring.tasks.table import ScoredTable

__all__ = ["Ways", "compared_items", "mean_defined", "mean_result"]

Floats = NDArray[np.float64]

Ways = tuple[ScoredTable, ScoredTable]
"""The tables of one pair of readers: the first one's reading as gold, and the second one's."""


def compared_items(pairs: Iterable[Ways]) -> int:
    """How many items were laid against each other: those of both readers, over all pairs."""
    return sum(round(float(there.table.totals()[:, [GOLD, PREDICTED]].sum())) for there, _ in pairs)


def mean_result(
    task: str, convention: str, pairs: Sequence[Ways], *, signature: str, bootstrap: Bootstrap | None
) -> TaskResult | None:
    """The mean scores of some pairs of readers; None if nobody marked anything.

    They are means of scores, so there are no counts behind them. `articles` is how many articles have two readings
    that are compared, and of a label in how many somebody gave it.
    """
    articles = tuple(sorted({name for pair in pairs for way in pair for name in way.table.articles}))
    labels = sorted({label for pair in pairs for way in pair for label in way.table.labels})
    groups = sorted({group for pair in pairs for way in pair for group in way.table.groups})
    laid = [
        [figures_of(replace(way, table=way.table.with_labels(labels, groups).with_articles(articles))) for way in pair]
        for pair in pairs
    ]
    names = laid[0][0].names
    point = _mean_of_pairs([[_known(own, own.scored.table.group_totals().ravel()) for own in pair] for pair in laid])
    if np.isnan(point[names.index(Figure("micro", "", "f1"))]):
        return None
    additive = all(way.additive for pair in pairs for way in pair)
    ci = _intervals(laid, names, point, bootstrap) if bootstrap is not None and additive else {}
    values = dict(zip(names, point.tolist(), strict=True))
    return TaskResult(
        task=task,
        convention=convention,
        signature=signature,
        micro=_prf(values, ci, "micro", articles=len(articles)),
        macro=_prf(values, ci, "macro"),
        labels={
            label: _prf(values, ci, "label", label, articles=_articles_with(label, laid))
            for label in labels
            if values[Figure("label", label, "f1")] == values[Figure("label", label, "f1")]
        },
        scores={
            name.score: Score(values[name], ci.get(name))
            for name in names
            if name.scope == "derived" and values[name] == values[name]
        },
    )


def mean_defined(values: Sequence[Floats]) -> Floats:
    """The mean of those that are defined, element by element; NaN where none is."""
    total, number = np.zeros(np.shape(values[0])), np.zeros(np.shape(values[0]))
    for one in values:
        known = ~np.isnan(one)
        total += np.where(known, one, 0.0)
        number += known
    return np.asarray(np.divide(total, number, out=np.full(total.shape, np.nan), where=number > 0))


def _known(figures: FigureList, totals: Floats) -> Floats:
    """The figures of some totals; NaN where these have nothing for one."""
    return np.where(figures.defined(totals), figures.values(totals), np.nan)


def _mean_of_pairs(pairs: Sequence[Sequence[Floats]]) -> Floats:
    return mean_defined([mean_defined(ways) for ways in pairs])


def _intervals(
    laid: Sequence[Sequence[FigureList]], names: Sequence[Figure], point: Floats, bootstrap: Bootstrap
) -> dict[Figure, Interval]:
    ways = [own for pair in laid for own in pair]
    unit, units = units_of(ways[0].scored.table.articles, bootstrap.clusters)
    sums = [[group_sums(own.cells, unit, units) for own in pair] for pair in laid]
    telling = np.zeros((units, len(names)), dtype=bool)
    for own, cells in zip(ways, [cells for pair in sums for cells in pair], strict=True):
        telling |= np.concatenate([own.defined(block) for block in row_blocks(cells)])
    values = _mean_of_pairs([[_drawn(own, bootstrap) for own in pair] for pair in laid])
    left_out = None
    if bootstrap.method == "bca":
        without = [
            [_left_out(own, cells) for own, cells in zip(pair, below, strict=True)]
            for pair, below in zip(laid, sums, strict=True)
        ]
        left_out = np.nan_to_num(_mean_of_pairs(without))
    drawn = Resampled(values, telling.sum(axis=0))
    low, high = interval_bounds(drawn, names, bootstrap, point=np.nan_to_num(point), left_out=left_out)
    bounds = zip(names, low.tolist(), high.tolist(), strict=True)
    return {name: (lower, upper) for name, lower, upper in bounds if lower == lower}


def _left_out(figures: FigureList, cells: NDArray[np.floating[Any]]) -> Floats:
    """The figures with each unit left out in turn; NaN for those that the pair has nothing for."""
    return np.where(figures.defined(cells.sum(axis=0)), jackknife(figures, cells), np.nan)


def _drawn(figures: FigureList, bootstrap: Bootstrap) -> Floats:
    return resampled(figures, bootstrap).values


def _prf(
    values: dict[Figure, float],
    ci: dict[Figure, Interval],
    scope: str,
    label: str = "",
    *,
    articles: int | None = None,
) -> PRF:
    names = {score: Figure(scope, label, score) for score in PRF_SCORES}
    # Of a mean that is defined one of its two parts may lack a denominator.
    precision, recall, f1 = (0.0 if values[name] != values[name] else values[name] for name in names.values())
    bounds = {score: ci[name] for score, name in names.items() if name in ci}
    return PRF(precision, recall, f1, ci=bounds, articles=articles)


def _articles_with(label: str, laid: Sequence[Sequence[FigureList]]) -> int:
    """In how many articles a reader gave a label."""
    tables = [own.scored.table for pair in laid for own in pair]
    at = tables[0].labels.index(label)
    return len({row for table in tables for row in table.article[(table.label == at) & (table.values[:, GOLD] > 0)]})
