"""The notebooks run from top to bottom, offline, with the public API only, and keep small outputs."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import evalkit

FOLDER = Path(__file__).resolve().parent.parent / "experiments" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
nbformat = pytest.importorskip("nbformat", reason="needs the extra: pip install -e '.[test]'")
BY_PATH = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def test_there_is_one():
    assert FOLDER / "first_look.ipynb" in NOTEBOOKS


@BY_PATH
def test_it_runs(path: Path, tmp_path: Path):
    """In a process of its own: the notebook client leaves warnings and an event loop behind."""
    code = (
        "import json, runpy, sys; from pathlib import Path\n"
        f"done = runpy.run_path({str(FOLDER / 'execute.py')!r})['execute'](Path({str(path)!r}))\n"
        "print(json.dumps([output.output_type for cell in done.cells for output in cell.get('outputs', [])]))"
    )
    environment = {**os.environ, "EVALKIT_CACHE": str(tmp_path), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    environment["PYTHONPATH"] = str(FOLDER.parent.parent)
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert '"execute_result"' in done.stdout
    assert "error" not in done.stdout


@BY_PATH
def test_it_uses_the_public_api_only(path: Path):
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("evalkit"):
                assert node.module == "evalkit"
                assert {alias.name for alias in node.names} <= set(evalkit.__all__)
            if isinstance(node, ast.Import):
                assert not any(alias.name.startswith("evalkit.") for alias in node.names)


@BY_PATH
def test_its_outputs_are_there_and_small_and_name_no_place(path: Path):
    notebook = nbformat.read(path, as_version=4)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert len(outputs) > 5
    assert not any(output.output_type == "error" for output in outputs)
    assert path.stat().st_size < 100_000
    assert str(Path.home()) not in path.read_text(encoding="utf-8")
