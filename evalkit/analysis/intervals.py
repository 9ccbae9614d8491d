"""Bootstrap intervals of every figure of a table.

The unit that is drawn is the article, or a declared cluster of articles, never the item: items of one article stand
or fall together. F1 is a function of the counts pooled over the drawn articles (Efron & Tibshirani 1993, chapters 13
and 14), not a mean of article scores.

With few units the plain percentile interval is too short: the spread of resamples is too small by √((n - 1) / n), and
normal tails stand where Student's t belongs. The expanded percentile interval (Hesterberg 2015, "What Teachers Should
Know About the Bootstrap") widens its tails to Φ(-√(n / (n - 1)) · t(n - 1, 1 - α/2)), n the number of units that the
figure lives on. `experiments/coverage` measures what each kind of interval holds.

A figure lives on the units that have anything for it: F1 and recall of a label on those where it occurs, which have a
gold item of it, precision on those with a predicted one. Resamples that draw none of them tell nothing of it and are
left out; counted as 0 they would pull the interval of a rare label down to 0. There is no interval (it is absent, shown
as a dash) for a label that three units or fewer have, for other figures of fewer than two units, and where nothing
varies: an interval of width zero would look like certainty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.analysis.figures import PRF_SCORES, Figure, FigureList, figures_of
from evalkit.analysis.many_labels import is_sparse, labels_at_a_time, pooled_resamples
from evalkit.analysis.resampling import (
    Ints,
    Plan,
    draws,
    exact_cells,
    group_sums,
    row_blocks,
    units_of,
    weighted_sums,
)
from evalkit.analysis.student import t_quantile
from evalkit.errors import InputError
from evalkit.records import Article
from evalkit.registry import unknown_name
from evalkit.results import FEWEST_ARTICLES, FEWEST_ARTICLES_OF_LABEL, PRF, Interval, Score, TaskResult
from evalkit.scoring.counts import GOLD, PREDICTED, CountTable, macro, micro
from evalkit.scoring.stories import BY_TEXT, cluster_properties
from evalkit.scoring.tasks.table import ScoredTable
from evalkit.tables import CountColumns

__all__ = [
    "EXPANDED",
    "METHODS",
    "Bootstrap",
    "Resampled",
    "articles_with",
    "clustered",
    "interval_bounds",
    "intervals_of",
    "resampled",
    "resampled_together",
    "task_result",
]

Floats = NDArray[np.float64]

EXPANDED = "expanded"
METHODS = (EXPANDED, "percentile", "bca")
FEWEST_UNITS, FEWEST_UNITS_OF_LABEL = FEWEST_ARTICLES, FEWEST_ARTICLES_OF_LABEL
SURELY_DRAWN = 64
"""A figure that so many units have is in every resample: none of them is drawn once in e⁶⁴ resamples at most."""
WIDTH = 1e-12
"""Bounds that are closer than this differ by rounding only."""


@dataclass(frozen=True)
class Bootstrap:
    """How intervals are made.

    Attributes:
        resamples: how often the articles are drawn.
        seed: equal seeds give equal intervals.
        method: "expanded", "percentile", or "bca" (bias-corrected and accelerated, Efron 1987).
        level: how often such an interval holds the true value.
        clusters: article id → name of its cluster, such as a story; an article that is not named stands alone.
        clustered_by: what the clusters are, for the signature.
    """

    resamples: int = 1000
    seed: int = 0
    method: str = EXPANDED
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
        """The part of a signature that reproduces the intervals, such as "bootstrap1000/article/seed0/expanded"."""
        unit = "article" if self.clusters is None else f"cluster:{self.clustered_by}"
        parts = [f"bootstrap{self.resamples}", unit, f"seed{self.seed}", self.method]
        parts += [f"level{self.level:g}"] if self.level != 0.95 else []
        return "/".join(parts)

    def tails(self, units: int) -> tuple[float, float]:
        """The two quantiles of the resamples of some units between which the interval lies."""
        if self.method != EXPANDED or units < FEWEST_UNITS:
            return (1 - self.level) / 2, (1 + self.level) / 2
        from statistics import NormalDist

        reach = (units / (units - 1)) ** 0.5 * t_quantile((1 + self.level) / 2, units - 1)
        return NormalDist().cdf(-reach), NormalDist().cdf(reach)


def clustered(bootstrap: Bootstrap, articles: Sequence[Article], field: str | None) -> Bootstrap:
    """The bootstrap that draws the articles of one value of a field together; as it is if the field is None.

    Args:
        bootstrap: how intervals are made.
        articles: the articles that are scored.
        field: source, year, lang or a key of the metadata, or `wire` for articles that share text and `text-story` for
            those whose texts tell one story; an article without a value stands alone.

    Raises:
        UnknownNameError: no article has the field.
    """
    if field is None:
        return bootstrap
    properties = cluster_properties(articles, field)
    if field not in properties:
        raise unknown_name("cluster field", field, {*properties, *BY_TEXT})
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
    along. Figures that are no sums over articles have no intervals.
    """
    ci = intervals_of(figures_of(scored), bootstrap) if bootstrap and scored.additive else {}
    table = scored.table
    return TaskResult(
        task=task,
        convention=convention,
        signature=signature,
        micro=_with_intervals(micro(table), "micro", "", ci),
        macro=_with_intervals(macro(table), "macro", "", ci),
        labels={
            label: replace(_with_intervals(PRF.of(table.counts(label)), "label", label, ci), articles=articles)
            for label, articles in zip(table.labels, _articles_of_labels(scored), strict=True)
        },
        scores={
            name: Score(scored.derived_value(name), ci.get(Figure("derived", "", name))) for name in scored.derived
        },
        table=CountColumns(table.columns) if keep_table else None,
    )


