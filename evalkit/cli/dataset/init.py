"""`evalkit dataset init`: lays out a dataset folder."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.cli.options import PATH, comma_names
from evalkit.cli.show import Shown, form_options, show

__all__ = ["init_command"]


@click.command("init")
@click.argument("folder", type=PATH)
@click.option(
    "--layers",
    default="",
    callback=comma_names,
    help="What will be annotated, as entities,quotes; by default entities, quotes and stances.",
)
@click.option(
    "--labels",
    type=PATH,
    help="Your labels: a labels.toml, or a text file with a label a line, each with what it means after a colon.",
)
@form_options
def init_command(folder: Path, layers: tuple[str, ...], labels: Path | None, form: Shown) -> None:
    """Lay out a dataset folder to start gold of your own: what you say of it, labels, guidelines and an example.

    Nothing is overwritten. The commands that are printed build the example, check it and score the floor on it.
    """
    from evalkit.dataset.making.init import init_dataset

    show(init_dataset(folder, layers=layers, labels=labels), form, heading=False)
