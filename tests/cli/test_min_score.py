"""`--min-score`, and `explain --fit-threshold`, which finds it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import TEXTS, Evalkit, write_lines

GOLD = [{"id": "a-port", "text": TEXTS["a-port"], "entities": [{"spans": [[0, 8]], "label": "PER"}]}]
SURE = {"spans": [[0, 8]], "label": "PER", "score": 0.9}
UNSURE = {"spans": [[14, 18]], "label": "PER", "score": 0.4}


@pytest.fixture
def files(workspace: Path) -> tuple[str, ...]:
    write_lines(workspace / "mini.jsonl", GOLD)
    write_lines(workspace / "pred.jsonl", [{"id": "a-port", "entities": [SURE, UNSURE]}])
    return ("score", "--gold", "mini.jsonl", "--predicted", "pred.jsonl", "--resamples", "0", "--json")


def test_items_below_are_set_aside_counted_and_named_in_the_signature(evalkit: Evalkit, files: tuple[str, ...]):
    before, after = evalkit(*files).json, evalkit(*files, "--min-score", "0.5").json
    # 1 of 2 predicted is right, then 1 of 1.
    assert before["tasks"]["entities"]["exact"]["micro"]["precision"] == 0.5
    assert after["tasks"]["entities"]["exact"]["micro"]["precision"] == 1.0
    assert "1 predicted entity below --min-score, set aside" in after["notes"]
    assert "|min-score:0.5|" in after["tasks"]["entities"]["exact"]["signature"]
    assert after["run"]["scoring"]["min_score"] == ["0.5"]


@pytest.mark.parametrize(
    ("option", "message"),
    [("PRE=0.5", "unknown label in --min-score 'PRE'"), ("much", "must be a number, or LABEL=number")],
    ids=["label", "number"],
)
def test_what_is_no_threshold_is_refused(evalkit: Evalkit, files: tuple[str, ...], option: str, message: str):
    done = evalkit(*files, "--min-score", option)
    assert done.status == 2
    assert message in done.err


@pytest.fixture
def scored(workspace: Path) -> tuple[str, ...]:
    """What runs an extractor whose right item is sure and whose wrong one is not."""
    write_lines(workspace / "mini.jsonl", GOLD)
    (workspace / "scored.py").write_text(
        "from evalkit.records import Annotations, Entity, Span\n"
        "def find(article):\n"
        "    spans = [(0, 8, 0.9), (14, 18, 0.4)]\n"
        "    return Annotations(entities=tuple(Entity(id=str(a), spans=(Span(a, b),), label='PER', score=s)"
        " for a, b, s in spans))\n",
        encoding="utf-8",
    )
    return ("run", "--model", "scored:find", "--dataset", "mini.jsonl", "--no-floor", "--json", "--out")


def test_a_fitted_threshold_is_found_and_used(evalkit: Evalkit, scored: tuple[str, ...]):
    assert evalkit(*scored, "runs/one").status == 0
    fitted = evalkit("explain", "runs/one", "--fit-threshold", "--json").json
    assert fitted["tasks"]["entities"]["min_score"] == ["0.9"]
    assert "--min-score 0.9" in evalkit("explain", "runs/one", "--fit-threshold").out
    # The same predictions, scored with it: no article is asked for again, and what follows knows of it.
    again = evalkit(*scored, "runs/one", "--min-score", "0.9").json
    assert again["tasks"]["entities"]["exact"]["micro"]["f1"] == 1.0
    explained = evalkit("explain", "runs/one", "a-port", "--json").json
    assert [item["credits"]["exact"] for item in explained["layers"][0]["items"]] == [1.0, 1.0]


def test_the_gate_scores_each_run_as_it_was_scored(evalkit: Evalkit, scored: tuple[str, ...], workspace: Path):
    assert evalkit(*scored, "runs/one", "--min-score", "0.9").status == 0
    assert evalkit(*scored, "runs/two").status == 0
    (workspace / "rules.toml").write_text('[[rule]]\ntask = "entities"\n', encoding="utf-8")
    gate = ("gate", "runs/one", "--baseline", "runs/two", "--rules", "rules.toml", "--json")
    (rule,) = evalkit(*gate).json["rules"]
    # Of two predicted items one is right, and of the one that is sure enough that one.
    assert (rule["baseline"], rule["value"]) == (pytest.approx(2 / 3), 1.0)


def test_runs_under_other_thresholds_are_compared(evalkit: Evalkit, scored: tuple[str, ...]):
    assert evalkit(*scored, "runs/one", "--min-score", "0.9").status == 0
    assert evalkit(*scored, "runs/two").status == 0
    rows = evalkit("compare", "runs/one", "runs/two", "--json").json["rows"]
    # F1 of 1 against that of P 1/2 and R 1.
    (micro,) = [row for row in rows if (row["convention"], row["scope"], row["score"]) == ("exact", "micro", "f1")]
    assert abs(micro["difference"]) == pytest.approx(1 / 3)


def test_a_fit_takes_no_article(evalkit: Evalkit, workspace: Path):
    done = evalkit("explain", "runs/none", "a-port", "--fit-threshold")
    assert done.status == 2
    assert "ARTICLE_ID has no use with --fit-threshold" in done.err


def test_a_run_that_was_not_scored_in_the_end_is_scored_again_as_it_was_asked_for(evalkit: Evalkit, workspace: Path):
    write_lines(workspace / "mini.jsonl", GOLD)
    (workspace / "humans.py").write_text("def find(article):\n    return [(0, 8, 'HUMAN')]\n", encoding="utf-8")
    (workspace / "m.toml").write_text('HUMAN = "PER"\n', encoding="utf-8")
    run = ("run", "--model", "humans:find", "--dataset", "mini.jsonl", "--no-floor", "--predicted-label-map", "m.toml")
    assert evalkit(*run, "--out", "runs/whole").status == 0
    refused = evalkit(*run, "--out", "runs/half", "--min-score", "0.9")
    assert refused.status == 2
    assert "has a score" in refused.err
    assert (workspace / "runs/half/predictions.jsonl").is_file()
    assert not (workspace / "runs/half/result.json").exists()
    facts = json.loads((workspace / "runs/half/run.json").read_bytes())
    assert facts["scoring"] == {"predicted_map": "m.toml", "min_score": ["0.9"]}
    # What was asked for cannot be had of it, whoever asks again.
    assert evalkit("gate", "runs/half", "--baseline", "runs/whole").status == 2
    assert evalkit("compare", "runs/whole", "runs/half").status == 2
    # Without a result the map is applied still.
    (workspace / "runs/whole/result.json").unlink()
    scored = evalkit("score", "--gold", "mini.jsonl", "--predicted", "runs/whole", "--resamples", "0", "--json").json
    assert scored["tasks"]["entities"]["exact"]["micro"]["f1"] == 1.0
    assert scored["run"]["scoring"] == {"predicted_map": "m.toml"}
    assert evalkit("gate", "runs/whole", "--baseline", "base.json", "--update").status == 0
    assert json.loads((workspace / "base.json").read_bytes())["scoring"] == {"predicted_map": "m.toml"}
    assert evalkit("gate", "runs/whole", "--baseline", "base.json").status == 0