def articles_with(table: CountTable) -> list[int]:
    """In how many articles each label has an item, gold or predicted."""
    return table.articles_with(GOLD, PREDICTED)


def _articles_of_labels(scored: ScoredTable) -> list[int | None]:
    """In how many articles each label occurs, which is: has a gold item.

    None where items are those of the whole split, which stand in no article.
    """
    if not scored.additive:
        return [None] * len(scored.table.labels)
    return list(scored.table.articles_with(GOLD))


def _with_intervals(prf: PRF, scope: str, label: str, ci: Mapping[Figure, Interval]) -> PRF:
    names = ((score, Figure(scope, label, score)) for score in PRF_SCORES)
    return replace(prf, ci={score: ci[name] for score, name in names if name in ci})


def intervals_of(figures: FigureList, bootstrap: Bootstrap) -> dict[Figure, Interval]:
    """The interval of every figure that has one: see the top of this file for those that have none."""
    if is_sparse(figures) and bootstrap.method != "bca":
        return _intervals_of_many_labels(figures, bootstrap)
    return _intervals_at_once(figures, bootstrap)


def _intervals_at_once(figures: FigureList, bootstrap: Bootstrap) -> dict[Figure, Interval]:
    drawn = resampled(figures, bootstrap)
    point = figures.point()
    left_out = None
    if bootstrap.method == "bca":
        unit, units = units_of(figures.scored.table.articles, bootstrap.clusters)
        left_out = jackknife(figures, group_sums(figures.cells, unit, units))
    low, high = interval_bounds(drawn, figures.names, bootstrap, point=point, left_out=left_out)
    bounds = zip(figures.names, low.tolist(), high.tolist(), strict=True)
    return {name: (lower, upper) for name, lower, upper in bounds if lower == lower}


def _intervals_of_many_labels(figures: FigureList, bootstrap: Bootstrap) -> dict[Figure, Interval]:
    """As `intervals_of`, where labels are so many that no array has a place for each of them in each article."""
    scored = figures.scored
    values, units = pooled_resamples(figures, bootstrap.resamples, bootstrap.seed, bootstrap.clusters)
    names = [name for name in figures.names if name.scope != "label"]
    low, high = interval_bounds(Resampled(values, units), names, bootstrap, point=np.zeros(len(names)))
    bounds = zip(names, low.tolist(), high.tolist(), strict=True)
    found = {name: (lower, upper) for name, lower, upper in bounds if lower == lower}
    # Most labels are too rare for an interval; the others are looked at some at a time.
    often = np.array(articles_with(scored.table)) >= FEWEST_UNITS_OF_LABEL
    labels = [scored.table.labels[number] for number in np.flatnonzero(often)]
    step = labels_at_a_time(figures, bootstrap.resamples)
    for begin in range(0, len(labels), step):
        part = scored.table.with_labels_alone(labels[begin : begin + step])
        own = figures_of(replace(scored, table=part, derived={}, items=None))
        found |= {name: ci for name, ci in _intervals_at_once(own, bootstrap).items() if name.scope == "label"}
    return {name: found[name] for name in figures.names if name in found}


@dataclass(frozen=True, eq=False)
class Resampled:
    """Figures of resamples.

    Attributes:
        values: shape (resamples, figures); NaN where no unit was drawn that has anything for the figure.
        units: for each figure how many units have anything for it.
    """

    values: Floats
    units: Ints

    def minus(self, other: Resampled) -> Resampled:
        """The paired differences to the figures of another run in the same resamples.

        A figure that one run has nothing for counts as 0.0 there, as in the difference itself.
        """
        difference = np.nan_to_num(self.values) - np.nan_to_num(other.values)
        difference[np.isnan(self.values) & np.isnan(other.values)] = np.nan
        return Resampled(difference, np.maximum(self.units, other.units))

    def deviation(self) -> Floats:
        """The standard deviation of each figure over the resamples that have it; 0.0 for fewer than two."""
        known = ~np.isnan(self.values)
        number = known.sum(axis=0)
        values = np.where(known, self.values, 0.0)
        mean = values.sum(axis=0) / np.maximum(number, 1)
        squares = (np.where(known, values - mean, 0.0) ** 2).sum(axis=0)
        return np.asarray(np.sqrt(squares / np.maximum(number - 1, 1)))

    def error(self) -> Floats:
        """The standard error of each figure.

        Resamples spread by √((n - 1) / n) too little, n the number of units; 0.0 for fewer than two of them.
        """
        widened = np.sqrt(self.units / np.maximum(self.units - 1, 1))
        return np.asarray(self.deviation() * np.where(self.units < FEWEST_UNITS, 0.0, widened))


