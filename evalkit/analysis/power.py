"""The smallest difference that a gold can show, and how many more articles would show a given one.

A two-sided z test at level α finds a true difference d with probability 1 - β if

    d = (z(1 - α/2) + z(1 - β)) · SE(d)

where SE(d) is the standard error of the paired difference over articles, here from the paired bootstrap, so that it
holds for F1 as for any other figure, and for articles that differ in size. It shrinks with the square root of the
number of articles, so d at n articles needs n · (smallest(n) / d)² of them. (Standard normal theory, e.g. Cohen 1988;
for NLP Card et al. 2020, "With Little Power Comes Great Responsibility".)
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any

from evalkit.analysis.comparison import ComparedRow, Detectable
from evalkit.analysis.figures import Figure, figures_of
from evalkit.analysis.intervals import Bootstrap, intervals_of, resampled_figures
from evalkit.analysis.resampling import units_of
from evalkit.errors import InputError
from evalkit.results import Interval
from evalkit.scoring.tasks.table import ScoredTable, main_convention

__all__ = [
    "Detection",
    "Power",
    "detect",
    "detectable_differences",
    "power_of_row",
    "power_of_run",
    "smallest_difference",
]

POINT = 0.01
EQUAL = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """What a gold can show about one figure.

    Attributes:
        units: articles (or clusters) that there are.
        error: standard error of a paired difference.
        smallest: the smallest true difference that is found with probability `power` at level `alpha`.
        basis: where the standard error comes from.
    """

    units: int
    error: float
    smallest: float
    alpha: float
    power: float
    basis: str

    def units_for(self, difference: float) -> int:
        """How many articles are needed in all to find a true difference.

        Raises:
            InputError: the difference is 0 or no finite number.
        """
        if not math.isfinite(difference) or difference == 0:
            raise InputError(f"no number of articles shows a difference of {difference}; give one above 0")
        return max(1, math.ceil(self.units * (self.smallest / abs(difference)) ** 2))

    def more_units_for(self, difference: float) -> int:
        """How many articles must be added; 0 if those at hand are enough."""
        return max(0, self.units_for(difference) - self.units)

    def to_json(self) -> dict[str, Any]:
        """The figures as JSON values."""
        return asdict(self)


def smallest_difference(error: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """The difference that a two-sided z test at level `alpha` finds with probability `power`.

    Raises:
        InputError: alpha is not between 0 and 1, or power not between alpha and 1.
    """
    if not 0 < alpha < 1 or not alpha < power < 1:
        raise InputError(f"alpha and power must satisfy 0 < alpha < power < 1, found alpha {alpha}, power {power}")
    normal = NormalDist()
    return (normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power)) * error


def power_of_row(row: ComparedRow, *, alpha: float = 0.05, power: float = 0.8) -> Power:
    """What the gold can show about two runs that differ as these two do."""
    return Power(
        units=row.units,
        error=row.error,
        smallest=smallest_difference(row.error, alpha=alpha, power=power),
        alpha=alpha,
        power=power,
        basis=f"paired difference of {row.first} and {row.second}",
    )


def detectable_differences(rows: Iterable[ComparedRow]) -> tuple[Detectable, ...]:
    """What the gold can show about each pair of runs in a comparison, task by task."""
    pairs: dict[tuple[str, str, str], dict[str, ComparedRow]] = {}
    for row in rows:
        if (row.scope, row.score) == ("micro", "f1"):
            pairs.setdefault((row.task, row.first, row.second), {})[row.convention] = row
    return tuple(_detectable(own[main_convention(task, list(own))]) for (task, _, _), own in pairs.items())


def _detectable(row: ComparedRow) -> Detectable:
    power = power_of_row(row)
    return Detectable(
        task=row.task,
        convention=row.convention,
        first=row.first,
        second=row.second,
        units=row.units,
        smallest=power.smallest,
        difference=row.difference,
        more=power.more_units_for(row.difference) if abs(row.difference) > EQUAL else 0,
    )


def power_of_run(
    error: float, units: int, *, correlation: float = 0.5, alpha: float = 0.05, power: float = 0.8
) -> Power:
    """What the gold can show before there is a second run.

    Args:
        error: standard error of the run's own figure (its bootstrap standard deviation).
        units: articles or clusters.
        correlation: assumed between the two runs over resamples; SE(d) = error · √(2 (1 - correlation)). Two runs of
            like systems correlate more than 0.5, so the default is cautious.
        alpha: level of the two-sided test.
        power: probability of finding the difference.

    Raises:
        InputError: the correlation is not between -1 and 1.
    """
    if not -1 <= correlation <= 1:
        raise InputError(f"a correlation lies between -1 and 1, found {correlation}")
    paired = error * math.sqrt(2 * (1 - correlation))
    return Power(
        units=units,
        error=paired,
        smallest=smallest_difference(paired, alpha=alpha, power=power),
        alpha=alpha,
        power=power,
        basis=f"one run, correlation {correlation:g} assumed",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """What the gold can show about one task.

    Attributes:
        f1: micro F1 of the run, with its interval in `ci`.
        units: articles (or clusters) that are drawn.
        smallest: the smallest difference to another run that is found with probability 0.8 at level 0.05, if the two
            correlate 0.5 over resamples; None if nothing varies, so that nothing can be said.
        more_for_point: how many articles must be added to show a difference of 0.01; None as for `smallest`.
    """

    task: str
    convention: str
    f1: float
    ci: Interval
    units: int
    smallest: float | None
    more_for_point: int | None

    def to_json(self) -> dict[str, Any]:
        """The row as JSON values."""
        return asdict(self) | {"ci": list(self.ci)}


def detect(task: str, convention: str, scored: ScoredTable, bootstrap: Bootstrap) -> Detection:
    """What the gold can show about the micro F1 of one table."""
    figures = figures_of(scored)
    name = Figure("micro", "", "f1")
    position = figures.names.index(name)
    units = units_of(scored.table.articles, bootstrap.clusters)[1]
    error = float(resampled_figures(figures, bootstrap)[:, position].std()) if units > 1 else 0.0
    power = power_of_run(error, units)
    return Detection(
        task=task,
        convention=convention,
        f1=float(figures.point()[position]),
        ci=intervals_of(figures, bootstrap)[name],
        units=units,
        smallest=power.smallest if error else None,
        more_for_point=power.more_units_for(POINT) if error else None,
    )
