"""linked: spans, label and knowledge-base id."""

from __future__ import annotations

import pytest

from evalkit.records import Annotations, Article, Entity, Span
from evalkit.scoring.pairs import Pair
from evalkit.scoring.tasks.table import score_task


def side(*items):
    return Annotations(
        entities=[
            Entity(id=f"e{number}", spans=(Span(start, start + 4),), label=label, link=link)
            for number, (label, start, link) in enumerate(items)
        ]
    )


@pytest.mark.parametrize(
    ("gold", "predicted", "expected"),
    [
        pytest.param([("GPE", 0, "Q1")], [("GPE", 0, "Q1")], (1, 1, 1, 1), id="right"),
        pytest.param([("GPE", 0, "Q1")], [("GPE", 0, "Q2")], (0, 1, 0, 1), id="another-thing"),
        pytest.param([("GPE", 0, "Q1")], [("LOC", 0, "Q1")], (0, 1, 0, 1), id="label"),
        pytest.param([("GPE", 0, "Q1")], [("GPE", 1, "Q1")], (0, 1, 0, 1), id="place"),
        # without a link on one side: one missed, or one spurious
        pytest.param([("GPE", 0, "Q1")], [("GPE", 0, None)], (0, 0, 0, 1), id="not-linked"),
        pytest.param([("GPE", 0, None)], [("GPE", 0, "Q1")], (0, 1, 0, 0), id="gold-asks-for-none"),
        pytest.param([("GPE", 0, "NIL")], [("GPE", 0, "NIL")], (1, 1, 1, 1), id="in-no-knowledge-base"),
        # two readings of one place: each finds its own, a copy finds none
        pytest.param(
            [("GPE", 0, "Q1"), ("GPE", 0, "Q2")], [("GPE", 0, "Q2"), ("GPE", 0, "Q2")], (1, 2, 1, 2), id="copies"
        ),
    ],
)
def test_credit(gold, predicted, expected):
    pair = Pair(Article(id="a", text="Oslo and Moss"), side(*gold), side(*predicted))
    items = score_task("entities", [pair], ["linked"])["linked"].items
    counts = items.table().counts()
    assert (counts.predicted_credit, counts.predicted, counts.gold_credit, counts.gold) == expected


def test_partners_are_those_of_equal_links():
    gold, predicted = side(("GPE", 0, "Q1"), ("GPE", 0, "Q2")), side(("GPE", 0, "Q2"), ("GPE", 0, None))
    items = score_task("entities", [Pair(Article(id="a", text="Oslo"), gold, predicted)], ["linked"])["linked"].items
    links = [[one.link for one in records] for records in items.columns.records]
    assert [links[0][item] for item in items.gold.item] == ["Q1", "Q2"]
    assert [links[1][partner] for partner in items.gold.partner if partner >= 0] == ["Q2"]
