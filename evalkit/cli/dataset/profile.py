"""`evalkit dataset profile`: drafts a profile for the files of a tool."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.cli.dataset.asides import say_asides
from evalkit.cli.options import PATH, refuse_existing
from evalkit.cli.reading import read_options
from evalkit.cli.show import Shown, beside_option, say, show, write, write_beside
from evalkit.options import ReadOptions
from evalkit.showing import number_of

__all__ = ["profile_command"]


@click.command("profile")
@click.argument("source")
@click.option("--out", type=PATH, help="A new file for the draft; standard output by default.")
@click.option("--json", "as_json", is_flag=True, help="What was found, and the draft, as JSON and nothing else.")
@beside_option
@read_options
def profile_command(source: str, out: Path | None, as_json: bool, beside: Shown, read: ReadOptions) -> None:
    """Draft a profile: look at the files of an annotation tool, and guess which layer each type of mark is.

    Mend the draft, and read with --profile and its name. Reading with it works at once; what it leaves out is counted.
    """
    from evalkit.dataset.profiles import draft_profile
    from evalkit.files import write_file

    if out is not None:
        refuse_existing(out)
    draft = draft_profile(source, read=read)
    if out is not None:
        write_file(out, draft.text)
    write_beside(draft, beside)
    if as_json:
        show(draft, "json")
        return
    if out is None:
        write(draft.text)
    else:
        say(f"{out}: a draft for {number_of(draft.found.documents, 'text')}; mend it, then read with --profile {out}")
    say_asides(draft.notes)
