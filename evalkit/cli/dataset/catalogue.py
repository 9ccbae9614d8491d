"""`evalkit dataset list` and `get`: public corpora by name."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.cli.options import PATH
from evalkit.cli.show import TERMINAL, Shown, form_options, show, show_logs

__all__ = ["get_command", "list_command"]


@click.command("list")
@form_options
def list_command(form: Shown) -> None:
    """List the public corpora that can be asked for by name, with their licences and how to cite them."""
    from evalkit.dataset.catalogue.listing import list_datasets

    show(list_datasets(), form, heading=False)


@click.command("get")
@click.argument("name")
@click.option("--out", type=PATH, help="The dataset folder; one that is called like the corpus by default.")
@click.option("--from", "copy", type=PATH, help="A folder that holds the files of the corpus; nothing is fetched then.")
@form_options
def get_command(name: str, out: Path | None, copy: Path | None, form: Shown) -> None:
    """Fetch a public corpus, check it, and write it as a dataset folder with its card, labels and splits.

    The files come from the address that evalkit dataset list names, at one commit, and are used only if their
    SHA-256 is right. What is there already stays as it is. Commands that take a dataset take the name, too.
    """
    from evalkit.dataset.catalogue.get import get_dataset

    show_logs()
    obtained = get_dataset(name, out, copy=copy)
    show(obtained, form, heading=form.form == TERMINAL)
