"""Folders that are not laid out like ours are read through `datasets` and give the same gold."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from evalkit.dataset.loading.load import load_dataset
from evalkit.formats.native.rows import dump_line, example_to_row
from evalkit.records import Example

LOAD = """
import json, sys
from evalkit.dataset.loading.load import load_dataset
from evalkit.errors import EvalkitError

try:
    gold = load_dataset(sys.argv[1], split=sys.argv[2])
    print(json.dumps([gold.name, gold.split, gold.fingerprint, gold.examples[0].article.published]))
except EvalkitError as error:
    print(json.dumps([type(error).__name__, str(error)]))
"""


def load(source: object, split: str, cache: Path) -> list[str]:
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(cache), "HF_DATASETS_CACHE": str(cache)}
    command = [sys.executable, "-c", LOAD, str(source), split]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    result: list[str] = json.loads(done.stdout)
    return result


@pytest.fixture
def folder(tmp_path: Path, good: Example) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    for split in ("train", "test"):
        (folder / f"{split}.jsonl").write_text(dump_line(example_to_row(good)), encoding="utf-8")
    return folder


def test_same_gold_as_without_datasets(folder: Path, tmp_path: Path) -> None:
    directly = load_dataset(folder / "test.jsonl")
    assert load(folder, "test", tmp_path / "cache") == ["elsewhere", "test", directly.fingerprint, "2025-03-14"]


def test_unknown_split_lists_the_known_ones(folder: Path, tmp_path: Path) -> None:
    kind, message = load(folder, "tets", tmp_path / "cache")
    assert kind == "UnknownNameError"
    assert "did you mean 'test'? Known: all, test, train" in message


def test_other_columns_are_named(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "train.jsonl").write_text('{"sentences": 1}\n')
    kind, message = load(tmp_path / "other", "train", tmp_path / "cache")
    assert kind == "FormatError"
    assert "train.jsonl:1: 'id' must be a string, found None; the row has 'sentences'" in message
    # By the card, which names files, it is left to `datasets`.
    card = "---\nconfigs:\n- config_name: default\n  data_files:\n  - split: train\n    path: train.jsonl\n---\n"
    (tmp_path / "other" / "README.md").write_text(card)
    kind, message = load(tmp_path / "other", "train", tmp_path / "cache")
    assert kind == "InputError"
    assert "has the columns sentences; expected those of the native form" in message


def test_files_that_are_no_table_together_are_no_fault_of_the_network(folder: Path, tmp_path: Path) -> None:
    card = "---\nconfigs:\n- config_name: default\n  data_files:\n"
    card += "".join(f"  - split: {name}\n    path: {name}.jsonl\n" for name in ("train", "test"))
    (folder / "README.md").write_text(card + "---\n")
    (folder / "train.jsonl").write_text('{"id": 1, "text": 5, "entities": "none"}\n')
    kind, message = load(folder, "test", tmp_path / "cache")
    assert kind == "InputError"
    assert "mend the column or file that is named" in message
    assert "network" not in message


def test_hub_id_that_cannot_be_reached_is_one_line(tmp_path: Path) -> None:
    kind, message = load("nobody-here/no-gold@v1", "test", tmp_path / "cache")
    assert kind == "InputError"
    assert message.startswith("nobody-here/no-gold@v1: datasets cannot load it")
    assert "\n" not in message
