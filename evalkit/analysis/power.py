"""The smallest difference that a gold can show, and how many more articles would show a given one.

A two-sided paired test of n articles at level α finds a true difference d with probability 1 - β if about

    d = (t(n - 1, 1 - α/2) + t(n - 1, 1 - β)) · √(n / (n - 1)) · SE(d)

where SE(d) is the standard error of the paired difference over articles, here from the paired bootstrap, so that it
holds for F1 as for any other figure, and for articles that differ in size. (Cohen 1988; for NLP Card et al. 2020, "With
Little Power Comes Great Responsibility".) With z in place of t, power is about .65 at 18 articles where .80 is meant;
and as articles differ in size and kind, a standard error from few of them is too small more often than too large, which
the root makes up for. `experiments/coverage` measures the power at d. Between n and m articles SE(d) changes by √(n/m).

So few articles that all of them changing sides in the same way is no rare event show no difference, however large: the
smallest p of the test is 2 / 2ⁿ, which for α = 0.05 needs six.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from evalkit.analysis.comparison import ComparedRow, Detectable
from evalkit.analysis.figures import Figure, figures_of
from evalkit.analysis.intervals import Bootstrap, intervals_of, resampled
from evalkit.analysis.resampling import units_of
from evalkit.analysis.student import t_quantile
from evalkit.errors import InputError
from evalkit.results import Interval
from evalkit.scoring.tasks.table import ScoredTable, main_convention

__all__ = [
    "Detection",
    "Power",
    "detect",
    "detectable_differences",
    "fewest_units",
    "more_units_to_show",
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
        smallest: the smallest true difference that is found with probability `power` at level `alpha`; None where
            nothing can be said as nothing varies, and where units are too few to show any.
        basis: where the standard error comes from.
    """

    units: int
    error: float
    smallest: float | None
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

        def shows(units: int) -> bool:
            error = self.error * math.sqrt(self.units / units)
            return smallest_difference(error, units, alpha=self.alpha, power=self.power) <= abs(difference)

        low = high = fewest_units(self.alpha)
        while not shows(high):
            low, high = high, 2 * high
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if shows(middle) else (middle + 1, high)
        return high

    def more_units_for(self, difference: float) -> int:
        """How many articles must be added; 0 if those at hand are enough."""
        return max(0, self.units_for(difference) - self.units)

    def to_json(self) -> dict[str, Any]:
        """The figures as JSON values."""
        return asdict(self)


def fewest_units(alpha: float = 0.05) -> int:
    """So many units can show a difference at level `alpha`: fewer never, as their smallest p is 2 / 2 ** units."""
    return 1 + math.ceil(math.log2(1 / alpha))


def smallest_difference(error: float, units: int, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """The difference that a two-sided paired test at level `alpha` finds with probability `power`.

    Args:
        error: standard error of the difference.
        units: articles or clusters that it is over, two or more.
        alpha: level of the test.
        power: probability of finding the difference.

    Raises:
        InputError: alpha is not between 0 and 1, or power not between alpha and 1.
    """
    if not 0 < alpha < 1 or not alpha < power < 1:
        raise InputError(f"alpha and power must satisfy 0 < alpha < power < 1, found alpha {alpha}, power {power}")
    reach = t_quantile(1 - alpha / 2, units - 1) + t_quantile(power, units - 1)
    return reach * math.sqrt(units / (units - 1)) * error


def _power(error: float, units: int, alpha: float, power: float, basis: str) -> Power:
    able = error > EQUAL and units >= fewest_units(alpha)
    smallest = smallest_difference(error, max(units, 2), alpha=alpha, power=power)
    return Power(units=units, error=error, smallest=smallest if able else None, alpha=alpha, power=power, basis=basis)


def power_of_row(row: ComparedRow, *, alpha: float = 0.05, power: float = 0.8) -> Power:
    """What the gold can show about two runs that differ as these two do."""
    return _power(row.error, row.units, alpha, power, f"paired difference of {row.first} and {row.second}")


def more_units_to_show(row: ComparedRow, *, alpha: float = 0.05, power: float = 0.8) -> int:
    """How many articles must be added until a difference such as that of a row is found; 0 if there is none to show.

    They are needed for the power of the test, and for its grain: k articles that differ give p of 2 / 2 ** k at best,
    so a handful of them shows nothing however large the difference; more articles are taken to differ at the rate of
    those at hand.
    """
    if abs(row.difference) <= EQUAL:
        return 0
    differing = max(row.wins + row.losses, 1)
    by_grain = math.ceil(row.units * max(fewest_units(alpha) - differing, 0) / differing)
    return max(power_of_row(row, alpha=alpha, power=power).more_units_for(row.difference), by_grain)


def detectable_differences(rows: Iterable[ComparedRow]) -> tuple[Detectable, ...]:
    """What the gold can show about each pair of runs in a comparison, task by task."""
    pairs: dict[tuple[str, str, str], dict[str, ComparedRow]] = {}
    for row in rows:
        if (row.scope, row.score) == ("micro", "f1"):
            pairs.setdefault((row.task, row.first, row.second), {})[row.convention] = row
    return tuple(_detectable(own[main_convention(task, list(own))]) for (task, _, _), own in pairs.items())


def _detectable(row: ComparedRow) -> Detectable:
    return Detectable(
        task=row.task,
        convention=row.convention,
        first=row.first,
        second=row.second,
        units=row.units,
        differing=row.wins + row.losses,
        smallest=power_of_row(row).smallest,
        difference=row.difference,
        more=more_units_to_show(row),
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
    return _power(paired, units, alpha, power, f"one run, correlation {correlation:g} assumed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """What the gold can show about one task.

    Attributes:
        f1: micro F1 of the run, with its interval in `ci`, if there is one.
        units: articles (or clusters) that are drawn.
        smallest: the smallest difference to another run that is found with probability 0.8 at level 0.05, if the two
            correlate 0.5 over resamples; None if nothing varies, so that nothing can be said, and if units are too few.
        more_for_point: how many articles must be added to show a difference of 0.01; None if nothing varies.
    """

    task: str
    convention: str
    f1: float
    ci: Interval | None
    units: int
    smallest: float | None
    more_for_point: int | None

    def to_json(self) -> dict[str, Any]:
        """The row as JSON values."""
        return asdict(self) | {"ci": self.ci and list(self.ci)}


def detect(task: str, convention: str, scored: ScoredTable, bootstrap: Bootstrap) -> Detection:
    """What the gold can show about the micro F1 of one table."""
    figures = figures_of(scored)
    name = Figure("micro", "", "f1")
    position = figures.names.index(name)
    units = units_of(scored.table.articles, bootstrap.clusters)[1]
    error = float(resampled(figures, bootstrap).error()[position])
    power = power_of_run(error, units)
    return Detection(
        task=task,
        convention=convention,
        f1=float(figures.point()[position]),
        ci=intervals_of(figures, bootstrap).get(name),
        units=units,
        smallest=power.smallest,
        more_for_point=power.more_units_for(POINT) if error else None,
    )
