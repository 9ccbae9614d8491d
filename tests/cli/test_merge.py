"""`evalkit run --shard` and `evalkit merge`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from evalkit.cli.merge import TEMPLATES
from tests.cli.conftest import Evalkit

RUN = ("run", "--model", "mine:people", "--dataset", "gold.jsonl", "--split", "all", "--resamples", "20")


def test_a_run_in_parts(evalkit: Evalkit, tmp_path: Path):
    assert evalkit(*RUN, "--out", "whole").status == 0
    for number in (1, 2, 3):
        done = evalkit(*RUN, "--shard", f"{number}/3", "--out", f"shards/{number}")
        assert done.status == 0
        assert f"people on gold, split all, shard {number} of 3: " in done.out
        assert "when all 3 are there: evalkit merge SHARD … --out RUN" in done.out
    listed = evalkit("runs", "shards")
    assert "3 of 3 shards" in listed.out
    shutil.copytree("shards/2", "shards/late")
    assert "3 of 3 shards, 1 of them more than once" in evalkit("runs", "shards").out
    shutil.rmtree("shards/late")
    assert "evalkit merge shards" in listed.out
    done = evalkit("merge", "shards", "--out", "merged")
    assert (done.status, "4 articles of 3 shards" in done.out) == (0, True)
    for name in ("predictions.jsonl", "result.json"):
        assert Path("merged", name).read_bytes() == Path("whole", name).read_bytes()
    whole, merged = (json.loads(Path(name, "run.json").read_bytes()) for name in ("whole", "merged"))
    made_by = merged.pop("shards")
    assert merged == whole
    assert made_by[1]["command"].endswith("--shard 2/3")
    # Given once more, and as they stand in a list.
    assert evalkit("merge", "shards/3", "shards/1", "shards", "--out", "merged").status == 0
    assert evalkit("report", "merged", "--to", "json").status == 0


def test_a_shard_says_what_it_is_wherever_it_is_shown(evalkit: Evalkit):
    assert evalkit(*RUN, "--shard", "1/2", "--out", "shards/1", "--json").json["shard"] == [1, 2]
    for words in (("report", "shards/1"), ("explain", "shards/1"), ("view", "shards/1"), ("gate", "shards/1")):
        more = ("--baseline", "shards/1") if words[0] == "gate" else ()
        done = evalkit(*words, *more)
        assert done.status == 2
        assert "shards/1: is shard 1 of 2, which has no figures of its own" in " ".join(done.err.split())
    done = evalkit("leaderboard", "shards")
    assert "evalkit merge shards" in " ".join((done.out + done.err).split())


def test_a_setting_says_which_shard(evalkit: Evalkit, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("EVALKIT_SHARD", "2/2")
    assert "shard 2 of 2" in evalkit(*RUN, "--out", "shards/2").out
    assert json.loads(Path("shards/2/run.json").read_bytes())["command"].endswith("--shard 2/2")


def test_a_plan_of_a_shard(evalkit: Evalkit):
    assert "shard 1 of 2: " in evalkit(*RUN, "--shard", "1/2", "--dry-run").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((*RUN, "--shard", "3/2"), "shard 3/2: there is none of this number"),
        ((*RUN, "--shard", "one"), "shard 'one' is not I/N"),
        ((*RUN, "--shard", "1/2", "--speed", "1"), "--speed is about a whole run"),
        (("merge",), "name the folders of the shards"),
        (("merge", "nothing"), "nothing: is no folder"),
    ],
)
def test_wrong_usage(evalkit: Evalkit, words: tuple[str, ...], said: str):
    done = evalkit(*words)
    assert done.status == 2
    assert said in " ".join(done.err.split())


def test_what_is_missing_is_named_and_a_part_says_so(evalkit: Evalkit):
    evalkit(*RUN, "--shard", "2/3", "--out", "shards/2")
    done = evalkit("merge", "shards", "--out", "merged")
    assert done.status == 2
    assert "shards 1, 3 of 3 are missing (--partial merges what is there)" in " ".join(done.err.split())
    done = evalkit("merge", "shards", "--out", "merged", "--partial")
    assert done.status == 0
    assert "partial: 1 of 3 shards" in done.out
    assert "partial: 1 of 3 shards" in evalkit("report", "merged").out
    done = evalkit("gate", "merged", "--baseline", "base.json", "--update")
    assert done.status == 2
    assert "--allow-fewer" in done.err


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template(evalkit: Evalkit, name: str):
    done = evalkit("merge", "--template", name)
    assert (done.status, done.out) == (0, TEMPLATES[name])
    assert "evalkit run --model MODEL --dataset GOLD --shard " in done.out
    assert "evalkit merge " in done.out


def test_the_manual_shows_the_templates():
    page = (Path(__file__).parents[2] / "docs/machines.md").read_text(encoding="utf-8")
    assert all(template in page for template in TEMPLATES.values())
