"""croissant.json is valid, and what mlcroissant loads with it are the rows that `datasets` loads."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from evalkit.dataset.build import build_dataset
from evalkit.dataset.publishing.croissant import CROISSANT_FILE

mlcroissant = pytest.importorskip("mlcroissant", reason="mlcroissant is an extra")


def row(name: str, **rest: Any) -> dict[str, Any]:
    entity = {"id": "e1", "spans": [[0, 3]], "label": "PER", "entity_id": "ida"}
    quote = {"id": "q1", "kind": "direct", "content": [[4, 8], [9, 12]], "speaker": [0, 3], "speaker_id": "ida"}
    return {
        "id": name,
        "split": "test",
        "text": f"Ida said yes, of {name}.",
        "published": "2024-03-01",
        "lang": "en",
        "metadata": {"section": "local", "press-agency": "own"},
        "entities": [entity],
        "quotes": [quote],
        **rest,
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    readings = {"kari": {"entities": [{"id": "e1", "spans": [[0, 3]], "label": "PER"}]}, "ola 2": {"quotes": []}}
    rows = [row("Bergen", readings=readings), row("Oslo", entities=[], quotes=[]), row("Vardø", split="train")]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "gold").mkdir()
    told = ['title = "Harbour"', 'licence = "cc-by-4.0"', 'limits = ["Small."]', "[readers]", 'kari = "A student."']
    (tmp_path / "gold" / "dataset.toml").write_text("\n".join(told))
    build_dataset(tmp_path / "rows.jsonl", tmp_path / "gold", corpus=tmp_path / "corpus")
    return tmp_path / "gold"


@pytest.mark.filterwarnings("ignore")
def test_it_is_valid_but_for_what_nobody_declared(folder: Path) -> None:
    issues = mlcroissant.Dataset(folder / CROISSANT_FILE).metadata.ctx.issues
    assert not issues.errors
    recommended = {line.split('"')[1].rpartition("/")[2] for line in issues.warnings}
    assert recommended <= {"citeAs", "datePublished", "version"}


def plain(value: Any, name: str) -> Any:
    """A record with the names of columns for those of fields, and text for bytes."""
    if isinstance(value, dict):
        return {key.removeprefix(name).rpartition("/")[2]: plain(own, name) for key, own in value.items()}
    if isinstance(value, list):
        return [plain(own, name) for own in value]
    if isinstance(value, bytes):
        return value.decode()
    return value.date() if hasattr(value, "date") else value


def without_nothing(value: Any) -> Any:
    """Without fields that hold nothing: one reader gives an object of empty fields, the other none."""
    if isinstance(value, dict):
        kept = {key: without_nothing(own) for key, own in value.items()}
        return {key: own for key, own in kept.items() if own not in (None, [], {}, "")}
    if not isinstance(value, list):
        return value
    # Of no item mlcroissant makes one without fields.
    return [own for own in map(without_nothing, value) if own != {}]


def rows_of(folder: Path, split: str) -> Iterator[dict[str, Any]]:
    """The rows as `datasets` has them: they are those of the files, with dates for dates."""
    for path in sorted((folder / split).glob("*.json")):
        for own in json.loads(path.read_text()):
            yield {**own, "published": date.fromisoformat(own["published"])}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("split", ["train", "test"])
def test_record_sets_are_the_rows(folder: Path, split: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    dataset = mlcroissant.Dataset(folder / CROISSANT_FILE)
    records = [without_nothing(plain(record, split)) for record in dataset.records(split)]
    rows = [
        without_nothing({key: own for key, own in one.items() if key != "readings"}) for one in rows_of(folder, split)
    ]
    assert sorted(records, key=lambda one: one["id"]) == sorted(rows, key=lambda one: one["id"])


@pytest.mark.filterwarnings("ignore")
def test_readings_are_a_record_set(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    (record,) = mlcroissant.Dataset(folder / CROISSANT_FILE).records("test-readings")
    assert record["test-readings/id"] == b"Bergen"
    entities = record["test-readings/readings/kari/entities"]
    assert [one["test-readings/readings/kari/entities/label"] for one in entities] == [b"PER"]


def test_what_was_declared_and_counted_is_said(folder: Path) -> None:
    said = json.loads((folder / CROISSANT_FILE).read_text())
    assert said["license"] == "https://choosealicense.com/licenses/cc-by-4.0/"
    assert said["rai:dataLimitations"] == ["Small."]
    assert said["rai:annotatorDemographics"] == ["kari: A student."]
    assert said["rai:annotationsPerItem"].startswith("1 article of 3 have readings")
    assert said["inLanguage"] == ["en"]
