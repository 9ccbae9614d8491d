"""The command line as a whole: help, version, lazy commands, broken pipes."""

from __future__ import annotations

import errno
import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from evalkit.cli.main import COMMANDS, main
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
    assert "Usage: evalkit" in done.out + done.err


def test_a_reader_that_leaves_is_no_traceback():
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "evalkit", "--help"], stdout=writer, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writer)
    assert "Traceback" not in done.stderr


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
