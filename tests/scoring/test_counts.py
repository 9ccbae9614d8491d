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
TABLE = CountTable.of_dense(("a", "b"), ("LOC", "PER"), CELLS)


def test_totals_and_counts():
    assert TABLE.totals().tolist() == [[3, 1, 1, 1], [4, 3, 1.5, 0.5]]
    assert TABLE.counts("PER") == Counts(4, 3, 1.5, 0.5)
    assert TABLE.counts() == Counts(7, 4, 2.5, 1.5)


def test_micro_pools_and_macro_averages_over_labels_with_gold():
    assert micro(TABLE).precision == 1.5 / 4
    assert micro(TABLE).recall == 2.5 / 7
    # LOC: P 1, R 1/3, F1 1/2; PER: P 1/6, R 3/8, F1 3/13
    assert macro(TABLE).f1 == pytest.approx((1 / 2 + 3 / 13) / 2)
    only_predicted = CountTable.of_dense(("a",), ("LOC", "PER"), np.array([[[1, 1, 1, 1], [0, 5, 0, 0]]], dtype=float))
    assert macro(only_predicted).f1 == 1.0


def test_without_gold_macro_is_zero():
    assert macro(CountTable.of_dense((), (), np.zeros((0, 0, 4)))).f1 == 0.0


def test_select_by_mask_and_position():
    assert TABLE.select(np.array([False, True])).articles == ("b",)
    assert TABLE.select([1, 0]).articles == ("a", "b")


def test_json_round_trip():
    back = CountTable.from_json(json.loads(json.dumps(TABLE.to_json())))
    assert (back.articles, back.labels) == (TABLE.articles, TABLE.labels)
    assert np.array_equal(back.dense(), TABLE.dense())


def test_json_of_nothing():
    nothing = CountTable.of_dense((), (), np.zeros((0, 0, 4)))
    assert CountTable.from_json(nothing.to_json()).dense().shape == (0, 0, 4)


@given(cut=st.integers(0, 6), seed=st.integers(0, 100))
@settings(max_examples=60)
def test_merging_gives_the_whole_whatever_the_order(cut, seed):
    rng = np.random.default_rng(seed)
    names = tuple(f"a{at}" for at in range(6))
    whole = CountTable.of_dense(names, ("X", "Y"), rng.random((6, 2, 4)))
    shuffled = rng.permutation(6)
    parts = [whole.select(np.isin(np.arange(6), shuffled[:cut])), whole.select(np.isin(np.arange(6), shuffled[cut:]))]
    for order in (parts, parts[::-1]):
        merged = merge_tables(order)
        assert merged.articles == names
        assert merged.dense().tobytes() == whole.dense().tobytes()


def test_merging_labels_that_only_one_part_has():
    other = CountTable.of_dense(("c",), ("ORG",), np.ones((1, 1, 4)))
    merged = merge_tables([TABLE, other])
    assert merged.labels == ("LOC", "ORG", "PER")
    assert merged.counts("ORG") == Counts(1, 1, 1.0, 1.0)
    assert merged.counts("PER") == TABLE.counts("PER")


def test_an_article_in_two_tables_is_refused():
    with pytest.raises(InputError, match="'a' is in two"):
        merge_tables([TABLE, TABLE.select([0])])


GROUPED = CountTable.of_dense(("a", "b"), ("X", "Y"), np.arange(32.0), ("s", "t"))
"""Article a, group s: X [0, 1, 2, 3], Y [4 …]; group t: X [8 …], Y [12 …]; and so on."""


def test_groups_fold_to_the_table():
    assert GROUPED.dense()[0].tolist() == [[8, 10, 12, 14], [16, 18, 20, 22]]
    assert GROUPED.by_group().dense()[0].tolist() == [[4, 6, 8, 10], [20, 22, 24, 26]]
    assert GROUPED.select([1]).dense_groups().tolist() == GROUPED.dense_groups()[1:].tolist()


def test_groups_survive_json_and_merging():
    back = CountTable.from_json(json.loads(json.dumps(GROUPED.to_json())))
    assert (back.groups, back.dense_groups().tolist()) == (GROUPED.groups, GROUPED.dense_groups().tolist())
    merged = merge_tables([GROUPED.select([1]), GROUPED.select([0])])
    assert (merged.groups, merged.dense_groups().tolist()) == (GROUPED.groups, GROUPED.dense_groups().tolist())


@given(seed=st.integers(0, 100))
@settings(max_examples=40)
def test_sums_of_fractions_are_those_of_every_cell_to_the_last_bit(seed):
    rng = np.random.default_rng(seed)
    cells = rng.random((20, 3, 4, 4)) * (rng.random((20, 3, 4, 1)) < 0.4)
    table = CountTable.of_dense(tuple(f"a{at:02}" for at in range(20)), tuple("WXYZ"), cells, tuple("rst"))
    plain = cells.sum(axis=1)
    assert table.dense().tolist() == plain.tolist()
    assert table.totals().tolist() == plain.sum(axis=0).tolist()
    assert table.by_article().tolist() == plain.sum(axis=1).tolist()
    assert table.pooled().totals().tolist() == [plain.sum(axis=1).sum(axis=0).tolist()]
    assert table.group_totals().tolist() == cells.sum(axis=0).tolist()
    assert table.by_group().totals().tolist() == cells.sum(axis=2).sum(axis=0).tolist()


@pytest.mark.parametrize("credit", [0.5, 0.1, 3000.0])
def test_numbers_are_kept_as_they_are_however_narrow(credit):
    table = CountTable.of_cells(("a", "b"), ("X",), [1, 0], [0, 0], [[1, 2, credit, 0], [0, 0, 0, 0]])
    assert table.article.tolist() == [1]
    assert table.values.tolist() == [[1, 2, credit, 0]]
    assert CountTable.from_json(json.loads(json.dumps(table.to_json()))).to_json() == table.to_json()


def test_a_table_of_very_many_labels_is_as_large_as_what_it_holds():
    names = tuple(f"n{at:06}" for at in range(100_000))
    every = np.arange(100_000)
    table = CountTable.of_cells(names, names, every, every, np.ones((100_000, 4)))
    assert table.counts() == Counts(100_000, 100_000, 100_000.0, 100_000.0)
    assert table.select(every % 2 == 0).counts("n000002") == Counts(1, 1, 1.0, 1.0)


def test_groups_that_only_one_part_has():
    other = CountTable.of_dense(("c",), ("Z",), np.ones((1, 1, 1, 4)), ("u",))
    merged = merge_tables([GROUPED, other])
    assert (merged.groups, merged.labels) == (("s", "t", "u"), ("X", "Y", "Z"))
    assert merged.by_group().counts("u") == Counts(1, 1, 1.0, 1.0)
    assert merged.counts("X") == GROUPED.counts("X")
