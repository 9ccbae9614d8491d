"""Every verb takes a path, a name or an object, and says what it wants where it gets something else."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import evalkit
from evalkit import Annotations, Article, Entity, Example, GoldDataset, Prediction, Run, Span
from evalkit.errors import InputError
from evalkit.formats.native import stored
from evalkit.workflows import inputs


def person(article: evalkit.Article) -> list[tuple[int, int, str]]:
    return [(0, 8, "PER")]


@pytest.fixture
def run(six: GoldDataset) -> Run:
    return evalkit.run_extractor(person, six)


def test_examples_are_gold(six: GoldDataset):
    run = evalkit.run_extractor(person, list(six.examples))
    assert run.gold is not None
    assert (run.gold.name, run.gold.fingerprint, len(run.predictions)) == ("examples", six.fingerprint, 6)
    result = evalkit.score_predictions(six.examples, run.predictions, resamples=0, baseline=False)
    assert result.tasks["entities"]["exact"].micro.recall == 0.5


def test_a_stored_run_finds_its_gold_again(six: GoldDataset, tmp_path: Path):
    rows = [
        {"id": one.article.id, "text": one.article.text, "entities": [{"spans": [[0, 8]], "label": "PER"}]}
        for one in six
    ]
    path = tmp_path / "gold.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    evalkit.run_extractor(person, path, out=tmp_path / "r")
    for given in (tmp_path / "r", str(tmp_path / "r"), Run.load(tmp_path / "r")):
        assert evalkit.diagnose(given, resamples=0).articles == 6
        assert evalkit.explain_run(given, "a0").article == "a0"
    path.write_text(json.dumps(rows[0]) + "\n")
    with pytest.raises(InputError, match=r"r: was made for gold \w{16}, but .*gold.jsonl is \w{16} now"):
        evalkit.explain_run(tmp_path / "r", "a0")
    # The gold itself needs no place.
    assert evalkit.explain_run(tmp_path / "r", "a0", dataset=six).article == "a0"


def test_articles_that_do_not_fit_into_memory_are_refused_where_all_are_held(
    six: GoldDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    rows = [
        {"id": one.article.id, "text": one.article.text, "entities": [{"spans": [[0, 8]], "label": "PER"}]}
        for one in six
    ]
    path = tmp_path / "gold.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    monkeypatch.setattr(stored, "LARGE_BYTES", 0)
    monkeypatch.setattr(inputs, "free_memory", lambda: 1 << 10)
    run = evalkit.run_extractor(person, path, out=tmp_path / "r")
    assert evalkit.score_predictions(path, tmp_path / "r", resamples=0).articles == 6
    with pytest.raises(
        InputError, match=r"r: 6 articles would take about 0 MiB together, and 0 MiB of memory are free.* --limit N"
    ):
        evalkit.diagnose(tmp_path / "r")
    # What is in memory already is looked at.
    assert evalkit.diagnose(replace(run, predictions=tuple(run.predictions), dataset=six), resamples=0).articles == 6


def test_a_run_that_lacks_articles_is_scored_and_not_diagnosed(run: Run):
    part = replace(run, predictions=run.predictions[:2], complete=False)
    result = evalkit.score_predictions(None, part, resamples=0, baseline=False)
    assert "4 articles without a prediction, counted as missed" in result.notes
    with pytest.raises(InputError, match=r"person: the run is not finished \(2 of 6 articles\)"):
        evalkit.diagnose(part)


WRONG: list[Any] = [
    pytest.param(lambda gold, run: evalkit.run_extractor(person, 7), r"gold must be .*found int '7'", id="number"),
    pytest.param(
        lambda gold, run: evalkit.run_extractor(person, [gold]),
        r"gold must be .*found GoldDataset .* among them",
        id="gold",
    ),
    pytest.param(
        lambda gold, run: evalkit.score_predictions(gold, [Annotations()]),
        "predictions must be .*Annotations",
        id="records",
    ),
    pytest.param(lambda gold, run: evalkit.score_predictions(gold, None), "predictions must be a Run", id="nothing"),
    pytest.param(
        lambda gold, run: evalkit.explain_run(gold, "a0"),
        r"a run must be a Run .*found GoldDataset",
        id="gold-for-a-run",
    ),
    pytest.param(lambda gold, run: evalkit.compare_runs([gold, run]), "GoldDataset .* is no run", id="compare"),
    pytest.param(lambda gold, run: evalkit.compare_runs(run), "needs a list of runs, found Run", id="one-run"),
    pytest.param(lambda gold, run: evalkit.compare_runs("runs/a"), "needs a list of runs, found str", id="one-path"),
    pytest.param(lambda gold, run: evalkit.compare_runs([run]), "needs at least 2 runs, found 1", id="a-list-of-one"),
    pytest.param(lambda gold, run: evalkit.diagnose(run, sclies=["x"]), "unknown option 'sclies'", id="option"),
    pytest.param(
        lambda gold, run: evalkit.score_predictions(gold, run, workers=2), "option without use 'workers'", id="not-used"
    ),
    pytest.param(
        lambda gold, run: evalkit.check_gate(run, "b.json", intervals=evalkit.Intervals(level=0.9)),
        "option without use 'level'",
        id="not-used-in-a-record",
    ),
]


@pytest.mark.parametrize(("call", "message"), WRONG)
def test_a_wrong_argument_says_what_is_wanted(
    six: GoldDataset, run: Run, call: Callable[[GoldDataset, Run], object], message: str
):
    with pytest.raises(InputError, match=message):
        call(six, run)


def test_one_name_is_a_list_of_it(six: GoldDataset, run: Run):
    words = evalkit.score_predictions(six, run, tasks="entities", conventions="exact", resamples=0, baseline=False)
    records = evalkit.score_predictions(
        six,
        run,
        scoring=evalkit.Scoring(tasks=("entities",), conventions=("exact",)),
        intervals=evalkit.Intervals(resamples=0),
        baseline=False,
    )
    assert words == records
    assert list(words.tasks) == ["entities"]


def test_words_go_over_a_record(six: GoldDataset, run: Run):
    result = evalkit.score_predictions(six, run, intervals=evalkit.Intervals(resamples=20, seed=1), seed=2)
    assert "ci:bootstrap20/article/seed2" in result.tasks["entities"]["exact"].signature


def test_what_a_verb_gives_shows_itself_in_one_line(six: GoldDataset, run: Run):
    result = evalkit.score_predictions(six, run, resamples=20)
    given = [
        six,
        run,
        result,
        evalkit.compare_runs([result, run], resamples=20),
        evalkit.compare_repeated_runs([run, run], resamples=20),
        evalkit.diagnose(run, resamples=0),
        evalkit.explain_run(run, "a0"),
        evalkit.extract_articles(person, [six.examples[0].article]),
    ]
    for one in given:
        assert repr(one).startswith(f"<{type(one).__name__} ")
        assert len(repr(one).splitlines()) == 1
        json.dumps(one.to_json(), default=str)
        assert len(one.to_pandas().columns) > 0


def test_predictions_made_by_hand(six: GoldDataset):
    made = [Prediction(article_id="a0", annotations=six.examples[0].gold)]
    assert evalkit.score_predictions(six, made, resamples=0).tasks["entities"]["exact"].micro.recall == 1 / 6


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        pytest.param(lambda run: evalkit.check_gate(run, None), "baseline must be a Run, or the path", id="baseline"),
        pytest.param(lambda run: evalkit.check_gate(run, object()), "baseline must be a Run", id="baseline-object"),
        pytest.param(lambda run: evalkit.check_gate(run, run, rules={}), "rules must be a RuleSet or the", id="rules"),
        pytest.param(lambda run: evalkit.update_baseline(run, None), "baseline must be the path", id="update"),
        pytest.param(lambda run: evalkit.explain_run(run, 3), "has no article 3", id="article"),
        pytest.param(lambda run: evalkit.explain_run(run, "a0", (1,)), r"span must be \(start, end\)", id="span"),
        pytest.param(lambda run: evalkit.load_dataset(3), "a dataset must be a path or a name, found int", id="load"),
        pytest.param(lambda run: evalkit.validate_dataset(3), "a dataset must be a path or a name", id="validate"),
        pytest.param(lambda run: evalkit.describe_dataset(3), "gold must be GoldDatasets", id="describe"),
        pytest.param(lambda run: evalkit.load_dataset(label_map=3), "a label map must be a name", id="label-map"),
        pytest.param(lambda run: evalkit.diagnose(run, slices=3), "slices must be names", id="slices"),
        pytest.param(lambda run: evalkit.diagnose(run, train=3), "a dataset must be a path or a name", id="train"),
        pytest.param(lambda run: evalkit.compare_runs([run, run], scores=3), "scores must be names", id="scores"),
        pytest.param(lambda run: evalkit.render_report(run, None), "unknown form None", id="form"),
        pytest.param(lambda run: evalkit.score_predictions(None, run, tasks=3), "tasks must be a name or", id="tasks"),
        pytest.param(
            lambda run: evalkit.score_predictions(None, run, resamples="a"), "resamples must be a whole", id="number"
        ),
        pytest.param(lambda run: evalkit.score_predictions(None, run, level="a"), "level must be a number", id="level"),
        pytest.param(
            lambda run: evalkit.score_predictions(None, run, scoring=3),
            r"scoring must be evalkit\.Scoring",
            id="record",
        ),
        pytest.param(
            lambda run: evalkit.extract_articles(str, 3), "articles must be Articles, or paths", id="articles"
        ),
        pytest.param(
            lambda run: evalkit.run_extractor(person, run.dataset, out=3), "out must be the path of a folder", id="out"
        ),
        pytest.param(lambda run: evalkit.Run.load(None), "a run is loaded from the path", id="run-load"),
        pytest.param(lambda run: run.save(3), "a run is saved to the path", id="run-save"),
    ],
)
def test_what_a_verb_cannot_take_is_one_line_that_says_what_it_wants(run: Run, call: Any, wanted: str):
    with pytest.raises(evalkit.EvalkitError, match=wanted) as raised:
        call(run)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("entity", "reason"),
    [
        pytest.param(Entity(id="e1", spans=(Span(0, 900),), label="PER"), "is outside the text", id="outside"),
        pytest.param(Entity(id="e1", spans=(Span(0, 3),), label=7), "'label' is 7, expected text", id="number"),
    ],
)
def test_predictions_made_in_python_are_looked_at_too(entity: Entity, reason: str):
    gold = [Example(article=Article(id="a", text="Ida Moen left."), gold=Annotations(entities=()))]
    made = [Prediction(article_id="a", annotations=Annotations(entities=(entity,)))]
    with pytest.raises(InputError, match=f"article 'a': .*{reason}.*; mend the prediction"):
        evalkit.score_predictions(gold, made)


def test_no_span_outside_its_article_is_scored_wherever_the_run_is_from(tmp_path: Path) -> None:
    gold = evalkit.load_dataset().subset(limit=2)
    evalkit.run_extractor(lambda article: [(0, 4, "PER")], gold).save(tmp_path / "run")
    path = tmp_path / "run" / "predictions.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        del row["check"]
    rows[0]["entities"][0]["spans"] = [[0, 50_000]]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    edited = evalkit.Run.load(tmp_path / "run")
    made = evalkit.run_extractor(lambda article: [], gold)
    changed = replace(made, predictions=edited.predictions)
    doors: list[Callable[[], object]] = [
        lambda: evalkit.score_predictions(gold, edited),
        lambda: evalkit.score_predictions(gold, changed),
        lambda: evalkit.explain_run(edited, rows[0]["id"], dataset=gold),
        lambda: evalkit.diagnose(edited, gold),
        lambda: evalkit.check_gate(edited, made, dataset=gold),
        lambda: evalkit.compare_runs([edited, made], dataset=gold),
    ]
    for door in doors:
        with pytest.raises(InputError, match=rf"article '{rows[0]['id']}': entities\[0\] .* is outside the text"):
            door()
