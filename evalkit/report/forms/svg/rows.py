"""Charts with a named row for each figure: forest plots, and bars."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.report.document import BAR, Chart, Series
from evalkit.report.forms.markup import Markup, element, plain
from evalkit.report.forms.svg.drawing import (
    ACCENT,
    Drawing,
    Scale,
    figure_of,
    fitted,
    label,
    legend,
    line,
    mark,
    width_of,
)

__all__ = ["draw_rows"]

WIDTH, ROW, NAMES = 640.0, 26.0, 210.0
"""Of the drawing, of a row, and the most that names take."""


def draw_rows(chart: Chart) -> Drawing:
    """A chart whose rows have names."""
    left = min(NAMES, max((width_of(name) for name in chart.names), default=0.0)) + 14
    values = [value for own in chart.series for value in (*own.x, *own.low, *own.high) if value is not None]
    if chart.kind == BAR or chart.signed:
        values.append(0.0)
    figures = [_figure(chart, value) for value in chart.series[0].x if value is not None]
    right = WIDTH - max(map(width_of, figures), default=0.0) - 14
    scale = Scale.over(values, left, right, least=chart.bounds)
    named, _ = legend(_entries(chart), x=left - 10, y=12) if _needs_legend(chart) else (Markup(), 0.0)
    top = 30.0 if named else 6.0
    bottom = top + ROW * len(chart.names)
    parts = [named, *_axis(chart, scale, top, bottom)]
    for number, name in enumerate(chart.names):
        middle = top + ROW * (number + 0.5)
        strong = number in chart.strong
        if number and strong and number - 1 not in chart.strong:
            parts.append(line((0, middle - ROW / 2), (WIDTH, middle - ROW / 2), faint=True))
        parts.append(label(0, middle, fitted(name, left - 14), strong=strong))
        parts += _marks(chart, number, scale, middle)
        value = chart.series[0].x[number]
        if value is not None:
            parts.append(label(WIDTH, middle, _figure(chart, value), anchor="end", strong=strong))
    return Drawing(WIDTH, bottom + 44, parts)


def _axis(chart: Chart, scale: Scale, top: float, bottom: float) -> Iterator[Markup]:
    for tick in scale.ticks():
        place = scale.at(tick)
        zero = tick == 0 and (chart.kind == BAR or chart.signed)
        yield line((place, top), (place, bottom + 4), faint=not zero)
        yield label(place, bottom + 14, f"{tick:g}", anchor="middle", faint=True)
    yield label((scale.start + scale.end) / 2, bottom + 33, chart.x, anchor="middle", faint=True)


def _marks(chart: Chart, row: int, scale: Scale, middle: float) -> Iterator[Markup]:
    numbers = {False: 0, True: 0}
    plain_series = sum(not own.reference for own in chart.series)
    for own in chart.series:
        number = numbers[own.reference]
        numbers[own.reference] += 1
        value = own.x[row]
        if value is None:
            continue
        # Several systems in one row stand a little above each other.
        place = middle if own.reference else middle + 7 * (number - (plain_series - 1) / 2)
        low, high = (bounds[row] if bounds else None for bounds in (own.low, own.high))
        told = f"{chart.names[row]}, {own.name}: {_figure(chart, value)}"
        if chart.kind == BAR and not own.reference:
            start, end = sorted((scale.at(0), scale.at(value)))
            yield element(
                "rect",
                element("title", plain(told)),
                x=f"{start:.1f}",
                y=f"{place - 7:.1f}",
                width=f"{max(end - start, 1):.1f}",
                height="14",
                fill=ACCENT,
                fill_opacity=".75",
            )
        if low is not None and high is not None:
            told += f" ({_figure(chart, low)} to {_figure(chart, high)})"
            yield from _whisker(scale.at(low), scale.at(high), place, accent=chart.kind != BAR)
        if chart.kind != BAR or own.reference:
            yield mark(number, scale.at(value), place, reference=own.reference, about=told)


def _whisker(low: float, high: float, y: float, *, accent: bool) -> Iterator[Markup]:
    yield line((low, y), (high, y), accent=accent, wide=1.6)
    for end in (low, high):
        yield line((end, y - 4), (end, y + 4), accent=accent, wide=1.6)


def _needs_legend(chart: Chart) -> bool:
    return len(chart.series) > 1 or any(own.low for own in chart.series)


def _entries(chart: Chart) -> list[tuple[Markup, str]]:
    numbers = {False: 0, True: 0}
    entries = []
    for own in chart.series:
        entries.append((_sample(chart, own, numbers[own.reference]), own.name))
        numbers[own.reference] += 1
    return entries


def _sample(chart: Chart, own: Series, number: int) -> Markup:
    parts: list[str] = []
    if chart.kind == BAR and not own.reference:
        parts.append(element("rect", x="-9", y="-6", width="18", height="12", fill=ACCENT, fill_opacity=".75"))
    if any(bound is not None for bound in own.low):
        parts += _whisker(-9, 9, 0, accent=chart.kind != BAR)
    if chart.kind != BAR or own.reference:
        parts.append(mark(number, 0, 0, reference=own.reference))
    return Markup("".join(parts))


def _figure(chart: Chart, value: float) -> str:
    return figure_of(value, signed=chart.signed)
