from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.layers.entities import ENTITIES
from evalkit.records import Entity, Span
from evalkit.scoring.columns import Columns
from evalkit.scoring.from_records import columns_of_items
from evalkit.scoring.kinds import Judged
from evalkit.scoring.tasks.spans import SPAN_KINDS
from evalkit.scoring.tasks.table import judge_items, load_convention

Item = tuple[int, int, str]


def columns_of(gold: list[Item], predicted: list[Item]) -> Columns:
    sides = [
        [Entity(id=str(at), spans=(Span(start, end),), label=label) for at, (start, end, label) in enumerate(side)]
        for side in (gold, predicted)
    ]
    return columns_of_items(["a"], [sides[0]], [sides[1]], layer=ENTITIES)


def judge(gold: list[Item], predicted: list[Item]) -> Judged:
    return judge_items("entities", columns_of(gold, predicted))


@pytest.mark.parametrize(
    ("gold", "predicted", "expected"),
    [
        pytest.param([(0, 8, "PER")], [(0, 8, "PER")], {"right": 1}, id="right"),
        pytest.param([(0, 8, "PER")], [(0, 8, "ORG")], {"label": 1}, id="label"),
        pytest.param([(0, 8, "PER")], [(4, 8, "PER")], {"boundary": 1}, id="boundary"),
        pytest.param([(0, 8, "PER")], [(4, 8, "ORG")], {"boundary+label": 1}, id="boundary and label"),
        pytest.param([(0, 8, "PER")], [], {"missed": 1}, id="missed"),
        pytest.param([], [(0, 8, "PER")], {"spurious": 1}, id="spurious"),
        pytest.param([(0, 8, "PER")], [(8, 9, "PER")], {"missed": 1, "spurious": 1}, id="neighbours do not overlap"),
        pytest.param(
            [(0, 8, "PER")], [(0, 8, "PER"), (0, 8, "PER")], {"right": 1, "duplicate": 1}, id="the same twice"
        ),
        pytest.param(
            [(0, 8, "PER")], [(0, 8, "PER"), (4, 8, "PER")], {"right": 1, "duplicate": 1}, id="right and a piece"
        ),
        pytest.param(
            [(0, 8, "PER")], [(0, 3, "PER"), (4, 8, "PER")], {"boundary": 1, "duplicate": 1}, id="in two pieces"
        ),
        pytest.param(
            [(0, 8, "ORG")], [(0, 8, "ORG"), (4, 8, "GPE")], {"right": 1, "spurious": 1}, id="an invented inner name"
        ),
        pytest.param([(0, 3, "PER"), (4, 8, "PER")], [(0, 8, "PER")], {"boundary": 1, "missed": 1}, id="one over two"),
        pytest.param(
            # The same place first: the GPE is taken for ORG, although an ORG overlaps too.
            [(0, 8, "GPE"), (0, 4, "ORG")],
            [(0, 8, "ORG")],
            {"label": 1, "missed": 1},
            id="same spans before overlap",
        ),
        pytest.param([(3, 3, "PER")], [(3, 3, "ORG")], {"label": 1}, id="empty spans"),
        pytest.param([], [], {}, id="nothing"),
    ],
)
def test_kinds(gold: list[Item], predicted: list[Item], expected: dict[str, int]) -> None:
    assert judge(gold, predicted).counts() == dict.fromkeys(SPAN_KINDS, 0) | expected


def test_items_know_whom_they_were_matched_with() -> None:
    judged = judge([(0, 8, "PER"), (14, 18, "GPE")], [(4, 8, "PER"), (9, 13, "ORG")])
    assert [[judged.names[kind] for kind in side] for side in judged.kind] == [
        ["boundary", "missed"],
        ["boundary", "spurious"],
    ]
    assert [partner.tolist() for partner in judged.partner] == [[0, -1], [0, -1]]


def test_confusion_matrix() -> None:
    judged = judge([(0, 4, "GPE"), (10, 14, "PER"), (20, 24, "PER")], [(0, 4, "PER"), (10, 13, "PER"), (30, 34, "GPE")])
    # Labels GPE, PER, nothing: one GPE for PER, one PER for PER (its boundary apart), one PER missed, one GPE invented.
    assert judged.confusion.tolist() == [[0, 1, 0], [0, 1, 1], [1, 0, 0]]


ITEMS = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 5), st.sampled_from("XYZ")).map(lambda t: (t[0], t[0] + t[1], t[2])),
    max_size=7,
)


@settings(max_examples=50)
@given(gold=ITEMS, predicted=ITEMS)
def test_every_item_has_one_kind(gold: list[Item], predicted: list[Item]) -> None:
    columns = columns_of(gold, predicted)
    judged = judge_items("entities", columns)
    counts = judged.counts()
    pairs = counts["right"] + counts["label"] + counts["boundary"] + counts["boundary+label"]
    assert pairs + counts["missed"] == len(gold)
    assert pairs + counts["duplicate"] + counts["spurious"] == len(predicted)
    matrix = judged.confusion
    assert matrix[:-1].sum(axis=1).tolist() == [sum(item[2] == label for item in gold) for label in columns.labels]
    assert matrix[:, :-1].sum(axis=0).tolist() == [
        sum(item[2] == label for item in predicted) for label in columns.labels
    ]
    # What is right is what `exact` says is right, item by item.
    exact = load_convention("entities", "exact")(columns)
    assert (judged.kind[0] == 0).tolist() == exact.gold.credit.astype(bool).tolist()
    assert (judged.kind[1] == 0).tolist() == exact.predicted.credit.astype(bool).tolist()


@settings(max_examples=50)
@given(gold=ITEMS, predicted=ITEMS, seed=st.integers(0, 99))
def test_the_order_of_items_changes_nothing(gold: list[Item], predicted: list[Item], seed: int) -> None:
    random = np.random.default_rng(seed)
    shuffled = [[side[at] for at in random.permutation(len(side))] for side in (gold, predicted)]
    first, second = judge(*shuffled), judge(gold, predicted)
    for side in (0, 1):
        assert first.kind[side].tolist() == second.kind[side].tolist()
        assert first.partner[side].tolist() == second.partner[side].tolist()
