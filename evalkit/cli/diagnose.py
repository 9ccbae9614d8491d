"""`evalkit explain RUN`: what is wrong with a whole run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

__all__ = ["diagnosis_options", "refuse_diagnosis_options", "show_diagnosis"]

FORMS = ("terminal", "markdown")
Command = TypeVar("Command", bound=Callable[..., Any])


def diagnosis_options(command: Command) -> Command:
    """Adds the options that go with a whole run."""
    for option in reversed(
        [
            click.option(
                "--slice",
                "slices",
                multiple=True,
                metavar="FIELD",
                help="A run: slice by this; repeatable. zone, length, nested, seen, speaker, holder, target, source, "
                "year, lang, a key of the metadata, or 'all'.",
            ),
            click.option("--to", type=click.Choice(FORMS), help="A run: the form; for the terminal by default."),
            click.option(
                "--resamples",
                type=click.IntRange(min=0),
                help="A run: resamples behind each interval; 1000 by default, 0 for none.",
            ),
            click.option("--seed", type=int, help="A run: seed of the resampling; 0 by default."),
            click.option("--cluster", metavar="FIELD", help="A run: draw the articles of one story (or so) together."),
        ]
    ):
        command = option(command)
    return command


def refuse_diagnosis_options(options: dict[str, Any]) -> None:
    """Refuses options of a whole run beside an article.

    Raises:
        click.UsageError: one is given.
    """
    given = [name for name, value in options.items() if value not in (None, ())]
    if given:
        name = given[0].removesuffix("s") if given[0] == "slices" else given[0]
        raise click.UsageError(f"--{name} goes with a whole run; leave it or the article out")


def show_diagnosis(
    run: Path,
    *,
    tasks: Sequence[str],
    conventions: Sequence[str],
    dataset: str | None,
    as_json: bool,
    slices: Sequence[str],
    to: str | None,
    resamples: int | None,
    seed: int | None,
    cluster: str | None,
) -> None:
    """Prints the diagnosis of a run."""
    if as_json and to is not None:
        raise click.UsageError("--json and --to exclude each other; give one of them")
    from evalkit.workflows.diagnosing import diagnose
    from evalkit.workflows.stored import load_run

    diagnosis = diagnose(
        load_run(run),
        dataset,
        tasks=tasks,
        conventions=conventions,
        slices=slices,
        resamples=1000 if resamples is None else resamples,
        seed=seed or 0,
        cluster=cluster,
    )
    if as_json:
        from evalkit.files import json_bytes

        click.echo(json_bytes(diagnosis.to_json()).decode(), nl=False)
        return
    if to == "markdown":
        from evalkit.report.diagnosis import render_diagnosis

        click.echo(render_diagnosis(diagnosis), nl=False)
        return
    from rich.console import Console

    from evalkit.report.diagnosis import print_diagnosis

    print_diagnosis(diagnosis, Console(highlight=False))
