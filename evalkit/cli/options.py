"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from evalkit.dataset.gold import GoldDataset
    from evalkit.workflows.evaluation import ScoringOptions

__all__ = [
    "PATH",
    "clustered_options",
    "format_options",
    "parse_settings",
    "scoring_options",
    "scoring_options_of",
    "tag_reading",
]

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
            *_interval_options(),
            click.option(
                "--json", "as_json", is_flag=True, help="Write the result as JSON to standard output, nothing else."
            ),
        ]
    ):
        command = option(command)
    return command


def _interval_options() -> list[Callable[[Command], Command]]:
    return [
        click.option(
            "--resamples",
            type=click.IntRange(min=0),
            default=1000,
            show_default=True,
            help="Bootstrap resamples behind each interval; 0 for none.",
        ),
        click.option("--seed", type=int, default=0, show_default=True, help="Seed of the resampling."),
        click.option(
            "--interval",
            type=click.Choice(("percentile", "bca")),
            default="percentile",
            show_default=True,
            help="How intervals are made.",
        ),
        click.option(
            "--level",
            type=click.FloatRange(0, 1, min_open=True, max_open=True),
            default=0.95,
            show_default=True,
            help="The share of resamples between the bounds of an interval.",
        ),
        click.option(
            "--cluster",
            metavar="FIELD",
            help="Draw articles that share this (story, source or other metadata) as one, not each for itself.",
        ),
    ]


def scoring_options_of(
    *,
    tasks: tuple[str, ...],
    conventions: tuple[str, ...],
    label_map: str | None,
    predicted_label_map: str | None,
    labels: str,
    resamples: int,
    seed: int,
    interval: str,
    level: float,
) -> ScoringOptions:
    """The options of `scoring_options` as one value, checked."""
    from evalkit.analysis.intervals import Bootstrap
    from evalkit.scoring.tasks.table import check_tasks, choose_conventions
    from evalkit.workflows.evaluation import ScoringOptions

    for task in check_tasks(tasks):
        choose_conventions(task, conventions)
    return ScoringOptions(
        tasks=tasks,
        conventions=conventions,
        label_map=label_map,
        predicted_map=predicted_label_map,
        labels=tuple(filter(None, (label.strip() for label in labels.split(",")))),
        bootstrap=Bootstrap(resamples=resamples, seed=seed, method=interval, level=level) if resamples else None,
    )


def clustered_options(options: ScoringOptions, gold: GoldDataset, field: str | None) -> ScoringOptions:
    """The options with articles of one value of `--cluster` drawn together.

    Raises:
        click.UsageError: there are no intervals to draw for.
        UnknownNameError: no article has the field.
    """
    if field is None:
        return options
    if options.bootstrap is None:
        raise click.UsageError("--cluster is about intervals; leave out --resamples 0")
    from evalkit.analysis.clusters import clustered

    articles = [example.article for example in gold]
    return replace(options, bootstrap=clustered(options.bootstrap, articles, field))


FORMATS = ("native", "conll")

_TAG_OPTIONS = {
    "token_column": "Tag columns: where the tokens are; a number from 0, negative from the end, or a header name.",
    "tag_column": "Tag columns: where the tags are, in every file.",
    "gold_tag_column": "Tag columns: where the gold tags are, if elsewhere.",
    "predicted_tag_column": "Tag columns: where the predicted tags are, if elsewhere (also in the gold file itself).",
    "separator": "Tag columns: a character, or tab, space, comma, whitespace.",
    "scheme": "Tag columns: IOB1, IOB2, IOE1, IOE2, IOBES, BILOU, IO; found out by default.",
    "repair": "Tag columns: what illegal sequences mean: begin (default), discard or strict.",
    "document": "Tag columns: what begins a document: comment, docstart, blank, file; found out by default.",
    "detokenise": "Tag columns: how text is rebuilt: space, simple or marked; found out by default.",
    "encoding": "Tag columns: the encoding; UTF-8 by default, damaged lines as Windows-1252.",
}


def format_options(command: Command) -> Command:
    """Adds `--format` and the options for tag columns."""
    for name, text in reversed(_TAG_OPTIONS.items()):
        command = click.option(f"--{name.replace('_', '-')}", name, help=text)(command)
    choice = click.option(
        "--format",
        "file_format",
        type=click.Choice(FORMATS),
        default="native",
        show_default=True,
        help="The form of the files: JSON (native), or tag columns (conll).",
    )
    return choice(command)


def tag_reading(file_format: str, options: dict[str, Any]) -> dict[str, str]:
    """Takes the options for tag columns out of `options` and gives back those that were set.

    Raises:
        click.UsageError: one is set and the format is another.
    """
    found = {name: value for name in _TAG_OPTIONS if (value := options.pop(name)) is not None}
    if found and file_format != "conll":
        name = min(found).replace("_", "-")
        raise click.UsageError(f"--{name} goes with --format conll; add it")
    return found


def parse_settings(pairs: tuple[str, ...]) -> dict[str, str]:
    """`--set name=value` options as a mapping."""
    settings = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{pair!r} is not name=value", param_hint="--set")
        settings[name] = value
    return settings
