"""What a command found, on standard output: for people at a terminal, or in the form that was asked for."""

from __future__ import annotations

from typing import Any

import click

from evalkit.cli.options import ListedOption, Option

__all__ = ["check_form", "form_option", "show"]

TERMINAL = "terminal"


def form_option(default: str = TERMINAL) -> Option:
    """Adds `--to`; None stands for the default."""

    def listing() -> str:
        from evalkit.report.forms.table import FORMS

        return f"The form: {', '.join((*FORMS.table, *sorted(FORMS.entry_points())))}; {default} by default."

    return click.option("--to", metavar="FORM", cls=ListedOption, listing=listing)


def check_form(to: str | None, as_json: bool = False) -> None:
    """Refuses a form that there is not, before anything is computed.

    Raises:
        UnknownNameError: there is no such form.
        click.UsageError: JSON is asked for as well.
    """
    if as_json and to is not None:
        raise click.UsageError("--json and --to exclude each other; give one of them")
    if to is not None:
        from evalkit.report.forms.table import FORMS

        FORMS.load(to)


def show(result: object, *, to: str | None = None, as_json: bool = False, heading: bool = True, **options: Any) -> None:
    """Prints a result.

    Args:
        result: anything there is a document of.
        to: the name of a form; laid out for the terminal if None.
        as_json: the same as the form `json`.
        heading: whether the terminal also shows the title.
        options: what the kind of result knows, such as `limit` of a gate.
    """
    if as_json or to not in (None, TERMINAL):
        from evalkit.report.render import render_report

        click.echo(render_report(result, to or "json", **options), nl=False)
        return
    from evalkit.report.forms.console import make_console
    from evalkit.report.forms.terminal import print_document
    from evalkit.report.of.table import document_of

    print_document(document_of(result, **options), make_console(), heading=heading)
