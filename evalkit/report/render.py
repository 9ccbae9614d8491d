"""Any result in any form."""

from __future__ import annotations

import inspect
from typing import Any

from evalkit.errors import EvalkitError, guarded
from evalkit.harmless import clean_output
from evalkit.report.document import Document
from evalkit.report.forms.table import FORMS
from evalkit.report.of.table import document_of

__all__ = ["render_piece", "render_report"]


def render_report(result: object, form: str = "markdown", **options: Any) -> str:
    """A result as text.

    Args:
        result: what a verb gave: a scored run, a comparison, a diagnosis, a gate report, …
        form: terminal, markdown, html, tsv, json, junit, or one that a plugin brings.
        options: what the kind of result knows, such as `limit` of a gate.

    Raises:
        UnknownNameError: there is no such form.
        InputError: such a thing cannot be shown, or not in this form.
        EvalkitError: a form of another package fails.
    """
    render = FORMS.load(form)
    document = result if isinstance(result, Document) else document_of(result, **options)
    needed = [
        parameter
        for parameter in inspect.signature(render).parameters.values()
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD
    ]
    with guarded(f"form {form!r} failed"):
        text = render(document, result) if len(needed) > 1 else render(document)
    if not isinstance(text, str) or not text:
        raise EvalkitError(f"form {form!r} gave {type(text).__name__ if text != '' else 'nothing'}, not text; mend it")
    # A form of another package may take texts from the result itself.
    return clean_output(text)


def render_piece(result: object) -> str:
    """A result as a piece of HTML, as notebooks show it."""
    from evalkit.report.forms.html import html_piece

    return html_piece(document_of(result))
