"""What a measurement of speed tells: articles in a second and its interval, and how long articles of a length take.

The unit of the whole is the pass: a pass that somebody else's work slowed down stands or falls as one. So the interval
of articles in a second is that of a bootstrap over passes; with few of them its tails are widened to Student's t, as
everywhere here (`evalkit.analysis.intervals`). How long a single article takes is told by percentiles over the articles
of a length, with intervals of a bootstrap over these articles.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.analysis.intervals import Bootstrap
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


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthBin:
    """Articles of about one length, handed over one at a time.

    Attributes:
        low: code points from which on, and `high` below which.
        articles: how many.
        seconds: percentile → seconds.
        median_ci: interval of the median; None for a single article, or where nothing varies.
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


def speed_figures(speed: Speed, bootstrap: Bootstrap | None = None) -> SpeedFigures:
    """The figures of a measurement; the same bytes for the same measurement."""
    drawn = bootstrap or Bootstrap()
    seconds = np.array(speed.passes)
    rates = len(speed.latencies) / _resampled_means(seconds, drawn)
    return SpeedFigures(
        articles_per_second=speed.articles_per_second,
        ci=_interval(rates, len(seconds), drawn),
        lengths=tuple(_lengths(speed, drawn)),
    )


def slowdown(before: Speed, after: Speed, bootstrap: Bootstrap | None = None) -> tuple[float, Interval | None]:
    """How many times as long the second measurement took for an article as the first, with its interval.

    The passes of both are drawn, each for itself: the interval holds what passes differ by, and not what two days on
    one machine do.
    """
    drawn = bootstrap or Bootstrap()
    first, second = (np.array(own.passes) / len(own.latencies) for own in (before, after))
    ratios = _resampled_means(second, drawn, stream=1) / _resampled_means(first, drawn)
    return float(second.mean() / first.mean()), _interval(ratios, min(len(first), len(second)), drawn)


def why_not_comparable(before: Speed, after: Speed) -> str:
    """Why two measurements say nothing about each other, in a sentence; empty if they do."""
    if before.machine != after.machine:
        return f"timed on another machine: {after.machine}, not {before.machine}"
    if before.articles != after.articles:
        numbers = f"{len(after.latencies)} and {len(before.latencies)}"
        return f"timed over other articles ({numbers} of them); measure both over the same"
    ours, theirs = (f"batches of {own.batch_size} and {own.workers} at once" for own in (after, before))
    return "" if ours == theirs else f"timed in {ours}, not {theirs}; measure both in one way"


def compared_speeds(
    speeds: Mapping[str, Speed | None], bootstrap: Bootstrap | None = None
) -> tuple[ComparedSpeed, ...]:
    """The speed of each run that was measured, against the first of them; nothing if fewer than two were."""
    measured = {name: own for name, own in speeds.items() if own is not None}
    if len(measured) < 2:
        return ()
    first = next(iter(measured.values()))
    rows = []
    for name, own in measured.items():
        why = why_not_comparable(first, own)
        times, ci = (None, None) if own is first or why else slowdown(first, own, bootstrap)
        figures = speed_figures(own, bootstrap)
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


def _resampled_means(values: Floats, bootstrap: Bootstrap, stream: int = 0) -> Floats:
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([bootstrap.seed, stream])))
    chosen = (generator.random((bootstrap.resamples, len(values))) * len(values)).astype(np.int64)
    means: Floats = values[chosen].mean(axis=1)
    return means


def _interval(values: Floats, units: int, bootstrap: Bootstrap) -> Interval | None:
    if units < 2:
        return None
    low, high = (float(own) for own in np.quantile(values, bootstrap.tails(units)))
    return (low, high) if high > low else None


def _lengths(speed: Speed, bootstrap: Bootstrap) -> Iterator[LengthBin]:
    lengths, seconds = np.array(speed.characters), np.array(speed.latencies)
    low, high = 0, SHORTEST_BIN
    while low <= lengths.max(initial=0):
        own = seconds[(lengths >= low) & (lengths < high)]
        if len(own):
            generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([bootstrap.seed, low])))
            chosen = (generator.random((bootstrap.resamples, len(own))) * len(own)).astype(np.int64)
            yield LengthBin(
                low=low,
                high=high,
                articles=len(own),
                seconds={share: float(np.percentile(own, share)) for share in PERCENTILES},
                median_ci=_interval(np.median(own[chosen], axis=1), len(own), bootstrap),
            )
        low, high = high, 2 * high
