"""`evalkit runs`: what has been run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from evalkit.cli.options import PATH, ListedOption
from evalkit.cli.show import form_options, show

__all__ = ["runs_command"]


def _state_list() -> str:
    from evalkit.predictions.listing import STATES

    return f"Only these; repeatable: {'; '.join(f'{name} ({what})' for name, what in STATES.items())}."


@click.command("runs")
@click.argument("folder", default="runs", type=PATH)
@click.option("--model", default="*", metavar="NAME", help="Only of this extractor; * and ? stand for any characters.")
@click.option("--gold", default="*", metavar="NAME", help="Only over this gold; * and ? stand for any characters.")
@click.option("--split", help="Only over this split.")
@click.option("--state", "states", multiple=True, metavar="STATE", cls=ListedOption, listing=_state_list)
@click.option("--failed", is_flag=True, help="Only runs with articles on which the extractor failed.")
@click.option("--task", "tasks", multiple=True, metavar="TASK", help="Only the figures of this task; repeatable.")
@click.option(
    "--sort",
    "order",
    type=click.Choice(("path", "date", "figure")),
    default="path",
    show_default=True,
    help="By the folder, the oldest first, or the best first.",
)
@form_options
def runs_command(folder: Path, form: str, **wanted: Any) -> None:
    """List the runs in FOLDER (runs by default), at any depth.

    For each: extractor, gold, date, micro F1 of its tasks, articles that failed, how far it came, and the command that
    continues or shows it. What cannot be read is named with the reason. The date is that of the file of predictions.
    """
    from evalkit.workflows.comparing.runs import list_runs

    show(list_runs(folder, **wanted), form)
