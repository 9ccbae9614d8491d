"""`evalkit view`: runs as one HTML file to look into, article by article."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from evalkit.cli.options import OUTPUT, PATH, interval_options, refuse_existing, task_options
from evalkit.cli.show import say, warn
from evalkit.machine import keep_to_one_thread

__all__ = ["view_command"]

USUAL = Path("explorer.html")
"""Where the page goes unless somebody says where."""


@click.command("view")
@click.argument("runs", nargs=-1, required=True, type=PATH, metavar="RUN [RUN...]")
@click.option(
    "-o",
    "--output",
    type=OUTPUT,
    metavar="FILE.html",
    help=f"The page; {USUAL} by default, unless that is there already.",
)
@click.option(
    "--baseline", type=PATH, metavar="FILE|RUN", help="Show what broke since this: a baseline file, or an earlier run."
)
@click.option("--dataset", help="Where the gold is now, if not where the runs found it.")
@click.option(
    "--split-files",
    is_flag=True,
    help="Write the articles to files beside the page, in FILE.files: for pages above 250 MB.",
)
@task_options
@interval_options
def view_command(
    runs: tuple[Path, ...],
    output: Path | None,
    baseline: Path | None,
    dataset: str | None,
    split_files: bool,
    **records: Any,
) -> None:
    """Make one HTML file of one to five runs over the same gold, to look into them article by article.

    The file opens from a disk or a mail, without a server, a network or anything installed: figures with intervals,
    and every article with gold and predictions drawn on its text, filtered by kind of error, label, slice, what runs
    do not do alike and what broke since a baseline, dearest first.
    """
    keep_to_one_thread()
    if output is None:
        refuse_existing(USUAL)
    page = output or USUAL
    if page.suffix.lower() not in (".html", ".htm"):
        raise click.UsageError(f"-o {page}: a view is a page; name a file that ends in .html")
    if page.is_dir():
        raise click.UsageError(f"-o {page} is a folder; name a file")
    from evalkit.workflows.looking.view import view_runs
    from evalkit.workflows.looking.write_view import write_view

    exploration = view_runs(runs, dataset=dataset, baseline=baseline, **records)
    write_view(exploration, page, split_files=split_files)
    explored = exploration.explored
    for note in (*explored.notes, *(explored.baseline.notes if explored.baseline else ())):
        warn(note)
    say(repr(exploration).strip("<>"))
    beside = f", its articles in {page.stem}.files" if split_files else ""
    say(f"written to {page}, {_size(page)}{beside}")


def _size(path: Path) -> str:
    size = path.stat().st_size
    return f"{size / 1e6:.1f} MB" if size >= 10**6 else f"{-(-size // 1000)} kB"
