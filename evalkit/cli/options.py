"""Options that several commands share: declared once for each option record, and handed to a command as that record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

import click

from evalkit.options import Intervals, ReadOptions, Scoring

__all__ = [
    "PATH",
    "given",
    "interval_options",
    "json_option",
    "parse_settings",
    "read_options",
    "scoring_options",
    "task_options",
]

PATH = click.Path(path_type=Path)
Command = Callable[..., Any]
Option = Callable[[Command], Command]


def _with_record(name: str, make: Callable[..., Any], options: Mapping[str, Option]) -> Option:
    """Adds options, and hands the command what `make` makes of their values under one name."""

    def decorate(command: Command) -> Command:
        @wraps(command)
        def with_record(**values: Any) -> Any:
            own = {field: values.pop(field) for field in options}
            return command(**values, **{name: make(**own)})

        for option in reversed(list(options.values())):
            option(with_record)
        return with_record

    return decorate


def given(*names: str) -> list[str]:
    """Those of the parameters of the running command that stand on its command line."""
    context = click.get_current_context()
    return [name for name in names if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE]


json_option = click.option("--json", "as_json", is_flag=True, help="Write JSON to standard output and nothing else.")


def _names(context: click.Context, parameter: click.Parameter, value: str) -> tuple[str, ...]:
    """What stands between commas."""
    return tuple(filter(None, map(str.strip, value.split(","))))


_TASKS: dict[str, Option] = {
    "tasks": click.option("--task", "tasks", multiple=True, help="This task only; repeatable."),
    "conventions": click.option(
        "--convention", "conventions", multiple=True, help="Under this convention; repeatable, or 'all'."
    ),
}
_SCORING = _TASKS | {
    "label_map": click.option("--label-map", help="Map gold and predicted labels: conll4, ontonotes, a TOML file."),
    "predicted_label_map": click.option(
        "--predicted-label-map", help="Map predicted labels to the gold's first: a name or file."
    ),
    "labels": click.option(
        "--labels", default="", callback=_names, help="Score only these labels (after mapping), as PER,ORG,LOC."
    ),
}
task_options = _with_record("scoring", Scoring, _TASKS)
"""Which tasks and conventions, as `scoring`."""
scoring_options = _with_record("scoring", Scoring, _SCORING)
"""What is scored and how, as `scoring`."""

_DEFAULT = Intervals()
interval_options = _with_record(
    "intervals",
    Intervals,
    {
        "resamples": click.option(
            "--resamples",
            type=click.IntRange(min=0),
            default=_DEFAULT.resamples,
            show_default=True,
            help="Resamples of the articles behind each interval, and rounds of paired tests; 0 for no intervals.",
        ),
        "seed": click.option(
            "--seed", type=int, default=_DEFAULT.seed, show_default=True, help="Seed of the resampling."
        ),
        "method": click.option(
            "--interval",
            "method",
            type=click.Choice(("percentile", "bca")),
            default=_DEFAULT.method,
            show_default=True,
            help="How intervals are made.",
        ),
        "level": click.option(
            "--level",
            type=click.FloatRange(0, 1, min_open=True, max_open=True),
            default=_DEFAULT.level,
            show_default=True,
            help="The share of resamples between the bounds of an interval.",
        ),
        "cluster": click.option(
            "--cluster",
            metavar="FIELD",
            help="Draw articles that share this (story, source or other metadata) as one, not each for itself.",
        ),
    },
)
"""How sure figures are, as `intervals`."""

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


def _read(file_format: str, **values: str | None) -> ReadOptions:
    """What the options for tag columns say.

    Raises:
        click.UsageError: one is set and the format is another.
    """
    settings = {name: value for name, value in values.items() if value is not None}
    if settings and file_format != "conll":
        raise click.UsageError(f"--{min(settings).replace('_', '-')} goes with --format conll; add it")
    return ReadOptions(format=None if file_format == "native" else file_format, values=settings)


read_options = _with_record(
    "read",
    _read,
    {
        "file_format": click.option(
            "--format",
            "file_format",
            type=click.Choice(FORMATS),
            default="native",
            show_default=True,
            help="The form of the files: JSON (native), or tag columns (conll).",
        ),
        **{name: click.option(f"--{name.replace('_', '-')}", name, help=text) for name, text in _TAG_OPTIONS.items()},
    },
)
"""How files are read, as `read`."""


def parse_settings(pairs: tuple[str, ...]) -> dict[str, str]:
    """`--set name=value` options as a mapping."""
    settings = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{pair!r} is not name=value", param_hint="--set")
        settings[name] = value
    return settings
