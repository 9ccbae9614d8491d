"""`evalkit models`: what can be run here."""

from __future__ import annotations

import click

from evalkit.cli.show import Shown, form_options, show

__all__ = ["models_command"]


@click.command("models")
@form_options
def models_command(form: Shown) -> None:
    """List the extractors that can be run here.

    For each: the layers that it claims, its licence and size, and what it lacks with the command that installs it.
    A dash says that it depends on what is put in place of the capitals.
    """
    from evalkit.extractors.catalog import list_models

    show(list_models(), form, heading=False)
