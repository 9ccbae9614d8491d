"""`evalkit cache`: what is kept, and making room."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalkit.formats.native import stored
from tests.cli.conftest import Evalkit

ROW = {"id": "a", "text": "Ida Moen left Oslo.", "entities": []}
RUN = ("run", "--model", "rules", "--dataset", "gold.jsonl", "--resamples", "0", "--no-floor", "--out", "r")


@pytest.fixture
def gold(workspace: Path) -> None:
    (workspace / "gold.jsonl").write_text(json.dumps(ROW) + "\n", encoding="utf-8")


@pytest.mark.usefixtures("gold")
def test_what_a_run_keeps_is_shown_and_removed(evalkit: Evalkit) -> None:
    assert " ".join(evalkit("cache", "info").out.split()).endswith("predictions: 0 files, 0.0 MB")
    assert evalkit(*RUN).status == 0
    shown = evalkit("cache", "info", "--json").json
    assert [(one["extractor"], one["predictions"]) for one in shown["systems"]] == [("rules", 1)]
    assert "rules" in evalkit("cache", "info").out
    assert evalkit("cache", "clear", "--model", "other", "--json").json["systems"] == []
    assert evalkit("cache", "clear", "--older-than", "1H", "--json").json["left"] == shown["bytes"]
    cleared = evalkit("cache", "clear")
    said = " ".join(cleared.out.split())
    assert (cleared.status, "1 file removed" in said, "0.0 MB left" in said) == (0, True, True)
    assert evalkit("cache", "info", "--json").json["systems"] == []


@pytest.mark.usefixtures("gold")
def test_what_was_found_in_large_gold_is_shown_and_removed(
    evalkit: Evalkit, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVALKIT_CACHE", str(workspace / "own"))
    monkeypatch.setattr(stored, "LARGE_BYTES", 0)
    assert evalkit(*RUN, "--cache-size", "0.001KB").status == 0
    (index,) = (workspace / "own" / "indexes").iterdir()
    # Of a process that was killed.
    (index.parent / f".{index.name}.1-{'0' * 16}.tmp").write_bytes(b"12")
    kept = {"files": 2, "bytes": index.stat().st_size + 2}
    shown = evalkit("cache", "info", "--json").json
    assert {name: shown["indexes"][name] for name in kept} == kept
    assert shown["bytes"] == shown["left"] == kept["bytes"] + sum(one["bytes"] for one in shown["systems"])
    assert "(indexes of gold)" in evalkit("cache", "info").out
    for part in (("--model", "rules"), ("--older-than", "1h")):
        assert evalkit("cache", "clear", *part, "--json").json["indexes"]["files"] == 0
    cleared = evalkit("cache", "clear", "--json").json
    assert (cleared["indexes"], cleared["left"]) == (shown["indexes"], 0)
    assert list(index.parent.iterdir()) == []
    assert evalkit("cache", "info", "--json").json["indexes"] == {"files": 0, "bytes": 0, "used": ""}
    (index.parent / "thesis.txt").touch()
    assert evalkit("cache", "clear").status == 2


def test_a_folder_of_somebody_else_is_refused(
    evalkit: Evalkit, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / "mine" / "predictions").mkdir(parents=True)
    (workspace / "mine" / "predictions" / "thesis.txt").touch()
    monkeypatch.setenv("EVALKIT_CACHE", str(workspace / "mine"))
    done = evalkit("cache", "clear")
    assert (done.status, "holds 'thesis.txt', which is no file of the cache" in done.err) == (2, True)
    assert (workspace / "mine" / "predictions" / "thesis.txt").exists()


@pytest.mark.usefixtures("gold")
def test_how_large_it_may_be_changes_no_byte_of_a_run(
    evalkit: Evalkit, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert evalkit(*RUN).status == 0
    before = (workspace / "r" / "run.json").read_bytes()
    monkeypatch.setenv("EVALKIT_CACHE_SIZE", "0.001KB")
    assert evalkit(*RUN, "--restart").status == 0
    assert (workspace / "r" / "run.json").read_bytes() == before
    assert evalkit(*RUN, "--cache-size", "0", "--no-cache").status == 0
    for wrong in ("5", "5 XB", "5iB", "-1GB", "much"):
        done = evalkit(*RUN, "--cache-size", wrong)
        assert (done.status, "is no size; write a number with MB, GB, TB, MiB, GiB" in done.err) == (2, True)
    assert evalkit(*RUN, "--cache-size", "0.001 GiB", "--no-cache").status == 0
