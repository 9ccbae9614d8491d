from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from evalkit.errors import FormatError
from evalkit.results import PRF, Counts, EvalResult, Score, TaskResult, f1_score

TABLE = {
    "articles": ["a", "b"],
    "labels": ["PER"],
    "article": [0, 1],
    "label": [0, 0],
    "gold": [3, 1],
    "predicted": [1, 1],
    "gold_credit": [1.0, 0.0],
    "predicted_credit": [1.0, 0.0],
}
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
                table=TABLE,
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
    ],
)
def test_refuses_other_files(change, message):
    with pytest.raises(FormatError, match=message):
        EvalResult.from_json(RESULT.to_json() | change, where="run/result.json")


def changed(place: str, value: object) -> dict[str, Any]:
    """The result with another value at a place such as `tasks.entities.exact.micro.f1`."""
    data = json.loads(json.dumps(RESULT.to_json()))
    *names, last = place.split(".")
    inner = data
    for name in names:
        inner = inner[name]
    inner[last] = value
    return data


EXACT = "tasks.entities.exact"


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        pytest.param("tasks", None, "found None, expected an object", id="null"),
        pytest.param("tasks.entities", [], "found [], expected an object", id="list"),
        pytest.param(EXACT, {}, ".signature: found nothing, expected text", id="nothing"),
        pytest.param(f"{EXACT}.micro.ci.f1", [], "found [], expected a lower and an upper bound", id="interval"),
        pytest.param(f"{EXACT}.micro.ci.f1", [0.6, 0.1], "expected a lower bound that is not above", id="turned"),
        pytest.param(f"{EXACT}.micro.ci.f1", [0.1, float("nan")], "[1]: found nan, expected a number", id="nan"),
        pytest.param(f"{EXACT}.micro.f1", 1.5, "found 1.5, expected a number from 0 to 1", id="above"),
        pytest.param(f"{EXACT}.micro.f1", True, "found True, expected a number from 0 to 1", id="flag"),
        pytest.param(f"{EXACT}.micro.gold", -4, "found -4, expected a whole number from 0", id="negative"),
        pytest.param(f"{EXACT}.micro.gold", 10**5000, "expected a whole number from 0", id="huge"),
        pytest.param(f"{EXACT}.micro.gold", "4", "found '4', expected a whole number from 0", id="text"),
        pytest.param(f"{EXACT}.micro.gold", 5, "expected precision, recall and f1 of its four numbers", id="figure"),
        pytest.param(f"{EXACT}.micro.gold_credit", 5.0, "expected no more credit than items", id="credit"),
        pytest.param(f"{EXACT}.micro.predicted", None, "expected all of gold, predicted", id="number-gone"),
        pytest.param(f"{EXACT}.scores.favg.value", float("inf"), "found inf, expected a number", id="endless"),
        pytest.param(f"{EXACT}.table.gold", [3, 2], "expected a table whose gold adds up", id="sum"),
        pytest.param(f"{EXACT}.table.gold", [3], "expected columns of one length", id="short-column"),
        pytest.param(f"{EXACT}.table.article", [0, 2], "expected article numbers below 2", id="no-such-article"),
        pytest.param(f"{EXACT}.table.articles", ["a", "a"], "expected each of articles once", id="twice"),
        pytest.param(f"{EXACT}.table.predicted", [1, None], "[1]: found None, expected a whole number", id="column"),
        pytest.param(f"{EXACT}.table.gold_credit", [1.0, float("nan")], "[1]: found nan", id="nan-in-a-column"),
        pytest.param("failed.b", 7, "found 7, expected text", id="error"),
        pytest.param("notes", "one", "found 'one', expected a list", id="notes"),
        pytest.param("extractor", "\ud800", "expected text without halves", id="half-a-character"),
        pytest.param("run.origin", 5, "found 5, expected an object", id="run"),
        pytest.param("run.scoring", {"labels": "PER"}, ".labels: found 'PER', expected a list", id="scoring"),
    ],
)
def test_damage_is_named_with_its_place(place: str, value: object, said: str):
    with pytest.raises(FormatError) as caught:
        EvalResult.from_json(changed(place, value), where="run/result.json")
    message = str(caught.value)
    assert message.startswith(f"run/result.json: damaged at {place.partition('.')[0]}")
    assert said in message
    assert message.endswith("; score the run again")
    assert len(message) < 400


def test_what_a_later_version_adds_is_left_alone():
    data = changed("run.place", {"of": ["work"]}) | {"more": 1}
    assert EvalResult.from_json(data).tasks == RESULT.tasks


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


def test_what_may_be_left_out_may_be_null():
    """An editor or another program writes null for what is not there."""
    data = RESULT.to_json() | {"counts": None, "ceiling": None, "reached": None}
    assert EvalResult.from_json(data, beside=lambda sha256: None) == EvalResult.from_json(RESULT.to_json())


def test_a_task_without_a_convention_is_damage():
    data = RESULT.to_json()
    with pytest.raises(FormatError, match=r"tasks.*at least one convention"):
        EvalResult.from_json(data | {"tasks": {**data["tasks"], "entities": {}}})
