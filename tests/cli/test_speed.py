"""`evalkit run --speed N`."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Evalkit

RUN = ("run", "--dataset", "gold.jsonl", "--resamples", "0", "--no-cache", "--model", "mine:people", "--out", "r")


def test_it_changes_nothing_but_speed_json(evalkit: Evalkit):
    assert evalkit(*RUN).status == 0
    before = {path.name: path.read_bytes() for path in Path("r").iterdir()}
    done = evalkit(*RUN, "--speed", "2")
    assert done.status == 0
    assert "articles/s" in done.out
    assert "over 2 timed passes" in done.out
    after = {path.name: path.read_bytes() for path in Path("r").iterdir()}
    assert {name for name in after if after[name] != before.get(name)} == {"speed.json"}
    assert len(json.loads(after["speed.json"])["measured"]["passes"]) == 2


def test_a_leaderboard_shows_it(evalkit: Evalkit):
    for model, out in (("mine:people", "runs/a"), ("rules", "runs/b")):
        argv = ("run", "--dataset", "gold.jsonl", "--resamples", "0", "--task", "entities", "--model", model)
        assert evalkit(*argv, "--out", out, "--speed", "1").status == 0
    board = evalkit("leaderboard", "--task", "entities", "--json").json["boards"][0]
    assert all(own["articles_per_second"] > 0 and own["peak_memory"] for own in board["standings"])
    assert board["pareto"]["speed"]
    assert "timed on" in evalkit("leaderboard").out
