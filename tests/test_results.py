from __future__ import annotations

import json
from dataclasses import replace

import pytest

from evalkit.errors import FormatError
from evalkit.results import PRF, Counts, EvalResult, Score, TaskResult, f1_score

MICRO = PRF.of(Counts(4, 2, 1.0, 1.0), {"f1": (0.1, 0.6)})
RESULT = EvalResult(
    extractor="rules",
    gold="news-gold@3f9c1a",
    split="test",
    articles=2,
    tasks={
        "entities": {
            "exact": TaskResult(
                task="entities",
                convention="exact",
                signature="entities|exact|…",
                micro=MICRO,
                macro=PRF(0.5, 0.25, 1 / 3),
                labels={"PER": MICRO},
                scores={"accuracy": Score(0.5, (0.4, 0.6)), "favg": Score(0.1)},
                table={"articles": ["a", "b"]},
            )
        }
    },
    not_evaluated={"quotes": "the extractor does not claim it"},
    notes=("1 article without a prediction",),
    failed={"b": "timeout"},
    run={"seconds": 1.5},
)


def test_scores_of_counts():
    # P 1/2, R 1/4, F1 2 * 1/8 / (3/4) = 1/3
    assert (MICRO.precision, MICRO.recall) == (0.5, 0.25)
    assert MICRO.f1 == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    "counts",
    [
        pytest.param(Counts(), id="nothing"),
        pytest.param(Counts(gold=3), id="no-predictions"),
        pytest.param(Counts(predicted=3), id="no-gold"),
        pytest.param(Counts(gold=3, predicted=3), id="nothing-right"),
    ],
)
def test_zero_division_is_zero(counts):
    assert (counts.precision, counts.recall, counts.f1) == (0.0, 0.0, 0.0)


def test_counts_add_up():
    assert Counts(1, 2, 0.5, 1.0) + Counts(3, 4, 1.5, 2.0) == Counts(4, 6, 2.0, 3.0)


def test_f1_is_the_harmonic_mean():
    assert f1_score(0.5, 1.0) == pytest.approx(2 / 3)


def test_json_round_trip():
    assert EvalResult.from_json(json.loads(json.dumps(RESULT.to_json()))) == RESULT


def test_json_without_tables():
    data = RESULT.to_json(tables=False)
    assert "table" not in data["tasks"]["entities"]["exact"]
    found = EvalResult.from_json(data).tasks["entities"]["exact"]
    assert found == replace(RESULT.tasks["entities"]["exact"], table=None)


def test_json_carries_what_machines_read():
    exact = RESULT.to_json()["tasks"]["entities"]["exact"]
    assert exact["micro"]["f1"] == pytest.approx(1 / 3)
    assert exact["micro"]["ci"]["f1"] == [0.1, 0.6]
    assert {"gold", "predicted", "gold_credit", "predicted_credit", "precision"} <= exact["labels"]["PER"].keys()
    assert "gold" not in exact["macro"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"format": "other"}, "not an evalkit result", id="format"),
        pytest.param({"version": 99}, "version 99", id="version"),
        pytest.param({"tasks": {"entities": {"exact": {}}}}, "damaged result", id="damaged"),
    ],
)
def test_refuses_other_files(change, message):
    with pytest.raises(FormatError, match=message):
        EvalResult.from_json(RESULT.to_json() | change, where="run/result.json")


def test_frame_has_a_row_for_each_label_and_average():
    frame = RESULT.to_pandas()
    assert frame["label"].tolist() == ["PER", "micro", "macro"]
    assert frame["gold"].tolist()[:2] == [4, 4]
    assert frame["gold"].isna().tolist() == [False, False, True]
    assert frame["f1_low"].tolist()[:2] == [0.1, 0.1]


def test_frame_of_nothing():
    assert len(replace(RESULT, tasks={}).to_pandas()) == 0


def test_nothing_evaluated_names_each_reason_once_and_the_remedy():
    missing = {
        "entities": "the predictions do not have it",
        "chain": "it needs entities, quotes and stances; entities: the predictions do not have it",
    }
    result = replace(RESULT, tasks={}, not_evaluated=missing, failed={})
    assert result.shortfall == (
        "nothing was evaluated (entities: the predictions do not have it); write [] for a layer that has nothing: null "
        "and absent are not evaluated"
    )
