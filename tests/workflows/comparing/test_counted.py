"""Counts that lie beside a run stand for counting again only where that would give the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import evalkit
from evalkit.options import ReadOptions, Scoring
from evalkit.predictions.run import GoldReference, MadeBy, Run
from evalkit.records import Annotations, Article, Entity, Example, Prediction, Span
from evalkit.workflows.comparing.counted import counted_before
from evalkit.workflows.inputs import gold_from
from evalkit.workflows.scoring.pairing import pair_run, scoring_of

FOUND = [Entity(id="e1", spans=(Span(0, 3),), label="PER"), Entity(id="e2", spans=(Span(10, 14),), label="GPE")]
WANTED = {"entities": ("exact",)}


def test_counts_beside_a_run_are_those_that_would_be_made(tmp_path: Path) -> None:
    gold = gold_from(
        [
            Example(article=Article(id=name, text="Ida likes Oslo."), gold=Annotations(entities=tuple(FOUND)))
            for name in "abc"
        ],
        ReadOptions(),
    )
    made = Run(
        extractor="mine",
        predictions=tuple(
            Prediction(article_id=name, annotations=Annotations(entities=tuple(FOUND[:number])))
            for number, name in enumerate("abc")
        ),
        layers=("entities",),
        gold=GoldReference.of(gold),
        made_by=MadeBy(fingerprint="f"),
        dataset=gold,
    )
    replace(made, result=evalkit.score_predictions(gold, made, baseline=False, resamples=0)).save(tmp_path / "run")
    run = Run.load(tmp_path / "run")

    found = counted_before(run, gold, WANTED)

    anew = pair_run(gold, run, scoring_of(run)).tables(Scoring(tasks=("entities",), conventions=("exact",)))
    assert found is not None
    assert found["entities"]["exact"].table.to_json() == anew["entities"]["exact"].table.to_json()
    assert counted_before(run, gold, {"entities": ("iou:0.9",)}) is None
    assert counted_before(replace(run, sha256="0" * 64), gold, WANTED) is None
    assert counted_before(replace(run, scoring=Scoring(labels=("PER",))), gold, WANTED) is None
    assert counted_before(run, replace(gold, fingerprint="0" * 16), WANTED) is None
