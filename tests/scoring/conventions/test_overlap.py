"""overlap, character by character."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

SPAN = st.tuples(st.integers(0, 9), st.integers(1, 6)).map(lambda s: (s[0], s[0] + s[1]))
ITEM = st.tuples(st.lists(SPAN, min_size=1, max_size=2).map(tuple), st.sampled_from(("X", "Y")))
SIDE = st.lists(ITEM, max_size=4)


def characters(item):
    return frozenset(at for start, end in item[0] for at in range(start, end))


def shares(side, other):
    """Copies are numbered; an item is covered by the items of its label that have as many copies before them."""

    def numbered(items):
        found = [(characters(item), item[1]) for item in items]
        return [(own, label, found[:at].count((own, label))) for at, (own, label) in enumerate(found)]

    theirs = numbered(other)
    total = 0.0
    for own, label, copy in numbered(side):
        cover = frozenset().union(
            *(c for c, other_label, other_copy in theirs if (other_label, other_copy) == (label, copy))
        )
        total += len(own & cover) / len(own)
    return total


@given(gold=SIDE, predicted=SIDE, copied=st.booleans())
@settings(max_examples=300)
def test_is_the_covered_share_of_characters(gold, predicted, copied, score_items):
    predicted = predicted + gold[:1] * copied * 2
    counts = score_items("overlap", gold, predicted)
    assert counts.gold_credit == pytest.approx(shares(gold, predicted), abs=1e-12)
    assert counts.predicted_credit == pytest.approx(shares(predicted, gold), abs=1e-12)
