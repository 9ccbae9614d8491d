from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.analysis.intervals import Bootstrap
from evalkit.analysis.oracle import Rung, kind_ladder, oracle_table
from evalkit.layers.entities import ENTITIES
from evalkit.records import Entity, Span
from evalkit.scoring.columns import Columns
from evalkit.scoring.from_records import columns_of_items
from evalkit.scoring.tasks.table import judge_items, load_convention

Item = tuple[int, int, str]


def columns_of(*articles: tuple[list[Item], list[Item]]) -> Columns:
    sides: list[list[list[Entity]]] = [[], []]
    for article in articles:
        for side, items in zip(sides, article, strict=True):
            side.append(
                [Entity(id=str(at), spans=(Span(i, j),), label=label) for at, (i, j, label) in enumerate(items)]
            )
    return columns_of_items([f"a{at:02}" for at in range(len(articles))], *sides, layer=ENTITIES)


def ladder_of(columns: Columns, bootstrap: Bootstrap | None = None) -> tuple[Rung, ...]:
    return kind_ladder(judge_items("entities", columns), bootstrap=bootstrap)


# One right, one label, one boundary, one both, one duplicate, one missed, one spurious: 5 gold and 6 predicted items.
GOLD: list[Item] = [(0, 2, "X"), (10, 12, "X"), (20, 23, "X"), (30, 33, "X"), (40, 42, "X")]
PREDICTED: list[Item] = [(0, 2, "X"), (0, 1, "X"), (10, 12, "Y"), (20, 22, "X"), (30, 32, "Y"), (50, 52, "X")]


def test_ladder() -> None:
    ladder = {rung.kind: rung for rung in ladder_of(columns_of((GOLD, PREDICTED)))}
    # F1 = 2 · right / (gold + predicted) = 2/11 as it is.
    expected = {
        "label": 4 / 11,
        "boundary": 4 / 11,
        "boundary+label": 4 / 11,
        "duplicate": 2 / 10,
        "missed": 4 / 12,
        "spurious": 2 / 10,
    }
    assert {kind: rung.f1 for kind, rung in ladder.items()} == pytest.approx(expected)
    assert {rung.errors for rung in ladder.values()} == {1}
    assert ladder["label"].gain == pytest.approx(2 / 11)
    # On top of each other: 4/11, 6/11, 8/11, then 8/10 without the duplicate, 10/11 with the missed, 10/10 at last.
    assert [rung.cumulative for rung in ladder.values()] == pytest.approx([4 / 11, 6 / 11, 8 / 11, 0.8, 10 / 11, 1.0])
    assert ladder["label"].ci is None
    json.dumps([rung.to_json() for rung in ladder.values()], allow_nan=False)


def test_a_corrected_label_counts_under_the_gold_label() -> None:
    judged = judge_items("entities", columns_of(([(0, 2, "X")], [(0, 2, "Y")])))
    table = oracle_table(judged, ("label",))
    assert dict(zip(table.labels, table.totals().tolist(), strict=True)) == {"X": [1, 1, 1, 1], "Y": [0, 0, 0, 0]}


def test_gains_have_intervals() -> None:
    # Every other article has a label error, the others are right.
    wrong, right = ([(0, 2, "X")], [(0, 2, "Y")]), ([(0, 2, "X")], [(0, 2, "X")])
    rung = ladder_of(columns_of(*[wrong, right] * 10), Bootstrap(200))[0]
    assert rung.gain == pytest.approx(0.5)
    assert rung.ci is not None
    assert 0.2 < rung.ci[0] < 0.5 < rung.ci[1] < 0.8
    assert ladder_of(columns_of(wrong), Bootstrap(20))[0].ci is None


ITEMS = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 5), st.sampled_from("XYZ")).map(lambda t: (t[0], t[0] + t[1], t[2])),
    max_size=6,
)


@given(gold=ITEMS, predicted=ITEMS)
def test_every_correction_helps_and_all_of_them_make_it_perfect(gold: list[Item], predicted: list[Item]) -> None:
    columns = columns_of((gold, predicted))
    as_it_is = load_convention("entities", "exact")(columns).table()
    assert oracle_table(judge_items("entities", columns)).dense().tolist() == as_it_is.dense().tolist()
    ladder = ladder_of(columns)
    assert all(rung.gain >= -1e-12 for rung in ladder)
    steps = [as_it_is.counts().f1, *(rung.cumulative for rung in ladder)]
    assert steps == sorted(steps)
    assert steps[-1] == (1.0 if gold else 0.0)
