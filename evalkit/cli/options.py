"""Options that several commands share: declared once for each option record, and handed to a command as that record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from math import isfinite
from pathlib import Path
from typing import Any

import click

from evalkit.errors import EvalkitError
from evalkit.options import Intervals, Scoring

__all__ = [
    "EXPLAINED",
    "OUTPUT",
    "PATH",
    "RECORDS",
    "FormatSetting",
    "ListedOption",
    "Number",
    "articles_option",
    "comma_names",
    "extractor_options",
    "given",
    "interval_options",
    "paired_options",
    "parse_settings",
    "refuse_existing",
    "scoring_options",
    "task_options",
    "with_record",
]


class _Path(click.Path):
    """A path that is not empty: an unset variable in a script would stand for the folder that one is in."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from evalkit.files import path_of

        if not str(value).strip():
            self.fail("the path is empty; is a variable not set?", param, ctx)
        return super().convert(path_of(value, "a path must be given"), param, ctx)


PATH = _Path(path_type=Path)
OUTPUT = _Path(path_type=Path)
"""A file that is written: none that the command reads (`evalkit.cli.outputs`)."""


class Number(click.FloatRange):
    """A number within bounds; nan and infinities are none, though they lie outside no bound or have none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number; anything else is refused."""
        number = super().convert(value, param, ctx)
        if not isfinite(number):
            self.fail(f"{value} is no finite number.", param, ctx)
        return number


def refuse_existing(path: Path) -> None:
    """Refuses to write over what is there already, before anything is computed.

    Raises:
        OutputError: something is there that is no device.
    """
    from evalkit.errors import OutputError

    if path.is_file() or path.is_dir():
        raise OutputError(f"{path}: exists already; name a new file")


Command = Callable[..., Any]
Option = Callable[[Command], Command]


RECORDS = "evalkit_records"
"""The attribute of a command's function that says which of its options make up which record."""

EXPLAINED = "evalkit.explained"
"""The key in the `meta` of a context in whose help all is explained, also what few need."""


class FormatSetting(click.Option):
    """An option that is the setting of a format."""


class ModelOption(click.Option):
    """`--model`, which must be given unless a suite names the models."""

    def value_is_missing(self, value: Any) -> bool:
        """Whether it is missing."""
        suite = click.get_current_context().params.get("suite")
        return super().value_is_missing(value) and not isinstance(suite, Path)


