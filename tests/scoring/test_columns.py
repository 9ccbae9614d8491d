from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.errors import InputError
from evalkit.layers.entities import ENTITIES
from evalkit.records import Entity, Span
from evalkit.scoring.arrays import match_sorted, unpaired
from evalkit.scoring.from_arrays import columns_from_arrays
from evalkit.scoring.from_records import columns_of_items, join_spans

NOTHING = ([], [], [], [])


def test_items_come_in_one_order_and_know_where_they_were():
    columns = columns_from_arrays(["a", "b"], ["X", "Y"], ([1, 0, 0], [5, 9, 2], [6, 10, 4], [0, 1, 0]), NOTHING)
    assert columns.gold.article.tolist() == [0, 0, 1]
    assert columns.gold.start.tolist() == [2, 9, 5]
    assert columns.gold.order.tolist() == [2, 1, 0]


def test_counts_by_article_and_label():
    columns = columns_from_arrays(["a", "b"], ["X", "Y"], ([0, 0, 1], [0, 4, 0], [2, 6, 2], [1, 1, 0]), NOTHING)
    assert columns.filled.numbers.tolist() == [1, 2]
    assert columns.filled.sums(0).tolist() == [2, 1]
    assert columns.filled.sums(1).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("gold", "message"),
    [
        pytest.param(([0], [0], [1], [0, 0]), "differ in length", id="lengths"),
        pytest.param(([1], [0], [1], [0]), "article position 1", id="article"),
        pytest.param(([0], [0], [1], [-1]), "label position -1", id="label"),
        pytest.param(([0], [4], [2], [0]), r"span \[4, 2\]", id="end-before-start"),
        pytest.param(([0], [-1], [2], [0]), r"span \[-1, 2\]", id="negative"),
        pytest.param(([0], [0], [2**31], [0]), "2147483648 is out of range", id="beyond-32-bits"),
        pytest.param(([0], [0], [2**70], [0]), "whole numbers", id="beyond-64-bits"),
        pytest.param(([0], [0.5], [2], [0]), "whole numbers", id="fraction"),
        pytest.param(([0], ["x"], [2], [0]), "whole numbers", id="text"),
    ],
)
def test_refuses_what_no_text_can_have(gold, message):
    with pytest.raises(InputError, match=message):
        columns_from_arrays(["a"], ["X"], gold, NOTHING)


def test_refuses_unsorted_names():
    with pytest.raises(InputError, match="labels must be sorted"):
        columns_from_arrays(["a"], ["Y", "X"], NOTHING, NOTHING)


def test_refuses_an_offset_that_no_text_reaches():
    with pytest.raises(InputError, match="no text reaches"):
        columns_of_items(["a"], [[Entity(id="", spans=(Span(0, 2**70),), label="X")]], [[]], layer=ENTITIES)


def test_offsets_too_large_to_pack_are_ranked():
    far = 2**31 - 10
    sides = ([0, 0], [0, far], [3, far + 4], [0, 1]), ([0, 0], [far, 0], [far + 4, 3], [1, 0])
    columns = columns_from_arrays(["a"], ["X", "Y"], *sides)
    assert columns.equal[0].tolist() == columns.equal[1].tolist() == [0, 1]


def test_the_number_of_a_shape_does_not_depend_on_the_order_of_the_input(columns):
    one, other = "X 0-2+6-8", "X 0-3+6-8"
    first = columns(f"{one}; {other}", other)
    second = columns(f"{other}; {one}", other)
    assert first.shapes == second.shapes == ((), ((0, 2), (6, 8)), ((0, 3), (6, 8)))
    assert first.gold.shape.tolist() == second.gold.shape.tolist()


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        pytest.param([(0, 3), (3, 5)], ((0, 5),), id="touching"),
        pytest.param([(6, 8), (0, 3)], ((0, 3), (6, 8)), id="order"),
        pytest.param([(0, 5), (2, 3)], ((0, 5),), id="nested"),
        pytest.param([(0, 3), (9, 9)], ((0, 3),), id="empty-piece"),
        pytest.param([(9, 9), (4, 4)], ((4, 4),), id="only-empty"),
        pytest.param([], ((0, 0),), id="none"),
    ],
)
def test_join_spans(spans, expected):
    assert join_spans(spans) == expected


@given(first=st.lists(st.integers(0, 8)), second=st.lists(st.integers(0, 8)))
@settings(max_examples=80)
def test_match_sorted_pairs_as_many_equal_values_as_there_are(first, second):
    ours, theirs = np.sort(np.array(first, dtype=np.int64)), np.sort(np.array(second, dtype=np.int64))
    left, right = match_sorted(ours, theirs)
    assert (ours[left] == theirs[right]).all()
    assert len(set(left.tolist())) == len(left) == len(set(right.tolist()))
    assert len(left) == sum(min(first.count(value), second.count(value)) for value in set(first))


def test_unpaired():
    assert unpaired(4, np.array([2, 0])).tolist() == [1, 3]
