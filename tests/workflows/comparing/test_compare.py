"""Comparing whatever holds runs: folders, runs in memory and results."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import evalkit
from evalkit import Article, Comparison, GoldDataset, Run
from evalkit.errors import InputError, UnknownNameError

Make = Callable[[str], Run]


def right(article: Article) -> list[tuple[int, int, str]]:
    return [(0, 8, "PER"), (14, 18, "GPE")]


def half(article: Article) -> list[tuple[int, int, str]]:
    return [(0, 8, "PER")]


@pytest.fixture
def runs(six: GoldDataset) -> list[Run]:
    return [evalkit.run_extractor(one, six) for one in (right, half)]


def micro(comparison: Comparison, convention: str = "exact") -> tuple[float, float]:
    (row,) = comparison.select(scope="micro", convention=convention)
    return row.first_value, row.second_value


def test_runs_results_and_folders_give_the_same(six: GoldDataset, runs: list[Run], tmp_path: Path):
    results = [evalkit.score_predictions(six, run, resamples=0) for run in runs]
    folders = [run.save(tmp_path / run.extractor).path for run in runs]
    options = {"dataset": six, "resamples": 50}
    compared = [evalkit.compare_runs(given, **options) for given in (runs, results, folders)]  # type: ignore[arg-type]
    # Results have no predictions, so nothing tells on which items runs differ.
    assert [bool(own.differing) for own in compared] == [True, False, True]
    assert compared[2] == compared[0]
    assert replace(compared[0], differing=()) == compared[1]
    # 2/3: of two items in each article one is found and none is wrong.
    assert micro(compared[0]) == (1.0, pytest.approx(2 / 3))
    assert compared[0].runs == ("right", "half")


def test_names_are_those_given_or_told_apart(six: GoldDataset, runs: list[Run], tmp_path: Path):
    named = evalkit.compare_runs({"before": runs[0], "after": runs[1]}, resamples=20)
    assert named.runs == ("before", "after")
    assert evalkit.compare_runs([runs[0], runs[0]], resamples=20).runs == ("right", "right#2")
    stored = runs[0].save(tmp_path / "x")
    assert evalkit.compare_runs([stored, runs[0]], dataset=six, resamples=20).runs == ("x", "right")


def test_a_convention_is_scored_anew_for_runs_and_chosen_among_results(six: GoldDataset, runs: list[Run]):
    assert micro(evalkit.compare_runs(runs, conventions="iou:0.5", resamples=20), "iou:0.5")[0] == 1.0
    results = [evalkit.score_predictions(six, run, conventions=["exact", "type"], resamples=0) for run in runs]
    chosen = evalkit.compare_runs(results, conventions="type", resamples=20)
    assert {row.convention for row in chosen.rows} == {"type"}
    with pytest.raises(InputError, match="no task and convention in common among fuzzy"):
        evalkit.compare_runs(results, conventions="fuzzy", resamples=20)


def test_labels_need_the_predictions(six: GoldDataset, runs: list[Run]):
    assert micro(evalkit.compare_runs(runs, labels="PER", resamples=20)) == (1.0, 1.0)
    result = evalkit.score_predictions(six, runs[0], resamples=0)
    with pytest.raises(InputError, match="results are compared as they are"):
        evalkit.compare_runs([result, runs[1]], labels="PER", resamples=20)


def test_clusters_make_it_less_sure(six: GoldDataset, runs: list[Run]):
    clustered = evalkit.compare_runs(runs, cluster="story", resamples=200)
    assert clustered.method.startswith("bootstrap200/cluster:story/seed0")
    assert {row.units for row in clustered.rows} == {4}
    with pytest.raises(UnknownNameError, match="unknown cluster field 'stroy'; did you mean 'story'"):
        evalkit.compare_runs(runs, cluster="stroy")
    results = [evalkit.score_predictions(six, run, resamples=0) for run in runs]
    with pytest.raises(InputError, match="give runs and their gold"):
        evalkit.compare_runs(results, cluster="story")
    assert evalkit.compare_runs(results, dataset=six, cluster="story", resamples=200) == replace(
        clustered, differing=()
    )


def test_articles_that_share_text_are_drawn_together(six: GoldDataset, runs: list[Run], tmp_path: Path):
    # All six have the same words.
    note = "6 of 6 articles share text with another one; they are drawn as 1 cluster, each called after its likely "
    note += "original"
    compared = evalkit.compare_runs(runs, cluster="wire", resamples=20)
    assert compared.method.startswith("bootstrap20/cluster:wire/seed0")
    assert {row.units for row in compared.rows} == {1}
    scored = evalkit.score_predictions(six, runs[0], resamples=20, cluster="wire")
    diagnosis = evalkit.diagnose(runs[0], resamples=20, cluster="wire")
    rules = tmp_path / "rules.toml"
    rules.write_text('cluster = "wire"\n[[rule]]\ntask = "entities"\n')
    evalkit.update_baseline(runs[0], tmp_path / "base.json", rules=rules)
    report = evalkit.check_gate(runs[1], tmp_path / "base.json", rules=rules, resamples=20)
    assert all(note in found.notes for found in (compared, scored, diagnosis, report))
    assert "cluster:wire" in scored.tasks["entities"]["exact"].signature
    alone = six.subset(limit=1)
    assert (
        "no two articles share text" in evalkit.score_predictions(alone, runs[0], resamples=9, cluster="wire").notes[-1]
    )


def test_articles_whose_texts_tell_one_story_are_drawn_together(six: GoldDataset, runs: list[Run]):
    told = (
        "6 of 6 articles tell a story that another one tells; they are drawn as 1 cluster, each called after its first "
    )
    scored = evalkit.score_predictions(six, runs[0], resamples=20, cluster="text-story")
    assert f"{told}article by id" in scored.notes
    assert "cluster:text-story" in scored.tasks["entities"]["exact"].signature


def test_articles_that_share_a_story_are_told_of(six: GoldDataset, runs: list[Run]):
    # Three of the six articles tell one story.
    note = (
        "3 of 6 articles share a story with another one (field 'story', 4 stories in all), but each was drawn for "
        "itself, so intervals may be too short and p too small; --cluster story draws those of one story together"
    )
    assert evalkit.compare_runs(runs, resamples=20).notes == (note,)
    results = [evalkit.score_predictions(six, run, resamples=0) for run in runs]
    assert evalkit.compare_runs(results, resamples=20).notes == (note,)
    assert note in evalkit.compare_repeated_runs(results, resamples=20).notes
    assert evalkit.compare_runs(runs, cluster="story", resamples=20).notes == ()
    # Nobody is told of intervals that there are not.
    assert note not in results[0].notes
    assert note in evalkit.score_predictions(six, runs[0], resamples=20).notes
    assert note not in evalkit.score_predictions(six, runs[0], resamples=20, cluster="story").notes
    assert note in evalkit.diagnose(runs[0], resamples=20).notes
    assert note not in evalkit.diagnose(runs[0], resamples=20, cluster="story").notes


def test_the_gate_says_where_clusters_are_named(six: GoldDataset, runs: list[Run], tmp_path: Path):
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\ntask = "entities"\n')
    evalkit.update_baseline(runs[0], tmp_path / "base.json", rules=rules)
    notes = evalkit.check_gate(runs[1], tmp_path / "base.json", rules=rules, resamples=20).notes
    assert any('cluster = "story" in the rules draws those of one story together' in note for note in notes)
    rules.write_text('cluster = "story"\n[[rule]]\ntask = "entities"\n')
    notes = evalkit.check_gate(runs[1], tmp_path / "base.json", rules=rules, resamples=20).notes
    assert not any("story" in note for note in notes)


def test_a_result_of_other_predictions_is_not_trusted(six: GoldDataset, runs: list[Run], tmp_path: Path):
    for run in runs:
        stored = evalkit.run_extractor({"right": right, "half": half}[run.extractor], six, out=tmp_path / run.extractor)
        result = evalkit.score_predictions(six, stored, resamples=0)
        (tmp_path / run.extractor / "result.json").write_text(json.dumps(result.to_json()))
    folders = [tmp_path / run.extractor for run in runs]
    assert micro(evalkit.compare_runs(folders, dataset=six, resamples=20))[0] == 1.0
    path = tmp_path / "right" / "predictions.jsonl"
    path.write_text("".join(json.dumps({"id": f"a{n}", "entities": []}) + "\n" for n in range(6)))
    with pytest.raises(InputError, match=r"result\.json: was not made of the predictions beside it.*evalkit score"):
        evalkit.compare_runs(folders, dataset=six, resamples=20)
    (tmp_path / "right" / "result.json").unlink()
    assert micro(evalkit.compare_runs(folders, dataset=six, resamples=20))[0] == 0.0


def test_rows_for_other_scores(runs: list[Run]):
    comparison = evalkit.compare_runs(runs, scores=("recall",), resamples=20)
    assert {row.score for row in comparison.rows} == {"recall"}


def test_without_resamples_there_is_no_test(runs: list[Run]):
    with pytest.raises(InputError, match="needs at least 1 resample"):
        evalkit.compare_runs(runs, resamples=0)


def edited(run: Run, folder: Path) -> Run:
    """The run, saved, with what it predicts for the first article taken out afterwards."""
    run.save(folder)
    path = folder / "predictions.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        # On purpose.
        del row["check"]
    rows[0]["entities"] = []
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return Run.load(folder)


def test_predictions_that_the_run_did_not_record_are_named(six: GoldDataset, runs: list[Run], tmp_path: Path):
    saved, other = runs[0].save(tmp_path / "as-it-was"), edited(runs[0], tmp_path / "other")
    assert (Run.load(tmp_path / "as-it-was").edited, saved.edited) == ("", "")

    note = f"the predictions in {tmp_path / 'other'} are not what the run recorded (another SHA-256)"

    assert other.edited == note
    assert note in evalkit.compare_runs([saved, other], dataset=six, resamples=20).notes
    assert note in evalkit.score_predictions(six, other, resamples=0).notes
    assert note not in evalkit.compare_runs([saved, saved], dataset=six, resamples=20).notes


def test_gold_at_a_path_that_no_disk_can_have_is_not_here(six: GoldDataset, runs: list[Run], tmp_path: Path):
    for run in runs:
        result = evalkit.score_predictions(six, run, resamples=0)
        replace(run, result=result).save(tmp_path / run.extractor)
    record = tmp_path / "right" / "run.json"
    record.write_text(json.dumps({**json.loads(record.read_text()), "origin": {"dataset": "/a" + "a." * 3000}}))

    compared = evalkit.compare_runs([tmp_path / "right", tmp_path / "half"], resamples=20)

    assert not compared.differing
    assert micro(compared) == (1.0, pytest.approx(2 / 3))


def test_a_gate_blames_no_extractor_for_what_was_edited(six: GoldDataset, runs: list[Run], tmp_path: Path):
    """The extractor is the same; that its answer seems to be another is nobody's chance."""
    saved, other = runs[0].save(tmp_path / "as-it-was"), edited(runs[0], tmp_path / "other")
    evalkit.update_baseline(other, tmp_path / "base.json", dataset=six)
    for run, baseline, whose in (
        (other, saved, "the run's"),
        (saved, other, "the baseline's"),
        (saved, tmp_path / "base.json", "the baseline's"),
    ):
        notes = " ".join(evalkit.check_gate(run, baseline, dataset=six, resamples=20).notes)
        assert f"{whose} predictions are not what its run recorded" in notes
        assert "the same answer every time" not in notes


def test_articles_without_a_story_are_counted(six: GoldDataset, runs: list[Run]):
    first, *others = six.examples
    alone = replace(first, article=replace(first.article, metadata={"story": None}))
    gold = replace(six, examples=(alone, *others))
    note = "1 of 6 articles has no story; it is drawn for itself"
    assert note in evalkit.compare_runs(runs, dataset=gold, cluster="story", resamples=20).notes
    assert note in evalkit.score_predictions(gold, runs[0], cluster="story", resamples=20).notes
