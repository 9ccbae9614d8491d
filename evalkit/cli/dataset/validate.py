"""`evalkit dataset validate`: checks gold."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.cli.dataset.asides import say_asides, say_count
from evalkit.cli.options import PATH
from evalkit.cli.reading import read_options
from evalkit.cli.show import Shown, form_options_with, show
from evalkit.options import ReadOptions

__all__ = ["validate_command"]


@click.command("validate")
@click.argument("path", required=False)
@click.option(
    "--corpus",
    type=PATH,
    help="The folder of article texts; corpus beside the dataset folder, or NAME-corpus, by default.",
)
@click.option(
    "--licences",
    is_flag=True,
    help="Every article must say its licence and origin, and be allowed by the licence of the dataset; otherwise this "
    "is looked at where any article says so.",
)
@click.option(
    "--no-copies", "copies", flag_value=False, default=True, help="Do not look for articles of one split in another."
)
@form_options_with(verdicts=True)
@read_options
def validate_command(
    path: str | None, corpus: Path | None, licences: bool, copies: bool, form: Shown, read: ReadOptions
) -> None:
    """Check everything and print every problem, one a line; exit 1 if there is any.

    PATH is a dataset folder, a file or folder of any format, or a hub id; without it the bundled gold is checked.
    """
    from evalkit.dataset.checking.validate import validate_dataset

    result = validate_dataset(path, corpus=corpus, licences=licences, copies=copies, read=read)
    say_asides(result.notes)
    show(result, form, heading=False)
    if result.problems:
        say_count(result.problems)
        raise click.exceptions.Exit(1)
