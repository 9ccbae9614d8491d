"""The forms by name; add a line to add one (or an entry point `evalkit.forms`)."""

from __future__ import annotations

from pathlib import Path

from evalkit.errors import InputError
from evalkit.registry import Registry

__all__ = ["BINARY", "CHARTS", "ENDINGS", "FORMS", "VERDICTS", "form_of"]

FORMS = Registry(
    "form",
    {
        "terminal": "evalkit.report.forms.terminal:render_terminal",
        "markdown": "evalkit.report.forms.markdown:render_markdown",
        "html": "evalkit.report.forms.html:render_html",
        "latex": "evalkit.report.forms.latex:render_latex",
        "tsv": "evalkit.report.forms.separated:render_tsv",
        "csv": "evalkit.report.forms.separated:render_csv",
        "json": "evalkit.report.forms.json_text:render_json",
        "svg": "evalkit.report.forms.picture:render_svg",
        "png": "evalkit.report.forms.picture:render_png",
        "junit": "evalkit.report.forms.junit:render_junit",
    },
    "evalkit.forms",
    functions=True,
)
"""Each name stands for a function from a `Document`, or from one and its result, to text (`BINARY`: to bytes)."""

BINARY = frozenset({"png"})
"""Forms that are files only."""
CHARTS, VERDICTS = frozenset({"svg", "png"}), frozenset({"junit"})
"""Forms that show charts, or verdicts, and nothing else."""

ENDINGS = {
    "md": "markdown",
    "html": "html",
    "tex": "latex",
    "tsv": "tsv",
    "csv": "csv",
    "json": "json",
    "svg": "svg",
    "png": "png",
    "xml": "junit",
    "txt": "terminal",
}
"""The endings of files, and their forms; a form that a plugin brings is an ending, too."""


def form_of(path: Path, form: str | None = None) -> str:
    """The form of a file, by its ending.

    Args:
        path: the file.
        form: the form of a file whose ending is `.txt`, or none that says a form.

    Raises:
        InputError: the ending says no form, and none is given.
    """
    ending = path.suffix[1:].lower()
    if ending in ENDINGS and not (form and ENDINGS[ending] == "terminal"):
        return ENDINGS[ending]
    if ending not in ENDINGS and ending in FORMS.entry_points():
        return ending
    if form is None:
        known = ", ".join(f".{one}" for one in ENDINGS)
        raise InputError(f"{path}: the ending says no form; name the file with one of {known}, or give its form")
    return form
