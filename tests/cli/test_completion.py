"""Completion: what may stand where somebody is typing, in the shells that are here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Evalkit

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize(
    ("line", "place", "wanted"),
    [
        pytest.param("evalkit ru", 1, {"run", "runs"}, id="a command"),
        pytest.param("evalkit dataset con", 2, {"convert"}, id="a command about gold"),
        pytest.param("evalkit run --work", 2, {"--workers"}, id="an option"),
        pytest.param("evalkit run --model n", 3, {"ner-base", "news-base"}, id="a model"),
        pytest.param("evalkit run --interval e", 3, {"expanded"}, id="a choice"),
        pytest.param(
            "evalkit run --convention speaker-exact", 3, {"speaker-exact", "speaker-exact-given"}, id="a name"
        ),
        pytest.param("evalkit run --format conl", 3, {"conll", "conllu"}, id="a format"),
    ],
)
def test_what_may_stand_there(
    line: str, place: int, wanted: set[str], evalkit: Evalkit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_EVALKIT_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(place))
    done = evalkit()
    assert (done.status, done.err) == (0, "")
    assert set(done.out.split()) == {f"plain,{name}" for name in wanted}


def test_where_a_run_is_meant_a_file_may_stand(evalkit: Evalkit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_EVALKIT_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "evalkit explain r")
    monkeypatch.setenv("COMP_CWORD", "2")
    assert evalkit().out == "file,r\n"


def test_another_shell_is_refused(evalkit: Evalkit) -> None:
    done = evalkit("completion", "tcsh")
    assert (done.status, done.out) == (2, "")
    assert "is not one of 'bash', 'zsh', 'fish'" in done.err


_ASKED = {
    "bash": 'eval "$(evalkit completion bash)"; COMP_WORDS=(evalkit run --model n); COMP_CWORD=3; '
    '_evalkit_completion evalkit; printf "%s\\n" "${COMPREPLY[@]}"',
    "fish": 'evalkit completion fish | source; complete -C "evalkit run --model n"',
    "zsh": 'compdef() { :; }; compadd() { shift 4; print -l ${(P)1}; }; eval "$(evalkit completion zsh)"; '
    "words=(evalkit run --model n); CURRENT=4; _evalkit_completion",
}


@pytest.mark.parametrize("shell", _ASKED)
def test_in_a_real_shell(shell: str, tmp_path: Path) -> None:
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"there is no {shell} here")
    program = tmp_path / "evalkit"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m evalkit "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    quiet = {"fish": ["--no-config"], "zsh": ["-f"], "bash": ["--norc"]}[shell]
    environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)}
    done = subprocess.run(
        [found, *quiet, "-c", _ASKED[shell]], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout.split() == ["ner-base", "news-base"], done.stderr


def test_its_help_has_a_line_a_shell(evalkit: Evalkit):
    said = evalkit("completion", "--help").out
    assert "\\b" not in said
    assert '  bash: eval "$(evalkit completion bash)"   in ~/.bashrc\n' in said


@pytest.mark.parametrize("variables", [{}, {"COMP_WORDS": "evalkit ", "COMP_CWORD": "x"}])
def test_who_asks_in_no_way_of_a_shell(evalkit: Evalkit, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]):
    monkeypatch.setenv("_EVALKIT_COMPLETE", "bash_complete")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert evalkit().status == 1
