"""Resampling of tables with so many labels that no array has a place for each of them in each article.

The sums are those of `evalkit.analysis.resampling`, taken over the cells that hold anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from evalkit.analysis.figures import FigureList, figures_of
from evalkit.analysis.resampling import BLOCK_BYTES, Ints, Plan, draws, exact_cells, group_sums, units_of
from evalkit.scoring.tasks.table import ScoredTable

__all__ = ["is_sparse", "labels_at_a_time", "pooled_resamples"]

Floats = NDArray[np.float64]

DENSE_BYTES = 1 << 28
"""Up to so many bytes a table is resampled as one array; that is quickest."""
EMPTY_CELLS = 16
"""So many cells of a larger one must be empty for each that holds anything."""


def is_sparse(figures: FigureList) -> bool:
    """Whether one array of all cells would be large, and mostly empty."""
    table = figures.scored.table
    cells = len(table.articles) * (figures.columns // 4)
    return 16 * cells > DENSE_BYTES and cells > EMPTY_CELLS * len(table.article)


def labels_at_a_time(figures: FigureList, resamples: int) -> int:
    """How many labels are resampled together, so that neither their cells nor their figures are large."""
    groups = max(len(figures.scored.table.groups), 1)
    return max(1, DENSE_BYTES // (4 * 32 * groups * max(len(figures.scored.table.articles), resamples, 1)))


def pooled_resamples(
    figures: FigureList, resamples: int, seed: int, clusters: Mapping[str, str] | None
) -> tuple[Floats, Ints]:
    """The figures that are of no single label, shape (resamples, figures), and on how many units each of them lives.

    As in `Resampled`: NaN where no unit was drawn that has anything for the figure.
    """
    table = figures.scored.table
    unit, units = units_of(table.articles, clusters)
    chosen = [at for at, name in enumerate(figures.names) if name.scope != "label"]
    pooled = figures_of(ScoredTable(table.pooled()))
    there = pooled.defined(group_sums(pooled.cells, unit, units)).sum(axis=0)
    # Micro and macro, each precision, recall and F1, and derived scores, which need any item, as F1 does.
    units_with = np.array([*there[:6], *[there[2]] * (len(chosen) - 6)], dtype=np.int64)
    values = np.empty((resamples, len(chosen)))
    done = 0
    for totals in _totals(figures, Plan(units, resamples, seed), unit):
        block = values[done : done + len(totals)]
        block[:] = figures.values(totals)[:, chosen]
        block[~figures.defined(totals)[:, chosen]] = np.nan
        done += len(totals)
    return values, units_with


def _totals(figures: FigureList, plan: Plan, unit: Ints) -> Iterator[Floats]:
    """The totals of resamples: blocks of shape (rounds, columns) in order."""
    table = figures.scored.table
    order = np.argsort(table.lane, kind="stable")
    lanes, first = np.unique(table.lane[order], return_index=True)
    most = plan.units * int(np.bincount(unit).max(initial=1))
    row, values = unit[table.article[order]], exact_cells(table.values[order], most)
    step = max(1, BLOCK_BYTES // (8 * max(len(order), figures.columns, 1)))
    for weights in draws(plan):
        for begin in range(0, len(weights), step):
            drawn = weights[begin : begin + step][:, row].astype(np.float64)
            totals = np.zeros((len(drawn), figures.columns // 4, 4))
            for number in range(4 if len(order) else 0):
                totals[:, lanes, number] = np.add.reduceat(drawn * values[:, number], first, axis=1)
            yield totals.reshape(len(drawn), figures.columns)
