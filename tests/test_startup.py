"""What starting costs: which packages a command imports before it does anything."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

HEAVY = frozenset(
    {"datasets", "pandas", "transformers", "onnxruntime", "torch", "spacy", "scipy", "sklearn", "pyarrow"}
)
NOT_FOR_HELP = HEAVY | {"numpy", "rich", "tokenizers", "orjson"}


@cache
def loaded(*argv: str) -> frozenset[str]:
    """The top-level packages that `python -m evalkit ARGV` imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "evalkit", *argv],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return frozenset(line.rpartition("|")[2].strip().partition(".")[0] for line in lines)


def test_help():
    found = loaded("--help")
    assert "click" in found
    assert not found & NOT_FOR_HELP


@pytest.mark.parametrize("command", ["run", "extract", "score", "report", "compare", "explain", "gate"])
def test_help_of_a_command(command: str):
    assert not loaded(command, "--help") & NOT_FOR_HELP


@pytest.mark.parametrize("command", ["dataset", "models"])
def test_help_of_other_commands(command: str):
    assert not loaded(command, "--help") & HEAVY


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stored run of the rules over two articles."""
    from evalkit.cli.main import main

    folder = tmp_path_factory.mktemp("startup") / "run"
    assert (
        main(["run", "--model", "rules", "--limit", "2", "--resamples", "10", "--no-cache", "--out", str(folder)]) == 0
    )
    return folder


@pytest.mark.parametrize("to", ["markdown", "tsv", "json"])
def test_report(run: Path, to: str):
    found = loaded("report", str(run), "--to", to)
    assert "orjson" in found
    assert not found & (HEAVY | {"numpy"})


def test_run_of_the_rules(run: Path):
    """Gold, rules and scoring need neither a model nor pandas."""
    found = loaded("run", "--model", "rules", "--limit", "2", "--resamples", "10", "--out", str(run))
    assert "numpy" in found
    assert not found & HEAVY


def test_importing_the_package_is_free():
    code = "import sys; before = set(sys.modules); import evalkit; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    found = set(done.stdout.split())
    assert {name for name in found if name.startswith("evalkit")} == {"evalkit"}
    assert {name.partition(".")[0] for name in found} - sys.stdlib_module_names == {"evalkit"}


def test_score_of_plain_files(tmp_path: Path):
    """With intervals: numpy and orjson, and nothing that takes longer to start than to score."""
    row = '{"id": "a", "entities": [{"start": 0, "end": 8, "label": "PER"}]}\n'
    (tmp_path / "rows.jsonl").write_text(row)
    path = str(tmp_path / "rows.jsonl")
    found = loaded("score", "--gold", path, "--predicted", path, "--json")
    assert {"numpy", "orjson"} <= found
    assert not found & (HEAVY | {"rich", "tokenizers"})
