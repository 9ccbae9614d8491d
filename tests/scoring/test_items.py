"""Items: one table of which everything else is a fold or a filter."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from evalkit.errors import InputError
from evalkit.records import Annotations, Article, Quote, Span
from evalkit.scoring.from_arrays import columns_from_arrays
from evalkit.scoring.items import NOBODY, Items, items_of_pairs
from evalkit.scoring.pairs import Pair
from evalkit.scoring.selftest_cases import random_cases
from evalkit.scoring.tasks.base import imported
from evalkit.scoring.tasks.table import choose_conventions, load_task, score_task, task_names

EVERY = [(task, name) for task in task_names() for name in choose_conventions(task, ["all"])]
IDS = [f"{task}-{name}" for task, name in EVERY]


@cache
def tried(task: str, name: str) -> list[Items]:
    """The items of random corpora with nested, equal and discontinuous items."""
    found = [score_task(task, case, [name])[name].items for case in random_cases(task, seed=1, number=16)]
    return [items for items in found if items is not None]


@pytest.mark.parametrize(("task", "name"), EVERY, ids=IDS)
def test_slices_by_every_property_add_up_to_the_whole(task: str, name: str) -> None:
    for items in tried(task, name):
        for own in load_task(task).properties.values():
            values = imported(own.function)(items.columns, [])
            if values is not None:
                sliced = items.grouped_table(values)
                # Credits may be fractions, which are added up in another order.
                assert np.allclose(sliced.dense(), items.table().dense(), rtol=0, atol=1e-12)


@pytest.mark.parametrize(("task", "name"), EVERY, ids=IDS)
def test_the_table_is_the_sum_of_the_rows(task: str, name: str) -> None:
    for items in tried(task, name):
        counts = items.table().counts()
        assert (counts.gold, counts.predicted) == (len(items.gold.item), len(items.predicted.item))
        assert counts.gold_credit == pytest.approx(items.gold.credit.sum())
        assert counts.predicted_credit == pytest.approx(items.predicted.credit.sum())


@pytest.mark.parametrize(("task", "name"), EVERY, ids=IDS)
def test_partners_are_of_the_same_article_and_know_each_other_where_items_are_counted(task: str, name: str) -> None:
    for items in tried(task, name):
        columns = items.columns
        for side, (rows, others) in enumerate(((items.gold, items.predicted), (items.predicted, items.gold))):
            paired = np.flatnonzero(rows.partner != NOBODY)
            ours = columns.sides[rows.side].article[rows.item[paired]]
            assert (ours == columns.sides[1 - side].article[rows.partner[paired]]).all()
            if items.counts_items:
                assert (others.partner[rows.partner[paired]] == paired).all()


def test_two_quotes_that_share_their_tokens() -> None:
    # Two gold quotes over the same words, one of them without a speaker: their tokens are counted with the first.
    said, moen = Span(0, 10), Span(16, 24)
    gold = (
        Quote(id="q1", kind="direct", content=(said,), speaker=moen),
        Quote(id="q2", kind="direct", content=(said,)),
    )
    article = Article(id="a", text="“We knew,” said Ida Moen. He said we knew.")
    pair = Pair(article, Annotations(entities=(), quotes=gold), Annotations(entities=(), quotes=gold[:1]))
    scored = score_task("quotes", [pair], ["token", "exact"])
    by_speaker = imported(load_task("quotes").properties["speaker"].function)
    tokens, exact = scored["token"].items, scored["exact"].items
    assert tokens is not None
    assert exact is not None
    # “ We knew , ” are five tokens on either side, all right.
    assert scored["token"].table.totals().sum(axis=0).tolist() == [5, 5, 5, 5]
    assert tokens.grouped_table(by_speaker(tokens.columns, None)).by_group().totals().sum(axis=0).tolist() == [
        5,
        5,
        5,
        5,
    ]
    # The prediction is the copy of the quote that has its speaker, so that is the one that is found.
    parts = exact.grouped_table(by_speaker(exact.columns, None)).by_group()
    assert dict(zip(parts.labels, parts.totals().tolist(), strict=True)) == {
        "(none)": [1, 0, 0, 0],
        "role": [1, 1, 1, 1],
    }


COLUMNS = columns_from_arrays(
    ["a", "b"], ["X", "Y"], ([0, 0, 1], [0, 5, 0], [2, 9, 3], [0, 1, 0]), ([0, 1], [0, 0], [2, 4], [0, 1])
)


def test_items_count_in_their_own_slice() -> None:
    items = Items(COLUMNS, settled=COLUMNS.equal)
    table = items.grouped_table((["short", "long", "short"], ["short", "long"]))
    assert (table.groups, table.by_group().totals().tolist()) == (("long", "short"), [[1, 1, 0, 0], [2, 1, 1, 1]])
    # By group and label: long X, long Y, short X, short Y.
    assert table.group_totals().reshape(4, 4).tolist() == [[0, 0, 0, 0], [1, 1, 0, 0], [2, 1, 1, 1], [0, 0, 0, 0]]


def test_refuses_values_of_another_number() -> None:
    with pytest.raises(InputError, match="2 values for 3 gold items"):
        Items(COLUMNS, settled=COLUMNS.equal).grouped_table((["x", "y"], ["x", "y"]))


def test_pairs_alone_give_the_same_table_as_their_rows() -> None:
    nothing = np.zeros(0, dtype=np.int64)
    shared = items_of_pairs(COLUMNS, np.array([2]), np.array([1]), 0.5, settled=COLUMNS.equal)
    settled = tuple(own.copy() for own in COLUMNS.equal)
    spread = items_of_pairs(COLUMNS, np.array([2]), np.array([1]), 0.5, settled=(settled[0], settled[1]))
    assert shared.table().dense().tolist() == spread.table().dense().tolist()
    assert items_of_pairs(COLUMNS, nothing, nothing).table().counts().gold_credit == 0
