"""What a command found, on standard output: for people at a terminal, or in the form that was asked for."""

from __future__ import annotations

from typing import Any

import click

from evalkit.cli.options import ListedOption, Option, with_record

__all__ = ["TERMINAL", "clean_logs", "complain", "form_option", "form_options", "show", "status_of", "warn"]

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
    _say(f"error: {message}")


def warn(message: str) -> None:
    """Says on standard error what does not end a command."""
    _say(f"note: {message}")


def clean_logs() -> None:
    """Has what extractors log shown on standard error, clean of what steers a terminal."""
    import logging

    from evalkit.report.clean import clean_text
    from evalkit.secrets import redacted

    class Clean(logging.Formatter):
        """One message, clean."""

        def format(self, record: logging.LogRecord) -> str:
            return clean_text(redacted(super().format(record)))

    logger = logging.getLogger("evalkit")
    # Whoever set it up otherwise, as tests do, has it so.
    if not logger.hasHandlers():
        handler = logging.StreamHandler()
        handler.setFormatter(Clean())
        logger.addHandler(handler)


def _say(message: str) -> None:
    from evalkit.report.clean import clean
    from evalkit.secrets import redacted

    # It may hold a text of others, which must not steer the terminal.
    click.echo(clean(redacted(message)), err=True)


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

        click.echo(render_report(result, form, **options), nl=False)
        return
    from evalkit.report.forms.console import make_console
    from evalkit.report.forms.terminal import print_document
    from evalkit.report.of.table import document_of

    print_document(document_of(result, **options), make_console(), heading=heading)
