"""`evalkit dataset convert`: writes gold in another form."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.cli.dataset.asides import say_asides
from evalkit.cli.options import PATH, comma_names
from evalkit.cli.reading import read_options, target_option, write_options
from evalkit.cli.show import Shown, beside_option, say, show, write_beside
from evalkit.options import ReadOptions
from evalkit.showing import number_of

__all__ = ["convert_command"]


@click.command("convert")
@click.argument("source")
@click.argument("destination", type=PATH)
@target_option
@click.option("--split", default="all", show_default=True, help="The split to convert.")
@click.option("--lossy", is_flag=True, help="Write what the form can hold, and say what it cannot.")
@click.option(
    "--drop",
    metavar="A,B…",
    default="",
    callback=comma_names,
    help="Leave this out on purpose, and count it: layers, as quotes, or nested, crossing or discontinuous items; of "
    "nested ones the outermost stay.",
)
@click.option("--json", "as_json", is_flag=True, help="What was written and lost as JSON, and nothing else.")
@beside_option
@write_options
@read_options
def convert_command(
    source: str,
    destination: Path,
    to: str,
    split: str,
    lossy: bool,
    drop: tuple[str, ...],
    as_json: bool,
    beside: Shown,
    read: ReadOptions,
    target: ReadOptions,
) -> None:
    """Write gold in another form; what the form cannot hold is refused or, if you say so, counted and lost.

    For each layer the items read are those written and those lost, which are counted by kind.
    """
    from evalkit.dataset.making.convert import convert_dataset

    done = convert_dataset(source, destination, to=to, split=split, lossy=lossy, drop=drop, read=read, write=target)
    write_beside(done, beside)
    if as_json:
        show(done, "json")
        return
    say(f"{destination}: {number_of(done.articles, 'article')} as {to}")
    for line in done.lines():
        say(line)
    say_asides(done.notes)
