"""Edges, clusters and assignments: small ones against everything there is, large ones against their limits."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from evalkit.scoring import edges as edges_module
from evalkit.scoring import meeting
from evalkit.scoring.assignment import assign_many, best_assignment
from evalkit.scoring.edges import find_edges
from evalkit.scoring.from_arrays import columns_from_arrays
from evalkit.scoring.matching import match_open

EDGES = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(1, 9)), max_size=8, unique_by=lambda edge: edge[:2]
)


def is_matching(chosen):
    return all(len({edge[side] for edge in chosen}) == len(chosen) for side in (0, 1))


def most(edges):
    ways = (way for size in range(len(edges) + 1) for way in itertools.combinations(edges, size))
    return max(sum(edge[2] for edge in way) for way in ways if is_matching(way))


@given(edges=EDGES)
@settings(max_examples=80)
def test_best_assignment_has_the_largest_sum(edges):
    chosen = [edges[at] for at in best_assignment(edges)]
    assert is_matching(chosen)
    assert sum(edge[2] for edge in chosen) == most(edges)


@given(edges=EDGES.filter(bool))
@settings(max_examples=40)
def test_assign_many_agrees(edges):
    table = np.array(edges)
    chosen = [edges[at] for at in assign_many(table[:, 0], table[:, 1], table[:, 2])]
    assert is_matching(chosen)
    assert sum(edge[2] for edge in chosen) == most(edges)


def test_among_equals_the_earlier_edges_win():
    assert best_assignment([(0, 0, 5), (0, 1, 5)]) == [0]
    assert best_assignment([(0, 1, 5), (0, 0, 5), (1, 1, 5)]) == [1, 2]


def test_many_edges_that_hang_together_are_matched_too():
    # a 20 by 20 block: more than sets of columns can be tried for; the diagonal is worth most
    edges = [(i, j, 100 if i == j else 1) for i in range(20) for j in range(20)]
    assert [edges[at][:2] for at in best_assignment(edges)] == [(i, i) for i in range(20)]


def test_weights_too_large_to_be_exact_keep_their_order():
    edges = [(i, j, 2**60 if i == j else 2**59) for i in range(12) for j in range(12)]
    assert [edges[at][:2] for at in best_assignment(edges)] == [(i, i) for i in range(12)]


def test_a_chain_of_thousands_is_matched_without_a_table():
    # each row meets its own column and the next one; giving way once would cost one at each
    edges = [(i, i + step, 3 - step) for i in range(20_000) for step in (0, 1)]
    assert [edges[at][:2] for at in best_assignment(edges)] == [(i, i) for i in range(20_000)]


@pytest.mark.parametrize("seed", range(5))
def test_a_chain_is_matched_as_the_solver_matches(seed):
    rng = np.random.default_rng(seed)
    near = [(i, j) for i in range(300) for j in range(max(0, i - 3), i + 4) if rng.random() < 0.8]
    edges = [(i, j, int(rng.integers(1, 1000))) for i, j in near]
    dense = np.zeros((304, 304))
    for row, column, weight in edges:
        dense[row, column] = weight
    chosen = [edges[at] for at in best_assignment(edges)]
    assert len({row for row, *_ in chosen}) == len({column for _, column, _ in chosen}) == len(chosen)
    assert sum(weight for *_, weight in chosen) == dense[linear_sum_assignment(dense, maximize=True)].sum()


def test_of_copies_that_weigh_the_same_the_earlier_edges_count():
    edges = [(row, column, 7) for row in (2, 0, 1) for column in range(4)]
    assert [edges[at][:2] for at in best_assignment(edges)] == [(2, 0), (0, 1), (1, 2)]


SPANS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 8), st.integers(0, 5), st.integers(0, 1)), max_size=6)


def arrays(items):
    table = np.array(items, dtype=np.int64).reshape(-1, 4)
    return table[:, 0], table[:, 1], table[:, 1] + table[:, 2], table[:, 3]


@pytest.mark.parametrize("by_label", [False, True])
@given(gold=SPANS, predicted=SPANS)
@settings(max_examples=50)
def test_find_edges_finds_every_overlap_once(by_label, gold, predicted):
    columns = columns_from_arrays(["a", "b"], ["X", "Y"], arrays(gold), arrays(predicted))
    everything = np.arange(len(gold)), np.arange(len(predicted))
    found = find_edges(columns, *everything, by_label=by_label)
    expected = {}
    for i, j in itertools.product(*(range(len(side)) for side in (gold, predicted))):
        a, b = (
            [getattr(s, n)[at] for n in ("article", "start", "end", "label")]
            for s, at in ((columns.gold, i), (columns.predicted, j))
        )
        if a[0] != b[0] or (by_label and a[3] != b[3]):
            continue
        empty = a[1] == a[2] or b[1] == b[2]
        common = int(a[1:3] == b[1:3]) if empty else min(a[2], b[2]) - max(a[1], b[1])
        if common > 0:
            expected[i, j] = common
    rows = list(zip(found.gold.tolist(), found.predicted.tolist(), strict=True))
    assert len(rows) == len(set(rows))
    assert dict(zip(rows, found.common.tolist(), strict=True)) == expected


@given(gold=SPANS, predicted=SPANS)
@settings(max_examples=60)
def test_blocks_change_nothing(gold, predicted):
    columns = columns_from_arrays(["a", "b"], ["X", "Y"], arrays(gold), arrays(predicted))
    whole = match_open(columns, by_label=False)
    columns.memo.clear()
    before, edges_module.BLOCK, meeting.BLOCK = edges_module.BLOCK, 1, 0
    try:
        parts = match_open(columns, by_label=False)
    finally:
        edges_module.BLOCK = meeting.BLOCK = before
    assert sorted(zip(*whole, strict=True)) == sorted(zip(*parts, strict=True))


@pytest.mark.parametrize("convention", ["partial", "type", "fuzzy", "overlap", "iou:0.3"])
def test_a_crowd_of_hundreds_is_matched(convention, table):
    # 300 gold and 300 predicted items, each at [i, i + 200): all overlap with nearly all; each has its equal
    line = "; ".join(f"X {at}-{at + 200}" for at in range(300))
    shifted = "; ".join(f"X {at + 1}-{at + 201}" for at in range(300))
    assert table(convention, line, line).counts().gold_credit == 300
    # under overlap the equal ones pay with all their characters, so nothing is left for the first
    worth = {"partial": 299 + 0.5, "overlap": 299}
    # shifted by one, 299 have an equal and the first and last meet each other's neighbours
    found = table(convention, line, shifted).counts().gold_credit
    if convention in ("type", "iou:0.3"):
        assert found in (299, 300)
    elif convention == "overlap":
        assert found == pytest.approx(worth["overlap"])
    elif convention == "partial":
        assert found in (299, worth["partial"])


def test_one_item_over_a_thousand(table):
    words = "; ".join(f"X {6 * at}-{6 * at + 5}" for at in range(1000))
    # the long one is spurious under exact, and takes nothing from the others under type
    assert table("type", words, f"{words}; X 0-6000").counts().predicted_credit == 1000
    # alone it finds one of the thousand
    assert table("type", words, "X 0-6000").counts().gold_credit == 1
