"""What was measured of a dataset stands in its card, with what has changed since."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalkit.dataset.build import build_dataset
from evalkit.dataset.load import load_splits
from evalkit.dataset.publishing.measured import MEASURED_FILE, read_measured, record_measurement
from evalkit.errors import FormatError, InputError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    readings = {name: {"entities": [{"id": "e1", "spans": [[0, 3]], "label": "PER"}]} for name in ("kari", "ola")}
    row = {
        "id": "a",
        "split": "test",
        "text": "Ida left.",
        "metadata": {"licence": "cc0-1.0", "origin": "a test"},
        "entities": [{"id": "e1", "spans": [[0, 3]], "label": "PER"}],
        "readings": readings,
    }
    (tmp_path / "rows.jsonl").write_text(json.dumps(row))
    (tmp_path / "gold").mkdir()
    declared = 'licence = "cc-by-4.0"\nguidelines = "Version 2"\n[readers]\nkari = "A student."\n'
    (tmp_path / "gold" / "dataset.toml").write_text(declared)
    build_dataset(tmp_path / "rows.jsonl", tmp_path / "gold", corpus=tmp_path / "corpus")
    return tmp_path / "gold"


def card(folder: Path) -> str:
    build_dataset(folder, folder, corpus=folder.parent / "corpus")
    return (folder / "README.md").read_text()


def test_readers_guidelines_and_licences_of_articles_stand_in_the_card(folder: Path) -> None:
    said = card(folder)
    assert "Guidelines: Version 2\n" in said
    assert "* kari: read 1 article. A student.\n* ola: read 1 article\n" in said
    assert "By article (`licence`, `origin`):\n\n* 1 article: cc0-1.0, a test\n" in said
    assert "What was measured" not in said


def test_figures_stand_in_the_card_until_the_gold_changes(folder: Path) -> None:
    record_measurement(folder, "leakage", {"pairs": 0}, load_splits(folder))
    record_measurement(folder, "agreement", {"entities.exact.f1": 0.875, "alpha": None}, load_splits(folder))
    said = card(folder)
    assert "| agreement | entities.exact.f1 | 0.875 |\n" in said
    assert "| agreement | alpha | – |\n| leakage | pairs | 0 |\n" in said
    assert "has changed since" not in said
    assert card(folder) == said
    file = folder / "test" / "a.json"
    file.write_text(file.read_text().replace('"PER", "entity_id"', '"ORG", "entity_id"').replace('"PER"', '"ORG"'))
    assert "The gold has changed since this was measured: agreement, leakage.\n" in card(folder)


def test_a_later_measurement_takes_the_place(folder: Path) -> None:
    for pairs in (3, 1):
        record_measurement(folder, "leakage", {"pairs": pairs}, load_splits(folder))
    assert read_measured(folder)["leakage"].figures == {"pairs": 1}


@pytest.mark.parametrize(
    "content", ["[]", '{"version": 2, "measured": {}}', '{"version": 1, "measured": {"a": 1}}', "{"]
)
def test_a_damaged_file_is_named(content: str, folder: Path) -> None:
    (folder / MEASURED_FILE).write_text(content)
    with pytest.raises(FormatError, match="delete it, and measure again"):
        read_measured(folder)


def test_only_a_dataset_folder_keeps_figures(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="build one first"):
        record_measurement(tmp_path / "no", "leakage", {}, [])
