"""Who is surely better than whom, and which ranks that leaves to each.

Every pair of systems is tested on the same articles: approximate randomization of the difference of their figures, in
which whole articles (or clusters) change sides (Noreen 1989; see `evalkit.analysis.paired`). A board makes many such
claims at once, so p is corrected over its pairs by Holm's step-down method (1979, Scandinavian Journal of Statistics 6,
65-70): the chance that even one of the claims "surely better" is wrong is at most alpha. That is more than is asked of
the rows of a comparison, which are controlled for the share of wrong claims: who reads a ranking takes all of it for
true. Pairs that are the same in every article have nothing to test; they are equal and stay out of the correction
(Tarone 1990).

The ranks of a system are a range: from 1 + the number of systems that are surely better to n - the number of those that
are surely worse. Systems of overlapping ranges are not told apart by this gold, whatever the order of their figures.

With R rounds no p is below 1 / (R + 1), so there are as many rounds as the smallest level of the correction needs.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from evalkit.analysis.figures import Figure, FigureList, figures_of
from evalkit.analysis.intervals import Bootstrap
from evalkit.analysis.paired import TIE
from evalkit.analysis.resampling import (
    Plan,
    all_swaps,
    exact_cells,
    group_sums,
    swapped_sums,
    units_of,
    weighted_sums,
)
from evalkit.scoring.counts import prf
from evalkit.scoring.tasks.table import ScoredTable

__all__ = ["FIGURE", "PairTest", "RankRange", "holm", "pair_tests", "pooled_figures", "rank_ranges", "rounds_for"]

Floats = NDArray[np.float64]

FIGURE = Figure("micro", "", "f1")
FEWEST_ROUNDS, MOST_ROUNDS = 10_000, 10**6


@dataclass(frozen=True, slots=True, kw_only=True)
class PairTest:
    """Two systems of a board.

    Attributes:
        better: the one with the higher figure; the first of the two where they are equal.
        worse: the other.
        difference: of their figures, not below 0.
        p: of the paired randomization test, two-sided; 1.0 where nothing was to be tested.
        p_corrected: after Holm over the pairs of the board.
        identical: whether they are the same in every article.
        sure: whether the difference is more than noise: p_corrected is below alpha.
    """

    better: str
    worse: str
    difference: float
    p: float
    p_corrected: float
    identical: bool
    sure: bool


@dataclass(frozen=True, slots=True)
class RankRange:
    """The best and the worst rank that a system may have, from 1."""

    best: int
    worst: int

    def __str__(self) -> str:
        """As `1` or `1-3`."""
        return str(self.best) if self.best == self.worst else f"{self.best}-{self.worst}"


def pooled_figures(scored: ScoredTable) -> FigureList:
    """The figures of a table without its labels, where these count one thing: the same micro figures, from less."""
    table = scored.table
    if table.apart:
        return figures_of(replace(scored, derived={}, items=None))
    return figures_of(replace(scored, table=table.pooled(), derived={}, items=None))


def rounds_for(pairs: int, alpha: float) -> int:
    """Rounds of randomization that let a pair be significant at the smallest level of the correction."""
    return min(MOST_ROUNDS, max(FEWEST_ROUNDS, math.ceil(2 * pairs / alpha)))


def pair_tests(figures: Mapping[str, FigureList], bootstrap: Bootstrap) -> tuple[PairTest, ...]:
    """The test of every pair, over the same articles.

    Args:
        figures: the figures of each system, of tables over the same articles in the same order.
        bootstrap: what is drawn, the seed, and the level: alpha is what is left of it.
    """
    alpha = round(1 - bootstrap.level, 12)
    pairs = list(itertools.combinations(figures, 2))
    rounds = rounds_for(len(pairs), alpha)
    place = {name: own.names.index(FIGURE) for name, own in figures.items()}
    points = {name: float(own.point()[place[name]]) for name, own in figures.items()}
    identical = [np.array_equal(figures[one].cells, figures[other].cells) for one, other in pairs]
    tested = [pair for pair, same in zip(pairs, identical, strict=True) if not same]
    found = iter(_randomization(figures, tested, bootstrap, rounds).tolist())
    p = np.array([1.0 if same else next(found) for same in identical])
    corrected = np.ones(len(pairs))
    differing = ~np.array(identical, dtype=bool)
    corrected[differing] = holm(p[differing])
    tests = []
    for number, (one, other) in enumerate(pairs):
        better, worse = (one, other) if points[one] >= points[other] else (other, one)
        tests.append(
            PairTest(
                better=better,
                worse=worse,
                difference=points[better] - points[worse],
                p=float(p[number]),
                p_corrected=float(corrected[number]),
                identical=identical[number],
                sure=bool(corrected[number] < alpha),
            )
        )
    return tuple(tests)


def _randomization(
    figures: Mapping[str, FigureList], pairs: Sequence[tuple[str, str]], bootstrap: Bootstrap, rounds: int
) -> Floats:
    """Two-sided p of each pair: that of `evalkit.analysis.paired.randomized`, which takes one pair at a time.

    What the units that change sides add up to is the difference of two sums, one for each system, so n systems need n
    sums and not one for each of the n (n - 1) / 2 pairs.
    """
    names = list(figures)
    first = figures[names[0]]
    unit, units = units_of(first.scored.table.articles, bootstrap.clusters)
    width, place = first.cells.shape[1], first.names.index(FIGURE)
    every = exact_cells(group_sums(np.concatenate([figures[name].cells for name in names], axis=1), unit, units))
    columns = {name: slice(width * at, width * (at + 1)) for at, name in enumerate(names)}
    totals = {name: every[:, own].sum(axis=0, dtype=np.float64) for name, own in columns.items()}

    def value(sums: Floats) -> Floats:
        # Of one pooled label all other figures are the same three, and there are many rounds.
        values: Floats = prf(sums)[..., 2] if width == 4 else first.values(sums)[..., place]
        return values

    observed = [abs(float(value(totals[other]) - value(totals[one]))) - TIE for one, other in pairs]
    # The same units on either side give a difference of the same size, so the first one can stay where it is.
    exact = 1 < units <= math.log2(rounds) + 1
    plan = Plan(units, rounds, bootstrap.seed)
    tried, extra = (2 ** (units - 1), 0) if exact else (rounds, 1)
    extreme = np.zeros(len(pairs))
    for block in weighted_sums(all_swaps(units), every) if exact else swapped_sums(plan, every):
        for number, (one, other) in enumerate(pairs):
            moved = block[:, columns[other]] - block[:, columns[one]]
            sizes = np.abs(value(totals[other] - moved) - value(totals[one] + moved))
            extreme[number] += (sizes >= observed[number]).sum()
    return (extreme + extra) / (tried + extra)


def holm(p: Floats) -> Floats:
    """Each p after Holm's step-down correction over all of them: the level at which its claim, and all before it, hold.

    The smallest of n is multiplied by n, the next by n - 1 and so on; none falls below one before it.
    """
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(stepped, 1.0)
    return corrected


def rank_ranges(systems: Sequence[str], tests: Sequence[PairTest]) -> dict[str, RankRange]:
    """The ranks that the sure differences leave to each system."""
    sure = [test for test in tests if test.sure]
    ahead = {name: sum(test.worse == name for test in sure) for name in systems}
    behind = {name: sum(test.better == name for test in sure) for name in systems}
    return {name: RankRange(1 + ahead[name], len(systems) - behind[name]) for name in systems}
