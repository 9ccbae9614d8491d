"""`evalkit run --suite FILE`: models × datasets × variants, gone on with where it stopped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from evalkit.cli.options import given
from evalkit.cli.progress import shown_progress
from evalkit.cli.show import Shown, show, status_of, warn
from evalkit.options import Running

__all__ = ["run_the_suite"]

_BESIDE = {
    *(
        "suite",
        "out",
        "workers",
        "batch_size",
        "no_cache",
        "restart",
        "keep_failed",
        "max_failures",
        "no_floor",
        "mlflow",
    ),
    *("article_timeout", "max_cost", "max_tokens", "to", "as_json", "files", "form"),
}
"""What may stand beside `--suite`: how runs are made, and where the result is shown; the rest stands in the file."""


def run_the_suite(suite: Path, running: Running, form: Shown, *, baseline: bool) -> int:
    """Runs a suite, shows what became of it, and gives the exit status: 1 if a run failed."""
    from evalkit.workflows.suite import run_suite

    parameters = [str(one.name) for one in click.get_current_context().command.params]
    if odd := given(*(name for name in parameters if name not in _BESIDE)):
        raise click.UsageError(f"--{odd[0].replace('_', '-')} is about one run; with --suite it stands in {suite}")
    with shown_progress(suite.name) as watched:
        running = replace(running, progress=watched.progress, standing=watched.standing)
        done = run_suite(suite, baseline=baseline, running=running, began=warn)
    show(done, form)
    return status_of(done.shortfall)
