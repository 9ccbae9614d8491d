"""Results as JSON text, for programs."""

from __future__ import annotations

import orjson

from evalkit.results import EvalResult

__all__ = ["render_json"]


def render_json(result: EvalResult) -> str:
    """The result without its counts by article (`result.json` has them); ends in a line feed."""
    return orjson.dumps(result.to_json(tables=False), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
