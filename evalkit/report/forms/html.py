"""Documents as HTML without scripts: a page of its own, or a piece of one for a notebook or another page.

A piece takes its colours from the page around it, so that it can be read on light and on dark ground, and has no style
of its own in its elements: classes say what they are (docs/forms.md lists them), so a page may style them otherwise.
"""

from __future__ import annotations

from itertools import pairwise

from evalkit.harmless import is_colour, shortened
from evalkit.report.document import (
    VERDICT_TONES,
    Block,
    Chart,
    Column,
    Document,
    Line,
    Lines,
    Mark,
    MarkedArticle,
    Table,
)
from evalkit.report.forms.markup import LEFTWARD, Markup, element, plain, text
from evalkit.report.forms.svg.chart import drawing_of
from evalkit.scoring.tasks.base import DUPLICATE, MISSED, RIGHT, SPURIOUS

__all__ = ["STYLE", "html_piece", "render_html"]

STYLE = """
.evalkit{font-family:system-ui,sans-serif;line-height:1.45;overflow-wrap:break-word}
.evalkit .wide{overflow-x:auto;max-width:100%;margin:.4em 0 1em}
.evalkit table{border-collapse:collapse;margin:0}
.evalkit caption,.evalkit figcaption,.evalkit .title{text-align:left;font-size:1em;font-weight:bold;margin:.9em 0 .2em}
.evalkit caption{padding:.5em 0 .2em;width:max-content;max-width:min(54rem,85vw)}
.evalkit th,.evalkit td{padding:.2em .7em;text-align:right;border:0;font-variant-numeric:tabular-nums;background:none}
.evalkit thead th,.evalkit thead td{border-bottom:1px solid;vertical-align:bottom}
.evalkit tbody th{font-weight:normal}
.evalkit td:not(.left),.evalkit thead th:not(.long){white-space:nowrap}
.evalkit th.long,.evalkit tbody th,.evalkit td.left{max-width:min(24rem,55vw)}
.evalkit tr>:first-child{padding-left:.2em}
.evalkit tbody tr+tr>*{border-top:1px solid color-mix(in srgb,currentColor 13%,transparent)}
.evalkit .left{text-align:left}.evalkit .strong *,.evalkit .strong,.evalkit .name{font-weight:bold}
.evalkit tbody+tbody{border-top:1px solid}
.evalkit .faint,.evalkit .signature,.evalkit .caption{opacity:.72}
.evalkit .caption,.evalkit .signature{margin:.2em 0;font-size:.9em;overflow-wrap:anywhere}
.evalkit .bad::before{content:"✗ "}.evalkit .good::before{content:"✓ "}.evalkit .unsure::before{content:"? "}
.evalkit .quoted::before{content:"“"}.evalkit .quoted::after{content:"”"}
.evalkit .cue{font-style:italic}.evalkit pre{white-space:pre-wrap;font:inherit;max-width:48em;overflow-wrap:anywhere}
.evalkit article pre{line-height:2.1}.evalkit mark sub{opacity:.8;font-size:.75em;vertical-align:baseline}
.evalkit mark{background:none;color:inherit;border-bottom:2px solid;margin:0 .1em}
.evalkit mark:has(mark){padding-bottom:.35em}.evalkit mark:has(mark mark){padding-bottom:.7em}
.evalkit .missed{border-bottom-style:dashed}.evalkit .spurious{border-bottom-style:dotted}
.evalkit .wrong{border-bottom:4px double}
.evalkit .right>sub::before{content:"✓\\a0"}.evalkit .missed>sub::before{content:"−\\a0"}
.evalkit .spurious>sub::before{content:"+\\a0"}.evalkit .wrong>sub::before{content:"≠\\a0"}
.evalkit .depth-1{margin-left:1.5em}.evalkit .depth-2{margin-left:3em}.evalkit .depth-3{margin-left:4.5em}
.evalkit .chart{overflow-x:auto;max-width:100%;margin:1.2em 0 .6em}
.evalkit .chart svg{display:block;margin:.5em 0 0;max-width:100%;height:auto}
.evalkit .chart .broad{min-width:30rem}
.evalkit .swatch{margin-right:.45em;vertical-align:-.05em}
.evalkit .unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media print{.evalkit .wide,.evalkit .chart{overflow:visible}.evalkit .chart,.evalkit tr{break-inside:avoid}}
""".strip()
PAGE_STYLE = """
:root{color-scheme:light dark}
body{margin:0;color:light-dark(#1e2126,#dfe2e6);background:light-dark(#fdfdfc,#16181b)}
main{max-width:60rem;margin:0 auto;padding:2rem 1.5rem 4rem}
h1{font-size:1.4rem;line-height:1.25;margin:0 0 1rem;overflow-wrap:anywhere}
:focus-visible{outline:2px solid;outline-offset:2px}
@media (max-width:40rem){main{padding:1rem .8rem 2rem}}
@media print{:root{color-scheme:light}body{background:none}main{max-width:none;padding:0}}
""".strip()
HEAD = """
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
""".strip()
DEEPEST = 3
LONG = 24
"""Characters of a heading that stands on one line."""
MARKED = {"": "", RIGHT: "right", MISSED: "missed", SPURIOUS: "spurious", DUPLICATE: "spurious"}
"""What became of an item → the class of its mark: a line and a sign of its own; "wrong" for all others."""


