"""`evalkit score`: predictions made elsewhere against gold from a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from evalkit.cli.options import PATH, articles_option, interval_options, scoring_options
from evalkit.cli.reading import side_options
from evalkit.cli.show import form_options_with, show, status_of
from evalkit.machine import keep_to_one_thread
from evalkit.options import ReadOptions

__all__ = ["score_command"]


@click.command("score")
@click.option(
    "--gold",
    required=True,
    type=PATH,
    help="Gold: a file, a folder (all its files are one dataset), or news-gold, the bundled one.",
)
@click.option("--predicted", type=PATH, help="Predictions: a file, a folder of files, or a run folder.")
@click.option("--split", default="test", show_default=True, help="The split, if the gold has splits.")
@articles_option
@click.option("--out", type=PATH, help="Write result.json to this folder.")
@side_options
@scoring_options
@interval_options
@form_options_with(charts=True)
def score_command(gold: Path, predicted: Path | None, out: Path | None, read: ReadOptions, **rest: Any) -> int:
    """Score predictions that were made elsewhere.

    Gold and predictions may be in different formats. Articles are matched by id; a layer that a file leaves out is not
    evaluated. Two files of tag columns are laid side by side by their tokens; gold and predicted tags may also stand in
    one file (--gold-tag-column, --predicted-tag-column). Exit status 1 if nothing could be evaluated.
    """
    keep_to_one_thread()
    from evalkit.workflows.scoring.score import score_predictions

    # The counts by article go into result.json only, and take a while to be laid out.
    form, read = rest.pop("form"), replace(read, split=rest.pop("split"), articles=rest.pop("articles"))
    result = score_predictions(gold, predicted, baseline=False, counts=out is not None, read=read, **rest)
    if out is not None:
        from evalkit.predictions.store import RunFolder

        RunFolder(out).write_result(result)
    show(result, form, heading=False)
    return status_of(result.shortfall)
