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


def test_compare_and_gate_look_at_it(evalkit: Evalkit):
    for out in ("a", "b"):
        assert evalkit(*RUN[:-1], out, "--speed", "3").status == 0
    compared = evalkit("compare", "a", "b", "--resamples", "10", "--json").json["speeds"]
    assert [own["run"] for own in compared] == ["a", "b"]
    assert compared[0]["slowdown"] is None
    assert compared[1]["slowdown"] > 0
    assert "times as long" in evalkit("compare", "a", "b", "--resamples", "10").out
    # Nothing is a thousand times as slow the second time; whether it is slower at all depends on the machine.
    Path("rules.toml").write_text("[[speed]]\nmax_slowdown = 1000\n")
    gate = evalkit("gate", "b", "--baseline", "a", "--rules", "rules.toml", "--json")
    assert (gate.status, [own["verdict"] for own in gate.json["speed"]]) == (0, ["pass"])
    # A baseline that is a file knows nothing of speed, and the rule may say what does.
    assert evalkit("gate", "a", "--baseline", "base.json", "--update").status == 0
    gate = evalkit("gate", "b", "--baseline", "base.json", "--rules", "rules.toml")
    assert gate.status == 3
    assert "holds no speed that was measured" in " ".join(gate.out.split())
    Path("rules.toml").write_text('[[speed]]\nmax_slowdown = 1000\nagainst = "a/speed.json"\n')
    assert evalkit("gate", "b", "--baseline", "base.json", "--rules", "rules.toml").status == 0
    Path("rules.toml").write_text('[[speed]]\nmax_slowdown = 1000\nagainst = "nowhere"\n')
    gate = evalkit("gate", "b", "--baseline", "base.json", "--rules", "rules.toml")
    assert (gate.status, gate.out) == (2, "")


def test_a_damaged_file_of_speeds_stops_no_comparison(evalkit: Evalkit):
    for out in ("runs/a", "runs/b"):
        assert evalkit(*RUN[:-1], out).status == 0
    Path("runs/a/speed.json").write_text("{")
    compared = evalkit("compare", "runs/a", "runs/b", "--resamples", "10")
    assert compared.status == 0
    assert "runs/a/speed.json: not valid JSON" in " ".join(compared.out.split())
    assert "not valid JSON" in " ".join(evalkit("leaderboard", "--resamples", "10").out.split())
