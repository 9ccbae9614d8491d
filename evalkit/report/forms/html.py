"""Documents as HTML without scripts: a page of its own, or a piece of one for a notebook.

Colours come from the page around it, so that it can be read on light and on dark ground. Whatever is no `Markup` is
text, so nothing has to be remembered to be escaped.
"""

from __future__ import annotations

import re
from html import escape
from itertools import pairwise

from evalkit.harmless import clean_text, is_colour
from evalkit.report.document import VERDICT_TONES, Block, Chart, Column, Document, Line, Lines, MarkedArticle, Table

__all__ = ["html_piece", "render_html"]

STYLE = """
.evalkit{font-family:system-ui,sans-serif;line-height:1.4}
.evalkit table{border-collapse:collapse;margin:.3em 0}
.evalkit caption,.evalkit h5{text-align:left;font-size:1em;font-weight:bold;margin:.8em 0 .2em}
.evalkit th,.evalkit td{padding:.15em .7em;text-align:right;border:0;font-variant-numeric:tabular-nums}
.evalkit th{border-bottom:1px solid}.evalkit tbody th{border-bottom:0;font-weight:normal}
.evalkit .left{text-align:left}.evalkit .strong *,.evalkit .strong,.evalkit .name{font-weight:bold}
.evalkit tbody+tbody{border-top:1px solid}
.evalkit .faint,.evalkit .signature,.evalkit tfoot{opacity:.65}
.evalkit .bad::before{content:"✗ "}.evalkit .good::before{content:"✓ "}.evalkit .unsure::before{content:"? "}
.evalkit .quoted::before{content:"“"}.evalkit .quoted::after{content:"”"}
.evalkit .cue{font-style:italic}.evalkit pre{white-space:pre-wrap;font:inherit;max-width:48em}
.evalkit mark{background:none;color:inherit;border-bottom:2px solid}.evalkit mark sub{opacity:.65}
.evalkit svg{max-width:24em}
""".strip()
HEAD = """
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
form-action 'none'">
<meta name="color-scheme" content="light dark">
""".strip()
WIDTH, HEIGHT = 320, 200
DASHES = ("none", "6 3", "2 3")
LEFTWARD = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff]")
"""Letters that are written from right to left."""


class Markup(str):
    """HTML, as opposed to text."""

    __slots__ = ()


def render_html(document: Document) -> str:
    """A page in UTF-8; ends in a line feed."""
    title = element("title", plain(document.title))
    return f"{HEAD}\n{title}\n</head>\n<body>\n{html_piece(document)}\n</body>\n</html>\n"


def html_piece(document: Document) -> str:
    """The document as one element, to stand in a page of others."""
    parts = [element("style", Markup(STYLE)), element("h4", document.title)]
    if document.verdict:
        parts.append(element("p", f"verdict: {document.verdict}", class_=VERDICT_TONES.get(document.verdict, "")))
    parts += map(_block, document.blocks)
    if document.notes:
        parts.append(element("ul", *(element("li", note) for note in document.notes)))
    if document.signature:
        parts.append(element("p", document.signature, class_="signature"))
    return element("div", Markup("\n" + "\n".join(parts) + "\n"), class_="evalkit")


def element(name: str, *content: str, **attributes: str) -> Markup:
    """An element; content that is no markup is text, and an attribute without a value is left out."""
    named = "".join(
        f' {attribute.strip("_").replace("_", "-")}="{plain(value)}"'
        for attribute, value in attributes.items()
        if value
    )
    inside = "".join(part if isinstance(part, Markup) else text(part) for part in content)
    return Markup(f"<{name}{named}>{inside}</{name}>")


def text(words: str) -> Markup:
    """Text in which nothing is markup, and which turns no direction of writing but its own."""
    return Markup(f"<bdi>{plain(words)}</bdi>") if LEFTWARD.search(words) else plain(words)


def plain(words: str) -> Markup:
    """The same where no element can stand, or where the direction is that of the whole."""
    return Markup(escape(clean_text(words)))


def _block(block: Block) -> Markup:
    if isinstance(block, Lines):
        return _lines(block)
    if isinstance(block, MarkedArticle):
        return _article(block)
    if isinstance(block, Chart):
        return Markup(_chart(block) + _table(block.table))
    return _table(block)


def _table(table: Table) -> Markup:
    title = element("caption", table.title) if table.title else ""
    head = element("tr", *(element("th", column.name, scope="col", class_=_left(column)) for column in table.columns))
    bounds = [0, *(rule for rule in table.rules if 0 < rule < len(table.rows)), len(table.rows)]
    bodies = (element("tbody", *(_row(table, number) for number in range(*ends))) for ends in pairwise(bounds))
    below = "".join(element("p", line, class_="signature") for line in (table.caption, table.signature) if line)
    return Markup(element("table", title, element("thead", head), *bodies) + below)


def _row(table: Table, number: int) -> Markup:
    (column, name), *rest = zip(table.columns, table.rows[number], strict=True)
    colour = dict(table.colours).get(number, "")
    # Looked at here, too: whoever makes a document may be anybody.
    style = f"border-left:.5em solid {colour}" if is_colour(colour) else ""
    return element(
        "tr",
        element("th", name, scope="row", class_=_left(column), style=style),
        *(element("td", cell, class_=_left(column)) for column, cell in rest),
        class_="strong" if number in table.strong else "",
    )


def _left(column: Column) -> str:
    return "left" if column.left else ""


def _lines(block: Lines) -> Markup:
    title = element("h5", block.title) if block.title else ""
    items = [
        element("li", *_words(line), style=f"margin-left:{1.5 * line.depth:g}em" if line.depth else "")
        for line in block.lines
        if line.pieces
    ]
    return Markup(title + (element("ul", *items) if items else ""))


def _words(line: Line) -> list[Markup]:
    return [element("span", piece.text, class_=piece.tone) if piece.tone else text(piece.text) for piece in line.pieces]


def _article(block: MarkedArticle) -> Markup:
    parts: list[str] = []
    for kind, start, end in block.zones:
        words = []
        for step in block.steps(start, end):
            words.append(plain(step.text))
            if step.mark is not None:
                words.append(Markup("<mark>" if step.opens else element("sub", step.mark.label) + "</mark>"))
        direction = "auto" if LEFTWARD.search(block.text, start, end) else ""
        parts += (element("p", kind, class_="faint"), element("pre", *words, dir=direction))
    return element("article", *parts)


def _chart(chart: Chart) -> Markup:
    """The lines of a chart in the colour of the text around it; bars are left to the table."""
    points = [(x, y) for series in chart.series for x, y in zip(series.x, series.y, strict=True)]
    if chart.kind != "line" or not points:
        return Markup()
    low_x, high_x = min(x for x, _ in points), max(x for x, _ in points)
    low_y, high_y = min(y for _, y in points), max(y for _, y in points)

    def place(x: float, y: float) -> str:
        across = (x - low_x) / (high_x - low_x or 1)
        up = (y - low_y) / (high_y - low_y or 1)
        return f"{WIDTH * across:.1f},{HEIGHT * (1 - up):.1f}"

    lines = (
        element(
            "polyline",
            element("title", plain(series.name)),
            fill="none",
            stroke="currentColor",
            stroke_dasharray=DASHES[number % len(DASHES)],
            points=" ".join(place(x, y) for x, y in zip(series.x, series.y, strict=True)),
        )
        for number, series in enumerate(chart.series)
    )
    about = f"{chart.y} {low_y:g} to {high_y:g} by {chart.x} {low_x:g} to {high_x:g}"
    drawing = element("svg", *lines, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img")
    return element("figure", drawing, element("figcaption", about))
