"""`evalkit dataset adjudicate`: gold from readings."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.cli.failing import Condition, fail_on_option, status_on
from evalkit.cli.options import PATH
from evalkit.cli.reading import read_options, rename_option, tool_option, write_options
from evalkit.cli.show import Shown, form_options, show
from evalkit.options import ReadOptions

__all__ = ["adjudicate_command"]


@click.command("adjudicate")
@click.argument("dataset")
@click.option(
    "--strategy",
    default="agree",
    show_default=True,
    metavar="RULE",
    help="agree (all who read it said the same), majority (more than half did), or prefer:NAME (what NAME said).",
)
@click.option("--out", type=PATH, help="The dataset folder to write, with decisions.jsonl; or one to bring up to date.")
@click.option("--disputed", type=PATH, help="A new file or folder for people, with the articles that have disputes.")
@tool_option("--disputed", "native")
@click.option(
    "--decisions", type=PATH, multiple=True, metavar="FILE", help="What people settled, in any format; repeatable."
)
@click.option("--anew", is_flag=True, help="Make gold of the readings of articles that have gold, too.")
@click.option("--unchanged", is_flag=True, help="Articles that came back as they were written are settled, too.")
@click.option("--restart", is_flag=True, help="Forget what was decided earlier, by people too, and start over.")
@click.option("--limit", type=click.IntRange(min=0), default=50, show_default=True, help="Show so many; 0 for all.")
@rename_option
@fail_on_option("disputed>0")
@write_options
@form_options
@read_options
def adjudicate_command(
    dataset: str,
    strategy: str,
    out: Path | None,
    disputed: Path | None,
    tool: str | None,
    decisions: tuple[Path, ...],
    anew: bool,
    unchanged: bool,
    restart: bool,
    limit: int,
    rename_annotators: dict[str, str],
    fail_on: tuple[Condition, ...],
    target: ReadOptions,
    form: Shown,
    read: ReadOptions,
) -> None:
    """Make gold of what several people said of the same articles, and hand what is disputed to a person.

    What people decided goes before the rule and is never lost: what they settled in files (--decisions), what the
    decisions.jsonl of an earlier run says, and what somebody changed in its gold by hand. The readings stay beside the
    gold. --annotator says whose annotations in the files of --decisions count.
    """
    from evalkit.workflows.curating.adjudicate import adjudicate_dataset

    if tool is not None and disputed is None:
        raise click.UsageError("--tool is the format of --disputed FILE, which is not given")
    done = adjudicate_dataset(
        dataset,
        strategy=strategy,
        out=out,
        disputed=disputed,
        to=tool or "native",
        decisions=decisions,
        anew=anew,
        unchanged=unchanged,
        restart=restart,
        rename_annotators=rename_annotators,
        read=read,
        write=target,
    )
    show(done, form, limit=limit)
    if status := status_on(done.figures(), fail_on):
        raise click.exceptions.Exit(status)
