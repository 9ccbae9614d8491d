"""`evalkit compare`: two or more runs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from evalkit.cli.options import PATH, given, paired_options, task_options
from evalkit.cli.show import Shown, form_options_with, show
from evalkit.machine import keep_to_one_thread

__all__ = ["compare_command"]


@click.command("compare")
@click.argument("runs", nargs=-1, required=True, type=PATH, metavar="RUN RUN...")
@click.option("--dataset", help="Where the gold is now, if not where the runs found it.")
@click.option("--seeds", is_flag=True, help="The runs are one system repeated: show mean and spread of its figures.")
@click.option(
    "--differences",
    type=click.IntRange(min=0),
    default=10,
    show_default=True,
    metavar="N",
    help="How many of the items on which two runs differ are shown for each pair and task; 0 leaves the gold alone.",
)
@task_options
@paired_options
@form_options_with(charts=True)
def compare_command(
    runs: tuple[Path, ...], seeds: bool, differences: int, form: Shown, dataset: str | None, **records: Any
) -> None:
    """Compare runs over the same gold pairwise, all with the first.

    For each figure: the difference with its interval (paired bootstrap over articles), p of approximate
    randomization, q after Benjamini-Hochberg over all rows that can be tested, and articles won, tied and lost. The
    interval excludes 0 where p is below 1 - level, and nowhere else. Figures that are the same in every article are
    only named. Then the items on which two runs differ, from articles with most of them: what the gold has, and what
    either run says. Articles that share a story are drawn as one with --cluster. With --convention all runs are scored
    again under every convention: does their order depend on it?
    """
    keep_to_one_thread()
    from evalkit.workflows.comparing.compare import compare_repeated_runs, compare_runs

    if not seeds:
        comparison = compare_runs(runs, dataset=dataset, differences=differences > 0, **records)
        show(comparison, form, differences=differences)
        return
    if given("differences"):
        raise click.UsageError("--differences has no use with --seeds; leave one of the two out")
    show(compare_repeated_runs(runs, dataset=dataset, **records), form)
