"""A run as a record: what it says of itself, written and read again, also where somebody has edited it."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from evalkit.errors import FormatError, InputError, OutputError
from evalkit.formats.native import stored
from evalkit.formats.native.rows import prediction_line
from evalkit.options import Scoring
from evalkit.predictions.facts import GoldReference, MadeBy
from evalkit.predictions.lines import admitted_line
from evalkit.predictions.run import Run
from evalkit.records import Annotations, Entity, Prediction, Span
from evalkit.results import EvalResult
from evalkit.workflows.inputs import finished_run

RUN = Run(
    extractor="mine",
    predictions=tuple(
        Prediction(
            article_id=name,
            annotations=Annotations(entities=(Entity(id="e1", spans=(Span(0, 3),), label="PER"),)),
            seconds=0.5,
        )
        for name in "ab"
    ),
    layers=("entities",),
    gold=GoldReference(
        name="gold", fingerprint="1234567890abcdef", split="dev", articles=2, origin={"dataset": "g"}, reading="tags:IO"
    ),
    made_by=MadeBy(
        fingerprint="f1",
        spelling="mine",
        settings={"device": "cpu"},
        versions={"evalkit": "0.1.0"},
        command="evalkit run --model mine",
        facts={"revision": "r1"},
    ),
    default_label_map="conll4",
)


def test_what_is_saved_is_loaded(tmp_path: Path):
    saved = RUN.save(tmp_path / "r")
    loaded = Run.load(tmp_path / "r")
    # Times differ between runs that are otherwise the same, so they are not kept.
    assert loaded == replace(RUN, predictions=tuple(replace(one, seconds=0.0) for one in RUN.predictions))
    assert (loaded.path, loaded.sha256, loaded.key) == (saved.path, saved.sha256, RUN.key)
    assert len(loaded.sha256) == 64


def test_errors_of_predictions_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stored, "LARGE_BYTES", 0)
    one, other = RUN.predictions
    failed = replace(other, annotations=Annotations(), error="out of\nmemory", seconds=0.0)
    run = replace(RUN, predictions=(one, failed, replace(failed, article_id="c\\", error="no")), gold=None)
    run.save(tmp_path / "r")
    loaded = Run.load(tmp_path / "r")
    assert isinstance(loaded.predictions, stored.StoredRecords)
    assert loaded.failed == run.failed == {"b": "out of\nmemory", "c\\": "no"}


def test_lines_that_were_found_right_are_not_looked_at_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stored, "KNOWN_BYTES", 0)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    RUN.save(tmp_path / "r")
    looked_at: list[bytes] = []
    look = admitted_line
    monkeypatch.setattr(
        "evalkit.predictions.stored.admitted_line", lambda *line: looked_at.append(line[0]) or look(*line)
    )
    first, second = (Run.load(tmp_path / "r", in_place=True) for _ in range(2))
    assert len(looked_at) == 2
    assert first == second == Run.load(tmp_path / "r")
    damaged = (tmp_path / "r" / "predictions.jsonl").read_bytes().replace(b"PER", b"LOC", 1)
    (tmp_path / "r" / "predictions.jsonl").write_bytes(damaged)
    with pytest.raises(FormatError, match=r"predictions\.jsonl:1: damaged, or changed after it was written"):
        Run.load(tmp_path / "r", in_place=True)


def test_the_folder_says_what_made_it(tmp_path: Path):
    RUN.save(tmp_path / "r")
    stored = json.loads((tmp_path / "r" / "run.json").read_bytes())
    assert stored["command"] == "evalkit run --model mine"
    assert (stored["spelling"], stored["settings"], stored["complete"]) == ("mine", {"device": "cpu"}, True)
    assert (stored["gold"], stored["gold_fingerprint"]) == ("gold@1234567", "1234567890abcdef")


def test_a_folder_of_another_run_is_not_overwritten(tmp_path: Path):
    RUN.save(tmp_path / "r")
    with pytest.raises(OutputError, match="holds another run"):
        replace(RUN, extractor="other").save(tmp_path / "r")
    again = replace(RUN, predictions=RUN.predictions[:1])
    assert len(again.save(tmp_path / "r").predictions) == len(Run.load(tmp_path / "r").predictions) == 1


def scored(run: Run) -> Run:
    """The run with a result, as scoring makes one of the predictions that lie in a folder."""
    gold = run.gold
    assert gold is not None
    result = EvalResult(
        extractor=run.extractor,
        gold=gold.short,
        split=gold.split,
        articles=gold.articles,
        tasks={},
        run={"sha256": run.sha256},
    )
    return replace(run, result=result)


def test_a_result_is_saved_with_the_predictions_that_it_was_made_of_and_no_others(tmp_path: Path):
    whole = scored(RUN.save(tmp_path / "ref"))
    assert Run.load(whole.save(tmp_path / "copy").path or "").result == whole.result
    others = (replace(RUN.predictions[0], annotations=Annotations(entities=())), RUN.predictions[1])
    for predictions in (others, RUN.predictions[:1]):
        with pytest.raises(InputError, match="its result was made of other predictions than these; save it without"):
            replace(whole, predictions=predictions).save(tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_a_part_of_a_run_is_not_saved_as_all_of_it(tmp_path: Path):
    assert not replace(RUN, predictions=RUN.predictions[:1]).save(tmp_path / "r").complete
    assert "complete" not in json.loads((tmp_path / "r" / "run.json").read_bytes())


def test_a_result_of_a_folder_of_the_first_version_is_saved_too(tmp_path: Path):
    RUN.save(tmp_path / "r")
    path = tmp_path / "r" / "predictions.jsonl"
    path.write_bytes(b"".join(map(prediction_line, RUN.predictions)))
    facts = json.loads((tmp_path / "r" / "run.json").read_bytes()) | {"sha256": sha256(path.read_bytes()).hexdigest()}
    (tmp_path / "r" / "run.json").write_text(json.dumps(facts))
    assert Run.load(scored(Run.load(tmp_path / "r")).save(tmp_path / "copy").path or "").result is not None


def test_predictions_that_were_edited_are_said_to_be_also_where_some_are_gone(tmp_path: Path):
    RUN.save(tmp_path / "r")
    path = tmp_path / "r" / "predictions.jsonl"
    path.write_bytes(prediction_line(replace(RUN.predictions[0], annotations=Annotations(entities=()))))
    run = Run.load(tmp_path / "r")
    assert not run.complete
    assert "are not what the run recorded" in run.edited
    with pytest.raises(
        InputError, match=r"not finished \(1 of 2 articles\); the predictions in .* are not what the run"
    ):
        finished_run(tmp_path / "r")


@pytest.mark.parametrize("articles", [1, 3])
def test_a_number_of_articles_that_is_not_that_of_the_predictions_is_damage(tmp_path: Path, articles: int):
    RUN.save(tmp_path / "r")
    path = tmp_path / "r" / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "articles": articles}))
    with pytest.raises(
        FormatError, match=rf"run\.json: damaged: says {articles} article.* beside it are of 2; run again"
    ):
        Run.load(tmp_path / "r")


def test_a_run_that_lacks_articles_is_not_complete(tmp_path: Path):
    RUN.save(tmp_path / "r")
    path = tmp_path / "r" / "predictions.jsonl"
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    assert not Run.load(tmp_path / "r").complete


def test_a_shard_says_which(tmp_path: Path):
    replace(RUN, shard=(2, 3)).save(tmp_path / "r")
    assert json.loads((tmp_path / "r" / "run.json").read_bytes())["shard"] == [2, 3]
    assert Run.load(tmp_path / "r").shard == (2, 3)


EDITED: list[Any] = [
    pytest.param("layers", 1, "damaged at layers: found 1, expected a list; run again", id="layers"),
    pytest.param("origin", 5, "damaged at origin: found 5, expected an object", id="origin"),
    pytest.param("articles", "two", "damaged at articles: found 'two', expected a whole number from 0", id="articles"),
    pytest.param("articles", True, "damaged at articles: found True, expected", id="true-is-no-number"),
    pytest.param("articles", 10**30, "damaged at articles: found 1e.30, expected", id="huge"),
    pytest.param("articles", -1, "damaged at articles: found -1, expected", id="negative"),
    pytest.param("extractor", ["x"], "damaged at extractor: found .*, expected text", id="extractor"),
    pytest.param("settings", {"a": 1}, "damaged at settings.a: found 1, expected text", id="settings"),
    pytest.param("complete", "yes", "damaged at complete: found 'yes', expected true or false", id="complete"),
    pytest.param("extractor", "", "not an evalkit run", id="no-extractor"),
    pytest.param("shard", [1], "damaged at shard: .* expected I and N", id="shard"),
    pytest.param("shard", [3, 2], "damaged at shard: .* expected I and N", id="shard-beyond"),
    pytest.param("version", 9, "run version 9, this evalkit reads 1; run again", id="later"),
]


@pytest.mark.parametrize(("name", "value", "message"), EDITED)
def test_an_edited_fact_is_named(tmp_path: Path, name: str, value: object, message: str):
    RUN.save(tmp_path / "r")
    path = tmp_path / "r" / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), name: value}))
    with pytest.raises(FormatError, match=rf"run\.json: .*{message}"):
        Run.load(tmp_path / "r")


def test_a_file_is_no_folder(tmp_path: Path):
    (tmp_path / "p.jsonl").write_text("{}")
    with pytest.raises(InputError, match="is a file; give the run folder"):
        Run.load(tmp_path / "p.jsonl")


def test_what_makes_two_runs_comparable():
    scored = replace(RUN, scoring=Scoring(label_map="ontonotes", labels=("PER",)))
    assert scored.measure == {"label_map": "ontonotes", "reading": "tags:IO", "labels": ["PER"]}
    # How a run came to the gold's labels is its own affair.
    assert scored.stated_scoring == {**scored.measure, "predicted_map": "conll4"}


def test_it_shows_itself_in_one_line():
    assert repr(RUN) == "<Run mine on gold@1234567, dev, 2 articles>"
    assert repr(Run(extractor="p", predictions=())) == "<Run p, 0 articles>"


def test_frames_and_json():
    articles = RUN.to_pandas()
    assert articles[["article_id", "entities"]].to_numpy().tolist() == [["a", 1], ["b", 1]]
    items = RUN.to_pandas("entities")
    assert items[["article_id", "label", "start", "end"]].to_numpy().tolist() == [
        ["a", "PER", 0, 3],
        ["b", "PER", 0, 3],
    ]
    data = RUN.to_json()
    assert (data["format"], data["extractor"], len(data["predictions"])) == ("evalkit.run", "mine", 2)


def test_a_folder_of_the_first_version_is_read(tmp_path: Path):
    """It did not say how the extractor was named and set, which command it was, and of which bytes its result was."""
    facts = {
        "format": "evalkit.run",
        "version": 1,
        "key": "9ee19b09eae4f555",
        "extractor": "ner-base",
        "fingerprint": "b68a41e52d9c97a8",
        "layers": ["entities"],
        "predicted_map": None,
        "gold": "news-gold@2e81054",
        "gold_fingerprint": "2e810549b291d4ff",
        "split": "test",
        "origin": {"dataset": "news-gold"},
        "articles": 1,
        "versions": {"evalkit": "0.1.0", "python": "3.11.7"},
        "complete": True,
    }
    (tmp_path / "run.json").write_text(json.dumps(facts))
    (tmp_path / "predictions.jsonl").write_text('{"id":"a","entities":[]}\n')
    run = Run.load(tmp_path)
    assert (run.extractor, run.layers, run.complete) == ("ner-base", ("entities",), True)
    assert run.gold == GoldReference(
        name="news-gold", fingerprint="2e810549b291d4ff", split="test", articles=1, origin={"dataset": "news-gold"}
    )
    assert run.made_by == MadeBy(fingerprint="b68a41e52d9c97a8", versions=facts["versions"])
