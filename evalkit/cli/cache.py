"""`evalkit cache`: what is kept of answers of extractors and of large gold, and making room."""

from __future__ import annotations

import click

from evalkit.cli.lazy import LazyGroup
from evalkit.cli.show import Shown, form_options, show

__all__ = ["cache_group", "clear_command", "info_command"]

COMMANDS = {
    "info": ("evalkit.cli.cache:info_command", "Show what is kept of which extractor, and how large it is."),
    "clear": ("evalkit.cli.cache:clear_command", "Remove what is kept, all of it or a part."),
}
"""Name → where the command is, and its line in the help; the order of the help."""


@click.group("cache", cls=LazyGroup, table=COMMANDS)
def cache_group() -> None:
    """Look at the cache of predictions and indexes of gold, or make room.

    It is in the folder of EVALKIT_CACHE, which several processes and machines may share. A run keeps it below its
    --cache-size: predictions that nobody has used for longest go first. Indexes of gold are small and do not count.
    """


@click.command("info")
@form_options
def info_command(form: Shown) -> None:
    """Show what is kept: for each extractor its predictions, its files, their size, and when it was last used.

    The last row is of what was found in large gold, so that it is looked at once. An extractor that was changed is
    another one, whose answers from before the change nobody will ask for.
    """
    from evalkit.workflows.cache import list_cache

    show(list_cache(), form)


@click.command("clear")
@click.option("--model", metavar="NAME", help="Only what is kept of this extractor, as evalkit cache info names it.")
@click.option(
    "--older-than",
    metavar="SPAN",
    help="Only files that nobody added to or read from for so long, such as 30d, 12h, 8w or 90m.",
)
@form_options
def clear_command(model: str | None, older_than: str | None, form: Shown) -> None:
    """Remove what is kept of extractors and of large gold, and say what that was; nothing is asked.

    Runs and corpora stay. A run that is at work goes on: what it does not find it asks for again. A folder that holds
    anything else than files of the cache is refused.
    """
    from evalkit.workflows.cache import clear_cache

    show(clear_cache(model=model, older_than=older_than), form)
