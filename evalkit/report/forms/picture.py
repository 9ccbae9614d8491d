"""The charts of a document as one picture, for slides and papers: SVG, or PNG with the extra `plots`."""

from __future__ import annotations

from functools import cache
from typing import Any

from evalkit.errors import InputError, MissingExtraError
from evalkit.harmless import shortened
from evalkit.origin import install_command
from evalkit.report.document import Chart, Document, Lines
from evalkit.report.forms.markup import Markup, element, plain
from evalkit.report.forms.svg.chart import described, draw, is_drawn
from evalkit.report.forms.svg.drawing import SIZE, fitted, label, wrapped

__all__ = ["render_png", "render_svg"]

INK, PAPER = "#1e2126", "#ffffff"
ZOOM, LEAST_ZOOM, MOST_PIXELS = 2.0, 0.75, 60_000_000
"""Pixels for one of the drawing, as a rule and the fewest that can be read; and those of a whole picture, at most."""
EDGE, HEAD, ROW, APART = 24.0, 30.0, 20.0, 30.0
"""Room around the charts, of a heading, of a line of a key, and between two charts."""
FONTS = ("DejaVu Sans", "Liberation Sans", "Noto Sans", "Open Sans", "Arial", "Helvetica", "Segoe UI", "Roboto")
"""Families that a machine may have, tried in this order."""


def render_svg(document: Document) -> str:
    """All charts with their titles and what letters and signs in them mean, dark on white; ends in a line feed.

    Raises:
        InputError: the document has no chart.
    """
    return _picture(document, "system-ui, sans-serif")[0] + "\n"


def render_png(document: Document) -> bytes:
    """The same as pixels, two for one of the drawing; fewer where there would be more than anybody opens.

    Raises:
        InputError: the document has no chart, or so much that it could not be read at a size that can be opened.
        MissingExtraError: resvg-py is not installed, or no font that it could write with.
    """
    try:
        import resvg_py
    except ImportError as error:
        raise MissingExtraError(f"png needs resvg-py; install it: {install_command('plots')}; or use svg") from error
    family = _family(resvg_py)
    picture, width, height = _picture(document, family)
    zoom = min(ZOOM, (MOST_PIXELS / (width * height)) ** 0.5)
    if zoom < LEAST_ZOOM:
        raise InputError(
            f"{document.title}: the charts are {width:.0f} × {height:.0f} points, too many for a png; use svg or html"
        )
    # What it finds no font for it leaves out without a word.
    return bytes(resvg_py.svg_to_bytes(svg_string=picture, font_family=family, zoom=zoom))


@cache
def _family(resvg: Any) -> str:
    """A family of fonts that is here: words in it are drawn."""

    def drawn(family: str) -> bytes:
        words = element("text", Markup("x"), y="10", font_family=family)
        return bytes(resvg.svg_to_bytes(svg_string=element("svg", words, xmlns=XMLNS, width="9", height="12")))

    blank = bytes(resvg.svg_to_bytes(svg_string=element("svg", xmlns=XMLNS, width="9", height="12")))
    for family in FONTS:
        if drawn(family) != blank:
            return family
    known = ", ".join(FONTS)
    raise MissingExtraError(f"png needs a font, and there is none of {known}; install one (fonts-dejavu), or use svg")


XMLNS = "http://www.w3.org/2000/svg"


def _picture(document: Document, family: str) -> tuple[Markup, float, float]:
    """The drawing, how wide and how high it is."""
    charts = [chart for chart in document.charts if is_drawn(chart)]
    if not charts:
        raise InputError(f"{document.title}: there is no chart to draw; use another form, as html")
    drawings = [draw(chart) for chart in charts]
    width = max(drawing.width for drawing in drawings) + 2 * EDGE
    parts: list[str] = [_heading(document.title, EDGE + 8, width, size=SIZE + 3)]
    down = EDGE + HEAD + 6
    drawn = iter(drawings)
    for block in document.blocks:
        if isinstance(block, Chart) and is_drawn(block):
            drawing = next(drawn)
            parts.append(_heading(block.table.title, down + 8, width, size=SIZE))
            parts.append(_placed(block, drawing.parts, down + HEAD))
            down += HEAD + drawing.height + APART
        elif isinstance(block, Lines) and block.key:
            words = [row for line in block.lines for row in wrapped(shortened(line.text), width - 2 * EDGE)]
            parts += [label(EDGE, down + 8 + ROW * number, row) for number, row in enumerate(words)]
            down += ROW * len(words) + APART / 2
    ground = element("rect", width="100%", height="100%", fill=PAPER)
    picture = element(
        "svg",
        element("title", plain(document.title)),
        ground,
        *(Markup(part) for part in parts),
        xmlns=XMLNS,
        width=f"{width:.0f}",
        height=f"{down:.0f}",
        viewBox=f"0 0 {width:.0f} {down:.0f}",
        role="img",
        color=INK,
        font_family=family,
        font_size=f"{SIZE}",
    )
    return picture, width, down


def _placed(chart: Chart, parts: list[Markup], down: float) -> Markup:
    about = element("desc", plain(described(chart)))
    return element("g", about, *parts, transform=f"translate({EDGE:g} {down:g})")


def _heading(words: str, middle: float, width: float, *, size: int) -> Markup:
    short = plain(fitted(words, width - 2 * EDGE))
    return element("text", short, x=f"{EDGE:g}", y=f"{middle + 4:g}", fill=INK, font_weight="bold", font_size=f"{size}")
