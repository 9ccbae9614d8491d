"""Figures as the text of a cell, the same in every document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from evalkit.results import Interval

__all__ = ["change", "flat", "interval", "interval_heading", "number", "percent"]

_LEVEL = re.compile(r"/level([0-9.]+)")


def number(value: float) -> str:
    """Three decimals."""
    return f"{value:.3f}"


def percent(share: float | None) -> str:
    """A share in per cent; a dash where there is none."""
    return "–" if share is None else f"{100 * share:.0f} %"


def interval(bounds: Interval | None) -> str:
    """Lower and upper bound of a figure; a dash without any."""
    return "–" if bounds is None else f"{bounds[0]:.3f}–{bounds[1]:.3f}"


def interval_heading(*methods: str) -> str:
    """The heading of intervals: their level, which a signature or method names if it is not the usual one."""
    level = next((match[1] for method in methods if (match := _LEVEL.search(method))), "0.95")
    return f"{100 * float(level):g} % CI"


def change(bounds: Interval | None) -> str:
    """Lower and upper bound of a difference, with their signs; a dash without any."""
    return "–" if bounds is None else f"{bounds[0]:+.3f} {bounds[1]:+.3f}"


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of figures with its interval in two columns, `ci_low` and `ci_high`."""
    low, high = row.get("ci") or (None, None)
    return {name: value for name, value in row.items() if name != "ci"} | {"ci_low": low, "ci_high": high}
