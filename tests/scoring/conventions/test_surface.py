"""surface: distinct pairs of text and label of the whole split."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import InputError
from evalkit.scoring.tasks.table import load_convention

#       0         1
#       0123456789012345
TEXT = "Ida saw Ida, Bo."

CASES = [
    # Ida twice is one pair on either side, and Bo is missed
    pytest.param("PER 0-3; PER 8-11; PER 13-15", "PER 0-3", (1, 1, 1, 2), id="a-name-twice-is-one"),
    # found at another place is found
    pytest.param("PER 0-3", "PER 8-11", (1, 1, 1, 1), id="anywhere"),
    pytest.param("PER 0-3", "ORG 0-3", (0, 1, 0, 1), id="label"),
    # Ida as PER and as ORG are two pairs
    pytest.param("PER 0-3; ORG 8-11", "PER 0-3", (1, 1, 1, 2), id="two-labels-are-two"),
    pytest.param("PER 0-3; PER 0-3", "PER 0-3; PER 0-3", (1, 1, 1, 1), id="copies-are-one"),
    pytest.param("", "PER 0-3", (0, 1, 0, 0), id="no-gold"),
]


@pytest.mark.parametrize(("gold", "predicted", "expected"), CASES)
def test_credit(gold, predicted, expected, score):
    assert score("surface", gold, predicted, TEXT) == expected


def test_in_place_asks_for_one_that_stands_where_gold_has_it(score):
    assert score("surface:in-place", "PER 0-3", "PER 8-11", TEXT) == (0, 1, 0, 1)
    assert score("surface:in-place", "PER 0-3; PER 8-11", "PER 8-11", TEXT) == (1, 1, 1, 1)


def test_pairs_are_distinct_over_all_articles(score):
    # a0: Ida found; a1: Ida missed, Bo found: two pairs, both found
    assert score("surface", ["PER 0-3", "PER 0-3; PER 13-15"], ["PER 0-3", "PER 13-15"], TEXT) == (2, 2, 2, 2)


ITEMS = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 4), st.sampled_from(("PER", "ORG"))), max_size=6)


@given(gold=ITEMS, predicted=ITEMS)
def test_sets_of_pairs_are_compared(gold, predicted, score):
    """The definition itself, as sets."""
    lines = ["; ".join(f"{label} {a}-{a + n}" for a, n, label in side) for side in (gold, predicted)]
    ours, theirs = ({(" ".join(TEXT[a : a + n].split()), label) for a, n, label in side} for side in (gold, predicted))
    common = len(ours & theirs)
    assert score("surface", *lines, TEXT) == (common, len(theirs), common, len(ours))


def test_it_needs_texts(columns):
    with pytest.raises(InputError, match="'surface' needs the text of the articles"):
        load_convention("entities", "surface")(columns("PER 0-3", "PER 0-3"))
