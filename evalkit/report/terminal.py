"""Results for a terminal, in colour where there is one, readable from 60 columns."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from evalkit.report.tables import ReportTable, notes_of, result_tables
from evalkit.results import EvalResult

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["print_result", "print_table"]

MIN_NAME = 9


def print_result(result: EvalResult, console: Console) -> None:
    """Prints the tables, the signature lines and the notes."""
    from rich.text import Text

    for table in result_tables(result):
        print_table(table, console)
    for note in notes_of(result):
        console.print(Text(f"! {note}", style="yellow"))


def print_table(table: ReportTable, console: Console) -> None:
    """Prints one table; where the terminal is too narrow for it, numbers lose their leading zero and names wrap."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    rows, size = table.rows, len(table.columns)
    # A column takes its cells, a space on either side, and one to the next column.
    tight = sum(_widths(table.columns, rows)) + 3 * size + 1 > console.width
    if tight:
        rows = tuple((row[0], *map(_shorter, row[1:])) for row in rows)
        room = max(MIN_NAME, console.width - sum(_widths(table.columns, rows)[1:]) - size - 1)
        rows = tuple(("\n".join(textwrap.wrap(row[0], room)), *row[1:]) for row in rows)
    grid = Table(
        title=Text(table.title, style="bold"),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 0 if tight else 1),
    )
    grid.add_column(Text(table.columns[0]), overflow="fold")
    for name in table.columns[1:]:
        grid.add_column(Text(name), justify="right", no_wrap=True)
    for number, row in enumerate(rows):
        if number in table.rules:
            grid.add_section()
        style = "bold" if row[0] in ("micro", "macro") else ""
        grid.add_row(*(Text(cell, style=style) for cell in row))
    console.print(grid)
    if table.caption:
        console.print(Text(table.caption, style="dim"), soft_wrap=True)
        console.print()


def _widths(columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> list[int]:
    return [max(len(name), *(len(row[at]) for row in rows), 0) for at, name in enumerate(columns)]


def _shorter(cell: str) -> str:
    return re.sub(r"\b0\.", ".", cell)
