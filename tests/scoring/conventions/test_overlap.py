"""overlap, character by character: each pays once, for the pair that fits best."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

SPAN = st.tuples(st.integers(0, 9), st.integers(1, 6)).map(lambda s: (s[0], s[0] + s[1]))
ITEM = st.tuples(st.lists(SPAN, min_size=1, max_size=2).map(tuple), st.sampled_from(("X", "Y")))
SIDE = st.lists(ITEM, max_size=4)


def characters(item):
    return frozenset(at for start, end in item[0] for at in range(start, end))


def paid_characters(gold, predicted):
    """For each item of both sides the characters that it gets, asking every single character whom it pays."""
    left = [[set(characters(item)) for item in side] for side in (gold, predicted)]
    pairs = []
    for i, ours in enumerate(gold):
        for j, theirs in enumerate(predicted):
            common, union = characters(ours) & characters(theirs), characters(ours) | characters(theirs)
            if common and ours[1] == theirs[1]:
                place = min(characters(ours)) + min(characters(theirs)), max(characters(ours)) + max(characters(theirs))
                pairs.append((-Fraction(len(common), len(union)), *place, i, j))
    got = [[0] * len(gold), [0] * len(predicted)]
    for *_, i, j in sorted(pairs):
        for at in sorted(left[0][i] & left[1][j]):
            left[0][i].discard(at)
            left[1][j].discard(at)
            got[0][i] += 1
            got[1][j] += 1
    return got


# One span an item: then two different items of one place and fit cannot be, and the order of equals does not matter.
WHOLE = st.lists(st.tuples(SPAN.map(lambda span: (span,)), st.sampled_from(("X", "Y"))), max_size=5)


@given(gold=WHOLE, predicted=WHOLE, copied=st.booleans())
@settings(max_examples=100)
def test_each_character_pays_once_for_the_pair_that_fits_best(gold, predicted, copied, score_items):
    predicted = predicted + gold[:1] * copied * 2
    counts = score_items("overlap", gold, predicted)
    got = paid_characters(gold, predicted)
    for credit, side, paid in ((counts.gold_credit, gold, got[0]), (counts.predicted_credit, predicted, got[1])):
        expected = sum(number / len(characters(item)) for number, item in zip(paid, side, strict=True))
        assert credit == pytest.approx(expected, abs=1e-12)


@given(gold=SIDE, predicted=SIDE)
@settings(max_examples=100)
def test_the_sides_change_places_and_the_order_is_free(gold, predicted, score_items):
    there, back = score_items("overlap", gold, predicted), score_items("overlap", predicted, gold)
    turned = score_items("overlap", gold[::-1], predicted[::-1])
    assert (there.gold_credit, there.predicted_credit) == pytest.approx((back.predicted_credit, back.gold_credit))
    assert (there.gold_credit, there.predicted_credit) == (turned.gold_credit, turned.predicted_credit)


@given(gold=ITEM, predicted=st.lists(ITEM, min_size=1, max_size=5))
@settings(max_examples=100)
def test_what_is_there_already_leaves_nothing_for_near_copies(gold, predicted, score_items):
    # The gold item itself is predicted: it takes all there is, whatever else is predicted earns nothing.
    counts = score_items("overlap", [gold], [*predicted, gold])
    assert counts.gold_credit == counts.predicted_credit == pytest.approx(1.0)


def test_a_long_item_over_two_gets_what_both_pay(score):
    # 0-10 over 0-4 and 5-9: 8 of its 10 characters; both are found.
    assert score("overlap", "X 0-4; X 5-9", "X 0-10") == pytest.approx((0.8, 1, 2, 2))


def test_a_near_copy_gets_what_the_better_one_leaves(score):
    # 0-6 fits 6/8, 2-8 as well; the left one takes 0-6, the other 6-8: 1 + 2/6 of two. Together they are all of 0-8.
    assert score("overlap", "X 0-8", "X 0-6; X 2-8") == pytest.approx((1 + 2 / 6, 2, 1, 1))