def resampled(figures: FigureList, bootstrap: Bootstrap) -> Resampled:
    """Every figure of every resample.

    Raises:
        InputError: the figures are no sums over articles.
    """
    return resampled_together([figures], bootstrap)[0]


def resampled_together(lists: Sequence[FigureList], bootstrap: Bootstrap) -> list[Resampled]:
    """As `resampled`, of several tables over the same articles: what is equal in them is added up once.

    Raises:
        InputError: the figures of one of them are no sums over articles.
    """
    if not all(figures.scored.additive for figures in lists):
        raise InputError("what counts over the whole split cannot be resampled by article; choose another convention")
    if not lists:
        return []
    unit, units = units_of(lists[0].scored.table.articles, bootstrap.clusters)
    sums = [group_sums(figures.cells, unit, units) for figures in lists]
    units_with = [
        sum((figures.defined(block).sum(axis=0) for block in row_blocks(own)), np.zeros(1, dtype=np.int64))
        for figures, own in zip(lists, sums, strict=True)
    ]
    values = [np.empty((bootstrap.resamples, len(figures.names))) for figures in lists]
    ends = np.cumsum([own.shape[1] for own in sums])[:-1]
    cells = np.concatenate([exact_cells(own) for own in sums], axis=1)
    done = 0
    # Whoever has several tables seldom comes again.
    plan = Plan(units, bootstrap.resamples, bootstrap.seed)
    for totals in weighted_sums(draws(plan, kept=len(lists) == 1), cells):
        parts = np.split(totals, ends, axis=1)
        for figures, own, there, part in zip(lists, values, units_with, parts, strict=True):
            block = own[done : done + len(part)]
            block[:] = figures.values(part)
            if (there < SURELY_DRAWN).any():
                block[~figures.defined(part)] = np.nan
        done += len(totals)
    return list(map(Resampled, values, units_with))


def interval_bounds(
    drawn: Resampled,
    names: Sequence[Figure],
    bootstrap: Bootstrap,
    *,
    point: Floats,
    left_out: Floats | None = None,
) -> tuple[Floats, Floats]:
    """Lower and upper bounds of figures or differences; NaN where there is no interval.

    Args:
        drawn: the figures of the resamples.
        names: what they are.
        bootstrap: method and level.
        point: the figures themselves.
        left_out: the figures with each unit left out in turn, for "bca".
    """
    tails = np.array([bootstrap.tails(units) for units in drawn.units.tolist()]).T
    if left_out is not None and len(left_out) >= FEWEST_UNITS:
        tails = bca_tails(drawn.values, point, left_out, (float(tails[0, 0]), float(tails[1, 0])))
    low, high = column_quantiles(drawn.values, tails)
    fewest = [FEWEST_UNITS_OF_LABEL if name.scope == "label" else FEWEST_UNITS for name in names]
    without = (drawn.units < fewest) | ~(high - low > WIDTH)
    return np.where(without, np.nan, low), np.where(without, np.nan, high)


def column_quantiles(values: Floats, tails: Floats) -> Floats:
    """Quantiles of each column of `values` (rounds, figures) at its own probabilities `tails` (k, figures).

    Linear between order statistics, as `numpy.quantile` by default; NaN values are left out.
    """
    ordered = np.sort(values, axis=0)
    last = np.full(values.shape[1], len(values) - 1)
    # Sorting puts what is not a number last.
    lacking = np.isnan(ordered[-1])
    last[lacking] = np.maximum(last[lacking] - np.isnan(ordered[:, lacking]).sum(axis=0), 0)
    position = tails * last
    below = np.floor(position).astype(np.int64)
    above = np.minimum(below + 1, last)
    low, high = np.take_along_axis(ordered, below, axis=0), np.take_along_axis(ordered, above, axis=0)
    return np.asarray(low + (high - low) * (position - below))


def jackknife(figures: FigureList, cells: NDArray[np.floating[Any]]) -> Floats:
    """Every figure with each unit left out in turn, shape (units, figures), from cells of shape (units, columns)."""
    total = cells.sum(axis=0, dtype=np.float64)
    # Taking a fraction away from its own sum can leave a trace below zero.
    return np.concatenate([figures.values(np.maximum(total - part, 0.0)) for part in row_blocks(cells)])


def bca_tails(values: Floats, point: Floats, left_out: Floats, tails: tuple[float, float]) -> Floats:
    """The quantiles of the BCa interval of each figure, shape (2, figures).

    Efron & Tibshirani 1993, equations 14.9 to 14.15, with ties counted half as scipy does. A figure whose bias
    correction is not finite, because all resamples lie on one side of it, keeps the plain tails.
    """
    from statistics import NormalDist

    normal = NormalDist()
    known = np.maximum((~np.isnan(values)).sum(axis=0), 1)
    share = ((values < point).sum(axis=0) + (values <= point).sum(axis=0)) / (2 * known)
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
