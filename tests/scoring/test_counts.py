from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.errors import InputError
from evalkit.results import Counts
from evalkit.scoring.counts import CountTable, macro, merge_tables, micro

CELLS = np.array([[[2, 1, 1.0, 1.0], [0, 1, 0, 0.0]], [[1, 0, 0, 0], [4, 2, 1.5, 0.5]]])
TABLE = CountTable(("a", "b"), ("LOC", "PER"), CELLS)


def test_totals_and_counts():
    assert TABLE.totals().tolist() == [[3, 1, 1, 1], [4, 3, 1.5, 0.5]]
    assert TABLE.counts("PER") == Counts(4, 3, 1.5, 0.5)
    assert TABLE.counts() == Counts(7, 4, 2.5, 1.5)


def test_micro_pools_and_macro_averages_over_labels_with_gold():
    assert micro(TABLE).precision == 1.5 / 4
    assert micro(TABLE).recall == 2.5 / 7
    # LOC: P 1, R 1/3, F1 1/2; PER: P 1/6, R 3/8, F1 3/13
    assert macro(TABLE).f1 == pytest.approx((1 / 2 + 3 / 13) / 2)
    only_predicted = CountTable(("a",), ("LOC", "PER"), np.array([[[1, 1, 1, 1], [0, 5, 0, 0]]], dtype=float))
    assert macro(only_predicted).f1 == 1.0


def test_without_gold_macro_is_zero():
    assert macro(CountTable((), (), np.zeros((0, 0, 4)))).f1 == 0.0


def test_select_by_mask_and_position():
    assert TABLE.select(np.array([False, True])).articles == ("b",)
    assert TABLE.select([1, 0]).articles == ("a", "b")


def test_json_round_trip():
    back = CountTable.from_json(json.loads(json.dumps(TABLE.to_json())))
    assert (back.articles, back.labels) == (TABLE.articles, TABLE.labels)
    assert np.array_equal(back.cells, TABLE.cells)


def test_json_of_nothing():
    nothing = CountTable((), (), np.zeros((0, 0, 4)))
    assert CountTable.from_json(nothing.to_json()).cells.shape == (0, 0, 4)


@given(cut=st.integers(0, 6), seed=st.integers(0, 100))
@settings(max_examples=60)
def test_merging_gives_the_whole_whatever_the_order(cut, seed):
    rng = np.random.default_rng(seed)
    names = tuple(f"a{at}" for at in range(6))
    whole = CountTable(names, ("X", "Y"), rng.random((6, 2, 4)))
    shuffled = rng.permutation(6)
    parts = [whole.select(np.isin(np.arange(6), shuffled[:cut])), whole.select(np.isin(np.arange(6), shuffled[cut:]))]
    for order in (parts, parts[::-1]):
        merged = merge_tables(order)
        assert merged.articles == names
        assert merged.cells.tobytes() == whole.cells.tobytes()


def test_merging_labels_that_only_one_part_has():
    other = CountTable(("c",), ("ORG",), np.ones((1, 1, 4)))
    merged = merge_tables([TABLE, other])
    assert merged.labels == ("LOC", "ORG", "PER")
    assert merged.counts("ORG") == Counts(1, 1, 1.0, 1.0)
    assert merged.counts("PER") == TABLE.counts("PER")


def test_an_article_in_two_tables_is_refused():
    with pytest.raises(InputError, match="'a' is in two"):
        merge_tables([TABLE, TABLE.select([0])])


GROUPED = CountTable.of_groups(("a", "b"), ("X", "Y"), ("s", "t"), np.arange(32, dtype=np.float64).reshape(2, 2, 2, 4))
"""Article a, group s: X [0, 1, 2, 3], Y [4 …]; group t: X [8 …], Y [12 …]; and so on."""


def test_groups_fold_to_the_table():
    assert GROUPED.cells[0].tolist() == [[8, 10, 12, 14], [16, 18, 20, 22]]
    assert GROUPED.by_group().cells[0].tolist() == [[4, 6, 8, 10], [20, 22, 24, 26]]
    assert GROUPED.select([1]).grouped.tolist() == GROUPED.grouped[1:].tolist()


def test_groups_survive_json_and_merging():
    back = CountTable.from_json(json.loads(json.dumps(GROUPED.to_json())))
    assert (back.groups, back.grouped.tolist()) == (GROUPED.groups, GROUPED.grouped.tolist())
    merged = merge_tables([GROUPED.select([1]), GROUPED.select([0])])
    assert (merged.groups, merged.grouped.tobytes()) == (GROUPED.groups, GROUPED.grouped.tobytes())


def test_groups_that_only_one_part_has():
    other = CountTable.of_groups(("c",), ("Z",), ("u",), np.ones((1, 1, 1, 4)))
    merged = merge_tables([GROUPED, other])
    assert (merged.groups, merged.labels) == (("s", "t", "u"), ("X", "Y", "Z"))
    assert merged.by_group().counts("u") == Counts(1, 1, 1.0, 1.0)
    assert merged.counts("X") == GROUPED.counts("X")
