"""The examples of the README run and print what is shown (those of docs/: `test_docs`).

Numbers may differ by a twentieth of what is shown (a processor rounds its own way in a model); times and folders are
masked.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from pathlib import Path
from typing import NamedTuple

import pytest

from evalkit.cli.main import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
RELATIVE, LEAST = 0.05, 0.005

_INPUT = re.compile(r"<!-- input: (\S+) -->\n```text\n(.*?)```", re.DOTALL)
_SHOWN = re.compile(r"<!-- output: (evalkit .+?) -->\n```text\n(.*?)```", re.DOTALL)
_PYTHON = re.compile(r"```python\n(.*?)```(?:(?:(?!```).)*?<!-- output: python -->\n```text\n(.*?)```)?", re.DOTALL)
_NUMBER = re.compile(r"(?<![\w.@-])\d*\.?\d+(?![\w@])")
_MASKED = re.compile(r"in [\d.]+ s, [\d.]+ articles/s|written to \S+")


class Line(NamedTuple):
    words: str
    numbers: list[float]


def parsed(text: str) -> list[Line]:
    lines = []
    for line in text.splitlines():
        if not line.strip():
            continue
        masked = _MASKED.sub("*", line)
        numbers = [float(number) for number in _NUMBER.findall(masked)]
        lines.append(Line(" ".join(re.sub(r"[\d.]+|[-─–]+", "#", masked).split()), numbers))
    return lines


def assert_shown(shown: str, printed: str, least: float = LEAST) -> None:
    for expected, found in zip(parsed(shown), parsed(printed), strict=True):
        assert found.words == expected.words
        pairs = zip(expected.numbers, found.numbers, strict=True)
        assert all(abs(a - b) <= max(least, RELATIVE * abs(a)) for a, b in pairs), (expected, found)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "100")
    for name, content in _INPUT.findall(README):
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(("command", "shown"), _SHOWN.findall(README), ids=lambda value: value.split("\n")[0][:40])
def test_command_prints_what_is_shown(
    command: str, shown: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(shlex.split(command)[1:]) == 0
    assert_shown(shown, capsys.readouterr().out)


@pytest.mark.parametrize(("code", "shown"), _PYTHON.findall(README))
def test_python_prints_what_is_shown(code: str, shown: str, folder: Path) -> None:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {"__name__": "readme"})
    assert_shown(shown, printed.getvalue())


def test_there_are_examples() -> None:
    assert _SHOWN.findall(README)
    assert _PYTHON.findall(README)
