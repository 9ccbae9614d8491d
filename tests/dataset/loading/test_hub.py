"""Folders that are not laid out like ours are read through `datasets` and give the same gold."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evalkit.dataset.loading.load import load_dataset
from evalkit.formats.native.rows import dump_line, example_to_row
from evalkit.records import Example

LOAD = """
import json, sys
from evalkit.dataset.loading.load import load_dataset
from evalkit.errors import EvalkitError

for line in sys.stdin:
    source, split = json.loads(line)
    try:
        gold = load_dataset(source, split=split)
        said = [gold.name, gold.split, gold.fingerprint, gold.examples[0].article.published]
    except EvalkitError as error:
        said = [type(error).__name__, str(error)]
    print(json.dumps(said), flush=True)
"""

Load = Callable[[object, str], list[str]]


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Load]:
    """Loads in a process that was begun without a network, and imports `datasets` once."""
    cache = str(tmp_path_factory.mktemp("cache"))
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": cache, "HF_DATASETS_CACHE": cache}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([sys.executable, "-c", LOAD], env=environment, text=True, **pipes) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def call(source: object, split: str) -> list[str]:
            print(json.dumps([str(source), split]), file=process.stdin, flush=True)
            said: list[str] = json.loads(process.stdout.readline())
            return said

        yield call


@pytest.fixture
def folder(tmp_path: Path, good: Example) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    for split in ("train", "test"):
        (folder / f"{split}.jsonl").write_text(dump_line(example_to_row(good)), encoding="utf-8")
    return folder


def test_same_gold_as_without_datasets(load: Load, folder: Path) -> None:
    directly = load_dataset(folder / "test.jsonl")
    assert load(folder, "test") == ["elsewhere", "test", directly.fingerprint, "2025-03-14"]


def test_unknown_split_lists_the_known_ones(load: Load, folder: Path) -> None:
    kind, message = load(folder, "tets")
    assert kind == "UnknownNameError"
    assert "did you mean 'test'? Known: all, test, train" in message


def test_other_columns_are_named(load: Load, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "train.jsonl").write_text('{"sentences": 1}\n')
    kind, message = load(tmp_path / "other", "train")
    assert kind == "FormatError"
    assert "train.jsonl:1: 'id' must be a string, found None; the row has 'sentences'" in message
    # By the card, which names files, it is left to `datasets`.
    card = "---\nconfigs:\n- config_name: default\n  data_files:\n  - split: train\n    path: train.jsonl\n---\n"
    (tmp_path / "other" / "README.md").write_text(card)
    kind, message = load(tmp_path / "other", "train")
    assert kind == "InputError"
    assert "has the columns sentences; expected those of the native form" in message


def test_files_that_are_no_table_together_are_no_fault_of_the_network(load: Load, folder: Path) -> None:
    card = "---\nconfigs:\n- config_name: default\n  data_files:\n"
    card += "".join(f"  - split: {name}\n    path: {name}.jsonl\n" for name in ("train", "test"))
    (folder / "README.md").write_text(card + "---\n")
    (folder / "train.jsonl").write_text('{"id": 1, "text": 5, "entities": "none"}\n')
    kind, message = load(folder, "test")
    assert kind == "InputError"
    assert "mend the column or file that is named" in message
    assert "network" not in message


def test_hub_id_that_cannot_be_reached_is_one_line(load: Load) -> None:
    kind, message = load("nobody-here/no-gold@v1", "test")
    assert kind == "InputError"
    assert message.startswith("nobody-here/no-gold@v1: datasets cannot load it")
    assert "\n" not in message
