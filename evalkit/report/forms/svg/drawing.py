"""What all charts are drawn with: places on an axis, lines, marks and words.

Everything is in the colour of the text around it, and in one colour that can be told from light and from dark ground;
shape and dashes say what colour says. Sizes are pixels.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import NamedTuple
from unicodedata import east_asian_width

from evalkit.harmless import one_line
from evalkit.report.forms.markup import Markup, element, plain

__all__ = [
    "ACCENT",
    "INK",
    "SIZE",
    "Drawing",
    "Scale",
    "dots",
    "figure_of",
    "fitted",
    "label",
    "legend",
    "line",
    "mark",
    "width_of",
    "wrapped",
]

INK, ACCENT = "currentColor", "#2f7fbf"
SIZE = 13
SHAPES = ("square", "circle", "triangle", "diamond")
REFERENCE_SHAPES = ("triangle", "diamond", "circle", "square")
"""How the series of a chart are marked, in order; those to compare with are hollow."""


class Drawing(NamedTuple):
    """How much room a chart takes, and what it is made of."""

    width: float
    height: float
    parts: list[Markup]


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis: values from `low` to `high` at places from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    @classmethod
    def over(cls, values: Iterable[float], start: float, end: float, *, least: tuple[float, float] | None) -> Scale:
        """The axis over some values, at the least that of `least`; otherwise it begins and ends at a round number."""
        numbers = [*values, *(least or ())] or [0.0, 1.0]
        low, high = min(numbers), max(numbers)
        if least is not None and (low, high) == least:
            return cls(low, high, start, end)
        step = _step(low, high)
        first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
        if first == last:
            # One value stands in the middle.
            first, last = first - 1, last + 1
        return cls(first * step, last * step, start, end)

    def at(self, value: float) -> float:
        """Where a value stands."""
        return self.start + (self.end - self.start) * (value - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        """Round numbers within the axis, about five."""
        step = _step(self.low, self.high)
        first, last = ceil(self.low / step - 1e-9), floor(self.high / step + 1e-9)
        return [round(number * step, 10) for number in range(first, last + 1)]


def _step(low: float, high: float) -> float:
    """A step of 1, 2 or 5 times a power of ten that divides the range into about five."""
    rough = (high - low or abs(high) or 1.0) / 5
    power: float = 10.0 ** floor(log10(rough))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= rough * 0.999)


def figure_of(value: float, *, signed: bool = False) -> str:
    """A number as it is written beside a mark: counts whole, others with three decimals."""
    if float(value).is_integer() and (abs(value) > 1 or isinstance(value, int)):
        return f"{value:+.0f}" if signed else f"{value:.0f}"
    return f"{value:+.3f}" if signed else f"{value:.3f}"


def width_of(words: str) -> float:
    """About how wide some words are."""
    wide = sum(1.0 if east_asian_width(character) in "WF" else 0.58 for character in words)
    return SIZE * wide


def fitted(words: str, width: float) -> str:
    """Words on one line that take no more than a width, cut in the middle if need be."""
    short = one_line(words)
    while width_of(short) > width and len(short) > 2:
        short = one_line(short, max(2, min(len(short) - 1, int(len(short) * width / width_of(short)))))
    return short


def wrapped(words: str, width: float) -> list[str]:
    """Words on as many lines as a width needs; none if there are no words."""
    short = one_line(words)
    return textwrap.wrap(short, max(1, int(len(short) * width / width_of(short)))) if short else []


def label(x: float, y: float, words: str, *, anchor: str = "", strong: bool = False, faint: bool = False) -> Markup:
    """Words whose middle line is at `y`; they begin at `x`, or end there or have their middle there."""
    return element(
        "text",
        plain(words),
        x=_place(x),
        y=_place(y + SIZE * 0.35),
        text_anchor=anchor,
        fill=INK,
        fill_opacity=".7" if faint else "",
        font_weight="bold" if strong else "",
    )


def line(
    start: tuple[float, float], end: tuple[float, float], *, faint: bool = False, accent: bool = False, wide: float = 1
) -> Markup:
    """A straight line."""
    (x1, y1), (x2, y2) = start, end
    return element(
        "line",
        x1=_place(x1),
        y1=_place(y1),
        x2=_place(x2),
        y2=_place(y2),
        stroke=ACCENT if accent else INK,
        stroke_width=f"{wide:g}",
        stroke_opacity=".15" if faint else "",
    )


def mark(number: int, x: float, y: float, *, reference: bool = False, about: str = "") -> Markup:
    """The mark of a series, by its number among those of its kind; `about` is shown to whoever points at it."""
    shapes = REFERENCE_SHAPES if reference else SHAPES
    shape = shapes[number % len(shapes)]
    told = [element("title", plain(about))] if about else []
    look = {"fill": "none", "stroke": INK, "stroke_width": "1.4"} if reference else {"fill": ACCENT}
    half = 4.5
    if shape == "circle":
        return element("circle", *told, cx=_place(x), cy=_place(y), r="4", **look)
    if shape == "square":
        return element("rect", *told, x=_place(x - 4), y=_place(y - 4), width="8", height="8", **look)
    corners = {
        "triangle": ((-half, -half + 0.5), (half, -half + 0.5), (0, half - 0.5)),
        "diamond": ((0, -half - 0.7), (half + 0.7, 0), (0, half + 0.7), (-half - 0.7, 0)),
    }[shape]
    return element("polygon", *told, points=dots([(x + across, y + down) for across, down in corners]), **look)


def dots(points: Iterable[tuple[float, float]]) -> str:
    """Points as an attribute."""
    return " ".join(f"{_place(x)},{_place(y)}" for x, y in points)


def legend(entries: Sequence[tuple[Markup, str]], *, x: float, y: float, down: bool = False) -> tuple[Markup, float]:
    """Samples with their names, side by side or below each other, and where the last ends.

    Args:
        entries: each sample is drawn around (0, 0) and 20 wide.
        x: where the first begins.
        y: its middle line.
        down: whether they stand below each other.
    """
    parts: list[str] = []
    for sample, name in entries:
        parts += [element("g", sample, transform=f"translate({_place(x + 10)} {_place(y)})"), label(x + 26, y, name)]
        if down:
            y += 22
        else:
            x += 26 + width_of(name) + 22
    return Markup("".join(parts)), x


def _place(value: float) -> str:
    # No "-0.0", which is another text for the same place.
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")
