"""Bootstrap intervals of every figure of a table.

The unit that is drawn is the article, or a declared cluster of articles, never the item: items of one article stand
or fall together. F1 is a function of the counts pooled over the drawn articles (Efron & Tibshirani 1993, chapters 13
and 14), not a mean of article scores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from evalkit.analysis.figures import PRF_SCORES, Figure, FigureList, figures_of
from evalkit.analysis.resampling import (
    Plan,
    draws,
    exact_cells,
    group_sums,
    row_blocks,
    units_of,
    weighted_sums,
)
from evalkit.errors import InputError
from evalkit.records import Article
from evalkit.registry import unknown_name
from evalkit.results import PRF, Interval, Score, TaskResult
from evalkit.scoring.counts import macro, micro
from evalkit.scoring.properties import article_properties
from evalkit.scoring.tasks.table import ScoredTable

__all__ = ["Bootstrap", "clustered", "intervals_of", "resampled_figures", "task_result"]

Floats = NDArray[np.float64]

METHODS = ("percentile", "bca")


@dataclass(frozen=True)
class Bootstrap:
    """How intervals are made.

    Attributes:
        resamples: how often the articles are drawn.
        seed: equal seeds give equal intervals.
        method: "percentile", or "bca" (bias-corrected and accelerated, Efron 1987).
        level: the share of resamples between the bounds.
        clusters: article id → name of its cluster, such as a story; an article that is not named stands alone.
        clustered_by: what the clusters are, for the signature.
    """

    resamples: int = 1000
    seed: int = 0
    method: str = "percentile"
    level: float = 0.95
    clusters: Mapping[str, str] | None = field(default=None, hash=False)
    clustered_by: str = "story"

    def __post_init__(self) -> None:
        if self.resamples < 1:
            raise InputError(f"a bootstrap needs at least 1 resample, found {self.resamples}")
        if self.seed < 0:
            raise InputError(f"the seed of a bootstrap must not be negative, found {self.seed}")
        if self.method not in METHODS:
            raise InputError(f"unknown bootstrap method {self.method!r}; known: {', '.join(METHODS)}")
        if not 0 < self.level < 1:
            raise InputError(f"the level of an interval must lie between 0 and 1, found {self.level}")

    def describe(self) -> str:
        """The part of a signature that reproduces the intervals, such as "bootstrap1000/article/seed0"."""
        unit = "article" if self.clusters is None else f"cluster:{self.clustered_by}"
        parts = [f"bootstrap{self.resamples}", unit, f"seed{self.seed}"]
        parts += [self.method] if self.method != "percentile" else []
        parts += [f"level{self.level:g}"] if self.level != 0.95 else []
        return "/".join(parts)

    @property
    def tails(self) -> tuple[float, float]:
        """The two quantiles between which the interval lies."""
        return (1 - self.level) / 2, (1 + self.level) / 2


def clustered(bootstrap: Bootstrap, articles: Sequence[Article], field: str | None) -> Bootstrap:
    """The bootstrap that draws the articles of one value of a field together; as it is if the field is None.

    Args:
        bootstrap: how intervals are made.
        articles: the articles that are scored.
        field: source, year, lang or a key of the metadata; an article without a value stands alone.

    Raises:
        UnknownNameError: no article has the field.
    """
    if field is None:
        return bootstrap
    properties = article_properties(articles)
    if field not in properties:
        raise unknown_name("cluster field", field, properties)
    return replace(bootstrap, clusters=properties[field], clustered_by=field)


def task_result(
    task: str,
    convention: str,
    scored: ScoredTable,
    *,
    signature: str,
    bootstrap: Bootstrap | None,
    keep_table: bool = True,
) -> TaskResult:
    """The scores of one task under one convention, with intervals unless `bootstrap` is None.

    Every label of the table is listed, also one without gold support. With `keep_table` the counts by article come
    along.
    """
    figures = figures_of(scored)
    ci = intervals_of(figures, bootstrap) if bootstrap else {}
    table = scored.table
    return TaskResult(
        task=task,
        convention=convention,
        signature=signature,
        micro=_with_intervals(micro(table), "micro", "", ci),
        macro=_with_intervals(macro(table), "macro", "", ci),
        labels={label: _with_intervals(PRF.of(table.counts(label)), "label", label, ci) for label in table.labels},
        scores={
            name: Score(scored.derived_value(name), ci.get(Figure("derived", "", name))) for name in scored.derived
        },
        table=table.to_json() if keep_table else None,
    )


def _with_intervals(prf: PRF, scope: str, label: str, ci: Mapping[Figure, Interval]) -> PRF:
    bounds = {score: ci[Figure(scope, label, score)] for score in PRF_SCORES} if ci else {}
    return replace(prf, ci=bounds)


def intervals_of(figures: FigureList, bootstrap: Bootstrap) -> dict[Figure, Interval]:
    """The interval of every figure; with one unit or none it is the point itself."""
    unit, units = units_of(figures.scored.table.articles, bootstrap.clusters)
    point = figures.point()
    if units < 2:
        return {name: (float(value), float(value)) for name, value in zip(figures.names, point, strict=True)}
    values = resampled_figures(figures, bootstrap)
    tails = np.repeat(np.array(bootstrap.tails)[:, None], len(point), axis=1)
    if bootstrap.method == "bca":
        cells = group_sums(figures.cells, unit, units)
        tails = bca_tails(values, point, jackknife(figures, cells), bootstrap.tails)
    low, high = column_quantiles(values, tails)
    return {name: (float(a), float(b)) for name, a, b in zip(figures.names, low, high, strict=True)}


def resampled_figures(figures: FigureList, bootstrap: Bootstrap) -> Floats:
    """Every figure of every resample, shape (resamples, figures)."""
    unit, units = units_of(figures.scored.table.articles, bootstrap.clusters)
    cells = exact_cells(group_sums(figures.cells, unit, units))
    values = np.empty((bootstrap.resamples, len(figures.names)))
    done = 0
    for totals in weighted_sums(draws(Plan(units, bootstrap.resamples, bootstrap.seed)), cells):
        values[done : done + len(totals)] = figures.values(totals)
        done += len(totals)
    return values


def column_quantiles(values: Floats, tails: Floats) -> Floats:
    """Quantiles of each column of `values` (rounds, figures) at its own probabilities `tails` (k, figures).

    Linear between order statistics, as `numpy.quantile` by default.
    """
    ordered = np.sort(values, axis=0)
    position = tails * (len(values) - 1)
    below = np.floor(position).astype(np.int64)
    above = np.minimum(below + 1, len(values) - 1)
    low, high = np.take_along_axis(ordered, below, axis=0), np.take_along_axis(ordered, above, axis=0)
    return np.asarray(low + (high - low) * (position - below))


def jackknife(figures: FigureList, cells: Floats) -> Floats:
    """Every figure with each unit left out in turn, shape (units, figures), from cells of shape (units, columns)."""
    total = cells.sum(axis=0)
    # Taking a fraction away from its own sum can leave a trace below zero.
    return np.concatenate([figures.values(np.maximum(total - part, 0.0)) for part in row_blocks(cells)])


def bca_tails(values: Floats, point: Floats, left_out: Floats, tails: tuple[float, float]) -> Floats:
    """The quantiles of the BCa interval of each figure, shape (2, figures).

    Efron & Tibshirani 1993, equations 14.9 to 14.15, with ties counted half as scipy does. A figure whose bias
    correction is not finite, because all resamples lie on one side of it, keeps the plain tails.
    """
    from statistics import NormalDist

    normal = NormalDist()
    share = ((values < point).mean(axis=0) + (values <= point).mean(axis=0)) / 2
    spread = left_out.mean(axis=0) - left_out
    square = (spread**2).sum(axis=0)
    adjusted = np.repeat(np.array(tails)[:, None], len(point), axis=1)
    for figure in np.flatnonzero((share > 0) & (share < 1) & (square > 0)):
        bias = normal.inv_cdf(float(share[figure]))
        acceleration = float((spread[:, figure] ** 3).sum() / (6 * square[figure] ** 1.5))
        for side, tail in enumerate(tails):
            shifted = bias + normal.inv_cdf(tail)
            room = 1 - acceleration * shifted
            if room > 0:
                adjusted[side, figure] = normal.cdf(bias + shifted / room)
    return adjusted
