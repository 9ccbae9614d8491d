"""`evalkit dataset diff`: what became of gold."""

from __future__ import annotations

import click

from evalkit.cli.failing import Condition, fail_on_option, status_on
from evalkit.cli.reading import read_options
from evalkit.cli.show import Shown, form_options, show
from evalkit.options import ReadOptions

__all__ = ["diff_command"]


@click.command("diff")
@click.argument("old")
@click.argument("new", required=False)
@click.option("--rev", "revision", metavar="REV", help="Take OLD from this revision of git; NEW is OLD as it is now.")
@click.option(
    "--new-annotator", metavar="NAME", help="Whose reading counts in NEW, if not --annotator's (or the gold)."
)
@click.option("--scored", is_flag=True, help="Leave out what is not scored: evidence, aliases, links; so for readings.")
@click.option("--split", default="all", show_default=True, help="Compare one split.")
@click.option("--limit", type=click.IntRange(min=0), default=100, show_default=True, help="Show so many; 0 for all.")
@fail_on_option("changes>0")
@form_options
@read_options
def diff_command(
    old: str,
    new: str | None,
    revision: str | None,
    new_annotator: str | None,
    scored: bool,
    split: str,
    limit: int,
    fail_on: tuple[Condition, ...],
    form: Shown,
    read: ReadOptions,
) -> None:
    """Show what became of the items of gold: added, removed, moved, relabelled, re-attributed, or changed otherwise.

    OLD and NEW are what any command takes as a dataset, or REV:PATH for a path as it is at a revision of git, such as
    HEAD~1:annotations. Items are matched as the scorer matches them. With --to markdown it is for a pull request, with
    --json a patch. With --new-annotator and no NEW two readings of OLD are compared.
    """
    from evalkit.workflows.curating.diff import diff_datasets

    if new is None and revision is None and new_annotator is None:
        raise click.UsageError("name NEW, a revision of git with --rev, or a reading with --new-annotator")
    done = diff_datasets(
        old, new, revision=revision, split=split, new_annotator=new_annotator, scored=scored, read=read
    )
    show(done, form, limit=limit)
    if status := status_on(done.figures(), fail_on):
        raise click.exceptions.Exit(status)
