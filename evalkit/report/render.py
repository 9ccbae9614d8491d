"""Any result in any form."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from evalkit.errors import EvalkitError, InputError, OutputError, guarded
from evalkit.files import path_of, write_file
from evalkit.harmless import clean_output
from evalkit.report.document import Document
from evalkit.report.forms.table import BINARY, FORMS, form_of
from evalkit.report.of.table import document_of

__all__ = ["render_piece", "render_report", "write_report"]


def render_report(result: object, form: str = "markdown", **options: Any) -> str:
    """A result as text.

    Args:
        result: what a verb gave: a scored run, a comparison, a diagnosis, a gate report, …
        form: terminal, markdown, html, latex, tsv, csv, json, junit, svg, or one that a plugin brings.
        options: what the kind of result knows, such as `limit` of a gate.

    Raises:
        UnknownNameError: there is no such form.
        InputError: such a thing cannot be shown, or not in this form, or not as text.
        EvalkitError: a form of another package fails.
    """
    # An unknown form is said before a document is made.
    FORMS.load(form)
    shown = _rendered(result if isinstance(result, Document) else document_of(result, **options), result, form)
    if isinstance(shown, bytes):
        raise InputError(f"{form} is no text; write it to a file, as -o charts.{form} or with write_report")
    return shown


def _rendered(document: Document, result: object, form: str) -> str | bytes:
    render = FORMS.load(form)
    needed = [
        parameter
        for parameter in inspect.signature(render).parameters.values()
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD
    ]
    with guarded(f"form {form!r} failed"):
        text = render(document, result) if len(needed) > 1 else render(document)
    if isinstance(text, bytes) and form in BINARY:
        return text
    if not isinstance(text, str) or not text:
        raise EvalkitError(f"form {form!r} gave {type(text).__name__ if text != '' else 'nothing'}, not text; mend it")
    # A form of another package may take texts from the result itself.
    return clean_output(text)


def write_report(result: object, files: str | Path | Iterable[str | Path] | Mapping[Path, str], **options: Any) -> None:
    """Writes a result to one or several files.

    All are rendered before the first is written, and each is written whole or not at all.

    Args:
        result: what a verb gave.
        files: a file or several, each in the form of its ending (`.md`, `.html`, `.tex`, `.tsv`, `.csv`, `.json`,
            `.xml` for JUnit, `.txt`, and of charts `.svg` and `.png`); or files with the names of their forms.
        options: what the kind of result knows, such as `limit` of a gate.

    Raises:
        InputError: the ending of a file says no form, or such a thing cannot be shown in it.
        OutputError: a file cannot be written.
    """
    if isinstance(files, str | Path):
        files = [files]
    paths = [path_of(file, "files must be paths") for file in files]
    forms = dict(zip(paths, files.values(), strict=True)) if isinstance(files, Mapping) else {}
    document = result if isinstance(result, Document) else document_of(result, **options)
    # A form of another package may want the result itself.
    contents = {path: _rendered(document, result, forms.get(path) or form_of(path)) for path in paths}
    written: list[str] = []
    for path, content in contents.items():
        try:
            # A link that somebody names is a name for what it points to.
            write_file(path.resolve() if path.is_symlink() else path, content)
        except OutputError as error:
            before = f" (written: {', '.join(written)})" if written else ""
            raise OutputError(f"{error}{before}") from error
        written.append(str(path))


def render_piece(result: object) -> str:
    """A result as a piece of HTML, as notebooks show it."""
    from evalkit.report.forms.html import html_piece

    return html_piece(document_of(result))
