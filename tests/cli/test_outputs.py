"""No file is written over one that the command reads, or over another that it writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Evalkit, files_in


@pytest.fixture
def run(workspace: Path, evalkit: Evalkit) -> Path:
    """A run over gold in files, with a baseline."""
    assert evalkit("dataset", "build", "gold.jsonl", "--out", "gold", "--splits", "test=1").status == 0
    assert evalkit("run", "--model", "mine:people", "--dataset", "gold", "--out", "now", "--no-floor").status == 0
    assert evalkit("gate", "now", "--baseline", "before.json", "--update").status == 0
    return workspace / "now"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--comment-file", "now/predictions.jsonl"), "would write over what RUN names"),
        (("-o", "./now/../now/result.json", "--to", "json"), "would write over what RUN names"),
        (("--comment-file", "before.json"), "would write over what --baseline names"),
        (("--summary", "gold/test/a1.json"), "would write over the gold of RUN"),
        (("--comment-file", "x", "--summary", "x"), "--comment-file x is what --summary names, too"),
        (("--comment-file", "x.xml", "--junit", "./x.xml"), "is what --junit names, too"),
        (("-o", "x.md", "--comment-file", "x.md"), "is what --comment-file names, too"),
        (("--comment-file", "x", "--link", "a=http://b", "--link", "a=http://c"), "given two addresses"),
    ],
)
def test_the_gate_writes_over_nothing_that_it_reads(
    run: Path, evalkit: Evalkit, words: tuple[str, ...], said: str
) -> None:
    gold = sorted(Path("gold/test").iterdir())[0]
    words = tuple(gold.as_posix() if word.startswith("gold/test") else word for word in words)
    before = files_in(run.parent)
    done = evalkit("gate", "now", "--baseline", "before.json", *words)
    assert (done.status, done.out) == (2, "")
    assert said in done.err
    assert files_in(run.parent) == before


@pytest.mark.parametrize(
    "words",
    [
        ("report", "now", "--items", "now/predictions.jsonl"),
        ("view", "now", "-o", "now/run.json"),
        ("dataset", "describe", "gold", "-o", "gold/README.md"),
        ("dataset", "validate", "gold.jsonl", "-o", "gold.jsonl"),
        ("runs", ".", "-o", "now/result.json"),
        ("score", "--gold", "gold.jsonl", "--predicted", "now", "-o", "now/result.json"),
    ],
)
def test_so_it_is_of_every_command(run: Path, evalkit: Evalkit, words: tuple[str, ...]) -> None:
    Path("gold/README.md").write_text("mine", encoding="utf-8")
    before = files_in(run.parent)
    done = evalkit(*words)
    assert (done.status, "would write over" in done.err) == (2, True), done.err
    assert files_in(run.parent) == before


def test_what_lies_beside_is_written_again(run: Path, evalkit: Evalkit) -> None:
    for _ in range(2):
        assert evalkit("report", "now", "-o", "now/report.md").status == 0
        assert evalkit("runs", ".", "-o", "list.md").status == 0
        assert evalkit("gate", "now", "--baseline", "before.json", "--comment-file", "/dev/null").status == 0
