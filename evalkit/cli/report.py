"""`evalkit report`: a stored result in other forms."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.cli.options import PATH
from evalkit.cli.show import Shown, file_options, write

__all__ = ["report_command"]


@click.command("report")
@click.argument("run", type=PATH)
@file_options
def report_command(run: Path, form: Shown) -> None:
    """Show the result of RUN (a run folder, or its result.json)."""
    from evalkit.predictions.store import current_result
    from evalkit.report.render import render_report, write_report

    result = current_result(run)
    if form.files:
        write_report(result, dict(form.files))
    else:
        write(render_report(result, form.form))
