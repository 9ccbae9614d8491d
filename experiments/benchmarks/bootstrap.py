"""Intervals and paired randomization of evalkit beside a plain Python loop and scipy, in one process.

    python experiments/benchmarks/bootstrap.py [--articles 10000] [--resamples 10000] [--repeat 5]

Equal results are asserted first: the loop draws the same articles as evalkit, scipy is given the same draws once, and
the p of evalkit's randomization must agree with scipy's exact one within Monte Carlo error.

scipy works in batches, and what a batch costs does not depend much on its size, so its time a round depends on the
batch. It is measured on `SCIPY_ROUNDS` rounds with each of `BATCHES`, and its fastest batch counts. Measurements take
turns, so that a busy machine slows all of them. scipy computes one row, the micro F1; evalkit is measured on that row
alone ("same row") and on all its rows at once ("all rows"), which is what a user gets.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from unittest import mock

import numpy as np
from scipy import stats
from scipy.stats import _resampling

from evalkit.analysis import resampling
from evalkit.analysis.figures import FigureList, figures_of
from evalkit.analysis.intervals import Bootstrap, intervals_of, resampled_figures
from evalkit.analysis.paired import randomization_p
from evalkit.analysis.resampling import Plan, draws
from evalkit.results import Counts
from evalkit.scoring.counts import CountTable
from evalkit.scoring.tasks.table import ScoredTable

LABELS = 8
LOOP_ROUNDS, SCIPY_ROUNDS = 5, 500
BATCHES = (10, 50, 200, 500)


def corpus(articles: int, *, hit: float) -> FigureList:
    """A table with about 24 gold entities of eight labels an article."""
    gold = np.random.default_rng(0).poisson(3, (articles, LABELS))
    random = np.random.default_rng(round(hit * 1000))
    right = random.binomial(gold, hit)
    cells = np.stack([gold, right + random.poisson(1, gold.shape), right, right], axis=-1).astype(np.float64)
    names = tuple(f"a{at:06}" for at in range(articles))
    return figures_of(ScoredTable(CountTable.of_dense(names, tuple(f"L{at}" for at in range(LABELS)), cells)))


def pooled(figures: FigureList) -> FigureList:
    """The same corpus with one label: the row that scipy computes."""
    table = figures.scored.table
    return figures_of(
        ScoredTable(CountTable.of_dense(table.articles, ("all",), table.dense().sum(axis=1, keepdims=True)))
    )


def in_turns(calls: dict[str, tuple[Callable[[], object], int]], repeat: int) -> dict[str, list[float]]:
    """Name → milliseconds a round of each repetition, from calls and how many rounds each of them does."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeat):
        for name, (call, rounds) in calls.items():
            resampling._kept_draws.cache_clear()
            start = time.perf_counter()
            call()
            times[name].append((time.perf_counter() - start) / rounds * 1e3)
    return times


def report(title: str, times: dict[str, list[float]], other: str) -> None:
    """Medians with spread, and how many times evalkit's the fastest of the others is."""
    print(f"\n{title} (milliseconds a round)")
    medians = {name: statistics.median(own) for name, own in times.items()}
    for name, own in times.items():
        print(f"  {name:40} {medians[name]:9.4f}  ({min(own):.4f} to {max(own):.4f})")
    best = min((name for name in medians if name.startswith(other)), key=medians.__getitem__)
    for name in medians:
        if not name.startswith(other):
            print(f"  {best} / {name}: {medians[best] / medians[name]:.1f} x")


def loop(figures: FigureList, drawn: list[list[int]]) -> list[list[float]]:
    """Precision, recall and F1, pooled and by label, of each resample, counted article by article."""
    rows = figures.scored.table.dense().tolist()
    found = []
    for articles in drawn:
        totals = [[0.0] * 4 for _ in range(LABELS)]
        for article in articles:
            for total, cell in zip(totals, rows[article], strict=True):
                for at in range(4):
                    total[at] += cell[at]
        counts = [Counts(int(t[0]), int(t[1]), t[2], t[3]) for t in totals]
        pooled = sum(counts, Counts())
        found.append([value for own in (pooled, *counts) for value in (own.precision, own.recall, own.f1)])
    return found


