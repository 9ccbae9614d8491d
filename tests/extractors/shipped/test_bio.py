"""Legal tag sequences and their spans; the tags are O, B-x, I-x, B-y, I-y."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.extractors.shipped import bio


@pytest.mark.parametrize(
    ("best", "tags"),
    [
        pytest.param([0, 1, 2, 0], [0, 1, 2, 0], id="legal stays"),
        pytest.param([0, 2, 2], [0, 1, 2], id="I after O becomes B"),
        pytest.param([3, 2, 0], [3, 0, 0], id="I of another label: its own second best is O"),
    ],
)
def test_best_tags(best: list[int], tags: list[int]) -> None:
    scores = np.full((len(best), 5), -9.0, dtype=np.float32)
    scores[np.arange(len(best)), best] = -0.1
    if best == [0, 2, 2]:
        scores[1, 1] = -2.0
    if best == [3, 2, 0]:
        scores[1, 0] = -2.0
    assert bio.best_tags(scores).tolist() == tags


def _brute_force(scores: np.ndarray) -> float:
    """The score of the best legal sequence, by trying all."""
    totals = {-1: 0.0}
    for row in scores.astype(np.float64):
        new: dict[int, float] = {}
        for last, total in totals.items():
            for tag, value in enumerate(row):
                if tag > 0 and tag % 2 == 0 and last not in (tag, tag - 1):
                    continue
                new[tag] = max(new.get(tag, -1e18), total + value)
        totals = new
    return max(totals.values())


@given(st.lists(st.lists(st.integers(-50, 0), min_size=5, max_size=5), min_size=1, max_size=8))
def test_best_tags_are_legal_and_as_good_between_outside_words(rows: list[list[int]]) -> None:
    scores = np.array(rows, dtype=np.float32) / 10
    tags = bio.best_tags(scores)
    before = [0, *tags[:-1].tolist()]
    assert all(tag in (last + 1, last) for last, tag in zip(before, tags.tolist(), strict=True) if tag and tag % 2 == 0)
    if (scores.argmax(axis=1) > 0).all():
        # No word is surely outside, so the whole sequence was searched.
        assert scores[np.arange(len(tags)), tags].sum() == pytest.approx(_brute_force(scores), abs=1e-4)


def test_a_fresh_word_does_not_continue_a_name() -> None:
    scores = np.log(np.array([[0.1, 0.8, 0.1], [0.1, 0.2, 0.7]], dtype=np.float32))
    assert bio.best_tags(scores).tolist() == [1, 2]
    assert bio.best_tags(scores, np.array([True, True])).tolist() == [1, 1]


def test_tagged_spans() -> None:
    assert bio.tagged_spans(np.array([1, 2, 1, 0, 3, 3, 4])) == [(0, 2, 0), (2, 3, 0), (4, 5, 1), (5, 7, 1)]
