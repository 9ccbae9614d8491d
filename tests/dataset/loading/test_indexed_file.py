"""What was found in a large file of gold is kept, and counts for the very bytes that it was found in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalkit.dataset.loading.load import load_dataset
from evalkit.dataset.loading.stored import Survey
from evalkit.errors import UnknownNameError
from evalkit.formats.native import stored


def damages(whole: bytes) -> list[bytes]:
    """What may become of an index."""
    flipped = [whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :] for place in range(0, len(whole), 41)]
    return [b"", b"{}\n", b"\xff" * 400, b"\n\n", whole[:-1], whole[: len(whole) // 2], whole + b"?", *flipped]


@pytest.fixture
def gold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(stored, "LARGE_BYTES", 0)
    rows = [
        {"id": name, "text": "Ida Moen left.", "entities": [{"spans": [[0, 8]], "label": "PER"}]}
        for name in ("oslo", "abo", "kemi-å")
    ]
    path = tmp_path / "gold.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def folds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts how often a file is looked at."""
    done: list[int] = []
    fold = Survey.fold
    monkeypatch.setattr(Survey, "fold", lambda survey, rows: (done.append(1), fold(survey, rows))[1])
    return done


def test_it_is_looked_at_once(gold: Path, folds: list[int]):
    first, second = (load_dataset(gold, split="all") for _ in range(2))
    assert len(folds) == 1
    assert (first, first.notes) == (second, second.notes)
    assert [one.article.id for one in second] == ["abo", "kemi-å", "oslo"]


def test_other_bytes_are_another_file(gold: Path, folds: list[int]):
    first = load_dataset(gold, split="all")
    gold.write_text(gold.read_text(encoding="utf-8").replace("left", "came"), encoding="utf-8")
    assert load_dataset(gold, split="all").fingerprint != first.fingerprint
    assert len(folds) == 2


def test_a_damaged_index_is_made_again(gold: Path, folds: list[int], tmp_path: Path):
    first = load_dataset(gold, split="all")
    (index,) = (tmp_path / "cache" / "indexes").iterdir()
    whole = index.read_bytes()
    damaged = [*damages(whole), whole.replace(b'"PER":3', b'"PER":4')]
    for content in damaged:
        index.write_bytes(content)
        assert load_dataset(gold, split="all") == first
        assert index.read_bytes() == whole
    assert len(folds) == 1 + len(damaged)


def test_the_index_of_another_file_is_none(gold: Path, folds: list[int], tmp_path: Path):
    load_dataset(gold, split="all")
    (index,) = (tmp_path / "cache" / "indexes").iterdir()
    gold.write_text(gold.read_text(encoding="utf-8").replace("PER", "ORG"), encoding="utf-8")
    second = load_dataset(gold, split="all")
    (other,) = (path for path in (tmp_path / "cache" / "indexes").iterdir() if path != index)
    other.write_bytes(index.read_bytes())
    assert load_dataset(gold, split="all").inventory == second.inventory
    assert len(folds) == 3


@pytest.mark.parametrize("split", [None, "", "dev"])
def test_the_split_that_rows_name_is_kept(gold: Path, folds: list[int], split: str | None):
    rows = [json.loads(line) | {"split": split} for line in gold.read_text(encoding="utf-8").splitlines()]
    gold.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    def said(wanted: str) -> object:
        try:
            found = load_dataset(gold, split=wanted)
        except UnknownNameError as error:
            return str(error)
        return found.split, found.fingerprint

    first, second = ([said(wanted) for wanted in ("all", "dev", "test")] for _ in range(2))
    assert (first, len(folds)) == (second, 1)


def test_what_is_declared_beside_the_file_counts(gold: Path, folds: list[int]):
    load_dataset(gold, split="all")
    (gold.parent / "labels.toml").write_text("[entities.PER]\n[entities.ORG]\n", encoding="utf-8")
    load_dataset(gold, split="all")
    load_dataset(gold, split="all")
    assert len(folds) == 2


def test_gold_of_a_small_file_is_held_unless_few_of_it_are_asked_for(
    gold: Path, folds: list[int], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(stored, "LARGE_BYTES", 1 << 20)
    careful = load_dataset(gold, split="all")
    monkeypatch.setattr(stored, "KNOWN_BYTES", 0)
    held, again, there = (load_dataset(gold, split="all", in_place=in_place) for in_place in (False, False, True))
    assert len(folds) == 1
    assert careful == held == again == there
    assert isinstance(held.examples, tuple)
    assert isinstance(there.examples, stored.StoredRecords)