class ListedOption(click.Option):
    """An option whose help lists what is registered, which is looked up when somebody asks for help.

    Args:
        listing: the help.
        brief: a shorter one, for help that does not explain everything.
    """

    def __init__(
        self,
        param_decls: Sequence[str],
        *,
        listing: Callable[[], str],
        brief: Callable[[], str] | None = None,
        **rest: Any,
    ) -> None:
        super().__init__(param_decls, **rest)
        self.listing = listing
        self.brief = brief or listing

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The option and its help, with what there is now, or why nobody can tell."""
        from evalkit.report.forms.console import results_apart

        try:
            with results_apart():
                self.help = (self.listing if EXPLAINED in ctx.meta else self.brief)()
        except EvalkitError as error:
            self.help = f"({error})"
        return super().get_help_record(ctx)


def with_record(name: str, make: Callable[..., Any], options: Mapping[str, Option]) -> Option:
    """Adds options, and hands the command what `make` makes of their values under one name."""

    def decorate(command: Command) -> Command:
        @wraps(command)
        def with_record(**values: Any) -> Any:
            own = {field: values.pop(field) for field in options}
            return command(**values, **{name: make(**own)})

        for option in reversed(list(options.values())):
            option(with_record)
        vars(with_record)[RECORDS] = {**getattr(command, RECORDS, {}), **dict.fromkeys(options, name)}
        return with_record

    return decorate


def given(*names: str) -> list[str]:
    """Those of the parameters of the running command that stand on its command line."""
    context = click.get_current_context()
    return [name for name in names if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE]


def extractor_options(command: Command) -> Command:
    """Adds the options that name an extractor, give it settings, and limit its time and what it spends."""
    from evalkit.extractors.table import spellings

    help_text = f"The extractor: {spellings()}, or a name that a package brings (see evalkit models)."
    model = click.option("--model", required=True, cls=ModelOption, metavar="NAME", help=help_text)
    settings = click.option(
        "--set", "settings", multiple=True, metavar="NAME=VALUE", help="A setting of the extractor; repeatable."
    )
    timeout = click.option(
        "--article-timeout",
        type=Number(min=0, min_open=True),
        metavar="S",
        help="An article that takes longer than S seconds fails; by default there is no limit.",
    )
    cost = click.option(
        "--max-cost",
        type=Number(min=0, min_open=True),
        metavar="C",
        help="Stop before an endpoint costs more than C (needs price_in and price_out); what was made is kept.",
    )
    tokens = click.option(
        "--max-tokens",
        type=click.IntRange(min=1),
        metavar="N",
        help="Stop before an endpoint takes more than N tokens, prompts and answers; what was made is kept.",
    )
    decorated: Command = model(settings(timeout(cost(tokens(command)))))
    return decorated


articles_option = click.option(
    "--articles",
    multiple=True,
    metavar="ID,…|N-M",
    help="Only these articles: ids with commas, or places in the order of ids, as 10-20, counted from 1; repeatable.",
)
"""Only some articles of the gold, as `articles`."""


def comma_names(context: click.Context, parameter: click.Parameter, value: str) -> tuple[str, ...]:
    """What stands between commas."""
    return tuple(filter(None, map(str.strip, value.split(","))))


def _task_list() -> str:
    from evalkit.scoring.tasks.table import task_names

    return f"This task only; repeatable: {', '.join(task_names())}."


def _convention_list() -> str:
    from evalkit.scoring.tasks.table import convention_names, task_names

    listed = "; ".join(f"of {task} {', '.join(convention_names(task))}" for task in task_names())
    return f"Under this convention; repeatable, or 'all'. There are {listed}."


_TASKS: dict[str, Option] = {
    "tasks": click.option("--task", "tasks", multiple=True, metavar="NAME", cls=ListedOption, listing=_task_list),
    "conventions": click.option(
        "--convention", "conventions", multiple=True, metavar="NAME", cls=ListedOption, listing=_convention_list
    ),
}
_SCORING = _TASKS | {
    "label_map": click.option(
        "--label-map", metavar="NAME|FILE", help="Map gold and predicted labels: conll4, news, ontonotes, a TOML file."
    ),
    "gold_label_map": click.option(
        "--gold-label-map", metavar="NAME|FILE", help="Map the labels of the gold first: a name or file."
    ),
    "predicted_label_map": click.option(
        "--predicted-label-map", metavar="NAME|FILE", help="Map predicted labels to the gold's first: a name or file."
    ),
    "labels": click.option(
        "--labels",
        default="",
        metavar="A,B…",
        callback=comma_names,
        help="Score only these labels (after mapping), as PER,ORG,LOC.",
    ),
    "scope": click.option(
        "--scope",
        multiple=True,
        metavar="LAYER:…",
        help="What of a layer the gold annotates, as quotes:kinds=direct,parts=speaker; repeatable. The rest of the "
        "predictions is set aside and counted.",
    ),
}
_MIN_SCORE: dict[str, Option] = {
    "min_score": click.option(
        "--min-score",
        multiple=True,
        metavar="T|LABEL=T",
        help="Set predicted items with a lower score aside, all or those of a label; repeatable.",
    ),
}
_WITHOUT: dict[str, Option] = {
    "without": click.option(
        "--without",
        multiple=True,
        metavar="leaked[:OTHER]",
        help="Leave out the articles that share text with another split of the gold, or with a training corpus OTHER; "
        "repeatable.",
    ),
}
task_options = with_record("scoring", Scoring, _TASKS | _MIN_SCORE | _WITHOUT)
"""Which tasks and conventions, how sure an item must be, and what is left out, as `scoring`."""
scoring_options = with_record("scoring", Scoring, _SCORING | _MIN_SCORE | _WITHOUT)
"""What is scored and how, as `scoring`."""

_DEFAULT = Intervals()


def _resamples(least: int, said: str) -> dict[str, Option]:
    return {
        "resamples": click.option(
            "--resamples",
            metavar="N",
            type=click.IntRange(min=least),
            default=_DEFAULT.resamples,
            show_default=True,
            help=f"Resamples of the articles behind each interval, and rounds of paired tests{said}.",
        )
    }


_INTERVALS: dict[str, Option] = {
    "seed": click.option(
        "--seed", type=int, metavar="N", default=_DEFAULT.seed, show_default=True, help="Seed of the resampling."
    ),
    "method": click.option(
        "--interval",
        "method",
        type=click.Choice(("expanded", "percentile", "bca")),
        default=_DEFAULT.method,
        show_default=True,
        help="How intervals are made; expanded allows for few articles.",
    ),
    "level": click.option(
        "--level",
        metavar="P",
        type=Number(0, 1, min_open=True, max_open=True),
        default=_DEFAULT.level,
        show_default=True,
        help="How often an interval holds the true value.",
    ),
    "cluster": click.option(
        "--cluster",
        metavar="FIELD",
        help="Draw articles that share this (story, source or other metadata; wire: shared text; text-story: one "
        "story, by what their texts say) as one, not each for itself.",
    ),
}
interval_options = with_record("intervals", Intervals, _resamples(0, "; 0 for no intervals") | _INTERVALS)
"""How sure figures are, as `intervals`."""
paired_options = with_record("intervals", Intervals, _resamples(1, "") | _INTERVALS)
"""As `interval_options`, of commands that are about differences, which say nothing without a test."""


def parse_settings(pairs: tuple[str, ...]) -> dict[str, str]:
    """`--set name=value` options as a mapping."""
    settings = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{pair!r} is not name=value", param_hint="--set")
        settings[name] = value
    return settings
