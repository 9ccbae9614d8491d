"""Counts that lie beside a run stand for counting again only where that would give the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import evalkit
from evalkit.options import Scoring
from evalkit.predictions.run import Run
from evalkit.workflows.comparing.counted import counted_before
from evalkit.workflows.scoring.pairing import pair_run, scoring_of

WANTED = {"entities": ("exact",), "quotes": ("exact",)}


def test_counts_beside_a_run_are_those_that_would_be_made(tmp_path: Path) -> None:
    gold = evalkit.load_dataset(split="all").subset(limit=3)
    made = evalkit.run_extractor("trivial", gold, cache=False)
    result = evalkit.score_predictions(gold, made, baseline=False, resamples=0)
    replace(made, result=result).save(tmp_path / "run")
    run = Run.load(tmp_path / "run")

    found = counted_before(run, gold, WANTED)

    anew = pair_run(gold, run, scoring_of(run)).tables(Scoring(tasks=tuple(WANTED), conventions=("exact",)))
    assert found is not None
    assert {task: own["exact"].table.to_json() for task, own in found.items()} == {
        task: own["exact"].table.to_json() for task, own in anew.items()
    }
    assert counted_before(run, gold, {"entities": ("iou:0.9",)}) is None
    assert counted_before(replace(run, sha256="0" * 64), gold, WANTED) is None
    assert counted_before(replace(run, scoring=Scoring(labels=("PER",))), gold, WANTED) is None
    assert counted_before(run, replace(gold, fingerprint="0" * 16), WANTED) is None
