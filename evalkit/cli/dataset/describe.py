"""`evalkit dataset describe`: counts what is in gold."""

from __future__ import annotations

import click

from evalkit.cli.dataset.asides import say_asides
from evalkit.cli.reading import read_options
from evalkit.cli.show import Shown, form_options, show
from evalkit.options import ReadOptions

__all__ = ["describe_command"]


@click.command("describe")
@click.argument("path", required=False)
@click.option("--split", default="all", show_default=True, help="One split; by default all side by side.")
@form_options
@read_options
def describe_command(path: str | None, split: str, form: Shown, read: ReadOptions) -> None:
    """Count what is in a gold dataset, by split.

    PATH is a dataset folder, a file or folder of any format, or a hub id; without it the bundled gold is described.
    """
    from evalkit.dataset.describe import describe_source

    description, notes = describe_source(path, split=split, read=read)
    say_asides(notes)
    show(description, form)
