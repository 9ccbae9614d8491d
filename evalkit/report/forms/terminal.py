"""Documents for a terminal, in colour where there is one, readable from 60 columns."""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

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
    MarkedArticle,
    Table,
    cleaned,
)
from evalkit.report.forms.console import make_console

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as Grid
    from rich.text import Text

__all__ = ["print_document", "render_terminal"]

MIN_NAME = 9
LONG_WORD, FEW_WORDS = 20, 24
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
        table = _for_width(block.table if isinstance(block, Chart) else block, console.width)
        whole = not table.fixed and (table.listing or _tight_width(table) <= console.width)
        for part in [table] if whole else _parts(table, console.width):
            _print_table(part, console)


def _for_width(table: Table, width: int) -> Table:
    """The table without the columns that so narrow a page leaves out."""
    shown = [at for at, column in enumerate(table.columns) if column.from_width <= width]
    left_out = _too_many(table, shown, width)
    shown = [at for at in shown if at not in left_out]
    if len(shown) == len(table.columns):
        return table
    columns = tuple(table.columns[at] for at in shown)
    told = f"left out at this width: {', '.join(table.columns[at].name for at in left_out)}" if left_out else ""
    return replace(
        table,
        columns=columns,
        rows=tuple(tuple(row[at] for at in shown) for row in table.rows),
        caption="; ".join(filter(None, (table.caption, told))),
    )


def _too_many(table: Table, shown: Sequence[int], width: int) -> list[int]:
    """The columns that are to be left out so that no word of the others is broken, as far as some may be."""
    order = sorted((at for at in shown if table.columns[at].drops), key=lambda at: table.columns[at].drops)
    if not order:
        return []
    least = _least_widths(table)

    def fits(left_out: Sequence[int]) -> bool:
        there = [at for at in shown if at not in left_out]
        return _ruled_width([least[at] for at in there]) <= width

    left_out: list[int] = []
    while order and not fits(left_out):
        left_out.append(order.pop(0))
    # A wide one that had to go may have made room for narrow ones.
    for at in reversed(left_out[:-1]):
        if fits(rest := [one for one in left_out if one != at]):
            left_out = rest
    return sorted(left_out)


def _least_widths(table: Table) -> list[int]:
    """Of each column how wide it is without a word being broken; a word that is very long may be.

    One that need not be shown has room for a few words.
    """
    from rich.cells import cell_len

    sizes = _widths(table.columns, table.rows)
    for at, column in enumerate(table.columns):
        if column.folds:
            words = (min(cell_len(word), LONG_WORD) for row in table.rows for word in row[at].split())
            sizes[at] = min(sizes[at], max(cell_len(column.name), FEW_WORDS if column.drops else 0, *words))
    return sizes


def _ruled_width(sizes: Sequence[int]) -> int:
    """How wide a ruled table is: a column takes its cells, a space on either side, and one to the next column."""
    return sum(sizes) + 3 * len(sizes) + 1


def _fitted(table: Table, width: int) -> list[int]:
    """Widths of columns which fold, so that together they fill the page: the narrow ones get room first."""
    whole, sizes = _widths(table.columns, table.rows), _least_widths(table)
    # The page has no padding at its edges.
    room = width - _ruled_width(sizes) + 2
    while room > 0 and (narrow := [at for at, size in enumerate(sizes) if size < whole[at]]):
        at = min(narrow, key=lambda at: sizes[at])
        sizes[at] += 1
        room -= 1
    return sizes


def _parts(table: Table, width: int) -> list[Table]:
    """The table with some of its columns at a time, so that each part fits.

    The fixed ones stand in all of them, or the first, without which nobody knows what a row is about.
    """
    sizes = [size + 3 for size in _widths(table.columns, table.rows)]
    first = range(table.fixed or 1)
    parts: list[list[int]] = [[]]
    for at in range(len(first), len(sizes)):
        if not table.columns[at].name and not any(row[at] for row in table.rows):
            continue
        taken = 1 + sum(sizes[column] for column in (*first, *parts[-1]))
        if parts[-1] and taken + sizes[at] > width:
            parts.append([])
        parts[-1].append(at)
    return [
        replace(
            table,
            title=table.title if number == 0 else f"{table.title}, continued",
            columns=tuple(table.columns[at] for at in (*first, *chosen)),
            rows=tuple(tuple(row[at] for at in (*first, *chosen)) for row in table.rows),
            caption=table.caption if number == len(parts) - 1 else "",
            signature=table.signature if number == len(parts) - 1 else "",
        )
        for number, chosen in enumerate(parts)
    ]


