"""`evalkit score`: predictions made elsewhere against gold from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from evalkit.cli.options import PATH, scoring_options, scoring_options_of

__all__ = ["score_command"]


@click.command("score")
@click.option("--gold", "gold_path", required=True, type=PATH, help="Gold: a file or a dataset folder.")
@click.option(
    "--predicted", "predicted_path", required=True, type=PATH, help="Predictions: JSON lines, or a run folder."
)
@click.option("--split", default="test", show_default=True, help="The split, if the gold has splits.")
@click.option("--out", type=PATH, help="Write result.json to this folder.")
@scoring_options
def score_command(
    gold_path: Path, predicted_path: Path, split: str, out: Path | None, as_json: bool, **scoring: Any
) -> None:
    """Score predictions that were made elsewhere.

    Both files hold one JSON object an article, matched by id; a layer that a file leaves out is not evaluated.
    """
    from evalkit.dataset.load import load_dataset
    from evalkit.evaluation import score
    from evalkit.predictions.load import load_predictions

    options = scoring_options_of(**scoring)
    gold = load_dataset(gold_path, split=split)
    predictions = load_predictions(predicted_path, gold.examples)
    result = score(gold, predictions, extractor=predicted_path.stem, options=options)
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
