"""`evalkit dataset leakage`: what of one split stands in another, or in a training corpus."""

from __future__ import annotations

import click

from evalkit.cli.failing import Condition, fail_on_option, names_of, status_on
from evalkit.cli.reading import read_options
from evalkit.cli.show import Shown, form_options, show
from evalkit.options import ReadOptions

__all__ = ["leakage_command"]


@click.command("leakage")
@click.argument("dataset", required=False)
@click.option(
    "--against",
    multiple=True,
    metavar="OTHER",
    help="A training corpus: gold in any format, a text file or a folder of them, or the name of a corpus; repeatable.",
)
@click.option("--split", default="all", show_default=True, help="Only this split of DATASET, against OTHER.")
@click.option(
    "--sample",
    "sampled",
    type=click.IntRange(1, 100),
    metavar="N",
    help="Look at one of N (to 100) sequences of words, which is faster; by default at all up to 100 million "
    "characters, beyond at one of 4.",
)
@click.option("--limit", type=click.IntRange(min=0), default=20, show_default=True, help="Show so many; 0 for all.")
@click.option(
    "--record", is_flag=True, help="Keep the main figures in the dataset folder, for its card; of the whole dataset."
)
@fail_on_option("pairs>0")
@form_options
@read_options
def leakage_command(
    dataset: str | None,
    against: tuple[str, ...],
    split: str,
    sampled: int | None,
    limit: int,
    record: bool,
    fail_on: tuple[Condition, ...],
    form: Shown,
    read: ReadOptions,
) -> None:
    """Show which articles of one split of DATASET stand, in whole or in part, in another, or in a training corpus.

    Found are equal articles, and those with 30 sequences of five words in common that few articles have (of short texts
    a quarter is enough), whatever else was changed. For each pair: the longest passage, how much of each stands in
    the other, and which is likely the original. Then what of each split is known from train: articles, words, names,
    quotes, speakers, outlets and dates. Without DATASET the bundled gold is searched.
    """
    from evalkit.workflows.curating.leakage import find_leakage

    found = find_leakage(
        dataset, against=against, split=split, sampled=sampled, record=record, needed=names_of(fail_on), read=read
    )
    show(found, form, limit=limit)
    if status := status_on(found.figures(), fail_on):
        raise click.exceptions.Exit(status)
