"""What a measurement of speed tells: articles in a second and its interval, and how long articles of a length take.

The unit of the whole is the pass: a pass that somebody else's work slowed down stands or falls as one. There are few
of them, and resamples of few cannot leave the range of what was seen. So the interval is Student's t of the mean
seconds of a pass on the log scale (delta method), which stays above zero and says the same of seconds and of articles
in a second; that of a slowdown is Welch's (1947), with the degrees of freedom rounded down.
`experiments/coverage/speeds.py` measures what they hold. How long a single article takes is told by percentiles over
the articles of a length; the interval of the median is that of order statistics, exact whatever the distribution
(Conover 1999, section 3.2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from math import comb, exp
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.analysis.student import t_quantile
from evalkit.predictions.speed import Speed
from evalkit.results import Interval

__all__ = [
    "ComparedSpeed",
    "LengthBin",
    "SpeedFigures",
    "compared_speeds",
    "slowdown",
    "speed_figures",
    "why_not_comparable",
]

Floats = NDArray[np.float64]

SHORTEST_BIN = 500
"""Code points: lengths are told apart by doubling from here on, so that measurements have the same rows everywhere."""
PERCENTILES = (50, 90, 99)
UPPER = 0.975
"""Below the upper bound of an interval of 95 % lies so much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthBin:
    """Articles of about one length, handed over one at a time.

    Attributes:
        low: code points from which on, and `high` below which.
        articles: how many.
        seconds: percentile → seconds.
        median_ci: interval of the median; None for fewer than six articles, which have none of 95 %, or where nothing
            varies.
    """

    low: int
    high: int
    articles: int
    seconds: dict[int, float]
    median_ci: Interval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedFigures:
    """The figures of one measurement.

    Attributes:
        articles_per_second: over all timed passes.
        ci: its interval; None for one pass, or where nothing varies.
        lengths: seconds of single articles, by length.
    """

    articles_per_second: float
    ci: Interval | None
    lengths: tuple[LengthBin, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedSpeed:
    """The speed of a run beside that of the first run that was measured.

    Attributes:
        run: its name.
        articles_per_second: over all timed passes, with the interval `ci`.
        peak_memory: in bytes; None where the system did not tell.
        slowdown: how many times as long an article took as in the first; None of that one, and where nothing can be
            told.
        slowdown_ci: its interval.
        why_not: why nothing can be told, a sentence; empty if it can.
    """

    run: str
    articles_per_second: float
    ci: Interval | None
    peak_memory: int | None
    slowdown: float | None
    slowdown_ci: Interval | None
    why_not: str

    def to_json(self) -> dict[str, Any]:
        """The speed as JSON values."""
        both = {"ci": self.ci and list(self.ci), "slowdown_ci": self.slowdown_ci and list(self.slowdown_ci)}
        return asdict(self) | both


def speed_figures(speed: Speed) -> SpeedFigures:
    """The figures of a measurement; the same bytes for the same measurement."""
    passes = np.array(speed.passes)
    return SpeedFigures(
        articles_per_second=speed.articles_per_second,
        ci=_interval(speed.articles_per_second, passes),
        lengths=tuple(_lengths(speed)),
    )


def slowdown(before: Speed, after: Speed) -> tuple[float, Interval | None]:
    """How many times as long the second measurement took for an article as the first, with its interval.

    The interval holds what passes differ by, and not what two days on one machine do.
    """
    first, second = (np.array(own.passes) / len(own.latencies) for own in (before, after))
    times = float(second.mean() / first.mean())
    return times, _interval(times, first, second)


def why_not_comparable(before: Speed, after: Speed) -> str:
    """Why two measurements say nothing about each other, in a sentence; empty if they do."""
    if before.machine != after.machine:
        return f"timed on another machine: {after.machine}, not {before.machine}"
    if before.articles != after.articles:
        numbers = f"{len(after.latencies)} and {len(before.latencies)}"
        return f"timed over other articles ({numbers} of them); measure both over the same"
    ours, theirs = (f"batches of {own.batch_size} and {own.workers} at once" for own in (after, before))
    return "" if ours == theirs else f"timed in {ours}, not {theirs}; measure both in one way"


def compared_speeds(speeds: Mapping[str, Speed | None]) -> tuple[ComparedSpeed, ...]:
    """The speed of each run that was measured, against the first of them; nothing if fewer than two were."""
    measured = {name: own for name, own in speeds.items() if own is not None}
    if len(measured) < 2:
        return ()
    first = next(iter(measured.values()))
    rows = []
    for name, own in measured.items():
        why = why_not_comparable(first, own)
        times, ci = (None, None) if own is first or why else slowdown(first, own)
        figures = speed_figures(own)
        rows.append(
            ComparedSpeed(
                run=name,
                articles_per_second=figures.articles_per_second,
                ci=figures.ci,
                peak_memory=own.peak_memory,
                slowdown=times,
                slowdown_ci=ci,
                why_not=why,
            )
        )
    return tuple(rows)


def _interval(value: float, *measured: Floats) -> Interval | None:
    """The interval of a figure that is a mean, or a ratio of two; None for single passes, or where nothing varies."""
    if any(len(own) < 2 for own in measured):
        return None
    # The squared error of the logarithm of each mean.
    squares = [float(own.var(ddof=1) / own.mean() ** 2 / len(own)) for own in measured]
    if not sum(squares):
        return None
    freedom = sum(squares) ** 2 / sum(square**2 / (len(own) - 1) for square, own in zip(squares, measured, strict=True))
    # Rounding may leave a whole number just below itself.
    reach = t_quantile(UPPER, int(freedom + 1e-9)) * sum(squares) ** 0.5
    return value * exp(-reach), value * exp(reach)


def _lengths(speed: Speed) -> Iterator[LengthBin]:
    lengths, seconds = np.array(speed.characters), np.array(speed.latencies)
    low, high = 0, SHORTEST_BIN
    while low <= lengths.max(initial=0):
        own = seconds[(lengths >= low) & (lengths < high)]
        if len(own):
            yield LengthBin(
                low=low,
                high=high,
                articles=len(own),
                seconds={share: float(np.percentile(own, share)) for share in PERCENTILES},
                median_ci=_median_interval(np.sort(own)),
            )
        low, high = high, 2 * high


def _median_interval(ordered: Floats) -> Interval | None:
    """The narrowest two values, as far from the ends as each other, that hold the median in 95 % of all draws."""
    number, below, at = len(ordered), 0, 0
    # So many of all equally likely ways lie below the value `at` from the end.
    while (below := below + comb(number, at)) <= (1 - UPPER) * 2**number:
        at += 1
    if not at:
        return None
    low, high = float(ordered[at - 1]), float(ordered[-at])
    return (low, high) if high > low else None
