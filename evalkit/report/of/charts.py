"""Charts that several documents have: figures with their intervals under each other."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.report.document import INTERVAL, Chart, Series, Table
from evalkit.results import Interval

__all__ = ["bounded", "forest"]

SHARE = (0.0, 1.0)


def bounded(name: str, values: Sequence[float | None], intervals: Sequence[Interval | None], heading: str) -> Series:
    """Figures with their intervals as one series, which names the heading of the intervals, as in `95 % CI`."""
    if not any(intervals):
        return Series(name, tuple(values))
    low, high = zip(*((None, None) if bounds is None else bounds for bounds in intervals), strict=True)
    return Series(f"{name} with {heading}", tuple(values), low=low, high=high)


def forest(
    table: Table,
    names: Sequence[str],
    *series: Series,
    x: str = "F1",
    strong: Sequence[int] = (),
    signed: bool = False,
) -> Chart:
    """Figures of named rows with their intervals: shares from 0 to 1, or changes around 0."""
    return Chart(
        kind=INTERVAL,
        table=table,
        series=series,
        x=x,
        names=tuple(names),
        strong=tuple(strong),
        bounds=None if signed else SHARE,
        signed=signed,
    )
