"""How commands show what a verb gave: on the terminal, or as JSON and nothing else."""

from __future__ import annotations

from typing import Any

import click

__all__ = ["show"]


def show(result: Any, *, as_json: bool = False, **options: Any) -> None:
    """Prints a result.

    Args:
        result: what a verb gave.
        as_json: write its JSON to standard output and nothing else.
        options: what its way of showing takes.
    """
    if as_json:
        from evalkit.files import json_bytes

        click.echo(json_bytes(_json(result)).decode(), nl=False)
        return
    from importlib import import_module

    from rich.console import Console

    module, _, function = _PRINTED[type(result).__name__].partition(":")
    getattr(import_module(module), function)(result, Console(highlight=False), **options)


_PRINTED = {
    "EvalResult": "evalkit.report.terminal:print_result",
    "Comparison": "evalkit.report.comparison:print_comparison",
    "RepeatedRuns": "evalkit.report.seeds:print_repeated",
    "Diagnosis": "evalkit.report.diagnosis:print_diagnosis",
    "Explanation": "evalkit.report.explanation:print_explanation",
    "GateReport": "evalkit.report.gate_terminal:print_gate",
}


def _json(result: Any) -> Any:
    if type(result).__name__ == "EvalResult":
        # The counts by article are for result.json.
        return result.to_json(tables=False)
    if type(result).__name__ == "Comparison":
        from evalkit.report.comparison import detection_lines

        return result.to_json() | {"detectable": detection_lines(result)}
    return result.to_json()
