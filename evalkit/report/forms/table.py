"""The forms by name; add a line to add one (or an entry point `evalkit.forms`)."""

from __future__ import annotations

from evalkit.registry import Registry

__all__ = ["FORMS"]

FORMS = Registry(
    "form",
    {
        "terminal": "evalkit.report.forms.terminal:render_terminal",
        "markdown": "evalkit.report.forms.markdown:render_markdown",
        "html": "evalkit.report.forms.html:render_html",
        "tsv": "evalkit.report.forms.tsv:render_tsv",
        "json": "evalkit.report.forms.json_text:render_json",
        "junit": "evalkit.report.forms.junit:render_junit",
    },
    "evalkit.forms",
    functions=True,
)
"""Each name stands for a function from a `Document`, or from a `Document` and its result, to text."""
