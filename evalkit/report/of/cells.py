"""Figures as the text of a cell, the same in every document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evalkit.results import Interval

__all__ = ["change", "flat", "interval", "number"]


def number(value: float) -> str:
    """Three decimals."""
    return f"{value:.3f}"


def interval(bounds: Interval | None) -> str:
    """Lower and upper bound of a figure; a dash without any."""
    return "–" if bounds is None else f"{bounds[0]:.3f}–{bounds[1]:.3f}"


def change(bounds: Interval | None) -> str:
    """Lower and upper bound of a difference, with their signs; a dash without any."""
    return "–" if bounds is None else f"{bounds[0]:+.3f} {bounds[1]:+.3f}"


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of figures with its interval in two columns, `ci_low` and `ci_high`."""
    low, high = row.get("ci") or (None, None)
    return {name: value for name, value in row.items() if name != "ci"} | {"ci_low": low, "ci_high": high}
