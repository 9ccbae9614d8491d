"""Runs on corrected gold: what they had and have, and whose rank changes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalkit import Annotations, Example, InputError, Prediction, replay_runs
from evalkit.analysis.differences.change import change_of, changes_to_json
from tests.analysis.suspects.mistaken import examples, system, with_change


def two_runs(gold: list[Example]) -> dict[str, list[Prediction]]:
    """One that is right everywhere, one that makes the gold's mistake."""
    right = [Prediction(article_id=one.article.id, annotations=one.gold) for one in examples()]
    like_gold = [Prediction(article_id=one.article.id, annotations=one.gold) for one in gold]
    return {"right": right, "like gold": like_gold}


def test_ranks_change_with_the_gold():
    """72 entities; the mistake costs the right run one on the old gold, and the other run one on the new gold."""
    old = with_change(examples(), 5, "entities", label="ORG")
    done = replay_runs(old, examples(), two_runs(old), tasks=["entities"])
    rows = {row.run: (row.before, row.after, row.rank_before, row.rank_after) for row in done.scores}
    assert rows == {
        "right": (pytest.approx(71 / 72), 1, 2, 1),
        "like gold": (1, pytest.approx(71 / 72), 1, 2),
    }
    assert done.figures() == {"changes": 1, "rank_changes": 2}
    assert [row.run for row in done.scores] == ["right", "like gold"]


def test_a_patch_is_as_good_as_the_gold(tmp_path: Path):
    old = with_change(examples(), 5, "entities", label="ORG")
    changes = [change_of("a05", "entities", old[5].gold.entities[-1], examples()[5].gold.entities[-1])]
    whole = replay_runs(old, examples(), two_runs(old)).scores
    assert replay_runs(old, [one for one in changes if one], two_runs(old)).scores == whole
    patch = tmp_path / "patch.json"
    patch.write_text(json.dumps(changes_to_json(one for one in changes if one)), encoding="utf-8")
    assert replay_runs(old, patch, two_runs(old)).scores == whole


def test_runs_are_scored_on_the_articles_that_they_were_made_for():
    gold = examples()
    run = system(gold, errs_at=99)[:3]
    done = replay_runs(gold, gold, {"part": run}, tasks=["entities"])
    assert [(row.before, row.after) for row in done.scores] == [(1, 1)]


def test_bad_input():
    with pytest.raises(InputError, match="no run is given"):
        replay_runs(examples(), examples(), {})
    other = [Example(article=examples(13)[-1].article, gold=Annotations(entities=[]))]
    with pytest.raises(InputError, match="has no article of"):
        replay_runs(examples(), other, two_runs(examples()))
