"""Results as JSON text, for programs."""

from __future__ import annotations

from evalkit.files import json_bytes
from evalkit.results import EvalResult

__all__ = ["render_json"]


def render_json(result: EvalResult) -> str:
    """The result without its counts by article (`result.json` has them); ends in a line feed."""
    return json_bytes(result.to_json(tables=False)).decode()
