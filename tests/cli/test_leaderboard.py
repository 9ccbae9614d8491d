"""`evalkit leaderboard`."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Evalkit

RUN = ("run", "--dataset", "gold.jsonl", "--resamples", "0", "--model")


def test_a_table_with_ranks_and_what_is_left_out(evalkit: Evalkit):
    for model in ("mine:people", "rules", "trivial"):
        assert evalkit(*RUN, model, "--out", f"runs/{model.partition(':')[0]}").status == 0
    Path("runs/odd").mkdir()
    Path("runs/odd/run.json").write_text("{")
    done = evalkit("leaderboard", "--task", "entities")
    assert done.status == 0
    assert "ranks" in done.out
    assert "runs/odd: cannot be read" in " ".join(done.out.split())
    board = evalkit("leaderboard", "--task", "entities", "--json").json["boards"][0]
    # Four articles cannot show anything: 8 ways of changing sides, so p is 1/8 at least.
    assert [own["ranks"] for own in board["standings"]] == [[1, 3]] * 3


def test_nothing_to_rank(evalkit: Evalkit):
    Path("runs").mkdir()
    done = evalkit("leaderboard")
    assert (done.status, done.out) == (2, "")
    assert "nothing can stand on a leaderboard (there is no run)" in done.err
    assert evalkit("leaderboard", "--resamples", "0").status == 2
