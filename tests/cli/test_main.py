"""The command line as a whole: help, version, lazy commands, broken pipes."""

from __future__ import annotations

import errno
import importlib
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import click
import pytest

from evalkit.cli.main import COMMANDS, TerminatedError, main
from evalkit.scoring.tasks.table import convention_names, load_task, task_names
from evalkit.version import __version__
from tests.cli.conftest import Evalkit

ROOT = Path(__file__).resolve().parent.parent.parent


def test_help_lists_every_command_with_its_line(evalkit: Evalkit):
    done = evalkit("--help")
    assert done.status == 0
    for name, (_, line) in COMMANDS.items():
        assert name in done.out
        assert " ".join(line.split()) in " ".join(done.out.split())


def test_version(evalkit: Evalkit):
    assert evalkit("--version").out == f"evalkit, version {__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_exists_and_explains_itself(evalkit: Evalkit, name: str):
    module, _, attribute = COMMANDS[name][0].partition(":")
    command = getattr(importlib.import_module(module), attribute)
    assert isinstance(command, click.Command)
    assert command.name == name
    done = evalkit(name, "--help")
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("Usage: evalkit " + name)


def test_no_command_is_help(evalkit: Evalkit):
    done = evalkit()
    assert (done.status, done.out) == (2, "")
    assert done.err == evalkit("--help").out


def test_a_reader_that_leaves_is_no_traceback():
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "evalkit", "--help"], stdout=writer, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writer)
    assert "Traceback" not in done.stderr


def module(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """`python -m evalkit` in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "evalkit", *arguments]
    return subprocess.run(command, env=environment, text=True, check=False, stderr=subprocess.PIPE, **options)


def test_a_reader_that_leaves_changes_no_verdict(workspace: Path):
    reader, writer = os.pipe()
    os.close(reader)
    run = ("run", "--model", "mine:breaks", "--dataset", "gold.jsonl", "--no-floor", "--resamples", "0")
    assert module("run", "--help", stdout=writer).returncode == 0
    done = module(*run, "--max-failures", "0", stdout=writer)
    os.close(writer)
    assert done.returncode == 1
    assert done.stderr.startswith("error: 1 of 4 articles failed")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_an_output_that_is_full_is_one_line():
    with open("/dev/full", "w") as full:
        done = module("--help", stdout=full)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "No space left" in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_process_that_is_asked_to_end_says_so(workspace: Path):
    (workspace / "mine.py").write_text(
        "import time\n\ndef waits(article):\n    print('w', flush=True); time.sleep(9)\n"
    )
    command = [sys.executable, "-m", "evalkit", "run", "--model", "mine:waits", "--dataset", "gold.jsonl"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stdout=-1, stderr=-1, text=True) as process:
        assert process.stderr is not None
        # What it prints is no result.
        assert process.stderr.readline() == "w\n"
        process.terminate()
        out, said = process.communicate()
    assert out == ""
    assert process.returncode == 143
    assert said.endswith(
        "error: terminated before anything was extracted; to begin again:\n"
        "evalkit run --model mine:waits --dataset gold.jsonl\n"
    )
    assert "Traceback" not in said


def test_what_is_logged_is_clean(workspace: Path):
    (workspace / "mine.py").write_text(
        "import logging\n\nlog = logging.getLogger('evalkit.mine')\n\n"
        "def logs(article):\n    log.warning('\\x1b[31m%s', article.id)\n    return []\n"
    )
    done = module("run", "--model", "mine:logs", "--dataset", "gold.jsonl", "--no-floor", stdout=subprocess.DEVNULL)
    assert "a-port" in done.stderr
    assert "\x1b" not in done.stderr


def test_a_terminal_of_few_characters_gets_question_marks(workspace: Path):
    done = subprocess.run(
        [sys.executable, "-m", "evalkit", "run", "--model", "mine:people", "--dataset", "gold.jsonl"],
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "entities ? exact" in done.stdout


def test_whatever_else_the_system_refuses_is_one_line(evalkit: Evalkit, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "runs/x")

    monkeypatch.setattr("evalkit.predictions.store.read_result", full)
    done = evalkit("report", "x")
    assert (done.status, done.err) == (2, "error: runs/x: No space left on device; check the path\n")


@pytest.mark.parametrize("command", ["run", "score", "compare", "explain"])
def test_help_lists_what_is_registered(command: str, capsys: pytest.CaptureFixture[str]):
    assert main([command, "--help"]) == 0
    words = re.findall(r"[\w-]+", capsys.readouterr().out)
    named = {*task_names(), *(name for task in task_names() for name in convention_names(task))}
    if command == "explain":
        named |= {name for task in task_names() for name in load_task(task).properties}
    assert named <= set(words)


@pytest.mark.parametrize("status", [0, 3, None, "no licence"])
def test_whatever_exits_below_a_command_is_no_result(status: object, evalkit: Evalkit, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("evalkit.predictions.store.read_result", lambda *_: sys.exit(status))
    done = evalkit("report", "x")
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("error: there is no result, as something asked to exit: SystemExit")


def test_only_a_run_is_continued(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def stops(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("evalkit.dataset.checking.validate.validate_dataset", stops)
    assert main(["dataset", "validate", "gold.jsonl"]) == 130
    assert capsys.readouterr().err.strip() == "error: stopped"


@pytest.mark.parametrize(("kind", "status"), [(KeyboardInterrupt, 130), (TerminatedError, 143)])
def test_an_interrupt_that_comes_out_as_something_else_is_one(
    kind: type[KeyboardInterrupt], status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def stops(*_: object, **__: object) -> None:
        with threading.Lock() as lock:
            assert lock
            try:
                raise kind
            finally:
                raise RuntimeError("release unlocked lock")

    monkeypatch.setattr("evalkit.dataset.checking.validate.validate_dataset", stops)
    assert main(["dataset", "validate", "gold.jsonl"]) == status
    assert "release" not in capsys.readouterr().err
