"""croissant.json is valid, and what mlcroissant loads with it are the rows that `datasets` loads."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from evalkit.dataset.making.build import build_dataset
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


def built(tmp_path: Path, *rows: dict[str, Any]) -> Path:
    (tmp_path / "more.jsonl").write_text("\n".join(map(json.dumps, rows)))
    build_dataset(tmp_path / "more.jsonl", tmp_path / "more", corpus=tmp_path / "more-corpus")
    return tmp_path / "more"


def records_of(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The records of each record set, with plain names, by id."""
    dataset = mlcroissant.Dataset(folder / CROISSANT_FILE)
    assert not dataset.metadata.ctx.issues.errors
    return {
        own.uuid: sorted((plain(one, own.uuid) for one in dataset.records(own.uuid)), key=lambda one: one["id"])
        for own in dataset.metadata.record_sets
    }


@pytest.mark.filterwarnings("ignore")
def test_readings_are_a_record_set_an_annotator(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    records = records_of(folder)
    assert list(records)[:3] == ["train", "test", "test-readings-kari"]
    (kari,), (other,) = list(records.values())[2:]
    assert (kari["id"], [one["label"] for one in kari["entities"]]) == ("Bergen", ["PER"])
    assert "quotes" not in kari
    assert {key: value for key, value in other.items() if key != "scope"} == {"id": "Bergen", "quotes": []}


@pytest.mark.filterwarnings("ignore")
def test_what_is_not_annotated_is_no_item(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Layers that are null, readings of some articles, and an only reading, which is no gold in the files."""
    caplog.set_level(logging.CRITICAL)
    one = row("x")["entities"]
    stances = [{"id": "s1", "holder": "author", "target": "topic:rain", "label": "favor", "evidence": [[0, 3]]}]
    rows = [
        row("Bergen", readings={"kari": {"entities": one}, "ola": {"entities": [], "stances": stances}}),
        row("Oslo", quotes=None, readings={"kari": {"entities": one, "quotes": []}}),
        row("Voss", entities=None, quotes=None, readings={"ola": {"entities": one}}),
        row("Moss", quotes=None),
    ]
    folder = built(tmp_path, *rows)
    found = records_of(folder)
    files = {own["id"]: own for own in rows_of(folder, "test")}
    of_rows = [record for name, records in found.items() if "readings" not in name for record in records]
    assert sorted(own["id"] for own in of_rows) == sorted(files)
    for record in of_rows:
        for layer in ("entities", "quotes", "stances"):
            said = files[record["id"]][layer]
            assert (layer in record) == (said is not None)
            assert without_nothing(record.get(layer)) == without_nothing(said)
    for name in ("kari", "ola"):
        read = {own["id"]: own for key, records in found.items() if f"-{name}" in key for own in records}
        assert set(read) == {own for own in files if name in files[own].get("readings", {})}
        for article_id, record in read.items():
            for layer, said in files[article_id]["readings"][name].items():
                assert (layer in record) == (said is not None)
                assert without_nothing(record.get(layer)) == without_nothing(said)


ODD = [
    "größe",
    "a b",
    "ä b",
    "x-y",
    "1a",
    'q"d',
    "back\\slash",
    "o.la/é",
    "emoji 😀",
    "a,b",
    "parent",
    "'x'",
    "a\u202eb",
]


@pytest.mark.filterwarnings("ignore")
def test_names_of_every_kind_are_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    one = row("x")["entities"]
    readings = {name: {"entities": one[: number % 2]} for number, name in enumerate(ODD)}
    rows = [row("Bergen", metadata={name: f"is {name}" for name in ODD}, readings=readings), row("Oslo", metadata={})]
    found = records_of(built(tmp_path, *rows))
    bergen, oslo = found["test"]
    assert sorted(bergen["metadata"].values()) == sorted(f"is {name}" for name in ODD)
    assert set(oslo["metadata"].values()) == {None}
    counts = [len(records[0]["entities"]) for name, records in found.items() if "readings" in name]
    assert len(counts) == len(ODD)
    assert sum(counts) == len(ODD) // 2


@pytest.mark.filterwarnings("ignore")
def test_a_name_that_no_path_can_say_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    folder = built(tmp_path, row("Bergen", metadata={"*": "star", "of": "it"}, readings={"*": {"quotes": []}}))
    found = records_of(folder)
    assert list(found) == ["test"]
    assert found["test"][0]["metadata"] == {"of": "it"}
    said = json.loads((folder / CROISSANT_FILE).read_text())["description"]
    assert said.endswith("Left out of the record sets, as no path can name it: '*' of metadata, '*' of readings.")


def test_what_was_declared_and_counted_is_said(folder: Path) -> None:
    said = json.loads((folder / CROISSANT_FILE).read_text())
    assert said["license"] == "https://choosealicense.com/licenses/cc-by-4.0/"
    assert said["rai:dataLimitations"] == ["Small."]
    assert said["rai:annotatorDemographics"] == ["kari: A student."]
    assert said["rai:annotationsPerItem"].startswith("1 article of 3 have readings")
    assert said["inLanguage"] == ["en"]
