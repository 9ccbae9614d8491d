"""Quantiles of Student's t without scipy: few articles need them, and scoring starts without scipy."""

from __future__ import annotations

import math
from functools import lru_cache

__all__ = ["t_quantile"]

MANY = 200
"""Degrees of freedom from which a series in 1/freedom is as exact as the sum is."""


@lru_cache(maxsize=4096)
def t_quantile(probability: float, freedom: int) -> float:
    """The value below which Student's t with `freedom` degrees of freedom lies with a probability.

    For whole degrees of freedom the distribution is a finite sum (Abramowitz & Stegun 1972, 26.7.3 and 26.7.4), whose
    root Newton's method finds; for more than 200 of them the quantile is the series 26.7.5.

    Args:
        probability: above 0 and below 1.
        freedom: degrees of freedom, from 1.
    """
    if probability < 0.5:
        return -t_quantile(1 - probability, freedom)
    from statistics import NormalDist

    normal = NormalDist().inv_cdf(probability)
    if freedom > MANY:
        return _many(normal, freedom)
    scale = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(freedom * math.pi)
    # Above 0 the distribution is concave, and its quantile lies above the normal one: steps from there rise to it.
    value = normal
    for _ in range(200):
        density = scale * (1 + value * value / freedom) ** (-(freedom + 1) / 2)
        step = (probability - 0.5 - _within(value, freedom) / 2) / density
        value += step
        if step <= 1e-13 * value:
            break
    return value


def _within(value: float, freedom: int) -> float:
    """The probability that Student's t lies between -value and value."""
    angle = math.atan(value / math.sqrt(freedom))
    cosine = math.cos(angle)
    # Terms cos, cos³, … for odd degrees of freedom and 1, cos², … for even ones, each from the one before.
    term = cosine if freedom % 2 else 1.0
    total = term if freedom > 1 else 0.0
    for power in range(3 if freedom % 2 else 2, freedom - 1, 2):
        term *= cosine * cosine * (power - 1) / power
        total += term
    if freedom % 2:
        return 2 / math.pi * (angle + math.sin(angle) * total)
    return math.sin(angle) * total


def _many(normal: float, freedom: int) -> float:
    square = normal * normal
    parts = (
        (square + 1) / 4,
        ((5 * square + 16) * square + 3) / 96,
        (((3 * square + 19) * square + 17) * square - 15) / 384,
        ((((79 * square + 776) * square + 1482) * square - 1920) * square - 945) / 92160,
    )
    added: float = sum(part / freedom ** (number + 1) for number, part in enumerate(parts))
    return normal * (1 + added)
