"""`evalkit dataset adjudicate`: gold from readings."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.cli.failing import Condition, fail_on_option, status_on
from evalkit.cli.options import PATH, ListedOption
from evalkit.cli.reading import read_options, write_options
from evalkit.cli.show import show
from evalkit.options import ReadOptions

__all__ = ["adjudicate_command"]


def _tools() -> str:
    from evalkit.formats.table import loadable_formats

    written = [name for name, form in loadable_formats().items() if form.write is not None]
    return f"The format of --disputed: {', '.join(written)}; native by default."


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
@click.option("--to", metavar="NAME", cls=ListedOption, listing=_tools)
@click.option(
    "--decisions", type=PATH, multiple=True, metavar="FILE", help="What people settled, in any format; repeatable."
)
@click.option("--anew", is_flag=True, help="Make gold of the readings of articles that have gold, too.")
@click.option("--unchanged", is_flag=True, help="Articles that came back as they were written are settled, too.")
@click.option("--limit", type=click.IntRange(min=0), default=50, show_default=True, help="Show so many; 0 for all.")
@fail_on_option("disputed>0")
@click.option("--json", "as_json", is_flag=True, help="The decisions as JSON, and nothing else.")
@click.option("--show", "form", metavar="FORM", help="The form in which the decisions are shown, such as markdown.")
@write_options
@read_options
def adjudicate_command(
    dataset: str,
    strategy: str,
    out: Path | None,
    disputed: Path | None,
    to: str | None,
    decisions: tuple[Path, ...],
    anew: bool,
    unchanged: bool,
    limit: int,
    fail_on: tuple[Condition, ...],
    as_json: bool,
    form: str | None,
    read: ReadOptions,
    target: ReadOptions,
) -> None:
    """Make gold of what several people said of the same articles, and hand what is disputed to a person.

    What people decided goes before the rule and is never lost: what they settled in files (--decisions), what the
    decisions.jsonl of an earlier run says, and what somebody changed in its gold by hand. The readings stay beside the
    gold. --annotator says whose annotations in the files of --decisions count.
    """
    from evalkit.report.forms.table import FORMS
    from evalkit.workflows.adjudicate import adjudicate_dataset

    if as_json and form is not None:
        raise click.UsageError("--json and --show exclude each other; give one of them")
    if form is not None:
        FORMS.load(form)
    if to is not None and disputed is None:
        raise click.UsageError("--to is the format of --disputed FILE, which is not given")
    done = adjudicate_dataset(
        dataset,
        strategy=strategy,
        out=out,
        disputed=disputed,
        to=to or "native",
        decisions=decisions,
        anew=anew,
        unchanged=unchanged,
        read=read,
        write=target,
    )
    show(done, "json" if as_json else form or "terminal", limit=limit)
    if status := status_on(done.figures(), fail_on):
        raise click.exceptions.Exit(status)
