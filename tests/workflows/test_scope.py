"""`--scope` travels with the scoring: in signatures, results, comparisons and gates."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import evalkit
from evalkit import Annotations, Article, Entity, Example, Prediction, Quote, Run, Scope, Span
from evalkit.errors import InputError

TEXT = "Ida Moen said “no.” Per Lund asked why."
DIRECT = Quote(id="q1", kind="direct", content=(Span(15, 18),), speaker_id="moen")
REPORTED = Quote(id="q2", kind="indirect", content=(Span(34, 38),), cue=(Span(29, 33),))
SCOPE = "quotes:kinds=direct,parts=speaker"


def guess(article: Article) -> Annotations:
    return Annotations(quotes=(DIRECT, REPORTED))


@pytest.fixture
def gold() -> list[Example]:
    return [
        Example(article=Article(id=name, text=TEXT), gold=Annotations(quotes=(replace(DIRECT, id=name),)))
        for name in ("a", "b", "c")
    ]


@pytest.fixture
def run(gold: list[Example]) -> Run:
    return evalkit.run_extractor(guess, gold, cache=False)


def test_a_score_says_its_scope(run: Run):
    result = evalkit.score_predictions(None, run, scope=SCOPE, resamples=0, baseline=False)
    exact = result.tasks["quotes"]["exact"]
    assert exact.micro.f1 == 1
    assert f"|scope:{SCOPE}|" in exact.signature
    assert "3 predicted quotes outside the annotated scope, set aside" in result.notes
    assert result.run["scoring"] == {"scope": [SCOPE]}
    without = evalkit.score_predictions(None, run, resamples=0, baseline=False)
    # 3 right of 6 predicted.
    assert without.tasks["quotes"]["exact"].micro.precision == 0.5
    assert "scope" not in without.tasks["quotes"]["exact"].signature


def test_a_scope_of_another_layer_is_not_in_the_signature(run: Run):
    result = evalkit.score_predictions(None, run, scope="entities:labels=PER", resamples=0, baseline=False)
    assert "scope" not in result.tasks["quotes"]["exact"].signature


def test_only_runs_of_one_scope_are_compared(run: Run):
    one = evalkit.score_predictions(None, run, scope=SCOPE, resamples=0, baseline=False)
    two = evalkit.score_predictions(None, run, resamples=0, baseline=False)
    with pytest.raises(InputError, match=r"was scored with .*scope"):
        evalkit.compare_runs([one, two])
    assert evalkit.compare_runs([one, one], resamples=10).rows


def test_a_gate_keeps_it(run: Run, tmp_path: Path):
    result = evalkit.score_predictions(None, run, scope=SCOPE, resamples=0, baseline=False)
    kept = replace(run, result=result, scoring=evalkit.Scoring(scope=SCOPE), path=None)
    evalkit.update_baseline(kept, tmp_path / "b.json")
    assert SCOPE in (tmp_path / "b.json").read_text(encoding="utf-8")
    assert evalkit.check_gate(kept, tmp_path / "b.json", resamples=100).outcomes
    other = replace(run, result=None)
    with pytest.raises(InputError, match="scope"):
        evalkit.check_gate(other, tmp_path / "b.json", resamples=100)


def test_a_rule_about_what_gold_does_not_have_is_refused_with_the_reason(run: Run, tmp_path: Path):
    result = evalkit.score_predictions(None, run, resamples=0, baseline=False)
    evalkit.update_baseline(replace(run, result=result), tmp_path / "b.json")
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\nname = "cues"\ntask = "quotes"\nconvention = "cue-exact"\n')
    with pytest.raises(InputError, match=r"no quotes under cue-exact \(cue: no gold quote has one\)"):
        evalkit.check_gate(run, tmp_path / "b.json", rules=rules, resamples=100)


def test_a_stored_run_is_explained_in_its_scope(run: Run):
    result = evalkit.score_predictions(None, run, scope=SCOPE, resamples=0, baseline=False)
    (part,) = evalkit.explain_run(replace(run, scoring=evalkit.Scoring(scope=SCOPE), result=result), "a").layers
    assert [shown.item.side for shown in part.items] == ["gold", "predicted"]


def test_nonsense_is_refused_before_anything_is_read(tmp_path: Path):
    with pytest.raises(InputError, match="did you mean 'cue'"):
        evalkit.score_predictions(tmp_path / "none", tmp_path / "none", scope="quotes:parts=cues")


def test_the_columns_give_way(tmp_path: Path):
    rows = {"id": "a", "entities": [{"start": 0, "end": 3, "label": "PER"}, {"start": 4, "end": 8, "label": "GPE"}]}
    (tmp_path / "g.jsonl").write_text(json.dumps({**rows, "entities": rows["entities"][:1]}))
    (tmp_path / "p.jsonl").write_text(json.dumps(rows))
    result = evalkit.score_predictions(
        tmp_path / "g.jsonl", tmp_path / "p.jsonl", scope="entities:labels=PER", resamples=0, baseline=False
    )
    assert result.tasks["entities"]["exact"].micro.f1 == 1


def test_a_label_outside_the_scope_is_set_aside_and_not_said_to_be_wrong():
    text = "Ida Moen left Oslo."
    person = Entity(id="e1", spans=(Span(0, 8),), label="PER")
    place = Entity(id="e2", spans=(Span(14, 18),), label="GPE")
    misread = Entity(id="e3", spans=(Span(0, 8),), label="ORG")
    gold = [Example(article=Article(id="a", text=text), gold=Annotations(entities=(person,)))]
    predicted = [Prediction(article_id="a", annotations=Annotations(entities=(person, place, misread)))]
    result = evalkit.score_predictions(gold, predicted, scope="entities:labels=PER", resamples=0, baseline=False)
    said = [note for note in result.notes if "predicted" in note]
    # The GPE stands where no gold item does; of the ORG the gold knows that it should be PER.
    assert said[0].startswith("1 predicted entity outside the annotated scope, set aside")
    assert said[1].endswith("so it counts as wrong (ORG 1); map them with --predicted-label-map")
    assert len(said) == 2


def test_labels_in_a_layer_that_is_not_evaluated_are_no_mistakes():
    """The targets of a corpus of sentiment are entities that stances refer to, and no gold for names."""
    target = Entity(id="e1", spans=(Span(0, 8),), label="TARGET", entity_id="moen")
    scope = Scope(layers=("quotes",))
    gold = [Example(article=Article(id="a", text=TEXT), gold=Annotations(entities=(target,), quotes=(), scope=scope))]
    person = replace(target, label="PER")
    predicted = [Prediction(article_id="a", annotations=Annotations(entities=(person,), quotes=()))]
    result = evalkit.score_predictions(gold, predicted, resamples=0, baseline=False)
    assert "entities" not in result.tasks
    assert not [note for note in result.notes if "label that this gold does not use" in note]
    assert "1 predicted entity in articles whose gold does not annotate it, set aside" in result.notes
