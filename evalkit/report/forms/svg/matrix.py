"""A table of counts as cells that are the darker the larger their part of their row is."""

from __future__ import annotations

from evalkit.report.document import Chart
from evalkit.report.forms.markup import element, plain
from evalkit.report.forms.svg.drawing import ACCENT, INK, Drawing, figure_of, fitted, label, line, width_of

__all__ = ["draw_matrix"]

CELL, ROW, NAMES, HEADS = 46.0, 28.0, 150.0, 84.0
DARKEST = 0.5
"""How dark a cell becomes: text in the colour of the page stays legible on it, on light and on dark ground."""


def draw_matrix(chart: Chart) -> Drawing:
    """A matrix; a cell whose row and column have one name is framed."""
    left = min(NAMES, max((width_of(own.name) for own in chart.series), default=0.0)) + 16
    left = max(left, width_of(chart.y) + 16)
    width = min(HEADS, max(CELL, max((width_of(name) for name in chart.names), default=0.0) + 12))
    top = 50.0
    parts = [label(left, 10, f"{chart.x} →", faint=True), label(0, 34, f"{chart.y} ↓", faint=True)]
    for column, name in enumerate(chart.names):
        parts.append(label(left + width * (column + 0.5), 34, fitted(name, width - 6), anchor="middle"))
    frames = []
    for number, own in enumerate(chart.series):
        y = top + ROW * number
        parts.append(label(0, y + ROW / 2, fitted(own.name, left - 16)))
        total = sum(value or 0 for value in own.x) or 1
        for column, (name, value) in enumerate(zip(chart.names, own.x, strict=True)):
            x, count = left + width * column, value or 0
            place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{width:.1f}", "height": f"{ROW:.1f}"}
            told = f"{chart.y} {own.name}, {chart.x} {name}: {figure_of(count)} of {figure_of(total)}"
            dark = f"{DARKEST * count / total:.2f}" if count else "0"
            parts.append(element("rect", element("title", plain(told)), **place, fill=ACCENT, fill_opacity=dark))
            if own.name == name:
                frames.append(element("rect", **place, fill="none", stroke=INK, stroke_opacity=".55"))
            parts.append(
                label(x + width / 2, y + ROW / 2, figure_of(count) if count else "·", anchor="middle", faint=not count)
            )
    right, bottom = left + width * len(chart.names), top + ROW * len(chart.series)
    parts += [
        line((left, top + ROW * number), (right, top + ROW * number), faint=True)
        for number in range(len(chart.series) + 1)
    ]
    return Drawing(right + 2, bottom + 4, [*parts, *frames])
