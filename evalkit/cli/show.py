"""What a command found, on standard output and in files: for people at a terminal, or in the form asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click

from evalkit.cli.options import OUTPUT, ListedOption, Option, with_record
from evalkit.errors import EvalkitError
from evalkit.harmless import MESSAGE, clean, shortened

__all__ = [
    "TERMINAL",
    "Shown",
    "advice_of",
    "advise",
    "beside_option",
    "complain",
    "file_options",
    "form_options",
    "form_options_with",
    "say",
    "show",
    "show_logs",
    "status_of",
    "warn",
    "write",
    "write_beside",
]

TERMINAL = "terminal"


@dataclass(frozen=True, slots=True)
class Shown:
    """How a result is shown.

    Attributes:
        form: of standard output.
        files: also written, each with its form.
    """

    form: str = TERMINAL
    files: tuple[tuple[Path, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Has:
    """What a kind of result may have besides tables and words, without which some forms have nothing to show."""

    charts: bool = False
    verdicts: bool = False

    def never(self) -> frozenset[str]:
        """The forms in which it is never shown."""
        from evalkit.report.forms.table import CHARTS, VERDICTS

        nothing: frozenset[str] = frozenset()
        return (nothing if self.charts else CHARTS) | (nothing if self.verdicts else VERDICTS)

    def check(self, form: str, asked: str) -> None:
        """Refuses a form in which there would be nothing, before anything is computed.

        Raises:
            click.UsageError: it is one.
        """
        from evalkit.report.forms.table import VERDICTS

        if form in self.never():
            lacking = "verdict" if form in VERDICTS else "chart"
            raise click.UsageError(
                f"{asked}: there is no {lacking} in what this command shows, and {form} has nothing else"
            )


def _form_option(default: str, has: _Has) -> Option:
    """The option `--to`, with its default in words."""

    def listing() -> str:
        from evalkit.report.forms.table import BINARY, FORMS

        # What is no text is for files.
        known = [name for name in (*FORMS.table, *sorted(FORMS.entry_points())) if name not in BINARY | has.never()]
        return f"The form: {', '.join(known)}; {default} by default."

    return click.option("--to", metavar="FORM", cls=ListedOption, listing=listing)


def _files_option(beside: str, name: str = "files", has: _Has = _Has()) -> Option:
    """The option `-o`; `beside` ends its help, `name` is that of its parameter."""

    def listing() -> str:
        from evalkit.report.forms.table import ENDINGS

        endings = ", ".join(f".{ending}" for ending, form in ENDINGS.items() if form not in has.never())
        return f"Write it to this file, in the form of its ending ({endings}){beside}; repeatable."

    return click.option(
        "-o", "--output", name, multiple=True, type=OUTPUT, metavar="FILE", cls=ListedOption, listing=listing
    )


def _shown(has: _Has, files: tuple[Path, ...], to: str | None = None, as_json: bool = False) -> Shown:
    """The forms that were asked for, looked up before anything is computed.

    Raises:
        UnknownNameError: there is no such form.
        InputError: the ending of a file says no form.
        click.UsageError: two are asked for, a file is named twice, or there is nothing that the form could show.
        OutputError: a file cannot be written.
    """
    if as_json and to is not None:
        raise click.UsageError("--json and --to exclude each other; give one of them")
    if to is not None:
        from evalkit.report.forms.table import BINARY, FORMS

        FORMS.load(to)
        has.check(to, f"--to {to}")
        if to in BINARY:
            raise click.UsageError(f"--to {to}: is no text; write it to a file, as -o charts.{to}")
    form = "json" if as_json else to
    return Shown(form or TERMINAL, _with_forms(files, to, has) if files else ())


def _with_forms(files: tuple[Path, ...], to: str | None, has: _Has) -> tuple[tuple[Path, str], ...]:
    from evalkit.files import refuse_unwritable
    from evalkit.report.forms.table import form_of

    for number, path in enumerate(files):
        if path in files[:number]:
            raise click.UsageError(f"-o {path} stands twice; name each file once")
        if path.is_dir():
            raise click.UsageError(f"-o {path} is a folder; name a file")
        has.check(form_of(path, to), f"-o {path}")
        refuse_unwritable(path)
    return tuple((path, form_of(path, to)) for path in files)


def _stored(has: _Has, files: tuple[Path, ...], to: str | None) -> Shown:
    """The same for a command that prints only where no file is named, Markdown by default."""
    shown = _shown(has, files, to)
    for path, form in shown.files:
        if to not in (None, form):
            raise click.UsageError(f"-o {path} is {form} by its ending, and --to says {to}; leave one of them out")
    return shown if to else Shown("markdown", shown.files)


def form_options_with(*, charts: bool = False, verdicts: bool = False) -> Option:
    """How the result is shown, as `form`, of a command whose results have charts or verdicts."""
    has = _Has(charts, verdicts)
    return with_record(
        "form",
        partial(_shown, has),
        {
            "to": _form_option(TERMINAL, has),
            "as_json": click.option(
                "--json", "as_json", is_flag=True, help="The same as --to json: JSON and nothing else."
            ),
            "files": _files_option(", beside what is shown", has=has),
        },
    )


form_options = form_options_with()
"""How the result is shown, as `form`; of one that has tables and words alone."""


def _beside(outputs: tuple[Path, ...]) -> Shown:
    return _shown(_Has(), outputs)


# `files` is what `extract` reads.
beside_option = with_record("beside", _beside, {"outputs": _files_option(", beside what is said", "outputs")})
"""Files alone, as `beside`, for a command whose `--to` is about something else."""

_SCORES = _Has(charts=True)
file_options = with_record(
    "form",
    partial(_stored, _SCORES),
    {"to": _form_option("markdown", _SCORES), "files": _files_option(" and print nothing", has=_SCORES)},
)
"""The same for a result that lies there already."""


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


def advise(interrupt: KeyboardInterrupt, message: str, command: str) -> None:
    """Notes on an interrupt what is to be said of it, after that it stopped, and the command that goes on."""
    vars(interrupt)["advice"] = (message, command)


def advice_of(interrupt: BaseException) -> tuple[str, str]:
    """What was noted on an interrupt; nothing of one on which nobody did."""
    advice: tuple[str, str] = getattr(interrupt, "advice", ("", ""))
    return advice


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


def show(result: object, form: Shown | str = TERMINAL, *, heading: bool = True, **options: Any) -> None:
    """Writes a result to the files that were asked for, and prints it.

    Args:
        result: anything there is a document of.
        form: how it is shown, or the name of a form alone; for the terminal it is laid out for the one at hand, in
            colour.
        heading: whether the terminal also shows the title.
        options: what the kind of result knows, such as `limit` of a gate.
    """
    shown = form if isinstance(form, Shown) else Shown(form)
    try:
        write_beside(result, shown, **options)
    except EvalkitError:
        # What was computed is not lost with a file.
        _print_result(result, shown, heading=heading, **options)
        raise
    _print_result(result, shown, heading=heading, **options)


def _print_result(result: object, shown: Shown, *, heading: bool, **options: Any) -> None:
    if shown.form != TERMINAL:
        from evalkit.report.render import render_report

        write(render_report(result, shown.form, **options))
        return
    from evalkit.report.forms.console import make_console
    from evalkit.report.forms.terminal import print_document
    from evalkit.report.of.table import document_of

    print_document(document_of(result, **options), make_console(), heading=heading)


def write_beside(result: object, shown: Shown, **options: Any) -> None:
    """Writes a result to the files that were asked for, if any."""
    if shown.files:
        from evalkit.report.render import write_report

        write_report(result, dict(shown.files), **options)
