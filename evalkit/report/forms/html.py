"""Documents as HTML without scripts: a page of its own, or a piece of one for a notebook.

Colours come from the page around it, so that it can be read on light and on dark ground.
"""

from __future__ import annotations

from html import escape
from itertools import pairwise

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
<meta name="color-scheme" content="light dark">
""".strip()
WIDTH, HEIGHT = 320, 200
DASHES = ("none", "6 3", "2 3")


def render_html(document: Document) -> str:
    """A page in UTF-8; ends in a line feed."""
    title = f"<title>{escape(document.title)}</title>"
    return f"{HEAD}\n{title}\n</head>\n<body>\n{html_piece(document)}\n</body>\n</html>\n"


def html_piece(document: Document) -> str:
    """The document as one element, to stand in a page of others."""
    parts = [f"<style>{STYLE}</style>", f"<h4>{escape(document.title)}</h4>"]
    if document.verdict:
        parts.append(_paragraph(f"verdict: {document.verdict}", VERDICT_TONES.get(document.verdict, "")))
    parts += map(_block, document.blocks)
    if document.notes:
        parts.append("<ul>" + "".join(f"<li>{escape(note)}</li>" for note in document.notes) + "</ul>")
    if document.signature:
        parts.append(_paragraph(document.signature, "signature"))
    return '<div class="evalkit">\n' + "\n".join(parts) + "\n</div>"


def _paragraph(text: str, kind: str) -> str:
    return f'<p class="{kind}">{escape(text)}</p>'


def _block(block: Block) -> str:
    if isinstance(block, Lines):
        return _lines(block)
    if isinstance(block, MarkedArticle):
        return _article(block)
    if isinstance(block, Chart):
        return _chart(block) + _table(block.table)
    return _table(block)


def _table(table: Table) -> str:
    title = f"<caption>{escape(table.title)}</caption>" if table.title else ""
    head = "".join(f'<th scope="col"{_left(column)}>{escape(column.name)}</th>' for column in table.columns)
    bounds = [0, *(rule for rule in table.rules if 0 < rule < len(table.rows)), len(table.rows)]
    bodies = "".join(
        "<tbody>" + "".join(_row(table, number) for number in range(start, end)) + "</tbody>"
        for start, end in pairwise(bounds)
    )
    below = "".join(_paragraph(line, "signature") for line in (table.caption, table.signature) if line)
    return f"<table>{title}<thead><tr>{head}</tr></thead>{bodies}</table>{below}"


def _row(table: Table, number: int) -> str:
    cells = list(zip(table.columns, table.rows[number], strict=True))
    (column, name), rest = cells[0], cells[1:]
    strong = ' class="strong"' if number in table.strong else ""
    return (
        f'<tr{strong}><th scope="row"{_left(column)}>{escape(name)}</th>'
        + "".join(f"<td{_left(column)}>{escape(cell)}</td>" for column, cell in rest)
        + "</tr>"
    )


def _left(column: Column) -> str:
    return ' class="left"' if column.left else ""


def _lines(block: Lines) -> str:
    title = f"<h5>{escape(block.title)}</h5>" if block.title else ""
    items = "".join(f"<li{_indent(line.depth)}>{_words(line)}</li>" for line in block.lines if line.pieces)
    return f"{title}<ul>{items}</ul>" if items else title


def _indent(depth: int) -> str:
    return f' style="margin-left:{1.5 * depth:g}em"' if depth else ""


def _words(line: Line) -> str:
    return "".join(
        f'<span class="{piece.tone}">{escape(piece.text)}</span>' if piece.tone else escape(piece.text)
        for piece in line.pieces
    )


def _article(block: MarkedArticle) -> str:
    parts = []
    for kind, start, end in block.zones:
        words = []
        for step in block.steps(start, end):
            words.append(escape(step.text))
            if step.mark is not None:
                words.append("<mark>" if step.opens else f"<sub>{escape(step.mark.label)}</sub></mark>")
        parts.append(f'<p class="faint">{escape(kind)}</p><pre>{"".join(words)}</pre>')
    return "<article>" + "".join(parts) + "</article>"


def _chart(chart: Chart) -> str:
    """The lines of a chart in the colour of the text around it; bars are left to the table."""
    points = [(x, y) for series in chart.series for x, y in zip(series.x, series.y, strict=True)]
    if chart.kind != "line" or not points:
        return ""
    low_x, high_x = min(x for x, _ in points), max(x for x, _ in points)
    low_y, high_y = min(y for _, y in points), max(y for _, y in points)

    def place(x: float, y: float) -> str:
        across = (x - low_x) / (high_x - low_x or 1)
        up = (y - low_y) / (high_y - low_y or 1)
        return f"{WIDTH * across:.1f},{HEIGHT * (1 - up):.1f}"

    lines = "".join(
        f'<polyline fill="none" stroke="currentColor" stroke-dasharray="{DASHES[number % len(DASHES)]}" points="'
        + " ".join(place(x, y) for x, y in zip(series.x, series.y, strict=True))
        + f'"><title>{escape(series.name)}</title></polyline>'
        for number, series in enumerate(chart.series)
    )
    about = f"{chart.y} {low_y:g} to {high_y:g} by {chart.x} {low_x:g} to {high_x:g}"
    drawing = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{lines}</svg>'
    return f"<figure>{drawing}<figcaption>{escape(about)}</figcaption></figure>"
