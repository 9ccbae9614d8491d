"""Documents for a terminal, in colour where there is one, readable from 60 columns."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Literal

from evalkit.report.document import (
    BAD,
    CUE,
    FAINT,
    GOOD,
    NAME,
    QUOTED,
    STRONG,
    UNSURE,
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
    cleaned,
)
from evalkit.report.forms.console import make_console
from evalkit.report.forms.layout import Layout, laid_out
from evalkit.scoring.tasks.base import DUPLICATE, MISSED, RIGHT, SPURIOUS

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

__all__ = ["print_document", "render_terminal"]

STEP = 2
STYLES = {
    GOOD: "green",
    BAD: "bold red",
    UNSURE: "bold yellow",
    STRONG: "bold",
    FAINT: "dim",
    NAME: "bold green",
    CUE: "italic",
}
KIND_STYLES = {RIGHT: "green", MISSED: "bold red", SPURIOUS: "bold yellow", DUPLICATE: "bold yellow"}
LABEL_STYLES = {
    "PER": "bold green",
    "ORG": "bold blue",
    "GPE": "bold magenta",
    "LOC": "bold cyan",
    "FAC": "bold cyan",
    "NORP": "bold yellow",
    "EVENT": "bold red",
    "WORK": "bold red",
}


def render_terminal(document: Document, *, width: int | None = None) -> str:
    """The document as it is printed, without colours; ends in a line feed.

    Args:
        document: what to show.
        width: columns; by default those of the terminal, 80 without one.
    """
    out = io.StringIO()
    print_document(document, make_console(file=out, width=width))
    return out.getvalue()


def print_document(document: Document, console: Console, *, heading: bool = True) -> None:
    """Prints the title (if there is to be a heading), the blocks, the notes, the signature and the verdict.

    What goes into a pipe or a file has no blanks at the ends of its lines.
    """
    if console.is_terminal:
        _print_document(document, console, heading=heading)
        return
    with console.capture() as shown:
        _print_document(document, console, heading=heading)
    console.file.write("\n".join(line.rstrip() for line in shown.get().split("\n")))


def _print_document(document: Document, console: Console, *, heading: bool) -> None:
    from rich.text import Text

    document = cleaned(document)
    if heading:
        console.print(Text(document.title, style="bold"))
    for block in document.blocks:
        _print_block(block, console)
    for note in document.notes:
        console.print(Text(f"! {note}", style="yellow"))
    if document.signature:
        console.print(Text(document.signature, style="dim"), soft_wrap=True)
    if document.verdict:
        console.print(_text(Line.of(f"verdict: {document.verdict}", tone=VERDICT_TONES.get(document.verdict, ""))))


def _print_block(block: Block, console: Console) -> None:
    if isinstance(block, Lines):
        _print_lines(block, console)
    elif isinstance(block, MarkedArticle):
        _print_article(block, console)
    else:
        for part in laid_out(block.table if isinstance(block, Chart) else block, console.width):
            _print_table(part, console)


def _print_table(layout: Layout, console: Console) -> None:
    from rich.text import Text

    table = layout.table
    if table.title:
        console.print(Text(table.title, style="bold"))
    if table.listing and not any(column.folds for column in table.columns):
        _print_whole_rows(table, console)
    else:
        _print_grid(layout, console)
    if table.caption:
        console.print(Text(table.caption, style="dim"))
    if table.signature:
        # One word to copy, which is never broken.
        console.print(Text(table.signature, style="dim"), soft_wrap=True)
    if table.caption or table.signature:
        console.print()


def _print_grid(layout: Layout, console: Console) -> None:
    from rich import box
    from rich.table import Table as Grid
    from rich.text import Text

    table = layout.table
    ruled = None if table.listing else box.SIMPLE_HEAD
    grid = Grid(box=ruled, pad_edge=False, padding=(0, layout.padding))
    for column, width in zip(table.columns, layout.widths, strict=True):
        justify: Literal["left", "right"] = "left" if column.left else "right"
        grid.add_column(Text(column.name), justify=justify, overflow="fold", width=width)
    for number, row in enumerate(table.rows):
        if number in table.rules:
            grid.add_section()
        style = "bold" if number in table.strong else ""
        cells = zip(row, layout.widths, table.columns, strict=True)
        grid.add_row(*(_cell(cell, width, column, style) for cell, width, column in cells))
    console.print(grid)


def _cell(cell: str, width: int, column: Column, style: str) -> Text:
    from rich.cells import cell_len
    from rich.text import Text

    room = width - cell_len(cell)
    if column.left or room < 0 or cell == cell.rstrip():
        return Text(cell, style=style)
    # What is set at the right loses the spaces that keep figures under figures.
    return Text(" " * room + cell, style=style, justify="left")


def _print_whole_rows(table: Table, console: Console) -> None:
    """Columns side by side; rows stay whole, so that they can be searched."""
    from rich.cells import cell_len

    columns, rows = table.columns, (tuple(column.name for column in table.columns), *table.rows)
    widths = [max(cell_len(row[at]) for row in rows) for at in range(len(columns))]
    for row in rows:
        cells = [
            " " * (not column.left and width - cell_len(cell)) + cell + " " * (column.left and width - cell_len(cell))
            for cell, width, column in zip(row, widths, columns, strict=True)
        ]
        console.print("  ".join(cells).rstrip(), soft_wrap=True)


def _print_lines(block: Lines, console: Console) -> None:
    if block.title:
        console.print(_text(Line.of(block.title, tone=block.tone)))
    for line in block.lines:
        if block.whole or not line.pieces:
            console.print(_text(line), soft_wrap=True)
        else:
            _print_wrapped(_text(line), console, STEP * line.depth, hanging=STEP if block.hanging else 0)


def _print_wrapped(text: Text, console: Console, depth: int, *, hanging: int) -> None:
    from rich.padding import Padding

    if len(text) + depth <= console.width or not hanging:
        console.print(Padding(text, (0, 0, 0, depth), expand=False))
        return
    first, *rest = text.wrap(console, max(20, console.width - depth - hanging))
    console.print(Padding(first, (0, 0, 0, depth), expand=False))
    for more in rest:
        console.print(Padding(more, (0, 0, 0, depth + hanging), expand=False))


def _text(line: Line) -> Text:
    from rich.text import Text

    text = Text()
    for piece in line.pieces:
        text.append(repr(piece.text) if piece.tone == QUOTED else piece.text, style=STYLES.get(piece.tone, ""))
    return text


def _print_article(block: MarkedArticle, console: Console) -> None:
    """The text by zone, marks in brackets, as `[Ida Moen]PER`, so that they can be read without colour too."""
    from rich.text import Text

    for kind, start, end in block.zones:
        console.print(Text(kind, style="dim"))
        text = Text(style="dim" if kind == "boilerplate" else "")
        styles = [""]
        for step in block.steps(start, end):
            text.append(step.text, style=styles[-1])
            if step.mark is None:
                continue
            if step.opens:
                text.append("[", style="dim")
                styles.append(_mark_style(step.mark))
            else:
                text.append("]", style="dim")
                style = styles.pop()
                text.append(step.mark.label, style=style if _is_wrong(step.mark) else "dim")
        console.print(text)
        console.print()


def _is_wrong(mark: Mark) -> bool:
    return mark.kind not in ("", RIGHT)


def _mark_style(mark: Mark) -> str:
    """By what became of the item, where the text is told with its errors; else by its label."""
    return KIND_STYLES.get(mark.kind, "bold magenta") if mark.kind else LABEL_STYLES.get(mark.label, "bold")
