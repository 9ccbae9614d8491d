"""`evalkit leaderboard`: all runs under a folder, ranked where they can be compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from evalkit.cli.options import PATH, paired_options, task_options
from evalkit.cli.show import form_options_with, show
from evalkit.machine import keep_to_one_thread

__all__ = ["leaderboard_command"]


@click.command("leaderboard")
@click.argument("folder", default="runs", type=PATH)
@click.option("--dataset", help="Only runs over this gold; also where it is now, if not where the runs found it.")
@task_options
@paired_options
@form_options_with(charts=True)
def leaderboard_command(folder: Path, form: str, dataset: str | None, **records: Any) -> None:
    """Rank the runs in FOLDER (runs by default), at any depth: systems by golds and tasks.

    Runs share a board if they are about the same articles and annotations and were scored in one way; what is not
    comparable has a board of its own or is left out, with the reason. On a board every pair of systems is tested
    (paired randomization over articles, Holm over the pairs), so a rank is a range, such as 1-2. Speed, memory and cost
    stand beside where they were measured (evalkit run --speed), with the Pareto line.
    """
    keep_to_one_thread()
    from evalkit.workflows.comparing.leaderboard import rank_runs

    show(rank_runs(folder, dataset=dataset, **records), form)
