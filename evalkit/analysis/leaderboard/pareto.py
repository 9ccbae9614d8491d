"""The Pareto line: the systems of which no other is at least as good in everything and better in something."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["pareto_line"]


def pareto_line(points: Mapping[str, tuple[float, float]]) -> tuple[str, ...]:
    """Those of some systems that are on the line, the one with the highest first value first.

    Args:
        points: system → two values, of both of which more is better, such as articles in a second and F1.
    """
    line: list[str] = []
    best = float("-inf")
    # From the highest first value on, a system is on the line if its second value is above all before it; equal ones
    # stand together.
    ordered = sorted(points, key=lambda name: (-points[name][0], -points[name][1], name))
    for name in ordered:
        if points[name][1] > best or (line and points[name] == points[line[-1]]):
            line.append(name)
            best = max(best, points[name][1])
    return tuple(line)
