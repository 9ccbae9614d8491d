"""`evalkit score`: predictions made elsewhere against gold from a file."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli.options import (
    PATH,
    clustered_options,
    format_options,
    scoring_options,
    scoring_options_of,
    tag_reading,
)

if TYPE_CHECKING:
    from evalkit.results import EvalResult
    from evalkit.workflows.evaluation import ScoringOptions

__all__ = ["score_command"]


@click.command("score")
@click.option("--gold", "gold_path", required=True, type=PATH, help="Gold: a file or a dataset folder.")
@click.option("--predicted", "predicted_path", type=PATH, help="Predictions: a file, or a run folder.")
@click.option("--split", default="test", show_default=True, help="The split, if the gold has splits.")
@click.option("--out", type=PATH, help="Write result.json to this folder.")
@format_options
@scoring_options
def score_command(
    gold_path: Path,
    predicted_path: Path | None,
    split: str,
    out: Path | None,
    file_format: str,
    as_json: bool,
    cluster: str | None,
    **rest: Any,
) -> None:
    """Score predictions that were made elsewhere.

    JSON files hold one object an article, matched by id; a layer that a file leaves out is not evaluated. Tag-column
    files (--format conll) are laid side by side by their tokens; gold and predicted tags may also stand in one file
    (--gold-tag-column, --predicted-tag-column).
    """
    _with_one_thread()
    reading = tag_reading(file_format, rest)
    # The counts by article go into result.json only, and take a while to be laid out.
    options = replace(scoring_options_of(**rest), tables=out is not None)
    if file_format == "conll":
        result = _score_columns(gold_path, predicted_path, reading, options, cluster)
    else:
        result = _score_rows(gold_path, predicted_path, split, options, cluster)
    if out is not None:
        from evalkit.predictions.store import RunFolder

        RunFolder(out).write_result(result)
    if as_json:
        from evalkit.report.json_text import render_json

        click.echo(render_json(result), nl=False)
        return
    from rich.console import Console

    from evalkit.report.terminal import print_result

    print_result(result, Console(highlight=False))


def _with_one_thread() -> None:
    """Keeps matrix products in this process to one thread, unless the user has said how many.

    The matrices of the bootstrap are slim: starting OpenBLAS's threads takes longer than they save. It reads the
    variable when numpy is imported; in a process that has numpy already nothing is changed.
    """
    if "numpy" not in sys.modules:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def _score_rows(
    gold_path: Path, predicted_path: Path | None, split: str, options: ScoringOptions, cluster: str | None
) -> EvalResult:
    if predicted_path is None:
        raise click.UsageError("Missing option '--predicted'.")
    if cluster is None:
        from evalkit.workflows.plain_files import score_plain_files

        result = score_plain_files(gold_path, predicted_path, options)
        if result is not None:
            return result
    from evalkit.dataset.load import load_dataset
    from evalkit.predictions.load import load_predictions
    from evalkit.workflows.evaluation import score

    gold = load_dataset(gold_path, split=split)
    options = clustered_options(options, gold, cluster)
    found = load_predictions(predicted_path, gold.examples)
    return score(
        gold,
        found.predictions,
        extractor=found.extractor,
        layers=found.layers,
        options=replace(options, predicted_map=options.predicted_map or found.predicted_map),
        run=found.facts,
    )


def _score_columns(
    gold_path: Path, predicted_path: Path | None, reading: dict[str, str], options: ScoringOptions, cluster: str | None
) -> EvalResult:
    from evalkit.dataset.tag_columns import load_tag_columns
    from evalkit.workflows.evaluation import score

    read = load_tag_columns(gold_path, predicted_path, **reading)
    if read.predictions is None:
        raise click.UsageError("no predictions: give --predicted, or --predicted-tag-column for a column of the gold")
    options = clustered_options(options, read.gold, cluster)
    return score(
        read.gold,
        read.predictions,
        extractor=(predicted_path or gold_path).stem,
        layers=("entities",),
        options=replace(options, reading=read.reading),
        notes=read.notes,
    )
