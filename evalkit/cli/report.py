"""`evalkit report`: a stored result in other forms, and the items of a run as a table."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.cli.options import OUTPUT, PATH, given
from evalkit.cli.show import Shown, file_options, write

__all__ = ["report_command"]


@click.command("report")
@click.argument("run", type=PATH)
@file_options
@click.option(
    "--items",
    type=OUTPUT,
    metavar="FILE",
    help="Write one row an item to this file (.csv, .tsv or another form): article, zone, the text around, gold, "
    "predicted, kind of error, credit.",
)
@click.option("--dataset", help="With --items: where the gold is now, if not where the run found it.")
def report_command(run: Path, form: Shown, items: Path | None, dataset: str | None) -> None:
    """Show the result of RUN (a run folder, or its result.json), or with --items what became of each item."""
    from evalkit.predictions.store import current_result
    from evalkit.report.render import render_report, write_report

    if items is not None:
        from evalkit.report.forms.table import form_of
        from evalkit.workflows.looking.view import list_items

        form_of_items = form_of(items)
        write_report(list_items(run, dataset=dataset), {items: form_of_items})
        if not form.files and not given("to"):
            return
    elif dataset is not None:
        raise click.UsageError("--dataset goes with --items; leave it out, or name a file for the items")
    result = current_result(run)
    if form.files:
        write_report(result, dict(form.files))
    else:
        write(render_report(result, form.form))
