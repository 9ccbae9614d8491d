"""Columns of gold that were read before are known again, and give what reading the file gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evalkit.errors import InputError
from evalkit.formats.native import stored
from evalkit.formats.native.columns import read_native_columns
from evalkit.results import EvalResult
from evalkit.workflows.scoring import plain_files
from evalkit.workflows.scoring.score import score_predictions

TEXT = "Ida Moen left Oslo."


def entity(start: int, end: int, label: str = "PER", **more: Any) -> dict[str, Any]:
    return {"spans": [[start, end]], "label": label, **more}


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("\ufeff\n" + "\n".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def gold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(stored, "KNOWN_BYTES", 0)
    items = [entity(0, 8, text="Ida Moen", id="e1"), entity(14, 18, "LOC", score=0.5, id="e2")]
    zones = [{"kind": "body", "start": 0, "end": 9}, {"kind": "caption", "start": 9, "end": 18}]
    readings = {"kari": {"entities": items[:1]}, "ola": {"entities": items}}
    rows = [
        {"id": "b", "text": TEXT, "entities": [*items, entity(0, 8, id="e3")], "metadata": {"section": "news"}},
        {"id": "a", "text": TEXT, "entities": items, "readings": readings},
        {"id": "c", "text": TEXT, "entities": items[::-1], "zones": zones, "scope": {"zones": ["body"]}},
    ]
    return write(tmp_path / "gold.jsonl", rows)


@pytest.fixture
def predicted(tmp_path: Path) -> Path:
    items = [entity(0, 8, score=0.25), entity(14, 17, "LOC")]
    return write(tmp_path / "predicted.jsonl", [{"id": name, "entities": items} for name in "cba"])


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are read."""
    done: list[str] = []

    def noted(path: Path, *args: Any, **words: Any) -> Any:
        done.append(path.name)
        return read_native_columns(path, *args, **words)

    monkeypatch.setattr(plain_files, "read_native_columns", noted)
    return done


def scored(gold: Path, predicted: Path, *conventions: str) -> EvalResult:
    asked = conventions or ("exact", "partial", "token", "surface")
    return score_predictions(gold, predicted, baseline=False, tasks=("entities",), conventions=asked, resamples=9)


def test_gold_is_read_once(gold: Path, predicted: Path, read: list[str]) -> None:
    first, second = (scored(gold, predicted).to_json() for _ in range(2))
    assert first == second
    assert read == ["gold.jsonl", "predicted.jsonl", "predicted.jsonl"]
    assert any("twice" in note for note in first["notes"])


def test_it_is_known_as_other_gold_is(gold: Path, predicted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = [scored(gold, predicted).to_json() for _ in range(2)][1]
    monkeypatch.setattr(stored, "KNOWN_BYTES", 1 << 30)
    assert known == scored(gold, predicted).to_json()


def test_other_bytes_are_other_gold(gold: Path, predicted: Path, read: list[str]) -> None:
    first = scored(gold, predicted)
    gold.write_text(gold.read_text(encoding="utf-8").replace("0.5", "0.75"), encoding="utf-8")
    assert scored(gold, predicted).gold != first.gold
    assert read.count("gold.jsonl") == 2


def test_a_damaged_index_is_made_again(gold: Path, predicted: Path, read: list[str], tmp_path: Path) -> None:
    first = scored(gold, predicted).to_json()
    (index,) = (tmp_path / "cache" / "indexes").iterdir()
    whole = index.read_bytes()
    damages = [b"", whole[:-1], whole[:-40], whole + b"?", whole[:200] + b"?" + whole[201:]]
    for damage in damages:
        index.write_bytes(damage)
        assert scored(gold, predicted).to_json() == first
    assert read.count("gold.jsonl") == 1 + len(damages)


def test_text_of_a_file_that_is_changed_meanwhile(gold: Path, predicted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scored(gold, predicted)

    def changing(*args: Any, **words: Any) -> Any:
        with gold.open("ab") as file:
            file.write(b"\n")
        return read_native_columns(*args, **words)

    monkeypatch.setattr(plain_files, "read_native_columns", changing)
    with pytest.raises(InputError, match="was changed while it was read"):
        scored(gold, predicted, "surface")
