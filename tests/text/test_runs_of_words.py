"""Runs of words: against every legal tagging of short sequences."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from evalkit.text.runs_of_words import best_run, best_runs

SCORES = st.integers(0, 6).flatmap(
    lambda count: arrays.arrays(np.float64, (count, 3), elements=st.floats(-9, 0, allow_nan=False))
)


def taggings(count: int) -> list[tuple[int, ...]]:
    return [
        tags
        for tags in itertools.product(range(3), repeat=count)
        if all(tag != 2 or (place and tags[place - 1]) for place, tag in enumerate(tags))
    ]


def runs_of(tags: tuple[int, ...]) -> list[tuple[int, int]]:
    starts = [place for place, tag in enumerate(tags) if tag == 1]
    return [
        (start, next((place for place in range(start + 1, len(tags)) if tags[place] != 2), len(tags)))
        for start in starts
    ]


@given(SCORES, st.sampled_from([0.0, 0.5, 2.0]))
def test_no_legal_tagging_is_better(scores: np.ndarray, cost: float) -> None:
    def worth(runs: list[tuple[int, int]]) -> float:
        inside = {place: 2 for start, end in runs for place in range(start, end)} | {start: 1 for start, _ in runs}
        return sum(scores[place, inside.get(place, 0)] for place in range(len(scores))) - cost * len(runs)

    best = max(worth(runs_of(tags)) for tags in taggings(len(scores)))
    assert worth(best_runs(scores, cost=cost)) == pytest.approx(best)


@given(SCORES)
def test_the_one_run_gains_most(scores: np.ndarray) -> None:
    def gain(start: int, end: int) -> float:
        return float(scores[start, 1] + scores[start + 1 : end, 2].sum() - scores[start:end, 0].sum())

    places = [(start, end) for start in range(len(scores)) for end in range(start + 1, len(scores) + 1)]
    best = max((gain(*place) for place in places), default=0.0)
    found = best_run(scores)
    assert (found is None) == (best <= 0) or best == pytest.approx(0.0)
    if found is not None:
        assert gain(*found) == pytest.approx(best)


def test_a_cost_joins_what_one_doubtful_word_would_cut() -> None:
    inside, doubtful = [-5.0, -3.0, -0.1], [-0.6, -2.0, -0.9]
    scores = np.array([[-5.0, -0.1, -5.0], inside, doubtful, [-4.0, -0.2, -0.9], inside])
    assert best_runs(scores) == [(0, 2), (3, 5)]
    assert best_runs(scores, cost=1.0) == [(0, 5)]
