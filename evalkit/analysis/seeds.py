"""How much repeated runs of one system differ: training seeds, sampling temperatures, repeated calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from evalkit.analysis.figures import FigureList, figures_of
from evalkit.analysis.intervals import WIDTH, Bootstrap, resampled
from evalkit.analysis.runs import (
    Runs,
    check_same_gold,
    named_runs,
    same_labels,
    scored_table_of,
    shared_conventions,
)
from evalkit.analysis.student import t_quantile
from evalkit.frames import figure_frame
from evalkit.harmless import clean
from evalkit.results import EvalResult, Interval
from evalkit.scoring.tasks.table import ScoredTable
from evalkit.showing import number_of, shown_html

__all__ = ["RepeatedRuns", "SeedRow", "seed_rows", "seed_variance"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedRow:
    """One figure over repeated runs.

    Attributes:
        runs: how many.
        sd: standard deviation between runs, n - 1 in the denominator.
        ci: interval of the mean over seeds on these articles: mean ± t(runs - 1) · sd / √runs; None where runs do not
            differ.
        article_sd: standard error of one run from resampling articles (root of the mean variance over runs).
        seed_share: sd² / (sd² + article_sd²): how much of the doubt about one run's figure is the seed's; 0.0 when
            nothing varies.
    """

    task: str
    convention: str
    scope: str
    label: str
    score: str
    runs: int
    mean: float
    sd: float
    low: float
    high: float
    ci: Interval | None
    article_sd: float
    seed_share: float

    def to_json(self) -> dict[str, Any]:
        """The row as JSON values."""
        return asdict(self) | {"ci": self.ci and list(self.ci)}


@dataclass(frozen=True, kw_only=True, repr=False)
class RepeatedRuns:
    """How much repeated runs of one system differ.

    Attributes:
        runs: names of the runs.
        rows: micro, macro, labels and derived scores, as in `Comparison`.
        notes: what is odd about runs that are meant to be repetitions.
    """

    runs: tuple[str, ...]
    gold: str
    split: str
    method: str
    rows: tuple[SeedRow, ...]
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """One line; everything in full would fill screens."""
        return clean(
            f"<RepeatedRuns {', '.join(self.runs)} on {self.gold}, {self.split}: {number_of(len(self.rows), 'figure')}>"
        )

    def to_json(self) -> dict[str, Any]:
        """Everything as JSON values."""
        return {
            "format": "evalkit.repeated_runs",
            "version": 1,
            **{name: getattr(self, name) for name in ("gold", "split", "method")},
            "runs": list(self.runs),
            "rows": [row.to_json() for row in self.rows],
            "notes": list(self.notes),
        }

    def to_pandas(self) -> Any:
        """One row a figure; the interval of the mean in `ci_low` and `ci_high`."""
        rows = [row.to_json() for row in self.rows]
        bounds = [row.pop("ci") or (None, None) for row in rows]
        told = [{**row, "ci_low": low, "ci_high": high} for row, (low, high) in zip(rows, bounds, strict=True)]
        return figure_frame(told, figures=("ci_low", "ci_high"))

    _repr_html_ = shown_html


def seed_variance(
    results: Runs | Sequence[EvalResult],
    *,
    bootstrap: Bootstrap | None = None,
    tasks: Sequence[str] | None = None,
    conventions: Sequence[str] | None = None,
) -> tuple[SeedRow, ...]:
    """One row a task, convention and figure over repeated runs against the same gold.

    Raises:
        InputError: fewer than two runs, another gold or split, nothing in common, or no counts by article.
    """
    runs = named_runs(results)
    check_same_gold(runs)
    rows: list[SeedRow] = []
    for task, convention in shared_conventions(runs, tasks=tasks, conventions=conventions):
        tables = {name: scored_table_of(result.tasks[task][convention]) for name, result in runs.items()}
        rows += seed_rows(tables, task=task, convention=convention, bootstrap=bootstrap)
    return tuple(rows)


def seed_rows(
    tables: Mapping[str, ScoredTable], *, task: str, convention: str, bootstrap: Bootstrap | None = None
) -> list[SeedRow]:
    """One row a figure, from the tables of at least two runs over the same articles."""
    bootstrap = bootstrap or Bootstrap()
    figures = [figures_of(scored) for scored in same_labels(tables, f"{task} under {convention}").values()]
    points = np.stack([figure_list.point() for figure_list in figures])
    within = np.mean([_variance(figure_list, bootstrap) for figure_list in figures], axis=0)
    size = len(points)
    mean, sd = points.mean(axis=0), points.std(axis=0, ddof=1)
    half = t_quantile((1 + bootstrap.level) / 2, size - 1) * sd / np.sqrt(size)
    total = sd**2 + within
    share = np.divide(sd**2, total, out=np.zeros(len(total)), where=total > 0)
    return [
        SeedRow(
            task=task,
            convention=convention,
            scope=name.scope,
            label=name.label,
            score=name.score,
            runs=size,
            mean=float(mean[position]),
            sd=float(sd[position]),
            low=float(points[:, position].min()),
            high=float(points[:, position].max()),
            ci=(float(mean[position] - half[position]), float(mean[position] + half[position]))
            if half[position] > WIDTH
            else None,
            article_sd=float(np.sqrt(within[position])),
            seed_share=float(share[position]),
        )
        for position, name in enumerate(figures[0].names)
    ]


def _variance(figures: FigureList, bootstrap: Bootstrap) -> np.ndarray[Any, np.dtype[np.float64]]:
    return resampled(figures, bootstrap).error() ** 2
