"""The conventions that match one-to-one, against every matching there is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

SPAN = st.tuples(st.integers(0, 9), st.sampled_from((0, 1, 2, 3, 5, 8))).map(lambda s: (s[0], s[0] + s[1]))
ITEM = st.tuples(st.lists(SPAN, min_size=1, max_size=2).map(tuple), st.sampled_from(("X", "Y")))
SIDE = st.lists(ITEM, max_size=4)


@pytest.mark.parametrize("convention", ["exact", "boundary", "partial", "type", "iou:0.5", "iou:0.2", "iou:1"])
@given(gold=SIDE, predicted=SIDE, copied=st.booleans())
@settings(max_examples=50)
def test_no_matching_earns_more(convention, gold, predicted, copied, score_items, most_credit):
    predicted = predicted + gold[:2] * copied
    counts = score_items(convention, gold, predicted)
    best = most_credit(convention, gold, predicted)
    assert (counts.gold, counts.predicted) == (len(gold), len(predicted))
    assert counts.gold_credit == counts.predicted_credit == best


@pytest.mark.parametrize("convention", ["exact", "boundary", "partial", "type", "overlap", "iou:0.5"])
@given(gold=SIDE, predicted=SIDE)
@settings(max_examples=30)
def test_swapping_the_sides_swaps_the_counts(convention, gold, predicted, score_items):
    there, back = score_items(convention, gold, predicted), score_items(convention, predicted, gold)
    assert (there.gold, there.predicted) == (back.predicted, back.gold)
    assert there.gold_credit == pytest.approx(back.predicted_credit, abs=1e-12)
    assert there.predicted_credit == pytest.approx(back.gold_credit, abs=1e-12)
