"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from evalkit.evaluation import ScoringOptions

__all__ = ["PATH", "parse_settings", "scoring_options", "scoring_options_of"]

PATH = click.Path(path_type=Path)
Command = TypeVar("Command", bound=Callable[..., Any])


def scoring_options(command: Command) -> Command:
    """Adds the options that say what is scored and how."""
    for option in reversed(
        [
            click.option("--task", "tasks", multiple=True, help="Score this task only; repeatable."),
            click.option(
                "--convention", "conventions", multiple=True, help="Score under this convention; repeatable, or 'all'."
            ),
            click.option("--label-map", help="Map gold and predicted entity labels: conll4, ontonotes, a TOML file."),
            click.option(
                "--predicted-label-map", help="Map predicted entity labels to the gold's first: a name or file."
            ),
            click.option(
                "--labels", default="", help="Score only these entity labels (after mapping), as PER,ORG,LOC."
            ),
            click.option(
                "--resamples",
                type=click.IntRange(min=0),
                default=1000,
                show_default=True,
                help="Bootstrap resamples behind each interval; 0 for none.",
            ),
            click.option("--seed", type=int, default=0, show_default=True, help="Seed of the resampling."),
            click.option(
                "--json", "as_json", is_flag=True, help="Write the result as JSON to standard output, nothing else."
            ),
        ]
    ):
        command = option(command)
    return command


def scoring_options_of(
    *,
    tasks: tuple[str, ...],
    conventions: tuple[str, ...],
    label_map: str | None,
    predicted_label_map: str | None,
    labels: str,
    resamples: int,
    seed: int,
) -> ScoringOptions:
    """The options of `scoring_options` as one value, checked."""
    from evalkit.analysis.intervals import Bootstrap
    from evalkit.evaluation import ScoringOptions
    from evalkit.scoring.tasks import check_tasks, choose_conventions

    for task in check_tasks(tasks):
        choose_conventions(task, conventions)
    return ScoringOptions(
        tasks=tasks,
        conventions=conventions,
        label_map=label_map,
        predicted_map=predicted_label_map,
        labels=tuple(filter(None, (label.strip() for label in labels.split(",")))),
        bootstrap=Bootstrap(resamples=resamples, seed=seed) if resamples else None,
    )


def parse_settings(pairs: tuple[str, ...]) -> dict[str, str]:
    """`--set name=value` options as a mapping."""
    settings = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{pair!r} is not name=value", param_hint="--set")
        settings[name] = value
    return settings
