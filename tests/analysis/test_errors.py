from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.analysis.errors import KINDS, confusion_matrix, find_errors, hardest_articles
from evalkit.records import Entity, Span
from evalkit.scoring.columns import EntityColumns
from evalkit.scoring.credits import entity_table
from evalkit.scoring.entities import entity_columns
from evalkit.scoring.table import CountTable
from evalkit.scoring.tasks.table import load_convention

Item = tuple[int, int, str]


def columns_of(gold: list[Item], predicted: list[Item], text: str | None = None) -> EntityColumns:
    sides = [
        [Entity(id=str(at), spans=(Span(start, end),), label=label) for at, (start, end, label) in enumerate(side)]
        for side in (gold, predicted)
    ]
    return entity_columns(["a"], [sides[0]], [sides[1]], texts=None if text is None else (text,))


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
    counts = find_errors(columns_of(gold, predicted)).counts()
    assert counts == dict.fromkeys(KINDS, 0) | expected


def test_items_say_who_was_taken_for_whom() -> None:
    text = "Ida Moen left Oslo."
    errors = find_errors(columns_of([(0, 8, "PER"), (14, 18, "GPE")], [(4, 8, "PER"), (9, 13, "ORG")], text))
    items = errors.items(article="a")
    assert [(item.kind, item.gold_text, item.predicted_text) for item in items] == [
        ("boundary", "Ida Moen", "Moen"),
        ("missed", "Oslo", ""),
        ("spurious", "", "left"),
    ]
    assert (items[0].gold, items[0].predicted) == (((0, 8),), ((4, 8),))
    assert (items[1].gold_label, items[1].predicted_label) == ("GPE", None)
    assert errors.items(article="b") == []
    assert errors.by_article.tolist() == [[0, 0, 1, 0, 0, 1, 1]]


def test_items_without_text() -> None:
    (item,) = find_errors(columns_of([(0, 8, "PER")], [])).items()
    assert item.gold_text == ""


def test_confusion_matrix() -> None:
    errors = find_errors(
        columns_of([(0, 4, "GPE"), (10, 14, "PER"), (20, 24, "PER")], [(0, 4, "PER"), (10, 13, "PER"), (30, 34, "GPE")])
    )
    # Labels GPE, PER, nothing: one GPE for PER, one PER for PER (its boundary apart), one PER missed, one GPE invented.
    assert confusion_matrix(errors).tolist() == [[0, 1, 0], [0, 1, 1], [1, 0, 0]]


ITEMS = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 5), st.sampled_from("XYZ")).map(lambda t: (t[0], t[0] + t[1], t[2])),
    max_size=7,
)


@settings(max_examples=150)
@given(gold=ITEMS, predicted=ITEMS)
def test_every_item_has_one_kind(gold: list[Item], predicted: list[Item]) -> None:
    columns = columns_of(gold, predicted)
    errors = find_errors(columns)
    counts = errors.counts()
    pairs = counts["right"] + counts["label"] + counts["boundary"] + counts["boundary+label"]
    assert pairs + counts["missed"] == len(gold)
    assert pairs + counts["duplicate"] + counts["spurious"] == len(predicted)
    assert errors.by_article.sum(axis=0).tolist() == list(counts.values())
    assert len(errors.items()) == sum(counts.values()) - counts["right"]
    matrix = confusion_matrix(errors)
    assert matrix[:-1].sum(axis=1).tolist() == [sum(item[2] == label for item in gold) for label in columns.labels]
    assert matrix[:, :-1].sum(axis=0).tolist() == [
        sum(item[2] == label for item in predicted) for label in columns.labels
    ]
    exact = entity_table(columns, load_convention("entities", "exact")(columns)).counts()
    assert counts["right"] == exact.gold_credit


@settings(max_examples=50)
@given(gold=ITEMS, predicted=ITEMS, seed=st.integers(0, 99))
def test_the_order_of_items_changes_nothing(gold: list[Item], predicted: list[Item], seed: int) -> None:
    random = np.random.default_rng(seed)
    shuffled = [[side[at] for at in random.permutation(len(side))] for side in (gold, predicted)]
    assert find_errors(columns_of(*shuffled)).items() == find_errors(columns_of(gold, predicted)).items()


def test_hardest_articles(make_table: Callable[..., CountTable]) -> None:
    table = make_table(
        {
            "a": {"X": (3, 2, 1, 1)},  # two missed, one spurious
            "b": {"X": (1, 1, 1, 1)},  # nothing lost
            "c": {"X": (4, 0, 0, 0)},  # four missed
            "d": {"X": (1, 2, 0.5, 0.5), "Y": (0, 1, 0, 0)},  # half missed, two and a half spurious
        }
    )
    worst = hardest_articles(table)
    assert [(own.article, own.missed, own.spurious) for own in worst] == [("c", 4, 0), ("a", 2, 1), ("d", 0.5, 2.5)]
    assert (worst[1].gold, worst[1].predicted) == (3, 2)
    assert worst[1].f1 == pytest.approx(2 * 1 / 2 * 1 / 3 / (1 / 2 + 1 / 3))
    assert [own.article for own in hardest_articles(table, limit=1)] == ["c"]
