"""`evalkit runs`."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Evalkit

RUN = ("run", "--dataset", "gold.jsonl", "--resamples", "0", "--model")


def test_the_command_that_is_shown_continues_the_run(evalkit: Evalkit):
    Path("stop").touch()
    assert evalkit(*RUN, "mine:stops", "--out", "runs/one", "--batch-size", "1").status == 130
    listed = evalkit("runs")
    assert listed.status == 0
    assert "2 of 4" in listed.out
    command = next(line for line in listed.out.splitlines() if line.startswith("evalkit run "))
    Path("stop").unlink()
    import shlex

    assert evalkit(*shlex.split(command)[1:]).status == 0
    [run] = evalkit("runs", "--json").json["runs"]
    assert (run["state"], run["kept"]) == ("scored", 4)
    assert evalkit(*shlex.split(run["command"])[1:]).status == 0


def test_what_is_broken_or_left_out_is_named(evalkit: Evalkit):
    assert evalkit(*RUN, "mine:people", "--out", "runs/one").status == 0
    Path("runs/two").mkdir()
    Path("runs/two/run.json").write_text("{")
    assert "runs/two: runs/two/run.json: not valid JSON" in " ".join(evalkit("runs").out.split())
    done = evalkit("runs", "--model", "rules")
    assert "there is nothing that was asked for" in done.out
    assert "2 runs besides were not asked for" in done.out


def test_no_such_folder(evalkit: Evalkit):
    done = evalkit("runs", "nowhere")
    assert (done.status, done.out) == (2, "")
    assert "nowhere: is no folder; give one in which runs lie, such as runs" in done.err
