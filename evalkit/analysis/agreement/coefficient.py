"""A coefficient of agreement that is a function of sums over articles, with its interval from resampling them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.analysis.figures import Figure
from evalkit.analysis.intervals import Bootstrap, Resampled, interval_bounds
from evalkit.analysis.resampling import Plan, draws, exact_cells, group_sums, row_blocks, units_of, weighted_sums
from evalkit.results import Interval

__all__ = ["Coefficient", "Sums", "coefficient_of"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficient:
    """Agreement corrected for chance.

    Attributes:
        value: 1 at best, 0 as by chance; None where it is not defined: nothing was compared, or all of it is one kind.
        ci: its interval, where there is one.
        items: how many items it was computed from.
    """

    value: float | None
    ci: Interval | None
    items: int


@dataclass(frozen=True, eq=False)
class Sums:
    """What a coefficient is computed from.

    Attributes:
        articles: article ids, sorted.
        cells: float64 (articles, columns).
        value: the coefficient of totals of shape (…, columns), of shape (…); NaN where it is not defined.
        items: how many items they count.
        there: for each article whether it has any of them; resampled are articles, and these are how many tell.
    """

    articles: tuple[str, ...]
    cells: Floats
    value: Callable[[Floats], Floats]
    items: int
    there: NDArray[np.bool_]


_NAME: Sequence[Figure] = (Figure("derived", "", "agreement"),)


def coefficient_of(sums: Sums, bootstrap: Bootstrap | None) -> Coefficient:
    """The coefficient of all articles, with its interval unless `bootstrap` is None."""
    point = np.asarray(sums.value(sums.cells.sum(axis=0)))
    if np.isnan(point):
        return Coefficient(value=None, ci=None, items=sums.items)
    ci = None if bootstrap is None else _interval(sums, bootstrap, point.reshape(1))
    return Coefficient(value=float(point), ci=ci, items=sums.items)


def _interval(sums: Sums, bootstrap: Bootstrap, point: Floats) -> Interval | None:
    unit, units = units_of(sums.articles, bootstrap.clusters)
    cells = group_sums(sums.cells, unit, units)
    plan = Plan(units, bootstrap.resamples, bootstrap.seed)
    blocks = [sums.value(totals) for totals in weighted_sums(draws(plan), exact_cells(cells))]
    telling = len(np.unique(unit[sums.there]))
    drawn = Resampled(np.concatenate(blocks)[:, None], np.array([telling], dtype=np.int64))
    left_out = None
    if bootstrap.method == "bca":
        total = cells.sum(axis=0)
        without = [sums.value(np.maximum(total - part, 0.0)) for part in row_blocks(cells)]
        left_out = np.nan_to_num(np.concatenate(without), nan=float(point[0]))[:, None]
    low, high = interval_bounds(drawn, _NAME, bootstrap, point=point, left_out=left_out)
    return None if np.isnan(low[0]) else (float(low[0]), float(high[0]))
