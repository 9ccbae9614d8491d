"""A folder with a little gold and a few extractors, and the command line called in it as a function."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from evalkit.cli.main import main

TEXTS = {
    "a-port": "Ida Moen left Oslo.",
    "b-strike": "“No more,” said Ida Moen in Bergen.",
    "c-ship": "🚢 Åse Ek met Ida Moen in Oslo.",
    "d-empty": "Nobody came.",
}

EXTRACTORS = '''
import os
import re

from evalkit.records import Annotations, Entity, Span

NAMES = re.compile("Ida Moen|Åse Ek|Oslo")


def people(article):
    """Finds the people, and takes Oslo for one."""
    return [(*found.span(), "PER") for found in NAMES.finditer(article.text)]


def breaks(article):
    """Raises for one article."""
    if article.id == "b-strike":
        raise ValueError("no\\nidea")
    return people(article)


def outside(article):
    """Points behind the end of one article."""
    return [(0, 900, "PER")] if article.id == "b-strike" else people(article)


def utf16(article):
    """Counts UTF-16 code units."""
    units = [(len(article.text[:s].encode("utf-16-le")) // 2, len(article.text[:e].encode("utf-16-le")) // 2, label)
             for s, e, label in people(article)]
    return units


def stops(article):
    """Is interrupted at one article as long as there is a file called stop."""
    if article.id == "c-ship" and os.path.exists("stop"):
        raise KeyboardInterrupt
    return people(article)


class Threads:
    """Works on several batches at once."""

    name = "threads"
    layers = ("entities",)
    thread_safe = True

    def fingerprint(self):
        return "threads-1"

    def extract(self, articles):
        return [
            Annotations(entities=tuple(
                Entity(id=f"e{n}", spans=(Span(s, e),), label=label)
                for n, (s, e, label) in enumerate(people(article), 1)
            ))
            for article in articles
        ]


def nothing_usable(article):
    return 7


NUMBER = 7
'''


@dataclass(frozen=True)
class Outcome:
    """What a command line did."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Evalkit = Callable[..., Outcome]


def span(name: str, words: str) -> list[int]:
    start = TEXTS[name].index(words)
    return [start, start + len(words)]


def gold_rows() -> list[dict[str, Any]]:
    """Four articles: seven entities, one quote, one stance; the last two articles have no stance layer."""
    mentions = {
        "a-port": [("Ida Moen", "PER", "moen"), ("Oslo", "GPE", "oslo")],
        "b-strike": [("Ida Moen", "PER", "moen"), ("Bergen", "GPE", "bergen")],
        "c-ship": [("Åse Ek", "PER", "ek"), ("Ida Moen", "PER", "moen"), ("Oslo", "GPE", "oslo")],
        "d-empty": [],
    }
    rows: list[dict[str, Any]] = [
        {
            "id": name,
            "text": text,
            "entities": [
                {"spans": [span(name, words)], "text": words, "label": label, "entity_id": thing}
                for words, label, thing in mentions[name]
            ],
            "quotes": [],
        }
        for name, text in TEXTS.items()
    ]
    rows[0]["stances"] = []
    rows[1]["quotes"] = [
        {
            "kind": "direct",
            "content": [span("b-strike", "“No more,”")],
            "cue": [span("b-strike", "said")],
            "speaker": span("b-strike", "Ida Moen"),
            "speaker_id": "moen",
        }
    ]
    rows[1]["stances"] = [
        {"holder": "moen", "target": "topic:work", "label": "against", "evidence": [span("b-strike", "“No more,”")]}
    ]
    return rows


def write_lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory: gold.jsonl, predicted.jsonl and mine.py; the cache is elsewhere.

    The code in mine.py runs in this process, which is quicker; test_lost_processes.py has the other way.
    """
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr("evalkit.workflows.running.systems.is_foreign", lambda spelling: False)
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    importlib.invalidate_caches()
    (folder / "mine.py").write_text(EXTRACTORS, encoding="utf-8")
    write_lines(folder / "gold.jsonl", gold_rows())
    people = [{"spans": [[0, 8]], "label": "PER"}]
    write_lines(folder / "predicted.jsonl", [{"id": "a-port", "entities": people}, {"id": "d-empty", "entities": []}])
    yield folder
    sys.modules.pop("mine", None)


@pytest.fixture
def evalkit(workspace: Path, capsys: pytest.CaptureFixture[str]) -> Evalkit:
    """Calls the command line in the workspace."""

    def call(*argv: str) -> Outcome:
        capsys.readouterr()
        status = main(argv)
        captured = capsys.readouterr()
        return Outcome(status, captured.out, captured.err)

    return call


Once = Callable[[Callable[[], object]], None]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


@pytest.fixture
def once(workspace: Path, tmp_path: Path, kept: Path) -> Once:
    """Prepares the workspace, and the cache: by the function given the first time in a module, then as a copy."""

    def call(prepare: Callable[[], object]) -> None:
        copy = kept / prepare.__name__
        if copy.exists():
            shutil.copytree(copy, tmp_path, dirs_exist_ok=True)
        else:
            prepare()
            shutil.copytree(tmp_path, copy)

    return call


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file under a folder with its content."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }
