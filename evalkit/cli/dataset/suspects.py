"""`evalkit dataset suspects`: items of gold that are probably wrong, and what to annotate next."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.cli.failing import Condition, fail_on_option, status_on
from evalkit.cli.options import PATH, given, scoring_options
from evalkit.cli.reading import read_options
from evalkit.cli.show import form_options, show
from evalkit.options import ReadOptions, Scoring

__all__ = ["suspects_command"]

SHOWN = 50


@click.command("suspects")
@click.argument("dataset")
@click.argument("runs", nargs=-1, type=PATH, metavar="[RUN]...")
@click.option("--split", default="all", show_default=True, help="Look at one split.")
@click.option(
    "--least",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="Leave out suspects of less suspicion.",
)
@click.option("--limit", type=click.IntRange(min=0), default=SHOWN, show_default=True, help="Show so many; 0 for all.")
@click.option(
    "--k",
    type=click.IntRange(min=0),
    default=10,
    show_default=True,
    help="What each score could be if so many suspects of a layer are wrong.",
)
@click.option("--settled", type=PATH, metavar="FILE", help="Leave out what was decided before, as this file says.")
@click.option("--unlabelled", is_flag=True, help="Rank the articles of DATASET by disagreement; no gold is needed.")
@fail_on_option("items>10")
@scoring_options
@form_options
@read_options
def suspects_command(
    dataset: str,
    runs: tuple[Path, ...],
    split: str,
    least: float,
    limit: int,
    k: int,
    settled: Path | None,
    unlabelled: bool,
    fail_on: tuple[Condition, ...],
    scoring: Scoring,
    form: str,
    read: ReadOptions,
) -> None:
    """Show items of gold that are probably wrong, and items that it lacks, the most suspicious first.

    RUNs are run folders or files of predictions over the gold; the more the better, and different ones. Each is trusted
    as far as it agrees with the gold elsewhere, and systems that err alike count less. Without any the gold itself is
    asked: the same words marked otherwise elsewhere.
    """
    from dataclasses import replace

    from evalkit.workflows.suspects import find_suspects, rank_unlabelled

    if unlabelled:
        if unused := given("split", "least", "k", "settled"):
            raise click.UsageError(f"--{unused[0]} is about gold; leave it out with --unlabelled")
        ranking = rank_unlabelled(dataset, runs, read=read)
        show(ranking, form)
        if status := status_on(ranking.figures(), fail_on):
            raise click.exceptions.Exit(status)
        return
    done = find_suspects(
        dataset,
        runs,
        least=least,
        most=limit or None,
        k=k,
        settled=() if settled is None else settled,
        scoring=scoring,
        read=replace(read, split=split),
    )
    show(done, form)
    if status := status_on(done.figures(), fail_on):
        raise click.exceptions.Exit(status)
