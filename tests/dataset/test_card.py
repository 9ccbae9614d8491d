"""The card is what plain `datasets` needs to load the folder offline with declared features."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from evalkit.dataset.build import build_dataset
from evalkit.dataset.card import features, render_card
from evalkit.dataset.load import load_splits

LOAD = """
import json, sys
import datasets

gold = datasets.load_dataset(sys.argv[1], split="test")
declared = datasets.Features._from_yaml_list(json.loads(sys.argv[2]))
print(json.dumps({"rows": list(gold), "declared": gold.features == declared}, default=str))
"""


@pytest.fixture
def folder(tmp_path: Path, inline_files: Path) -> Path:
    splits = {"train": ["market-day"], "test": ["harbour-strike"]}
    build_dataset([inline_files], tmp_path / "gold", corpus=tmp_path / "corpus", splits=splits)
    return tmp_path / "gold"


def test_plain_datasets_loads_the_folder_offline(folder: Path, tmp_path: Path) -> None:
    environment = os.environ | {
        "HF_DATASETS_OFFLINE": "1",
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(tmp_path / "cache"),
        "HF_DATASETS_CACHE": str(tmp_path / "cache"),
    }
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(folder), json.dumps(features())],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["declared"]
    (row,) = result["rows"]
    (written,) = json.loads((folder / "test" / "harbour-strike.json").read_bytes())
    # Fields that only other articles have come back as null.
    row["metadata"] = {key: value for key, value in row["metadata"].items() if value is not None}
    assert str(row.pop("published")) == written.pop("published") == "2025-03-14"
    assert row == written


def test_header_and_statistics(folder: Path) -> None:
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert card == render_card(load_splits(folder))
    assert card.startswith('---\nlicense: "cc-by-4.0"\nlanguage:\n  - "en"\n')
    assert '      - split: "test"\n        path: "test/*.json"\n' in card
    assert "| | train | test |\n" in card
    assert "| entities: GPE | 1 | 2 |\n" in card
    assert "(GUIDELINES.md)" in card


def test_metadata_of_other_articles_is_declared(folder: Path, inline_files: Path, tmp_path: Path) -> None:
    path = inline_files / "market-day.txt"
    path.write_text(path.read_text(encoding="utf-8").replace("lang: en", "lang: en\ndesk: night"), encoding="utf-8")
    build_dataset([inline_files], folder, corpus=tmp_path / "corpus")
    assert '- name: "desk"' in (folder / "README.md").read_text(encoding="utf-8")
