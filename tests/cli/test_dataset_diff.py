"""`evalkit dataset diff` from a terminal and in CI."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Evalkit, gold_rows, write_lines


@pytest.fixture
def versions(workspace: Path) -> Path:
    """gold.jsonl, and new.jsonl in which three items are otherwise."""
    rows: list[dict[str, Any]] = gold_rows()
    rows[0]["entities"][1]["label"] = "ORG"
    rows[1]["quotes"][0]["content"] = [[1, 8]]
    del rows[2]["entities"][0]
    return write_lines(workspace / "new.jsonl", rows)


def test_it_fits_any_terminal(evalkit: Evalkit, versions: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for width in (60, 80, 160):
        monkeypatch.setenv("COLUMNS", str(width))
        done = evalkit("dataset", "diff", "gold.jsonl", "new.jsonl")
        assert done.status == 0
        assert all(len(line) <= width for line in done.out.splitlines())
        for words in ("3 changes in 3 articles", "relabelled", "GPE → ORG", "− entity removed"):
            assert words in done.out


def test_markdown_is_for_a_pull_request(evalkit: Evalkit, versions: Path) -> None:
    out = evalkit("dataset", "diff", "gold.jsonl", "new.jsonl", "--to", "markdown").out
    assert out.startswith("## gold.jsonl → new.jsonl: 3 changes in 3 articles\n\n| layer | old | new |")
    assert "* **entity relabelled** `Oslo` " in out
    assert "**quote moved** direct speaker\\_id moen `“No more,”` \\[0-10\\] → `No more` " in out
    assert "* **− entity removed** PER entity\\_id ek `Åse Ek` " in out


def test_so_many_are_shown(evalkit: Evalkit, versions: Path) -> None:
    done = evalkit("dataset", "diff", "gold.jsonl", "new.jsonl", "--limit", "1")
    assert "the first 1 of 3 changes" in done.out
    assert "removed PER" not in done.out
    assert len(evalkit("dataset", "diff", "gold.jsonl", "new.jsonl", "--limit", "1", "--json").json["changes"]) == 3


@pytest.mark.parametrize(
    ("condition", "status", "said"),
    [
        ("changes>0", 1, "changes is 3, which --fail-on changes>0 forbids"),
        ("quotes.moved>1", 0, ""),
        ("articles.removed>0", 0, ""),
        ("changs>0", 2, "did you mean 'changes'"),
    ],
)
def test_status_for_ci(evalkit: Evalkit, versions: Path, condition: str, status: int, said: str) -> None:
    done = evalkit("dataset", "diff", "gold.jsonl", "new.jsonl", "--fail-on", condition, "--json")
    assert done.status == status
    assert said in done.err
    assert json.loads(done.out)["format"] == "evalkit.diff"


def test_one_version_is_not_enough(evalkit: Evalkit, versions: Path) -> None:
    done = evalkit("dataset", "diff", "gold.jsonl")
    assert done.status == 2
    assert "--rev" in done.err
