"""Results for a terminal, in colour where there is one, readable from 60 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.report.tables import ReportTable, notes_of, result_tables
from evalkit.results import EvalResult

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["print_result", "print_table"]

NARROW = 84


def print_result(result: EvalResult, console: Console) -> None:
    """Prints the tables, the signature lines and the notes."""
    from rich.text import Text

    for table in result_tables(result):
        print_table(table, console)
    for note in notes_of(result):
        console.print(Text(f"! {note}", style="yellow"))


def print_table(table: ReportTable, console: Console) -> None:
    """Prints one table; in a narrow terminal the intervals move to lines of their own only if they must."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    tight = console.width < NARROW
    grid = Table(
        title=Text(table.title, style="bold"),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1) if not tight else (0, 1, 0, 0),
    )
    for position, name in enumerate(table.columns):
        grid.add_column(Text(name), justify="left" if position == 0 else "right", no_wrap=position > 0, overflow="fold")
    for number, row in enumerate(table.rows):
        if number in table.rules:
            grid.add_section()
        strong = row[0] in ("micro", "macro")
        grid.add_row(*(Text(cell, style="bold" if strong else "") for cell in row))
    console.print(grid)
    if table.caption:
        console.print(Text(table.caption, style="dim"), soft_wrap=True)
        console.print()
