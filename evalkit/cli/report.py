"""`evalkit report`: a stored result in another form."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.cli.options import PATH
from evalkit.cli.show import form_option, write

__all__ = ["report_command"]


@click.command("report")
@click.argument("run", type=PATH)
@form_option("markdown")
@click.option("-o", "--output", type=PATH, help="Write to this file instead of standard output.")
def report_command(run: Path, to: str | None, output: Path | None) -> None:
    """Show the result of RUN (a run folder, or its result.json)."""
    from evalkit.files import write_file
    from evalkit.predictions.store import current_result
    from evalkit.report.render import render_report

    text = render_report(current_result(run), to or "markdown")
    if output is None:
        write(text)
    else:
        write_file(output, text.encode())
