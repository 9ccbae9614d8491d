"""Figures of a measured speed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.analysis.speed import slowdown, speed_figures
from evalkit.predictions.speed import Speed


def speed_of(*passes: float, lengths: tuple[int, ...] = (100, 600, 700, 1500), each: float = 0.1) -> Speed:
    return Speed(
        extractor="mine",
        gold="gold@1234567",
        split="test",
        passes=passes,
        latencies=tuple(round(each * (at + 1), 6) for at in range(len(lengths))),
        characters=lengths,
        articles="0",
        warm_up=1.0,
        batch_size=1,
        workers=1,
        peak_memory=10**8,
        failed=0,
        machine="here",
    )


def test_articles_in_a_second():
    figures = speed_figures(speed_of(2.0, 1.0, 1.0))
    # Three passes of four articles in four seconds.
    assert figures.articles_per_second == 3.0
    assert figures.ci is not None
    # t(2) = 4.3027 standard errors of the mean, 1/3 s of 4/3 s, on the log scale.
    assert figures.ci == pytest.approx((3.0 * math.exp(-4.3027 / 4), 3.0 * math.exp(4.3027 / 4)), rel=1e-4)


def test_few_passes_reach_beyond_what_was_seen():
    """A bootstrap over passes ends at the fastest and the slowest, and holds the truth in .74 of all with three."""
    low, high = speed_figures(speed_of(0.090, 0.115, 0.114)).ci or (0.0, 0.0)
    assert low < 4 / 0.115
    assert high > 4 / 0.090


def test_intervals_hold_what_they_say():
    draws = np.random.default_rng(0).normal(1, 0.05, (400, 2, 2))
    cis = [(speed_figures(speed_of(*a)).ci, slowdown(speed_of(*a), speed_of(*b))[1]) for a, b in draws.tolist()]
    assert 0.92 <= np.mean([own is not None and own[0] <= 4 <= own[1] for own, _ in cis]) <= 0.98
    assert np.mean([own is not None and own[0] > 1 for _, own in cis]) <= 0.025


def test_one_pass_has_no_interval():
    assert speed_figures(speed_of(2.0)).ci is None
    assert speed_figures(speed_of(2.0, 2.0)).ci is None


def test_lengths_double_from_500_on():
    bins = speed_figures(speed_of(1.0)).lengths
    assert [(own.low, own.high, own.articles) for own in bins] == [(0, 500, 1), (500, 1000, 2), (1000, 2000, 1)]
    # The second and the third article take .2 and .3 s: the median lies between.
    assert bins[1].seconds[50] == pytest.approx(0.25)
    assert bins[0].median_ci is None


@pytest.mark.parametrize(("number", "ci"), [(5, None), (6, (1, 6)), (8, (1, 8)), (9, (2, 8)), (20, (6, 15))])
def test_the_median_has_the_interval_of_order_statistics(number: int, ci: tuple[int, int] | None):
    """Conover 1999, table A3: of five articles not even all of them hold it in 95 %."""
    (own,) = speed_figures(speed_of(1.0, lengths=(100,) * number, each=1.0)).lengths
    assert own.median_ci == ci


def test_a_slowdown():
    ratio, ci = slowdown(speed_of(1.0, 1.0, 1.1), speed_of(2.0, 2.1, 1.9))
    assert ratio == pytest.approx(6.0 / 3.1)
    assert ci is not None
    assert 1.5 < ci[0] < ratio < ci[1] < 2.5


def test_other_articles_are_compared_by_the_article():
    assert slowdown(speed_of(1.0), speed_of(1.0, lengths=(100, 100)))[0] == 2.0


seconds = st.lists(st.floats(0.01, 10), min_size=1, max_size=6)


@given(seconds, seconds)
def test_a_slowdown_and_its_way_back(first: list[float], second: list[float]):
    there, _ = slowdown(speed_of(*first), speed_of(*second))
    back, _ = slowdown(speed_of(*second), speed_of(*first))
    assert there * back == pytest.approx(1.0)
