"""`evalkit models`: what can be run here."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from evalkit.extractors.catalog import ModelEntry

__all__ = ["models_command"]

_WIDE = 110


@click.command("models")
@click.option("--json", "as_json", is_flag=True, help="Write JSON to standard output and nothing else.")
def models_command(as_json: bool) -> None:
    """List the extractors that can be run here.

    For each: the layers that it claims, its licence and size, and what it lacks with the command that installs it.
    A dash says that it depends on what is put in place of the capitals.
    """
    from evalkit.extractors.catalog import list_models

    entries = list_models()
    if as_json:
        rows = [{**asdict(entry), "runnable": entry.runnable} for entry in entries]
        click.echo(json.dumps({"models": rows}, ensure_ascii=False, indent=2))
        return
    _print_table(entries)


def _print_table(entries: Sequence[ModelEntry]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(file=sys.stdout, highlight=False)
    wide = console.width >= _WIDE
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("model", overflow="fold")
    table.add_column("layers")
    table.add_column("licence", overflow="fold")
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("here", no_wrap=True)
    if wide:
        table.add_column("what it is")
    for entry in entries:
        cells = [entry.name, ", ".join(entry.layers) or "-", entry.licence or "-", _size(entry.size)]
        cells += ["ready" if entry.runnable else "missing", *([entry.description] if wide else [])]
        table.add_row(*map(escape, cells))
    console.print(table)
    for entry in entries:
        if not entry.runnable:
            # One line, so that the command can be copied.
            console.print(f"{entry.name}: {entry.missing} is missing: {entry.install}", markup=False, soft_wrap=True)


def _size(count: int | None) -> str:
    if count is None:
        return "-"
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.0f} kB"
