"""The extractor that CONTRIBUTING shows can be run as it stands there."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import pytest

from evalkit import Article, load_dataset, run_extractor

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_the_ten_lines_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    name, code = re.findall(r"<!-- example: (\S+) -->\n```python\n(.*?)```", TEXT, re.DOTALL)[0]
    assert len(code.strip().splitlines()) <= 10
    (tmp_path / name).write_text(code, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    run = run_extractor("ships:ships", load_dataset().subset(limit=3), cache=False)
    assert (run.extractor, run.layers, len(run.predictions)) == ("ships:ships", ("entities",), 3)
    ships = importlib.import_module("ships")
    assert ships.ships(Article(id="x", text="The MS Fjordlys left.")) == [(4, 15, "WORK")]
    sys.modules.pop("ships")


def test_files_that_it_names_exist():
    named = set(re.findall(r"`((?:evalkit|tests|experiments|\.ci)/[\w/.]+)`", TEXT))
    assert len(named) > 5
    missing = [name for name in named if "NAME" not in name and not (ROOT / name).exists()]
    assert missing == []
