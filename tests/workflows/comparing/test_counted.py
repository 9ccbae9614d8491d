"""Counts that lie beside a run stand for counting again only where that would give the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import evalkit
from evalkit.errors import InputError
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


def test_what_a_file_says_now_is_what_counts(tmp_path: Path) -> None:
    gold = gold_from(
        [
            Example(article=Article(id=name, text="Ida likes Oslo."), gold=Annotations(entities=tuple(FOUND)))
            for name in "abc"
        ],
        ReadOptions(),
    )
    label_map, weights = tmp_path / "mine.toml", tmp_path / "weights.toml"
    weighted = f"weighted:{weights}"
    scored = {}
    said = Annotations(entities=tuple(FOUND))
    for name, target, weight in (("first", "GPE", 0.9), ("second", "LOC", 0.1)):
        label_map.write_text(f'PER = "PER"\nGPE = "{target}"\n')
        weights.write_text(f"[weights.PER]\nGPE = {weight}\n")
        made = Run(
            extractor="mine",
            predictions=tuple([Prediction(article_id=one, annotations=said) for one in "abc"]),
            layers=("entities",),
            gold=GoldReference.of(gold),
            made_by=MadeBy(fingerprint="f"),
            dataset=gold,
            scoring=Scoring(label_map=label_map),
        )
        options = Scoring(label_map=label_map, conventions=("exact", weighted), tasks=("entities",))
        result = evalkit.score_predictions(gold, made, baseline=False, resamples=0, scoring=options)
        replace(made, result=result).save(tmp_path / name)
        scored[name] = Run.load(tmp_path / name)

    assert counted_before(scored["second"], gold, WANTED) is not None
    assert counted_before(scored["first"], gold, WANTED) is None
    assert counted_before(scored["second"], gold, {"entities": (weighted,)}) is None
    with pytest.raises(InputError, match=r"the label map .* said something else when run 'second' was scored"):
        evalkit.compare_runs(scored)
