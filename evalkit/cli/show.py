"""What a command found, on standard output: for people at a terminal, or in the form that was asked for."""

from __future__ import annotations

from typing import Any

import click

from evalkit.cli.options import ListedOption, Option, with_record
from evalkit.harmless import MESSAGE, clean, shortened

__all__ = [
    "TERMINAL",
    "complain",
    "form_option",
    "form_options",
    "say",
    "show",
    "show_logs",
    "status_of",
    "warn",
    "write",
]

TERMINAL = "terminal"


def form_option(default: str = TERMINAL) -> Option:
    """The option `--to`, with its default in words."""

    def listing() -> str:
        from evalkit.report.forms.table import FORMS

        return f"The form: {', '.join((*FORMS.table, *sorted(FORMS.entry_points())))}; {default} by default."

    return click.option("--to", metavar="FORM", cls=ListedOption, listing=listing)


def _form(to: str | None, as_json: bool) -> str:
    """The form that was asked for, looked up before anything is computed.

    Raises:
        UnknownNameError: there is no such form.
        click.UsageError: two are asked for.
    """
    if as_json and to is not None:
        raise click.UsageError("--json and --to exclude each other; give one of them")
    if to is not None:
        from evalkit.report.forms.table import FORMS

        FORMS.load(to)
    return "json" if as_json else to or TERMINAL


form_options = with_record(
    "form",
    _form,
    {
        "to": form_option(),
        "as_json": click.option(
            "--json", "as_json", is_flag=True, help="The same as --to json: JSON and nothing else."
        ),
    },
)
"""How the result is shown, as `form`."""


def status_of(shortfall: str) -> int:
    """The exit status of a command whose result was shown: 1, and why on standard error, if it falls short."""
    if not shortfall:
        return 0
    complain(shortfall)
    return 1


def complain(message: str) -> None:
    """Says on standard error what is wrong."""
    say(f"error: {message}", aside=True)


def warn(message: str) -> None:
    """Says on standard error what does not end a command."""
    say(f"note: {message}", aside=True)


def show_logs() -> None:
    """Has what extractors log shown on standard error."""
    import logging

    logger = logging.getLogger("evalkit")
    # Whoever set it up otherwise, as tests do, has it so.
    if not logger.hasHandlers():
        logger.addHandler(logging.StreamHandler())


def say(message: str, *, aside: bool = False) -> None:
    """Says a line that is part of the result, or on standard error beside it."""
    write((shortened(clean(message), MESSAGE) if aside else clean(message)) + "\n", aside=aside)


def write(text: str, *, aside: bool = False) -> None:
    """The one way out for text: what a form made, on standard output or on standard error beside it.

    The streams that a command has (`evalkit.report.forms.console`) let nothing through that steers a terminal.
    """
    from evalkit.report.forms.console import result_stream

    click.echo(text, nl=False, err=aside, file=None if aside else result_stream())


def show(result: object, form: str = TERMINAL, *, heading: bool = True, **options: Any) -> None:
    """Prints a result.

    Args:
        result: anything there is a document of.
        form: the name of a form; for the terminal it is laid out for the one at hand, in colour.
        heading: whether the terminal also shows the title.
        options: what the kind of result knows, such as `limit` of a gate.
    """
    if form != TERMINAL:
        from evalkit.report.render import render_report

        write(render_report(result, form, **options))
        return
    from evalkit.report.forms.console import make_console
    from evalkit.report.forms.terminal import print_document
    from evalkit.report.of.table import document_of

    print_document(document_of(result, **options), make_console(), heading=heading)
