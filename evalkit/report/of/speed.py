"""A measured speed: articles in a second with its interval, seconds by length of article, memory and machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evalkit.analysis.speed import PERCENTILES, ComparedSpeed, LengthBin, speed_figures
from evalkit.predictions.speed import Speed
from evalkit.report.document import Column, Document, Lines, Table, figure_columns
from evalkit.results import Interval
from evalkit.showing import number_of

__all__ = ["document", "speed_line", "speed_table"]


def document(speed: Speed) -> Document:
    """The figure of the whole, then a row for each length of article."""
    figures = speed_figures(speed)
    table = Table(
        title="seconds of an article handed over alone, by the length of its text",
        columns=(
            Column("characters", left=True),
            Column("articles"),
            *(Column("median" if share == 50 else f"{share} %") for share in PERCENTILES),
            Column("95 % CI of the median", drops=1),
        ),
        rows=tuple(map(_cells, figures.lengths)),
    )
    memory = "" if speed.peak_memory is None else f"; at most {speed.peak_memory / 1e6:.0f} MB of memory"
    return Document(
        what="speed",
        title=f"{speed.extractor} on {speed.gold}, split {speed.split}: {number_of(len(speed.latencies), 'article')}",
        blocks=(
            Lines.of(
                f"{speed_line(speed)}{memory}",
                f"batches of {speed.batch_size}, {number_of(speed.workers, 'worker')}; the pass before took "
                f"{speed.warm_up:.3g} s and does not count; {speed.machine}",
            ),
            table,
        ),
        notes=(f"the extractor failed on {number_of(speed.failed, 'article')}",) if speed.failed else (),
        rows=tuple(
            {
                "extractor": speed.extractor,
                "gold": speed.gold,
                "split": speed.split,
                "characters_from": own.low,
                "characters_below": own.high,
                "articles": own.articles,
                **{f"p{share}": own.seconds[share] for share in PERCENTILES},
                "articles_per_second": figures.articles_per_second,
            }
            for own in figures.lengths
        ),
        data=speed.to_json(),
    )


def speed_line(speed: Speed) -> str:
    """Articles in a second with the interval, over how many passes."""
    figures = speed_figures(speed)
    passes = number_of(len(speed.passes), "timed pass", "timed passes")
    return f"{_three(figures.articles_per_second)} articles/s{_bounds(figures.ci)} over {passes}"


def speed_table(speeds: Sequence[ComparedSpeed], names: Mapping[str, str]) -> Table:
    """How fast runs are, against the first that was measured; `names` are those by which tables call them."""
    why = [f"{names[own.run]}: {own.why_not}" for own in speeds if own.why_not]
    return Table(
        title="speed",
        columns=figure_columns("run", "articles/s", "95 % CI", "times as long", "95 % CI of it", "peak MB"),
        rows=tuple(
            (
                names[own.run],
                _three(own.articles_per_second),
                "–" if own.ci is None else _range(own.ci),
                "–" if own.slowdown is None else f"{own.slowdown:.2f}",
                "–" if own.slowdown_ci is None else f"{own.slowdown_ci[0]:.2f}–{own.slowdown_ci[1]:.2f}",
                "–" if own.peak_memory is None else f"{own.peak_memory / 1e6:.0f}",
            )
            for own in speeds
        ),
        caption="; ".join(why),
    )


def _bounds(ci: Interval | None) -> str:
    return "" if ci is None else f" (95 % CI {_range(ci)})"


def _range(ci: Interval) -> str:
    return f"{_three(ci[0])}–{_three(ci[1])}"


def _three(value: float) -> str:
    """Three digits that count, and no power of ten."""
    return f"{value:#.3g}".rstrip(".") if 1e-4 <= value < 999.5 else f"{value:.0f}" if value >= 1 else f"{value:.2g}"


def _cells(own: LengthBin) -> tuple[str, ...]:
    seconds = (_three(own.seconds[share]) for share in PERCENTILES)
    bounds = "–" if own.median_ci is None else _range(own.median_ci)
    return (f"{own.low}–{own.high - 1}", str(own.articles), *seconds, bounds)
