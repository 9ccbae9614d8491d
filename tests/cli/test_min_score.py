"""`--min-score`, and `explain --fit-threshold`, which finds it."""

from __future__ import annotations

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
    assert "1 predicted entities below --min-score, set aside" in after["notes"]
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


def test_a_fitted_threshold_is_found_and_used(evalkit: Evalkit, workspace: Path):
    write_lines(workspace / "mini.jsonl", GOLD)
    (workspace / "scored.py").write_text(
        "from evalkit.records import Annotations, Entity, Span\n"
        "def find(article):\n"
        "    spans = [(0, 8, 0.9), (14, 18, 0.4)]\n"
        "    return Annotations(entities=tuple(Entity(id=str(a), spans=(Span(a, b),), label='PER', score=s)"
        " for a, b, s in spans))\n",
        encoding="utf-8",
    )
    run = ("run", "--model", "scored:find", "--dataset", "mini.jsonl", "--out", "runs/one", "--no-floor", "--json")
    assert evalkit(*run).status == 0
    fitted = evalkit("explain", "runs/one", "--fit-threshold", "--json").json
    assert fitted["tasks"]["entities"]["min_score"] == ["0.9"]
    assert "--min-score 0.9" in evalkit("explain", "runs/one", "--fit-threshold").out
    # The same predictions, scored with it: no article is asked for again, and what follows knows of it.
    again = evalkit(*run, "--min-score", "0.9").json
    assert again["tasks"]["entities"]["exact"]["micro"]["f1"] == 1.0
    explained = evalkit("explain", "runs/one", "a-port", "--json").json
    assert "0.4" not in str(explained)


def test_a_fit_takes_no_article(evalkit: Evalkit, workspace: Path):
    done = evalkit("explain", "runs/none", "a-port", "--fit-threshold")
    assert done.status == 2
    assert "ARTICLE_ID has no use with --fit-threshold" in done.err
