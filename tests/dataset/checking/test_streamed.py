"""A large file is looked at some articles at a time, and what is found in it is what is found in memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalkit.dataset.checking.validate import validate_dataset
from evalkit.dataset.describe import describe_dataset, describe_source
from evalkit.dataset.loading.load import load_splits
from evalkit.dataset.loading.readings import settled
from evalkit.errors import EvalkitError
from evalkit.formats.native import stored

Rows = list[dict[str, Any]]


def _rows() -> Rows:
    rows: Rows = []
    for number in range(9):
        name = "Ada Berg" if number % 2 else "Bo Dahl"
        text = f"{name} met the board of Fjordbank in Oslo on day {number}."
        entities = [{"id": "e1", "label": "PER", "spans": [[0, len(name)]], "text": name}]
        entities.append({"id": "e2", "label": "LOC", "spans": [[text.index("Oslo"), text.index("Oslo") + 4]]})
        rows.append({"id": f"a{number}", "text": text, "lang": "en", "entities": entities})
    rows[2]["readings"] = {"kari": {"entities": rows[2]["entities"][:1]}}
    return rows


def _in_two_splits(rows: Rows) -> None:
    for number, row in enumerate(rows):
        row["split"] = "train" if number % 3 else "test"


CHANGES: dict[str, Callable[[Rows], object]] = {
    "nothing": lambda rows: None,
    "an offset": lambda rows: rows[4]["entities"][0]["spans"].append([3, 9000]),
    "white space": lambda rows: rows[4]["entities"].append({"id": "e3", "label": "ORG", "spans": [[3, 5]]}),
    "an id twice": lambda rows: rows.append(dict(rows[0])),
    "an item twice": lambda rows: rows[8]["entities"].append({**rows[8]["entities"][0], "id": "e9"}),
    "a spelling": lambda rows: rows[7]["entities"][0].update(label="per"),
    "a label that is blank": lambda rows: rows[7]["entities"][0].update(label=" "),
    "a key": lambda rows: rows[7]["entities"][0].update(entityid="x"),
    "a layer": lambda rows: rows[5].update(claims=[{"id": "c1"}]),
    "a surface": lambda rows: rows[5]["entities"][0].update(text="Eve"),
    "a surface of a reading": lambda rows: rows[2]["readings"]["kari"]["entities"][0].update(text="Eve", note=1),
    "a hash": lambda rows: rows[3].update(text_sha256="0" * 64),
    "no gold": lambda rows: rows[3].update(readings={"kari": {"entities": rows[3].pop("entities")}}),
    "two readings": lambda rows: rows[3].update(entities=None, readings={"b": {"entities": []}, "a": {"entities": []}}),
    "a licence": lambda rows: rows[1].update(metadata={"licence": "cc-by-4.0"}),
    "another order": lambda rows: rows.reverse(),
    "two splits": _in_two_splits,
    "one split": lambda rows: [row.update(split="dev") for row in rows],
}

LISTED = '[entities.PER]\nname = "person"\n[entities.LOC]\nname = "place"\n'


@pytest.mark.parametrize(
    ("change", "labels"),
    [*((change, "") for change in CHANGES), *((change, LISTED) for change in ("nothing", "a spelling", "no gold"))],
)
def test_found_in_a_file_as_in_memory(
    change: str, labels: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = _rows()
    CHANGES[change](rows)
    path = tmp_path / "gold.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    if labels:
        (tmp_path / "labels.toml").write_text(labels, encoding="utf-8")
    in_memory = validate_dataset(path), _described(path)
    monkeypatch.setattr(stored, "LARGE_BYTES", 0)
    for module in ("evalkit.dataset.loading.streamed", "evalkit.dataset.loading.stored", "evalkit.dataset.tally"):
        monkeypatch.setattr(f"{module}.AT_ONCE", 2)
    assert (validate_dataset(path), _told(path)) == in_memory


def test_gold_that_can_be_told_by_article_is_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in _rows()), encoding="utf-8")
    monkeypatch.setattr(stored, "LARGE_BYTES", 0)
    monkeypatch.delattr("evalkit.dataset.checking.validate.read_place")
    assert validate_dataset(path).counts["articles"] == 9


def _described(path: Path) -> object:
    try:
        splits = load_splits(path, decide=settled)
    except EvalkitError as error:
        return type(error), str(error)
    return describe_dataset(splits), splits[0].notes


def _told(path: Path) -> object:
    try:
        return describe_source(path)
    except EvalkitError as error:
        return type(error), str(error)


def test_a_broken_line_is_named_as_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "gold.jsonl"
    lines = [json.dumps(row) for row in _rows()]
    path.write_text("\n".join([*lines[:5], lines[5][:40], *lines[6:]]), encoding="utf-8")
    in_memory = validate_dataset(path)
    monkeypatch.setattr(stored, "LARGE_BYTES", 0)
    assert validate_dataset(path) == in_memory
    assert [problem.code for problem in in_memory.problems] == ["format"]
