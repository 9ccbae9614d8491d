"""Paired tests of two tables over the same articles, for every figure at once.

* Paired bootstrap: both runs are drawn with the same articles; the interval is that of the difference, and p is the
  share of resampled differences that, shifted to a mean of the null hypothesis, are as far from 0 as the observed one
  (Efron & Tibshirani 1993, chapter 16; Berg-Kirkpatrick et al. 2012), two-sided.
* Approximate randomization: whole articles (or clusters) change sides with probability one half (Noreen 1989;
  Yeh 2000), two-sided.

Both give p = (b + 1) / (R + 1), where b of R rounds are as extreme as what was observed: never 0, and valid for any R.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.analysis.figures import FigureList
from evalkit.analysis.intervals import Bootstrap, bca_tails, column_quantiles, jackknife
from evalkit.analysis.resampling import (
    Plan,
    exact_cells,
    group_sums,
    row_blocks,
    swapped_sums,
    units_of,
)
from evalkit.scoring.counts import GOLD, PREDICTED

__all__ = ["PairedTest", "adjusted", "article_figures", "paired_test", "randomization_p"]

Floats = NDArray[np.float64]
TIE = 1e-12


@dataclass(frozen=True, eq=False)
class PairedTest:
    """One value for each figure.

    Attributes:
        difference: second minus first.
        low: lower bound of the interval of the difference.
        high: its upper bound.
        error: standard error of the difference, from the bootstrap.
        p_bootstrap: two-sided p of the paired bootstrap.
        p_randomization: two-sided p of approximate randomization.
        effect: difference / (error · √units): Cohen's d of the paired contributions of articles; 0.0 without spread.
        wins: articles where the second run is better.
        losses: articles where the first run is better.
        units: articles or clusters that were drawn.
        articles: number of articles.
    """

    difference: Floats
    low: Floats
    high: Floats
    error: Floats
    p_bootstrap: Floats
    p_randomization: Floats
    effect: Floats
    wins: NDArray[np.int64]
    losses: NDArray[np.int64]
    units: int
    articles: int


def paired_test(
    first: FigureList,
    second: FigureList,
    resampled: tuple[Floats, Floats],
    *,
    bootstrap: Bootstrap,
    rounds: int,
) -> PairedTest:
    """The tests of two figure lists with equal names over the same articles.

    Args:
        first: the run that is compared with.
        second: the run whose gain is measured.
        resampled: the figures of either run under the same plan (see `resampled_figures`).
        bootstrap: the plan.
        rounds: rounds of approximate randomization.
    """
    unit, units = units_of(first.scored.table.articles, bootstrap.clusters)
    point = second.point() - first.point()
    moved = resampled[1] - resampled[0]
    low, high = _interval(first, second, moved, point, bootstrap) if units > 1 else (point, point)
    error = moved.std(axis=0, ddof=1) if len(moved) > 1 else np.zeros(len(point))
    extreme = np.abs(moved - point) >= np.abs(point) - TIE
    spread = error * np.sqrt(units)
    better, worse = _by_article(first, second)
    return PairedTest(
        difference=point,
        low=low,
        high=high,
        error=error,
        # Draws of one unit are all alike, which shows nothing about chance.
        p_bootstrap=(extreme.sum(axis=0) + 1) / (len(moved) + 1) if units > 1 else np.ones(len(point)),
        p_randomization=randomization_p(first, second, bootstrap=bootstrap, rounds=rounds),
        effect=np.divide(point, spread, out=np.zeros(len(point)), where=spread > TIE),
        wins=better,
        losses=worse,
        units=units,
        articles=len(unit),
    )


def _interval(
    first: FigureList, second: FigureList, moved: Floats, point: Floats, bootstrap: Bootstrap
) -> tuple[Floats, Floats]:
    tails = np.repeat(np.array(bootstrap.tails)[:, None], len(point), axis=1)
    if bootstrap.method == "bca":
        unit, units = units_of(first.scored.table.articles, bootstrap.clusters)
        sides = [jackknife(side, group_sums(side.cells, unit, units)) for side in (first, second)]
        tails = bca_tails(moved, point, sides[1] - sides[0], bootstrap.tails)
    low, high = column_quantiles(moved, tails)
    return low, high


def randomization_p(first: FigureList, second: FigureList, *, bootstrap: Bootstrap, rounds: int) -> Floats:
    """Two-sided p of approximate randomization for every figure; units and seed are those of the bootstrap."""
    unit, units = units_of(first.scored.table.articles, bootstrap.clusters)
    width = first.cells.shape[1]
    both = exact_cells(group_sums(np.concatenate([first.cells, second.cells], axis=1), unit, units))
    totals = both.sum(axis=0, dtype=np.float64)
    ours, theirs = totals[:width], totals[width:]
    gain = both[:, width:] - both[:, :width]
    observed = np.abs(second.values(theirs) - first.values(ours)) - TIE
    extreme = np.zeros(len(first.names), dtype=np.int64)
    for moved in swapped_sums(Plan(units, rounds, bootstrap.seed), gain):
        extreme += (np.abs(second.values(theirs - moved) - first.values(ours + moved)) >= observed).sum(axis=0)
    return np.asarray((extreme + 1) / (rounds + 1))


def article_figures(figures: FigureList, cells: Floats) -> Floats:
    """Every figure of each article by itself, shape (articles, figures).

    Precision, recall and F1 of an article with neither gold nor predicted items are 1: to predict nothing where
    there is nothing is right, and better than a spurious item.
    """
    values = figures.values(cells)
    labels = len(figures.scored.table.labels)
    _, counts = figures.unfold(cells)
    empty = counts[..., GOLD] + counts[..., PREDICTED] == 0
    values[empty.all(axis=1), :3] = 1.0
    by_label = values[:, 6 : 6 + 3 * labels].reshape(len(cells), labels, 3)
    values[:, 6 : 6 + 3 * labels] = np.where(empty[..., None], 1.0, by_label).reshape(len(cells), 3 * labels)
    return values


def _by_article(first: FigureList, second: FigureList) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    better = np.zeros(len(first.names), dtype=np.int64)
    worse = np.zeros(len(first.names), dtype=np.int64)
    for ours, theirs in zip(row_blocks(first.cells), row_blocks(second.cells), strict=True):
        gain = article_figures(second, theirs) - article_figures(first, ours)
        better += (gain > TIE).sum(axis=0)
        worse += (gain < -TIE).sum(axis=0)
    return better, worse


def adjusted(p: Floats) -> Floats:
    """Benjamini-Hochberg q of each p: the false discovery rate at which its row is called a difference (1995)."""
    size = len(p)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * size / np.arange(1, size + 1)
    q = np.empty(size)
    q[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return q
