"""A chart as one drawing that says in words what it shows."""

from __future__ import annotations

from collections.abc import Callable

from evalkit.report.document import BAR, INTERVAL, LINE, MATRIX, POINTS, Chart
from evalkit.report.forms.markup import Markup, element, plain
from evalkit.report.forms.svg.curves import draw_curves
from evalkit.report.forms.svg.drawing import SIZE, Drawing, figure_of
from evalkit.report.forms.svg.matrix import draw_matrix
from evalkit.report.forms.svg.rows import draw_rows
from evalkit.showing import number_of

__all__ = ["described", "draw", "drawing_of", "is_drawn"]

DRAWN_BY: dict[str, Callable[[Chart], Drawing]] = {
    LINE: draw_curves,
    POINTS: draw_curves,
    INTERVAL: draw_rows,
    BAR: draw_rows,
    MATRIX: draw_matrix,
}
"""Kind → what draws it."""

BROAD = 480
BESIDE = "The table beside it has the figures."


def is_drawn(chart: Chart) -> bool:
    """Whether there is anything to draw, in a way that is known."""
    return chart.kind in DRAWN_BY and any(value is not None for own in chart.series for value in own.x)


def draw(chart: Chart) -> Drawing:
    """The chart's parts, for whoever places them."""
    return DRAWN_BY[chart.kind](chart)


def drawing_of(chart: Chart, **attributes: str) -> Markup:
    """The chart as an `svg` element beside its table, in the colour of the text around it; empty without points."""
    if not is_drawn(chart):
        return Markup()
    width, height, parts = draw(chart)
    return element(
        "svg",
        element("title", plain(chart.table.title or f"{chart.y} by {chart.x}")),
        element("desc", plain(f"{described(chart)} {BESIDE}")),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        width=f"{width:.0f}",
        height=f"{height:.0f}",
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        role="img",
        # Names stay legible on a narrow page, which scrolls the drawing.
        class_="broad" if width > BROAD else "",
        font_family="system-ui, sans-serif",
        font_size=f"{SIZE}",
        **attributes,
    )


def described(chart: Chart) -> str:
    """What the chart shows, in a sentence or two, for those who do not see it."""
    main = next((own for own in chart.series if not own.reference), chart.series[0])
    if chart.kind == MATRIX:
        return f"A matrix of counts: {chart.y} in rows, {chart.x} in columns."
    if chart.kind in (LINE, POINTS):
        names = ", ".join(own.name for own in chart.series)
        return f"{chart.y} by {chart.x}: {names}."
    known = sorted((value, name) for value, name in zip(main.x, chart.names, strict=True) if value is not None)
    (low, lowest), (high, highest) = known[0], known[-1]
    told = [f"{name} {figure_of(value, signed=chart.signed)}" for value, name in ((low, lowest), (high, highest))]
    rows = number_of(len(chart.names), "row")
    return f"{chart.x}, {rows}: from {told[0]} to {told[1]}."
