"""A gate in Python: what is judged where nobody says it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from evalkit.errors import InputError, OutputError
from evalkit.options import ReadOptions
from evalkit.predictions.run import GoldReference, MadeBy, Run
from evalkit.records import Annotations, Article, Entity, Example, Prediction, Span, Stance
from evalkit.workflows.comparing.gate import check_gate, update_baseline
from evalkit.workflows.inputs import gold_from
from tests.faults import Killed, count_writes, failing

ENTITY = Entity(id="e1", spans=(Span(0, 3),), label="PER", entity_id="ida")
STANCE = Stance(id="s1", holder="ida", target="topic:oslo", label="favor", evidence=(Span(0, 9),))
EXAMPLES = [
    Example(article=Article(id=name, text="Ida likes Oslo."), gold=Annotations(entities=(ENTITY,), stances=(STANCE,)))
    for name in "ab"
]


def run_of(*predictions: Prediction, layers: tuple[str, ...]) -> Run:
    gold = gold_from(EXAMPLES, ReadOptions())
    return Run(
        extractor="mine",
        predictions=predictions,
        layers=layers,
        gold=GoldReference.of(gold),
        made_by=MadeBy(fingerprint="f"),
        dataset=gold,
    )


def test_each_task_that_can_be_scored_is_judged_under_what_it_can(tmp_path: Path) -> None:
    """An extractor that labels given pairs has `given` and not the main convention; clusters ask to be asked for."""
    given = Annotations(stances=(STANCE,))
    predictions = [
        Prediction(article_id=name, annotations=Annotations(entities=(ENTITY,)), given=given) for name in "ab"
    ]
    run = run_of(*predictions, layers=("entities", "stances"))
    update_baseline(run, tmp_path / "base.json")

    report = check_gate(run, tmp_path / "base.json")

    assert [(o.rule.task, o.rule.convention, o.value, o.verdict) for o in report.outcomes] == [
        ("entities", "exact", 1.0, "pass"),
        ("stances", "given", 1.0, "pass"),
    ]


def test_a_run_in_memory_is_a_baseline() -> None:
    before, after = (
        run_of(
            *(Prediction(article_id=name, annotations=Annotations(entities=own)) for name in "ab"), layers=("entities",)
        )
        for own in ((ENTITY,), ())
    )

    report = check_gate(after, before)

    assert report.count("broken") == 2
    assert report.causes == (
        "nothing of entities is predicted in any of the 2 articles where something broke (2 items)",
    )


def test_nothing_to_judge_is_no_pass() -> None:
    predictions = [Prediction(article_id=name, annotations=Annotations(quotes=())) for name in "ab"]
    run = run_of(*predictions, layers=("quotes",))

    with pytest.raises(InputError, match="nothing to judge"):
        check_gate(run, run)


def test_a_baseline_of_predictions_that_were_edited_says_so(tmp_path: Path) -> None:
    made = [Prediction(article_id=name, annotations=Annotations(entities=(ENTITY,))) for name in "ab"]
    run = replace(run_of(*made, layers=("entities",)), edited="the predictions in r are not what the run recorded")

    assert update_baseline(run, tmp_path / "base.json").changed[0] == run.edited
    assert update_baseline(run, tmp_path / "base.json").changed == (run.edited,)


@pytest.mark.parametrize("how", ["kill", "full", "error", "short"])
def test_a_baseline_is_the_old_or_the_new_one_whole(tmp_path: Path, how: str) -> None:
    """Whatever becomes of the disk or the process while it is written: the next gate judges by one of the two."""

    def run(label: str) -> Run:
        found = replace(ENTITY, label=label)
        made = [Prediction(article_id=name, annotations=Annotations(entities=(found,))) for name in "ab"]
        return run_of(*made, layers=("entities",))

    def judged(path: Path) -> str:
        (outcome, *_) = check_gate(run("PER"), path).outcomes
        return outcome.verdict

    update_baseline(run("ORG"), tmp_path / "old.json")
    update_baseline(run("PER"), tmp_path / "new.json")
    whole = {name: (tmp_path / f"{name}.json").read_bytes() for name in ("old", "new")}
    path = tmp_path / "base.json"
    changes = count_writes(lambda: update_baseline(run("PER"), path))
    assert changes == 4  # A file beside it is made, written, synced and renamed.
    for k in range(1, changes + 1):
        path.write_bytes(whole["old"])
        with failing(k, how), suppress(Killed, OutputError):
            update_baseline(run("PER"), path)
        assert path.read_bytes() in whole.values()
        assert judged(path) == "pass"
