from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.analysis.calibration import calibration, diagnose_scores, threshold_sweep
from evalkit.errors import InputError
from evalkit.records import Annotations, Article, Entity, Span
from evalkit.scoring.pairs import Pair
from evalkit.scoring.tasks.table import score_task


def test_reliability() -> None:
    # Lower bin: scores .2 and .4, one of two right: gap .2. Upper bin: .9, right: gap .1. ECE = (2 · .2 + .1) / 3.
    found = calibration([0.2, 0.4, 0.9], [0, 1, 1], bins=2)
    assert [(own.low, own.high, own.items) for own in found.bins] == [(0.0, 0.5, 2), (0.5, 1.0, 1)]
    assert [(own.mean_score, own.precision) for own in found.bins] == [pytest.approx((0.3, 0.5)), (0.9, 1.0)]
    assert found.expected_error == pytest.approx(0.5 / 3)
    assert found.largest_error == pytest.approx(0.2)
    assert found.brier == pytest.approx((0.04 + 0.36 + 0.01) / 3)
    json.dumps(found.to_json(), allow_nan=False)


@pytest.mark.parametrize(
    ("score", "low"),
    [
        pytest.param(0.0, 0.0, id="zero"),
        pytest.param(0.1, 0.1, id="a border belongs to the upper bin"),
        pytest.param(0.3, 0.3, id="also one that no float hits"),
        pytest.param(1.0, 0.9, id="one belongs to the last bin"),
    ],
)
def test_borders(score: float, low: float) -> None:
    assert calibration([score], [1]).bins[0].low == pytest.approx(low)


def test_no_items() -> None:
    found = calibration([], [])
    assert (found.items, found.bins, found.expected_error, found.brier) == (0, (), 0.0, 0.0)
    assert threshold_sweep([], [], gold=3).best() == (0.0, 0.0)
    assert threshold_sweep([], [], gold=3).average_precision == 0.0


def test_brier_agrees_with_sklearn() -> None:
    from sklearn.metrics import brier_score_loss

    random = np.random.default_rng(0)
    score, credit = random.random(50), random.integers(0, 2, 50)
    assert calibration(score, credit).brier == pytest.approx(brier_score_loss(credit, score))


def test_sweep() -> None:
    # Four gold items; kept from the top: right, then two at .5 of which one is right, then a wrong one.
    sweep = threshold_sweep([0.5, 0.9, 0.1, 0.5], [1, 1, 0, 0], gold=4)
    assert sweep.threshold.tolist() == [0.9, 0.5, 0.1]
    assert sweep.kept.tolist() == [1, 3, 4]
    assert sweep.precision == pytest.approx([1, 2 / 3, 2 / 4])
    assert sweep.recall == pytest.approx([1 / 4, 2 / 4, 2 / 4])
    # F1 2/5, 4/7, 4/8: best at .5. Average precision: 1 · 1/4 + 2/3 · 1/4.
    assert sweep.best() == (0.5, pytest.approx(4 / 7))
    assert sweep.average_precision == pytest.approx(1 / 4 + 2 / 3 / 4)
    assert list(sweep.rows()[0]) == ["threshold", "kept", "precision", "recall", "f1"]
    json.dumps(sweep.to_json(), allow_nan=False)


def test_gold_credit_of_its_own_scales_recall() -> None:
    # One prediction covers half of each of two golds: predicted credit 1, gold credit 1 of 2 items; given as 1.5 of 2.
    assert threshold_sweep([0.5], [1], gold=2, gold_credit=1.5).recall.tolist() == [0.75]


@given(
    st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.5, 0.9]), st.integers(0, 1)), min_size=1, max_size=30).filter(
        lambda rows: any(row[1] for row in rows)
    )
)
def test_average_precision_agrees_with_sklearn(rows: list[tuple[float, int]]) -> None:
    from sklearn.metrics import average_precision_score

    score, credit = (list(column) for column in zip(*rows, strict=True))
    sweep = threshold_sweep(score, credit, gold=sum(credit))
    assert sweep.average_precision == pytest.approx(average_precision_score(credit, score), abs=1e-12)


def scored_pair(scores: list[float | None]) -> Pair:
    # Given from right to left: columns put them in order of position.
    items = tuple(
        Entity(id=str(at), spans=(Span(90 - 10 * at, 95 - 10 * at),), label="X", score=score)
        for at, score in enumerate(scores)
    )
    return Pair(Article(id="a", text=""), Annotations(entities=()), Annotations(entities=items))


def test_scores_stay_with_their_items() -> None:
    # The items come in another order than they are counted in; the last one given is the first, and right.
    pair = scored_pair([0.1, 0.2, 0.3])
    right = replace(pair, gold=Annotations(entities=pair.predicted["entities"][-1:]))
    items = score_task("entities", [right], ["exact"])["exact"].items
    found, reason = diagnose_scores("entities", "exact", items)
    assert reason == ""
    assert found.sweep.threshold.tolist() == [0.3, 0.2, 0.1]
    assert found.sweep.precision.tolist() == pytest.approx([1, 1 / 2, 1 / 3])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        pytest.param(lambda: calibration([0.5], []), "1 score for 0 credits", id="lengths"),
        pytest.param(lambda: calibration([1.5], [1]), "between 0 and 1, found 1.5 to 1.5", id="range"),
        pytest.param(lambda: calibration([float("nan")], [1]), "score 0 is not a finite number", id="NaN"),
        pytest.param(lambda: calibration([0.5], [1], bins=0), "at least 1 bin, found 0", id="bins"),
        pytest.param(lambda: threshold_sweep([0.5], [1], gold=-1), "cannot be negative, found -1", id="gold"),
    ],
)
def test_refuses(call: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()
