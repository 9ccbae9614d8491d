"""`evalkit run --suite`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Evalkit

SUITE = """
[defaults]
resamples = 0
batch_size = 1
[[model]]
name = "people"
model = "mine:people"
[[model]]
name = "stops"
model = "mine:stops"
[[dataset]]
dataset = "gold.jsonl"
"""


@pytest.fixture
def suite(evalkit: Evalkit) -> Evalkit:
    Path("suite.toml").write_text(SUITE)
    return evalkit


def test_after_ctrl_c_the_same_command_goes_on(suite: Evalkit):
    Path("stop").touch()
    stopped = suite("run", "--suite", "suite.toml")
    assert (stopped.status, stopped.out) == (130, "")
    assert "stopped at run 2 of 2: gold/stops; to go on:\nevalkit run --suite suite.toml" in stopped.err
    Path("stop").unlink()
    done = suite("run", "--suite", "suite.toml")
    assert done.status == 0
    assert "note: run 2 of 2: gold/stops" in done.err
    assert "evalkit leaderboard runs/suite" in done.out
    assert "1 run had every prediction already" in done.out
    assert suite("leaderboard", "runs/suite").status == 0


def test_what_no_cache_extracts_again_is_said(suite: Evalkit):
    Path("stop").touch()
    stopped = " ".join(suite("run", "--suite", "suite.toml", "--no-cache").err.split())
    assert "--no-cache extracts finished runs again, without it they are kept; to go on:" in stopped


def test_a_run_that_fails_is_exit_status_1(suite: Evalkit):
    Path("suite.toml").write_text(SUITE.replace("mine:stops", "mine:nothing_usable"))
    done = suite("run", "--suite", "suite.toml", "--json")
    assert done.status == 1
    assert [bool(run["problem"]) for run in done.json["runs"]] == [False, True]
    assert "error: 1 of 2 runs failed: runs/suite/gold/stops: every article failed" in done.err


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("--split", "dev"), "--split is about one run; with --suite it stands in suite.toml"),
        (("--model", "rules"), "--model is about one run; with --suite it stands in suite.toml"),
        (("--task", "entities"), "--task is about one run; with --suite it stands in suite.toml"),
        (("--dry-run",), "--dry-run is about one run; a suite does without"),
        (("--speed", "2"), "--speed is about one run; a suite does without"),
    ],
)
def test_what_the_file_says_is_not_said_beside_it(suite: Evalkit, argv: tuple[str, ...], message: str):
    done = suite("run", "--suite", "suite.toml", *argv)
    assert (done.status, done.out) == (2, "")
    assert message in done.err


def test_without_a_suite_there_must_be_a_model(suite: Evalkit):
    done = suite("run")
    assert done.status == 2
    assert "--model" in done.err