def render_html(document: Document) -> str:
    """A page in UTF-8; ends in a line feed."""
    title = element("title", plain(document.title))
    style = element("style", Markup(f"\n{STYLE}\n{PAGE_STYLE}\n"))
    page = element("main", Markup("\n" + html_piece(document, level=1, styled=False) + "\n"))
    return f"{HEAD}\n{title}\n{style}\n</head>\n<body>\n{page}\n</body>\n</html>\n"


def html_piece(document: Document, *, level: int = 4, styled: bool = True) -> Markup:
    """The document as one element, to stand in a page of others.

    Args:
        document: what to show.
        level: of the heading, 1 to 5; headings of blocks are one below.
        styled: whether its style stands in it; a page that has `STYLE` itself, or its own, needs none.
    """
    parts = [element("style", Markup(STYLE))] if styled else []
    parts.append(element(f"h{level}", document.title))
    if document.verdict:
        tone = VERDICT_TONES.get(document.verdict, "")
        parts.append(element("p", f"verdict: {document.verdict}", class_=f"verdict {tone}".strip()))
    parts += [_block(block, level + 1) for block in document.blocks]
    if document.notes:
        parts.append(element("ul", *(element("li", note) for note in document.notes), class_="notes"))
    if document.signature:
        parts.append(element("p", document.signature, class_="signature"))
    return element("div", Markup("\n" + "\n".join(parts) + "\n"), class_="evalkit")


def _block(block: Block, level: int) -> Markup:
    if isinstance(block, Lines):
        return _lines(block, level)
    if isinstance(block, MarkedArticle):
        return _article(block)
    if isinstance(block, Chart):
        drawing = drawing_of(block)
        if not drawing:
            return _table(block.table)
        named = element("figcaption", block.table.title) if block.table.title else ""
        figure = element("figure", named, drawing, class_="chart", tabindex="0")
        return Markup(figure + _table(block.table, drawn=True))
    return _table(block)


def _table(table: Table, *, drawn: bool = False) -> Markup:
    """A table that scrolls where the page is too narrow; below a drawing its title stands there already."""
    title = element("caption", table.title, class_="unseen" if drawn else "") if table.title else ""
    head = element("tr", *map(_heading, table.columns))
    bounds = [0, *(rule for rule in table.rules if 0 < rule < len(table.rows)), len(table.rows)]
    bodies = (element("tbody", *(_row(table, number) for number in range(*ends))) for ends in pairwise(bounds))
    grid = element("table", title, element("thead", head), *bodies)
    below = [element("p", table.caption, class_="caption")] if table.caption else []
    below += [element("p", table.signature, class_="signature")] if table.signature else []
    about = plain(table.title or "table")
    return Markup(element("div", grid, class_="wide", tabindex="0", role="group", aria_label=about) + "".join(below))


def _heading(column: Column) -> Markup:
    # A heading without words would be read out as one.
    long = "long" if len(column.name) > LONG else ""
    look = f"{_left(column)} {long}".strip()
    return element("th", shortened(column.name), scope="col", class_=look) if column.name else element("td")


def _row(table: Table, number: int) -> Markup:
    (column, name), *rest = zip(table.columns, table.rows[number], strict=True)
    colour = dict(table.colours).get(number, "")
    # Looked at here, too: whoever makes a document may be anybody.
    swatch = [_swatch(colour)] if is_colour(colour) else []
    # Nor does a row have a heading that says nothing.
    heads = bool(swatch or name.strip())
    return element(
        "tr",
        element("th" if heads else "td", *swatch, shortened(name), scope="row" if heads else "", class_=_left(column)),
        *(element("td", cell, class_=_left(column)) for column, cell in rest),
        class_="strong" if number in table.strong else "",
    )


def _swatch(colour: str) -> Markup:
    square = element("rect", width="10", height="10", rx="2", fill=colour)
    return element("svg", square, class_="swatch", width="10", height="10", viewBox="0 0 10 10", aria_hidden="true")


def _left(column: Column) -> str:
    return "left" if column.left else ""


def _lines(block: Lines, level: int) -> Markup:
    title = element(f"h{level}", block.title, class_="title") if block.title else ""
    items = [
        element("li", *_words(line), class_=f"depth-{min(line.depth, DEEPEST)}" if line.depth else "")
        for line in block.lines
        if line.text.strip()
    ]
    return Markup(title + (element("ul", *items, class_="lines") if items else ""))


def _words(line: Line) -> list[Markup]:
    return [element("span", piece.text, class_=piece.tone) if piece.tone else text(piece.text) for piece in line.pieces]


def _article(block: MarkedArticle) -> Markup:
    parts: list[str] = []
    for kind, start, end in block.zones:
        words = []
        for step in block.steps(start, end):
            words.append(plain(step.text))
            if step.mark is not None:
                words.append(_opened(step.mark) if step.opens else _closed(step.mark))
        direction = "auto" if LEFTWARD.search(block.text, start, end) else ""
        parts += (element("p", kind, class_="zone faint"), element("pre", *words, dir=direction))
    return element("article", *parts)


def _opened(mark: Mark) -> Markup:
    """The mark begins with a bracket, as in all other forms, so that nested ones can be told apart."""
    look = MARKED.get(mark.kind, "wrong")
    return Markup(f'<mark class="{look}">[' if look else "<mark>[")


def _closed(mark: Mark) -> Markup:
    return Markup("]" + element("sub", mark.label) + "</mark>")
