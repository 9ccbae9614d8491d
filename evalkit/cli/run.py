"""`evalkit run`: run an extractor over gold, score it, show and keep the result."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli.options import (
    PATH,
    clustered_options,
    format_options,
    parse_settings,
    scoring_options,
    scoring_options_of,
    tag_reading,
)

if TYPE_CHECKING:
    from evalkit.dataset.gold import GoldDataset
    from evalkit.results import EvalResult
    from evalkit.workflows.evaluation import ScoringOptions
    from evalkit.workflows.runs import Progress, Run

__all__ = ["run_command"]


@click.command("run")
@click.option(
    "--model", required=True, help="The extractor: a name (see evalkit models), module:attr, cmd:…, http://…."
)
@click.option("--dataset", help="Gold: a folder, a file or a hub id; the bundled gold by default.")
@click.option("--split", default="test", show_default=True)
@click.option("--limit", type=click.IntRange(min=1), help="Only the first articles by id.")
@click.option("--batch-size", default="auto", show_default=True, help="Articles handed over at once.")
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Batches at once.")
@click.option("--out", type=PATH, help="The run folder; runs/NAME-KEY by default.")
@click.option("--no-cache", is_flag=True, help="Extract again, whatever was predicted before.")
@click.option("--no-floor", is_flag=True, help="Leave out the trivial baseline beside the model.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A setting of the extractor; repeatable.")
@format_options
@scoring_options
def run_command(
    model: str,
    dataset: str | None,
    split: str,
    limit: int | None,
    batch_size: str,
    workers: int,
    out: Path | None,
    no_cache: bool,
    no_floor: bool,
    settings: tuple[str, ...],
    file_format: str,
    as_json: bool,
    cluster: str | None,
    **rest: Any,
) -> None:
    """Run an extractor over gold articles and print how good it is, task by task.

    The run is written to a folder; the same command continues a run that was interrupted and scores a finished one
    again without extracting.
    """
    from evalkit.predictions.store import RunFolder
    from evalkit.predictions.usage import usage_notes
    from evalkit.workflows.evaluation import check_options
    from evalkit.workflows.runs import resolve, run_extractor, run_facts, run_key

    reading = tag_reading(file_format, rest)
    options = scoring_options_of(**rest)
    extractor = resolve(model, parse_settings(settings))
    gold, options, notes = _load(dataset, split, file_format, reading, options)
    gold = gold.subset(limit=limit)
    options = clustered_options(options, gold, cluster)
    check_options(gold, options)
    folder = out or RunFolder.default(extractor.name, run_key(run_facts(extractor, gold))).path
    with _progress(extractor.name) as progress:
        run = run_extractor(
            extractor,
            gold,
            batch_size=_batch_size(batch_size),
            workers=workers,
            cache=not no_cache,
            out=folder,
            progress=progress,
        )
    prices = getattr(extractor, "token_prices", None)
    result = _evaluate(run, options, no_floor, (*notes, *usage_notes(run.predictions, prices=prices)))
    RunFolder(folder).write_result(result)
    if as_json:
        from evalkit.report.json_text import render_json

        click.echo(render_json(result), nl=False)
        return
    _show(result, run, folder)


def _batch_size(value: str) -> int | None:
    if value == "auto":
        return None
    if not value.isdigit() or int(value) < 1:
        raise click.BadParameter(f"{value!r} is not 'auto' or a whole number from 1", param_hint="--batch-size")
    return int(value)


def _load(
    dataset: str | None, split: str, file_format: str, reading: dict[str, str], options: ScoringOptions
) -> tuple[GoldDataset, ScoringOptions, tuple[str, ...]]:
    """The gold, and what reading it adds to the options and the notes."""
    if file_format != "conll":
        from evalkit.dataset.load import load_dataset

        return load_dataset(dataset, split=split), options, ()
    from evalkit.dataset.tag_columns import load_tag_columns

    if dataset is None:
        raise click.UsageError("--format conll needs a file; give it with --dataset")
    read = load_tag_columns(Path(dataset), None, **reading)
    return read.gold, replace(options, reading=read.reading), read.notes


def _evaluate(run: Run, options: ScoringOptions, no_floor: bool, notes: tuple[str, ...]) -> EvalResult:
    from evalkit.workflows.evaluation import score
    from evalkit.workflows.runs import BASELINE, baseline_predictions

    floor = None if no_floor or run.extractor == BASELINE else baseline_predictions(run.gold)
    return score(
        run.gold,
        run.predictions,
        extractor=run.extractor,
        layers=run.layers,
        options=replace(options, predicted_map=options.predicted_map or run.predicted_map),
        floor=floor,
        run=run.facts,
        notes=notes,
    )


@contextmanager
def _progress(name: str) -> Iterator[Progress | None]:
    """A bar on standard error if that is a terminal, nothing in a pipe."""
    import sys

    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _show(result: EvalResult, run: Run, folder: Path) -> None:
    from rich.console import Console
    from rich.text import Text

    from evalkit.report.terminal import print_result

    console = Console(highlight=False)
    console.print(Text(f"{run.extractor} on {run.gold.name}, split {run.gold.split}: {len(run.gold)} articles\n"))
    print_result(result, console)
    kept = len(run.gold) - run.fresh
    speed = run.articles_per_second
    words = [] if speed is None else [f"{run.fresh} articles extracted in {run.seconds:.1f} s, {speed:.1f} articles/s"]
    if kept:
        words.append(f"{kept} predictions reused (--no-cache extracts again)")
    console.print(Text("; ".join(words)))
    console.print(Text(f"written to {folder}"), soft_wrap=True)
