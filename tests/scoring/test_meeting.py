from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.scoring.edges import find_edges
from evalkit.scoring.meeting import couples, open_edges, others, relabelled


def rows(edges):
    return list(zip(*(column.tolist() for column in edges), strict=True))


@pytest.mark.parametrize(
    ("gold", "predicted", "expected"),
    [
        pytest.param("X 0-4; X 4-8", "X 2-4; Y 5-9", [(0, 0, 2), (1, 1, 3)], id="neighbours"),
        pytest.param("X 0-4", "X 2-6; X 3-8", [], id="one-over-two"),
        pytest.param("X 0-4; Y 2-5", "X 0-4", [], id="nested-gold"),
        pytest.param("X 0-9", "X 2-3; Y 5-6", [], id="two-inside-one"),
        pytest.param("X 3-3; X 7-7", "Y 3-3; X 6-8", [(0, 0, 1)], id="empty-spans-meet-their-equals"),
        pytest.param("X 0-2+6-8", "X 1-7", [(0, 0, 2)], id="pieces"),
        pytest.param("X 0-2+6-8", "X 3-5", [], id="between-the-pieces"),
    ],
)
def test_couples(gold, predicted, expected, columns):
    assert rows(couples(columns(gold, predicted), None, by_label=False)) == expected


def test_couples_of_one_label_among_free_items(columns):
    found = columns("X 0-4; X 6-8; Y 9-10", "Y 0-4; X 7-9; Y 9-10")
    assert rows(couples(found, None, by_label=True)) == [(1, 1, 1), (2, 2, 1)]
    assert rows(couples(found, others(found, found.equal), by_label=True)) == [(1, 1, 1)]


ITEM = st.builds(
    lambda label, start, length, gap: (
        f"{label} {start}-{start + length}" + (f"+{start + length + gap}-{start + length + gap + 2}" if gap > 3 else "")
    ),
    st.sampled_from("XY"), st.integers(0, 12), st.integers(0, 5), st.integers(0, 5),
)  # fmt: skip
SIDE = st.lists(st.lists(ITEM, max_size=4).map("; ".join), min_size=2, max_size=2)


@pytest.mark.parametrize("by_label", [False, True])
@given(gold=SIDE, predicted=SIDE)
@settings(max_examples=40)
def test_couples_and_open_edges_are_all_overlaps(by_label, gold, predicted, columns):
    found = columns(gold, predicted)
    alone = rows(couples(found, None, by_label=by_label))
    more = [row for edges in open_edges(found, None, by_label=by_label) for row in rows(edges)]
    everything = np.arange(len(found.gold)), np.arange(len(found.predicted))
    assert sorted(alone + more) == sorted(rows(find_edges(found, *everything, by_label=by_label)))
    for side in (0, 1):
        assert not {row[side] for row in alone} & {row[side] for row in more}


@given(gold=SIDE, predicted=SIDE)
@settings(max_examples=60)
def test_relabelled_are_one_to_one_and_as_many_as_there_can_be(gold, predicted, columns):
    found = columns(gold, predicted)
    pairs = relabelled(found)
    free = others(found, found.equal)
    places = [side.place[own].tolist() for side, own in zip(found.sides, free, strict=True)]
    assert sorted(found.gold.place[pairs[0]].tolist()) == sorted(found.predicted.place[pairs[1]].tolist())
    assert all(len(set(own.tolist())) == len(own) and mask[own].all() for own, mask in zip(pairs, free, strict=True))
    assert len(pairs[0]) == sum(min(places[0].count(place), places[1].count(place)) for place in {*places[0]})
