"""Charts with two axes: curves, such as precision over recall, and points with names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evalkit.report.document import POINTS, Chart, Series
from evalkit.report.forms.markup import Markup, element, plain
from evalkit.report.forms.svg.drawing import (
    ACCENT,
    INK,
    Drawing,
    Scale,
    dots,
    figure_of,
    fitted,
    label,
    legend,
    line,
    mark,
)
from evalkit.report.forms.svg.drawing import width_of as width_of

__all__ = ["draw_curves"]

WIDTH, SIDE, LEFT, TOP = 640.0, 290.0, 44.0, 30.0
"""Of the drawing, of a square plot, and the room beside and above it."""
DASHES = ("", "7 3", "2 3", "9 3 2 3")
REFERENCE_DASHES = ("4 4", "1 4", "8 4")
FEW = 25
"""So many points of a curve have marks of their own."""


def draw_curves(chart: Chart) -> Drawing:
    """A chart with two axes."""
    across = SIDE if chart.square else WIDTH - LEFT - (16 if chart.kind == POINTS else 190)
    points = [(x, y) for own in chart.series for x, y in zip(own.x, own.y, strict=True) if x is not None]
    bounds = [bound for own in chart.series for bound in (*own.low, *own.high) if bound is not None]
    share = (0.0, 1.0) if chart.square else None
    x_axis = Scale.over((x for x, _ in points), LEFT, LEFT + across, least=share or chart.bounds)
    y_axis = Scale.over((*(y for _, y in points), *bounds), TOP + SIDE, TOP, least=share)
    parts = [*_axes(chart, x_axis, y_axis)]
    drawn = [one for one in _numbered(chart.series) if one[1].x]
    # What is compared with lies below.
    for number, own in sorted(drawn, key=lambda one: not one[1].reference):
        parts += _points(chart, number, own, x_axis, y_axis)
    if chart.kind == POINTS:
        parts += _names(drawn, x_axis, y_axis)
    elif len(drawn) > 1:
        entries = [(_sample(number, own), fitted(own.name, 150)) for number, own in drawn]
        parts.append(legend(entries, x=LEFT + across + 20, y=TOP + 12, down=True)[0])
    return Drawing(WIDTH, TOP + SIDE + 46, parts)


def _numbered(series: Sequence[Series]) -> Iterator[tuple[int, Series]]:
    """Each series with its number among those of its kind."""
    numbers = {False: 0, True: 0}
    for own in series:
        yield numbers[own.reference], own
        numbers[own.reference] += 1


def _axes(chart: Chart, x_axis: Scale, y_axis: Scale) -> Iterator[Markup]:
    left, right, bottom, top = x_axis.start, x_axis.end, y_axis.start, y_axis.end
    for tick in x_axis.ticks():
        yield line((x_axis.at(tick), top), (x_axis.at(tick), bottom), faint=True)
        yield label(x_axis.at(tick), bottom + 14, f"{tick:g}", anchor="middle", faint=True)
    for tick in y_axis.ticks():
        yield line((left, y_axis.at(tick)), (right, y_axis.at(tick)), faint=True)
        yield label(left - 8, y_axis.at(tick), f"{tick:g}", anchor="end", faint=True)
    yield line((left, bottom), (right, bottom))
    yield line((left, top), (left, bottom))
    yield label((left + right) / 2, bottom + 34, chart.x, anchor="middle", faint=True)
    yield label(0, top - 18, chart.y, faint=True)


def _points(chart: Chart, number: int, own: Series, x_axis: Scale, y_axis: Scale) -> Iterator[Markup]:
    places = [(x_axis.at(x), y_axis.at(y)) for x, y in zip(own.x, own.y, strict=True) if x is not None]
    for (x, _), low, high in zip(places, own.low, own.high, strict=False):
        if low is not None and high is not None:
            yield line((x, y_axis.at(low)), (x, y_axis.at(high)), accent=True, wide=1.4)
    if chart.kind != POINTS and len(places) > 1:
        yield _curve(number, own, places)
    if len(places) <= FEW and not (own.reference and len(places) > 1):
        for (x, y), (x_value, y_value) in zip(places, zip(own.x, own.y, strict=True), strict=True):
            told = f"{own.name}: {chart.x} {figure_of(x_value or 0.0)}, {chart.y} {figure_of(y_value)}"
            yield mark(number, x, y, reference=own.reference, about=told)


def _curve(number: int, own: Series, places: Sequence[tuple[float, float]]) -> Markup:
    dashes = REFERENCE_DASHES if own.reference else DASHES
    return element(
        "polyline",
        element("title", plain(own.name)),
        points=dots(places),
        fill="none",
        stroke=INK if own.reference else ACCENT,
        stroke_width="1.2" if own.reference else "2",
        stroke_opacity=".6" if own.reference else "",
        stroke_dasharray=dashes[number % len(dashes)],
        stroke_linejoin="round",
    )


def _sample(number: int, own: Series) -> Markup:
    alone = len(own.x) == 1
    return mark(number, 0, 0, reference=own.reference) if alone else _curve(number, own, ((-10, 0), (10, 0)))


def _names(drawn: Sequence[tuple[int, Series]], x_axis: Scale, y_axis: Scale) -> Iterator[Markup]:
    """The name of each point beside it, moved up or down where another stands already."""
    taken: list[tuple[float, float, float]] = []
    for _, own in drawn:
        if own.x[0] is None:
            continue
        x, y = x_axis.at(own.x[0]), y_axis.at(own.y[0])
        name = fitted(own.name, 220)
        begins = x + 9 if x + 9 + width_of(name) < WIDTH else x - 9 - width_of(name)
        ends = begins + width_of(name)
        for shift in (0, -14, 14, -28, 28, -42, 42):
            free = all(abs(y + shift - at) >= 13 or ends < start or begins > end for start, end, at in taken)
            if free and y_axis.end - 6 <= y + shift <= y_axis.start:
                y += shift
                break
        taken.append((begins, ends, y))
        yield label(begins, y, name)
