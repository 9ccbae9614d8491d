"""`evalkit dataset agreement`: how far the readers of gold agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import click

from evalkit.cli.failing import Condition, fail_on_option, names_of, status_on
from evalkit.cli.options import interval_options, scoring_options
from evalkit.cli.reading import read_options
from evalkit.cli.show import Shown, form_options_with, show
from evalkit.options import Intervals, ReadOptions, Scoring

__all__ = ["agreement_command"]


def _others(context: click.Context, parameter: click.Parameter, values: Sequence[str]) -> dict[str, str]:
    """`--with NAME=PATH`, each name once."""
    others: dict[str, str] = {}
    for value in values:
        name, equals, place = value.partition("=")
        if not (equals and name and place):
            raise click.BadParameter(f"{value!r} is not NAME=PATH")
        if name in others:
            raise click.BadParameter(f"reader {name!r} is given twice; give each a name of its own")
        others[name] = place
    return others


@click.command("agreement")
@click.argument("dataset", required=False)
@click.option("--split", default="all", show_default=True, help="One split; by default all.")
@click.option(
    "--with",
    "others",
    multiple=True,
    metavar="NAME=PATH",
    callback=_others,
    help="A further reader: a name, and a dataset over the same articles whose gold is what that reader says; "
    "repeatable. If DATASET keeps no readings, its gold is that of a reader 'gold'.",
)
@click.option("--gold-as", metavar="NAME", help="Take the gold of DATASET for the reading of one more reader.")
@click.option(
    "--examples",
    type=click.IntRange(min=0),
    default=3,
    show_default=True,
    help="Examples of each kind of disagreement.",
)
@click.option(
    "--record",
    is_flag=True,
    help="Keep the main figures in the dataset folder, for its card (evalkit dataset build); of the whole dataset.",
)
@fail_on_option("entities.exact.f1<0.8")
@read_options
@scoring_options
@interval_options
@form_options_with(charts=True)
def agreement_command(
    dataset: str | None,
    split: str,
    others: dict[str, str],
    gold_as: str | None,
    examples: int,
    record: bool,
    fail_on: Sequence[Condition],
    form: Shown,
    read: ReadOptions,
    scoring: Scoring,
    intervals: Intervals,
) -> int:
    """Say how far readers of the same articles agree, two by two and all together.

    DATASET is gold with readings: a dataset folder, a file or folder of any format, or a hub id; without it the bundled
    gold is looked at. Two readings are laid against each other as gold and predictions are, both ways, over the
    articles that both read and the layers that both annotated.

    Shown are F1 under each convention, Cohen's kappa on the labels of matched items, Krippendorff's unitised alpha of
    what was marked, each with its interval, and where readers disagree, by kind.
    """
    from evalkit.workflows.curating.agreement import measure_agreement

    read = replace(read, split=split)
    agreement = measure_agreement(
        dataset,
        others=dict(others),
        gold_as=gold_as,
        examples=examples,
        record=record,
        needed=names_of(fail_on),
        scoring=scoring,
        intervals=intervals,
        read=read,
    )
    show(agreement, form)
    return status_on(agreement.figures(), fail_on)
