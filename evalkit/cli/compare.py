"""`evalkit compare`: two or more runs side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from evalkit.cli.options import PATH

__all__ = ["compare_command"]


@click.command("compare")
@click.argument("runs", nargs=-1, required=True, type=PATH, metavar="RUN RUN...")
@click.option("--task", "tasks", multiple=True, help="Compare this task only; repeatable.")
@click.option(
    "--convention",
    "conventions",
    multiple=True,
    help="Score the runs again under this convention; repeatable, or 'all': does their order depend on it?",
)
@click.option("--dataset", help="Where the gold is now, if not where the runs found it.")
@click.option(
    "--resamples",
    type=click.IntRange(min=1),
    default=1000,
    show_default=True,
    help="Resamples, and rounds of randomization.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the resampling.")
@click.option("--seeds", is_flag=True, help="The runs are one system repeated: show mean and spread of its figures.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON to standard output and nothing else.")
def compare_command(
    runs: tuple[Path, ...],
    tasks: tuple[str, ...],
    conventions: tuple[str, ...],
    dataset: str | None,
    resamples: int,
    seed: int,
    seeds: bool,
    as_json: bool,
) -> None:
    """Compare runs over the same gold pairwise, all with the first.

    For each figure: the difference with its 95 % interval (paired bootstrap over articles), p of approximate
    randomization, q after Benjamini-Hochberg over all rows, and articles won, tied and lost.
    """
    if seeds:
        _show_repeated(
            runs, as_json, tasks=tasks, conventions=conventions, dataset=dataset, resamples=resamples, seed=seed
        )
        return
    from evalkit.workflows.comparing import compare_stored_runs

    compared = compare_stored_runs(
        runs, tasks=tasks, conventions=conventions, dataset=dataset, resamples=resamples, seed=seed
    )
    if as_json:
        from evalkit.files import json_bytes

        click.echo(json_bytes(compared.to_json()).decode(), nl=False)
        return
    from rich.console import Console

    from evalkit.report.comparison import print_comparison

    lines = compared.lines(multiverse="all" in conventions)
    print_comparison(compared.comparison, lines, Console(highlight=False))


def _show_repeated(runs: Sequence[Path], as_json: bool, **options: Any) -> None:
    from evalkit.workflows.comparing import compare_repeated_runs

    repeated = compare_repeated_runs(runs, **options)
    if as_json:
        from evalkit.files import json_bytes

        click.echo(json_bytes(repeated.to_json()).decode(), nl=False)
        return
    from rich.console import Console

    from evalkit.report.seeds import print_repeated

    print_repeated(
        repeated.rows,
        runs=repeated.runs,
        method=repeated.method,
        notes=repeated.notes,
        console=Console(highlight=False),
    )