def _tight_width(table: Table) -> int:
    """Columns that a ruled table needs at least, with its names wrapped; nothing if other cells may wrap too."""
    if any(column.folds for column in table.columns[1:]):
        return 0
    rows = tuple((row[0], *map(_shorter, row[1:])) for row in table.rows)
    return MIN_NAME + sum(_widths(table.columns, rows)[1:]) + len(table.columns) + 1


def _widths(columns: Sequence[Column], rows: Sequence[tuple[str, ...]]) -> list[int]:
    from rich.cells import cell_len

    return [max(cell_len(column.name), *(cell_len(row[at]) for row in rows), 0) for at, column in enumerate(columns)]


def _print_table(table: Table, console: Console) -> None:
    from rich.text import Text

    if table.listing:
        _print_listing(table, console)
    else:
        _print_figures(table, console)
    if table.caption:
        console.print(Text(table.caption, style="dim"))
    if table.signature:
        # One word to copy, which is never broken.
        console.print(Text(table.signature, style="dim"), soft_wrap=True)
    if table.caption or table.signature:
        console.print()


def _print_figures(table: Table, console: Console) -> None:
    """A ruled table; where the terminal is too narrow for it, numbers lose their leading zero and names wrap."""
    from rich import box
    from rich.table import Table as Grid
    from rich.text import Text

    rows, size = table.rows, len(table.columns)
    wide = _ruled_width(_widths(table.columns, rows)) > console.width
    tight = wide and not any(column.folds for column in table.columns[1:])
    if tight:
        rows = tuple((row[0], *map(_shorter, row[1:])) for row in rows)
        room = max(MIN_NAME, console.width - sum(_widths(table.columns, rows)[1:]) - size - 1)
        rows = tuple(("\n".join(textwrap.wrap(row[0], room)), *row[1:]) for row in rows)
    grid = Grid(
        title=Text(table.title, style="bold"),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 0 if tight else 1),
    )
    _fill(grid, table, rows)
    if wide and any(column.drops for column in table.columns):
        for column, width in zip(grid.columns, _fitted(table, console.width), strict=True):
            column.width = width
    console.print(grid)


def _shorter(cell: str) -> str:
    return re.sub(r"\b0\.", ".", cell)


def _print_listing(table: Table, console: Console) -> None:
    """Columns side by side; rows of a table that does not fold stay whole, so that they can be searched."""
    from rich.table import Table as Grid

    columns, rows = table.columns, table.rows
    if any(column.folds for column in columns):
        grid = Grid(box=None, pad_edge=False)
        _fill(grid, table, rows)
        console.print(grid)
        return
    widths = _widths(columns, rows)
    for row in (tuple(column.name for column in columns), *rows):
        cells = [
            cell.ljust(width) if column.left else cell.rjust(width)
            for cell, width, column in zip(row, widths, columns, strict=True)
        ]
        console.print("  ".join(cells).rstrip(), soft_wrap=True)


def _fill(grid: Grid, table: Table, rows: Sequence[tuple[str, ...]]) -> None:
    from rich.text import Text

    for column in table.columns:
        grid.add_column(
            Text(column.name),
            justify="left" if column.left else "right",
            overflow="fold" if column.folds else "ellipsis",
            no_wrap=not column.folds,
        )
    for number, row in enumerate(rows):
        if number in table.rules:
            grid.add_section()
        style = "bold" if number in table.strong else ""
        grid.add_row(*(Text(cell, style=style) for cell in row))


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
                styles.append(LABEL_STYLES.get(step.mark.label, "bold"))
            else:
                text.append("]" + step.mark.label, style="dim")
                styles.pop()
        console.print(text)
        console.print()