def against_bootstraps(figures: FigureList, resamples: int, repeat: int) -> None:
    """Intervals against a plain Python loop over articles and scipy.stats.bootstrap, vectorised."""
    size = len(figures.cells)
    plan = np.concatenate(list(draws(Plan(size, 50, 0))))
    drawn = np.stack([np.repeat(np.arange(size), row) for row in plan])
    lists = drawn[:LOOP_ROUNDS].tolist()
    own = resampled_figures(figures, Bootstrap(LOOP_ROUNDS))
    assert np.allclose(np.array(loop(figures, lists)), np.concatenate([own[:, :3], own[:, 6:]], axis=1), 0, 1e-12)
    cells = figures.scored.table.dense().sum(axis=1)

    def f1(gold: np.ndarray, predicted: np.ndarray, credit: np.ndarray, axis: int = -1) -> np.ndarray:
        return 2 * credit.sum(axis=axis) / (gold.sum(axis=axis) + predicted.sum(axis=axis))

    def scipy_interval(rounds: int, batch: int) -> tuple[float, ...]:
        options = {"paired": True, "vectorized": True, "method": "percentile", "rng": 0}
        found = stats.bootstrap(tuple(cells[:, :3].T), f1, n_resamples=rounds, batch=batch, **options)
        return tuple(found.confidence_interval)

    with mock.patch.object(_resampling, "_bootstrap_resample", lambda sample, n_resamples, **_: sample[..., drawn]):
        expected = scipy_interval(50, 50)
    assert np.allclose(expected, list(intervals_of(figures, Bootstrap(50)).values())[2], 0, 1e-12)
    bootstrap, one = Bootstrap(resamples), pooled(figures)
    rows = len(figures.names)
    calls: dict[str, tuple[Callable[[], object], int]] = {
        "evalkit, same row": (lambda: intervals_of(one, bootstrap), resamples),
        f"evalkit, all {rows} rows": (lambda: intervals_of(figures, bootstrap), resamples),
        f"evalkit, all {rows} rows, bca": (
            lambda: intervals_of(figures, Bootstrap(resamples, method="bca")),
            resamples,
        ),
    }
    for batch in BATCHES:
        calls[f"scipy, batch {batch}"] = (lambda batch=batch: scipy_interval(SCIPY_ROUNDS, batch), SCIPY_ROUNDS)
    times = in_turns(calls | {"loop": (lambda: loop(figures, lists), LOOP_ROUNDS)}, repeat)
    report("bootstrap against the loop", {name: own for name, own in times.items() if "scipy" not in name}, "loop")
    report("bootstrap against scipy", {name: own for name, own in times.items() if name != "loop"}, "scipy")


def against_permutation(first: FigureList, second: FigureList, rounds: int, repeat: int) -> None:
    """Approximate randomization against scipy.stats.permutation_test (samples), vectorised."""
    check_permutation()
    statistic, sides = paired_statistic(first, second)
    one, other = pooled(first), pooled(second)
    rows = len(first.names)
    calls: dict[str, tuple[Callable[[], object], int]] = {
        "evalkit, same row": (lambda: randomization_p(one, other, bootstrap=Bootstrap(), rounds=rounds), rounds),
        f"evalkit, all {rows} rows": (
            lambda: randomization_p(first, second, bootstrap=Bootstrap(), rounds=rounds),
            rounds,
        ),
    }
    for batch in BATCHES:
        calls[f"scipy, batch {batch}"] = (
            lambda batch=batch: permutation_p(statistic, sides, SCIPY_ROUNDS, batch),
            SCIPY_ROUNDS,
        )
    report("randomization against scipy", in_turns(calls, repeat), "scipy")


def check_permutation() -> None:
    """Both p agree on a small corpus, where scipy goes through all assignments and its p is exact."""
    first, second = corpus(12, hit=0.6), corpus(12, hit=0.64)
    exact = permutation_p(*paired_statistic(first, second), 2**12, 50)
    own = randomization_p(first, second, bootstrap=Bootstrap(), rounds=10_000)[2]
    assert abs(own - exact) < 4 * np.sqrt(exact * (1 - exact) / 10_000) + 1e-4, (own, exact)


def paired_statistic(
    first: FigureList, second: FigureList
) -> tuple[Callable[..., np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """The difference in micro F1 as a function of which side each article is on."""
    cells = np.stack([own.scored.table.dense().sum(axis=1) for own in (first, second)])
    size = cells.shape[1]

    def f1(side: np.ndarray, axis: int) -> np.ndarray:
        # Only these three numbers are needed for F1, so scipy is not made to do more.
        gold, predicted, credit = (
            np.where(side.astype(bool), cells[1, :, at], cells[0, :, at]).sum(axis=axis) for at in (0, 1, 2)
        )
        return 2 * credit / (gold + predicted)

    def difference(one: np.ndarray, other: np.ndarray, axis: int = -1) -> np.ndarray:
        return f1(other, axis) - f1(one, axis)

    return difference, (np.zeros(size, dtype=int), np.ones(size, dtype=int))


def permutation_p(
    statistic: Callable[..., np.ndarray], sides: tuple[np.ndarray, np.ndarray], rounds: int, batch: int
) -> float:
    """The two-sided p of scipy."""
    options = {"permutation_type": "samples", "vectorized": True, "rng": 0}
    return float(stats.permutation_test(sides, statistic, n_resamples=rounds, batch=batch, **options).pvalue)


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--resamples", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    first, second = corpus(options.articles, hit=0.7), corpus(options.articles, hit=0.71)
    print(f"{options.articles} articles, {options.resamples} resamples and rounds, {LABELS} labels")
    against_bootstraps(first, options.resamples, options.repeat)
    against_permutation(first, second, options.resamples, options.repeat)


if __name__ == "__main__":
    main()
