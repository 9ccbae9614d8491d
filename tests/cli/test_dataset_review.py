"""`evalkit dataset review`: exit status, what GitHub is told, and that nobody else tells it anything."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Evalkit, write_lines
from tests.cli.test_sinks import HOSTILE

TEXT = "Ida Moen left Oslo."


@pytest.fixture
def gold(workspace: Path, evalkit: Evalkit) -> Path:
    """A repository with gold of two articles in a folder of it."""
    entities = [{"spans": [[0, 8]], "label": "PER"}]
    write_lines(workspace / "rows.jsonl", [{"id": name, "text": TEXT, "entities": entities} for name in ("a", "b")])
    done = evalkit(
        "dataset", "build", "rows.jsonl", "--out", "data/gold", "--corpus", "data/corpus", "--splits", "test=1"
    )
    assert done.status == 0, done.err
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "gold")
    return workspace / "data" / "gold"


def git(*words: str) -> None:
    who = ("-c", "user.name=ida", "-c", "user.email=ida@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *words], check=True, capture_output=True)


def edit(path: Path, old: str, new: str) -> int:
    """Changes a file; the line, from 1."""
    content = path.read_text(encoding="utf-8")
    assert old in content
    path.write_text(content.replace(old, new, 1), encoding="utf-8")
    return content[: content.index(old)].count("\n") + 1


def test_nothing_wrong(gold: Path, evalkit: Evalkit):
    done = evalkit("dataset", "review", "data/gold", "--rev", "HEAD", "--github")
    assert (done.status, "::" in done.err) == (0, False), done.err
    assert "pass" in done.out


def test_github_is_told_file_and_line(gold: Path, evalkit: Evalkit, monkeypatch: pytest.MonkeyPatch):
    """The file is named as the repository names it, also where the command runs in a folder of it."""
    line = edit(gold / "test" / "a.json", "[[0, 8]]", "[[0, 80]]")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(gold.parent.parent))
    monkeypatch.chdir(gold.parent)
    done = evalkit(
        "dataset", "review", "gold", "--rev", "HEAD", "--github", "--comment-file", "c.md", "--summary", "s.md"
    )
    assert done.status == 1
    assert "::" not in done.out
    orders = [row for row in done.err.splitlines() if row.startswith("::")]
    assert orders[0].startswith(
        f"::error file=data/gold/test/a.json,line={line},title=offset-out-of-range::a: entities[0]"
    )
    comment, summary = (Path(name).read_text(encoding="utf-8") for name in ("c.md", "s.md"))
    assert comment.startswith("<!-- evalkit:comment gold -->\n## evalkit review of gold: ❌ fail\n")
    assert "offset\\-out" in summary or "offset-out-of-range" in summary


def test_what_others_wrote_gives_no_order(gold: Path, evalkit: Evalkit):
    """A label that tries to be orders is part of the one order about it."""
    edit(gold / "test" / "a.json", '"label": "PER"', f'"label": {json.dumps(HOSTILE)}')
    edit(gold / "test" / "b.json", "[[0, 8]]", "[[0, 80]]")
    done = evalkit("dataset", "review", "data/gold", "--rev", "HEAD", "--github")
    assert done.status == 1
    rows = done.err.splitlines()
    assert all(row.startswith("::error file=data/gold/test/") for row in rows if row.lstrip().startswith("::"))
    assert "##[" not in done.err
    assert "##vso[" not in done.err
    assert "\x1b" not in done.err + done.out
    assert not any(row.lstrip().startswith("::") for row in done.out.splitlines())


def test_forms(gold: Path, evalkit: Evalkit):
    edit(gold / "test" / "a.json", '"label": "PER"', '"label": "ORG"')
    words = ("dataset", "review", "data/gold", "--rev", "HEAD")
    assert evalkit(*words, "--json").json["diff"]["changes"][0]["kind"] == "relabelled"
    assert evalkit(*words, "--to", "markdown").out.startswith("## evalkit review of gold: ✅ pass")
    assert "<testsuites" in evalkit(*words, "--to", "junit").out
    assert "relabelled" in evalkit(*words).out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("data/gold",), "Missing option '--rev'"),
        (("nowhere", "--rev", "HEAD"), "nowhere"),
    ],
)
def test_refused(gold: Path, evalkit: Evalkit, words: tuple[str, ...], message: str):
    done = evalkit("dataset", "review", *words)
    assert (done.status, done.out) == (2, "")
    assert message in done.err
