"""In which blocks articles are scored changes nothing, whatever is asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import evalkit
from evalkit.options import Intervals, Options, Scoring
from evalkit.predictions.run import Run
from evalkit.records import Annotations, Example, Prediction, Scope
from evalkit.results import EvalResult
from evalkit.workflows.scoring import score
from evalkit.workflows.scoring.pairing import pair_run

GOLD = evalkit.load_dataset(split="all").subset(limit=9)
RUN = evalkit.run_extractor("rules", GOLD, cache=False)


def changed(number: int, example: Example) -> Example:
    """Gold of which some articles lack a layer, or say less of what was annotated."""
    gold = example.gold
    if number % 4 == 1:
        gold = Annotations({name: gold[name] for name in ("entities", "quotes")}, gold.scope)
    elif number % 4 == 2:
        gold = Annotations(gold.layers, replace(gold.scope, labels=("PER", "ORG")))
    elif number % 4 == 3:
        gold = Annotations(gold.layers, Scope(layers=("entities", "stances")))
    return replace(example, gold=gold)


UNLIKE = replace(GOLD, examples=tuple(changed(number, one) for number, one in enumerate(GOLD.examples)))
PART = Run(
    extractor="part",
    predictions=(
        *(replace(one, error="boom" if number == 2 else None) for number, one in enumerate(RUN.predictions[1:])),
        Prediction(article_id="zz", annotations=Annotations(entities=())),
    ),
)


def scored(monkeypatch: pytest.MonkeyPatch, size: int, gold: Any, run: Run, **asked: Any) -> EvalResult:
    monkeypatch.setattr(score, "AT_ONCE", size)
    options = Options(scoring=Scoring(**asked), intervals=Intervals(resamples=20))
    return score.score_run(gold, run, options, baseline=False)


ASKED = [
    pytest.param({}, id="defaults"),
    pytest.param({"conventions": ("all",)}, id="all-conventions"),
    pytest.param({"conventions": ("surface", "exact", "trimmed"), "labels": ("PER",)}, id="labels"),
    pytest.param({"label_map": "conll4", "tasks": ("entities", "chain")}, id="label-map"),
    pytest.param({"scope": ("quotes:kinds=direct,parts=speaker",)}, id="scope"),
]


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize(("gold", "run"), [(GOLD, RUN), (UNLIKE, PART)], ids=["alike", "unlike"])
def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch, gold: Any, run: Run, asked: dict[str, Any]) -> None:
    whole = scored(monkeypatch, len(gold), gold, run, **asked).to_json()
    assert whole["tasks"]
    assert scored(monkeypatch, 1 if gold is UNLIKE else 4, gold, run, **asked).to_json() == whole


def test_blocks_change_no_floor(monkeypatch: pytest.MonkeyPatch) -> None:
    results = []
    for size in (4, 9):
        monkeypatch.setattr(score, "AT_ONCE", size)
        options = Options(scoring=Scoring(conventions=("exact", "token")), intervals=Intervals(resamples=0))
        results.append(score.score_run(GOLD, RUN, options).to_json())
    assert results[0]["floor"]
    assert results[0] == results[1]


def test_tables_of_blocks_are_those_of_the_whole() -> None:
    wanted = Scoring()
    result = score.score_run(GOLD, RUN, Options(scoring=wanted, intervals=Intervals(resamples=0)), baseline=False)
    for task, tables in pair_run(GOLD, RUN, wanted).tables(wanted).items():
        for name, own in tables.items():
            micro = result.tasks[task][name].micro
            if own.additive and not own.table.apart:
                assert (micro.precision, micro.recall) == (own.table.counts().precision, own.table.counts().recall)
