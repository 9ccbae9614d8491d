"""The reporters by name; add a line to add one (or an entry point `evalkit.reporters`)."""

from __future__ import annotations

from collections.abc import Callable

from evalkit.registry import Registry
from evalkit.results import EvalResult

__all__ = ["REPORTERS", "render_report"]

REPORTERS = Registry(
    "report",
    {
        "json": "evalkit.report.json_text:render_json",
        "markdown": "evalkit.report.markdown:render_markdown",
        "tsv": "evalkit.report.tsv:render_tsv",
    },
    "evalkit.reporters",
)


def render_report(result: EvalResult, to: str = "markdown") -> str:
    """A result as text.

    Args:
        result: what `score_predictions` gave.
        to: the reporter: markdown, tsv, json, or one that a plugin brings.

    Raises:
        UnknownNameError: there is no such reporter.
    """
    render: Callable[[EvalResult], str] = REPORTERS.load(to)
    return render(result)
