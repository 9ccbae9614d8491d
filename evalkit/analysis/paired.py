"""The paired test of two tables over the same articles, for every figure at once, and the interval of the difference.

**p** is that of approximate randomization (Noreen 1989; Yeh 2000), two-sided: whole articles (or clusters) change sides
with probability one half, and p is the share of assignments whose difference is as large as the observed one. Where
rounds allow it, all 2ⁿ⁻¹ assignments that differ in size are gone through and p is exact; else p = (b + 1) / (R + 1),
where b of R rounds are as extreme as what was observed: never 0, and valid for any R. A p from the paired bootstrap is
not given: it is liberal (.07 to .085 at .05 with few articles).

**The interval** of a difference is that of the paired bootstrap (both runs are drawn with the same articles), by the
method that was asked for. It excludes 0 exactly where p < α, α being 1 - level. Where the bootstrap says otherwise
about 0, the interval is the one that the randomization test itself gives: the differences δ that it would not reject if
every unit's share of the difference were moved by δ / n. Let c be the size that a share α of the differences |D*| under
randomization exceed, and V the mean of D*². Moved by δ the test has V - D²/n + (D - δ)²/n in place of V, and c grows
with the root of that, so the bounds are D ± h with

    h² = c² · (V - D²/n) / (V - c²/n)

(for normal shares this is Student's interval). h < |D| exactly where c < |D|, which is where p < α.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.analysis.figures import FigureList
from evalkit.analysis.intervals import Bootstrap, Resampled, interval_bounds, jackknife, resampled_together
from evalkit.analysis.resampling import (
    Ints,
    Plan,
    all_swaps,
    exact_cells,
    group_sums,
    row_blocks,
    swapped_sums,
    units_of,
    weighted_sums,
)
from evalkit.scoring.counts import GOLD, PREDICTED

__all__ = [
    "PairedTest",
    "Randomization",
    "adjusted",
    "article_figures",
    "differ",
    "difference_interval",
    "paired_test",
    "randomization_p",
    "randomized",
]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
TIE = 1e-12


@dataclass(frozen=True, eq=False)
class PairedTest:
    """One value for each figure.

    Attributes:
        difference: second minus first.
        low: lower bound of the interval of the difference; NaN where there is none.
        high: its upper bound.
        error: standard error of the difference, from the bootstrap.
        p_randomization: two-sided p of approximate randomization.
        effect: difference / (error · √units): Cohen's d of the paired contributions of articles; 0.0 without spread.
        wins: articles where the second run is better.
        losses: articles where the first run is better.
        identical: whether it is the same in every article, whatever articles change sides: nothing can be tested.
        units: articles or clusters that were drawn.
        articles: number of articles.
    """

    difference: Floats
    low: Floats
    high: Floats
    error: Floats
    p_randomization: Floats
    effect: Floats
    wins: Ints
    losses: Ints
    identical: Bools
    units: int
    articles: int


def paired_test(
    first: FigureList,
    second: FigureList,
    drawn: tuple[Resampled, Resampled] | None,
    *,
    bootstrap: Bootstrap,
    rounds: int,
) -> PairedTest:
    """The test of two figure lists with equal names over the same articles.

    Args:
        first: the run that is compared with.
        second: the run whose gain is measured.
        drawn: the figures of either run under the same plan (see `resampled_together`); None where their counts are
            the same (see `differ`), so that there is nothing to test.
        bootstrap: the plan.
        rounds: rounds of approximate randomization.
    """
    unit, units = units_of(first.scored.table.articles, bootstrap.clusters)
    point = second.point() - first.point()
    if drawn is None:
        return _untested(point, units, len(unit))
    moved = drawn[1].minus(drawn[0])
    error = moved.error()
    spread = error * np.sqrt(units)
    better, worse = _by_article(first, second)
    swapped = randomized(first, second, bootstrap=bootstrap, rounds=rounds)
    low, high = swapped.agreeing(*_bounds(first, second, moved, bootstrap), point, units)
    return PairedTest(
        difference=point,
        low=low,
        high=high,
        error=error,
        p_randomization=swapped.p,
        effect=np.divide(point, spread, out=np.zeros(len(point)), where=spread > TIE),
        wins=better,
        losses=worse,
        # As large a difference as in floating point the same sums have in another order.
        identical=(better == 0) & (worse == 0) & (swapped.square <= TIE**2),
        units=units,
        articles=len(unit),
    )


def _untested(point: Floats, units: int, articles: int) -> PairedTest:
    """What the test says where no figure is another, whatever articles are drawn or change sides."""
    nothing, nobody = np.zeros(len(point)), np.zeros(len(point), dtype=np.int64)
    return PairedTest(
        difference=point,
        low=nothing + np.nan,
        high=nothing + np.nan,
        error=nothing,
        p_randomization=nothing + 1.0,
        effect=nothing,
        wins=nobody,
        losses=nobody,
        identical=np.ones(len(point), dtype=np.bool_),
        units=units,
        articles=articles,
    )


def differ(first: FigureList, second: FigureList) -> bool:
    """Whether tables of the same articles, groups and labels have other counts somewhere, or odd figures."""
    ours, theirs = first.scored.table, second.scored.table
    places = [(ours.article, theirs.article), (ours.lane, theirs.lane), (ours.packed, theirs.packed)]
    alike = all(itertools.starmap(np.array_equal, places))
    return not (alike and first.scored.additive and np.isfinite(first.point()).all())


def difference_interval(first: FigureList, second: FigureList, bootstrap: Bootstrap) -> tuple[Floats, Floats]:
    """Bounds of each difference, second minus first, from the paired bootstrap alone; NaN where there are none."""
    ours, theirs = resampled_together([first, second], bootstrap)
    return _bounds(first, second, theirs.minus(ours), bootstrap)


def _bounds(first: FigureList, second: FigureList, moved: Resampled, bootstrap: Bootstrap) -> tuple[Floats, Floats]:
    left_out = None
    if bootstrap.method == "bca":
        unit, units = units_of(first.scored.table.articles, bootstrap.clusters)
        sides = [jackknife(side, group_sums(side.cells, unit, units)) for side in (first, second)]
        left_out = sides[1] - sides[0]
    return interval_bounds(moved, first.names, bootstrap, point=second.point() - first.point(), left_out=left_out)


@dataclass(frozen=True, eq=False)
class Randomization:
    """What every figure's difference does when units change sides.

    Attributes:
        p: two-sided.
        alpha: the level of the test, 1 - level of the intervals.
        critical: a difference is significant (p < alpha) if it is larger than this; infinite if none can be.
        square: the mean square of the differences.
    """

    p: Floats
    alpha: float
    critical: Floats
    square: Floats

    def half_widths(self, point: Floats, units: int) -> Floats:
        """Half the width of the interval that the test itself gives: h at the top of this file, at most 1."""
        significant = self.p < self.alpha
        # What is not significant is not larger than the critical size; rounding must not say otherwise.
        critical = np.where(significant, self.critical, np.maximum(self.critical, np.abs(point)))
        with np.errstate(divide="ignore", invalid="ignore"):
            room = self.square - critical**2 / units
            half = critical * np.sqrt(np.maximum(self.square - point**2 / units, 0.0) / room)
        half = np.where((room > 0) & np.isfinite(half), half, 1.0)
        return np.asarray(np.where(significant, half, np.maximum(half, np.abs(point))))

    def agreeing(self, low: Floats, high: Floats, point: Floats, units: int) -> tuple[Floats, Floats]:
        """The intervals, and that of the test itself where an interval says of 0 what p does not."""
        half = self.half_widths(point, units)
        # A bound that lies on 0 holds it.
        odd = ((self.p < self.alpha) == ((low <= 0) & (high >= 0))) & ~np.isnan(low)
        return (
            np.where(odd, np.maximum(point - half, -1.0), low),
            np.where(odd, np.minimum(point + half, 1.0), high),
        )


def randomized(first: FigureList, second: FigureList, *, bootstrap: Bootstrap, rounds: int) -> Randomization:
    """The randomization of every figure; units, seed and level are those of the bootstrap."""
    unit, units = units_of(first.scored.table.articles, bootstrap.clusters)
    width = first.cells.shape[1]
    both = exact_cells(group_sums(np.concatenate([first.cells, second.cells], axis=1), unit, units))
    totals = both.sum(axis=0, dtype=np.float64)
    ours, theirs = totals[:width], totals[width:]
    gain = both[:, width:] - both[:, :width]
    observed = np.abs(second.values(theirs) - first.values(ours)) - TIE
    # The same units on either side give a difference of the same size, so the first one can stay where it is.
    exact = 1 < units <= math.log2(rounds) + 1
    sums = weighted_sums(all_swaps(units), gain) if exact else swapped_sums(Plan(units, rounds, bootstrap.seed), gain)
    tried, extra = (2 ** (units - 1), 0) if exact else (rounds, 1)
    alpha = round(1 - bootstrap.level, 12)
    # p < alpha exactly if fewer than this many differences are as large as the observed one.
    allowed = math.ceil(alpha * (tried + extra) - extra)
    extreme = np.zeros(len(first.names), dtype=np.int64)
    square = np.zeros(len(first.names))
    largest = np.zeros((0, len(first.names)))
    for sizes in _sizes(first, second, (ours, theirs), sums):
        extreme += (sizes >= observed).sum(axis=0)
        square += (sizes**2).sum(axis=0)
        if allowed > 0:
            largest = _largest(np.concatenate([largest, sizes]), allowed)
    critical = largest.min(axis=0) if len(largest) == allowed > 0 else np.full(len(first.names), np.inf)
    return Randomization((extreme + extra) / (tried + extra), alpha, critical, square / tried)


def _sizes(
    first: FigureList, second: FigureList, totals: tuple[Floats, Floats], sums: Iterator[Floats]
) -> Iterator[Floats]:
    """The sizes of the differences when some units have changed sides, in blocks of shape (rounds, figures)."""
    ours, theirs = totals
    for moved in sums:
        yield np.abs(second.values(theirs - moved) - first.values(ours + moved))


def _largest(sizes: Floats, number: int) -> Floats:
    """The largest values of each column, in no order."""
    if len(sizes) <= number:
        return sizes
    return np.partition(sizes, len(sizes) - number, axis=0)[len(sizes) - number :]


def randomization_p(first: FigureList, second: FigureList, *, bootstrap: Bootstrap, rounds: int) -> Floats:
    """Two-sided p of approximate randomization for every figure; units and seed are those of the bootstrap."""
    return randomized(first, second, bootstrap=bootstrap, rounds=rounds).p


def article_figures(figures: FigureList, cells: NDArray[np.floating[Any]]) -> Floats:
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


def _by_article(first: FigureList, second: FigureList) -> tuple[Ints, Ints]:
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
