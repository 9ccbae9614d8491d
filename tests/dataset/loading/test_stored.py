"""Large files of JSON lines: what stays in the file says the same as what is held in memory."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalkit.dataset.fingerprint import fingerprint_of
from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.loading import indexed_folder, load
from evalkit.dataset.loading.load import load_dataset
from evalkit.dataset.making.store import example_json
from evalkit.errors import EvalkitError, InputError
from evalkit.formats.columnar import PARQUET
from evalkit.formats.native import stored
from evalkit.formats.native.format import read_native
from evalkit.formats.native.rows import dump_line, example_to_row, prediction_to_row
from evalkit.formats.native.stored import StoredRecords
from evalkit.options import ReadOptions
from evalkit.predictions.load import load_predictions
from evalkit.predictions.run import Run
from evalkit.records import Annotations, Prediction
from evalkit.workflows.scoring.score import score_predictions

EXAMPLES = load_dataset(split="all").examples[:6]
ROWS = list(map(example_to_row, EXAMPLES))


@pytest.fixture
def _stored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file counts as a large one."""
    monkeypatch.setattr(stored, "LARGE_BYTES", 0)
    monkeypatch.setattr(stored, "AT_ONCE", 4)


def _written(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    path.write_text("\n".join(dump_line(row) for row in rows), encoding="utf-8")
    return path


def _both(path: Path, monkeypatch: pytest.MonkeyPatch, **options: Any) -> tuple[GoldDataset, GoldDataset]:
    in_memory = load_dataset(path, **options)
    monkeypatch.setattr(stored, "LARGE_BYTES", 0)
    monkeypatch.setattr(stored, "AT_ONCE", 4)
    return in_memory, load_dataset(path, **options)


def _shuffled(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return random.Random(1).sample(rows, len(rows))


def _lower(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {key: value for key, value in row.items() if key != "readings"}
        | {"entities": [entity | {"label": entity["label"].lower()} for entity in row["entities"]]}
        for row in rows
    ]


FILES = {
    "in order": ROWS,
    "in another order": _shuffled(ROWS),
    "in another spelling": _lower(ROWS),
    "of plain mentions": [
        {
            "id": f"a{n}",
            "entities": [{"start": 3, "end": 7, "label": "XY"[n % 2]}, {"start": 3, "end": 7, "label": "X"}],
        }
        for n in range(12)
    ],
    "of one split": [row | {"split": "test"} for row in ROWS],
    "with items of another form": [
        row | {"entities": [entity | {"id": n} for n, entity in enumerate(row["entities"])]} for row in ROWS
    ],
}


@pytest.mark.parametrize("rows", FILES.values(), ids=FILES)
def test_gold_in_a_file_is_that_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[dict[str, Any]]
) -> None:
    path = _written(tmp_path / "gold.jsonl", rows)
    (tmp_path / "dataset.toml").write_text('[scope.quotes]\nkinds = ["direct"]\n')
    if len(rows) == len(ROWS):
        (tmp_path / "labels.toml").write_text(
            '[layers.categories]\nmetadata = "section"\n'
            + "".join(f'[entities.{label}]\ndefinition = "…"\n' for label in sorted(_labels()))
        )
    in_memory, in_file = _both(path, monkeypatch)
    assert isinstance(in_file.examples, StoredRecords)
    assert replace(in_file, examples=()) == replace(in_memory, examples=())
    assert (in_file.notes, in_file.origin) == (in_memory.notes, in_memory.origin)
    assert list(in_file) == list(in_memory)


def _labels() -> set[str]:
    return {entity["label"] for row in ROWS for entity in row["entities"]}


BAD = {
    "an article twice": [*ROWS, ROWS[0]],
    "a span outside": [*ROWS, {"id": "z", "text": "Oslo", "entities": [{"start": 0, "end": 9, "label": "GPE"}]}],
    "a number as text": [*ROWS, {"id": "z", "text": 7, "entities": []}],
    "readings without gold": [*ROWS, {"id": "z", "readings": {"a": {"entities": []}, "b": {"entities": []}}}],
    "two splits": [row | {"split": "ab"[n % 2]} for n, row in enumerate(ROWS)],
}


@pytest.mark.parametrize("rows", BAD.values(), ids=BAD)
def test_what_is_wrong_is_said_in_the_same_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[dict[str, Any]]
) -> None:
    path, said = _written(tmp_path / "gold.jsonl", rows), []
    for size in (stored.LARGE_BYTES, 0):
        monkeypatch.setattr(stored, "LARGE_BYTES", size)
        with pytest.raises(EvalkitError) as caught:
            load_dataset(path)
        said.append(str(caught.value))
    assert said[0] == said[1]


@pytest.mark.usefixtures("_stored")
def test_records_are_a_sequence(tmp_path: Path) -> None:
    gold = load_dataset(_written(tmp_path / "gold.jsonl", _shuffled(ROWS)))
    examples, ids = gold.examples, sorted(row["id"] for row in ROWS)
    assert isinstance(examples, StoredRecords)
    assert [examples[n].article.id for n in (0, 1, 5, 2, -1)] == [ids[n] for n in (0, 1, 5, 2, -1)]
    assert isinstance(examples[1:3], StoredRecords)
    assert [one.article.id for one in examples[1:3]] == list(examples[1:3].ids) == ids[1:3]
    assert examples.get(ids[3]) == examples[3]
    assert examples.get("nobody") is examples[:3].get(ids[3]) is None
    assert list(gold.subset(limit=2).examples.ids) == ids[:2]
    assert [one.article.id for one in gold.subset(articles=[ids[4]])] == [ids[4]]
    with pytest.raises(IndexError):
        examples[len(ids)]


@pytest.mark.usefixtures("_stored")
@pytest.mark.parametrize("how", ["longer", "touched"])
def test_a_file_that_is_changed_is_refused(tmp_path: Path, how: str) -> None:
    path = _written(tmp_path / "gold.jsonl", ROWS)
    gold = load_dataset(path)
    if how == "longer":
        path.write_bytes(path.read_bytes() + b"\n")
    else:
        os.utime(path, ns=(0, 0))
    with pytest.raises(InputError, match="was changed while it was read"):
        list(gold)


def _predictions() -> list[Prediction]:
    return [
        Prediction(article_id=one.article.id, annotations=Annotations(one.gold.layers).with_layers(stances=None))
        for one in EXAMPLES[::-1]
    ]


def test_predictions_and_scores_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gold_path = _written(tmp_path / "gold.jsonl", ROWS)
    rows = [prediction_to_row(one) for one in _predictions()]
    rows[0]["entities"][0]["text"] = ROWS[-1]["entities"][0]["text"]
    path = _written(tmp_path / "predicted.jsonl", rows)
    in_memory = load_predictions(path, load_dataset(gold_path).examples)
    scores = score_predictions(gold_path, path, resamples=0).to_json()
    monkeypatch.setattr(stored, "LARGE_BYTES", 0)
    in_file = load_predictions(path, load_dataset(gold_path).examples)
    assert isinstance(in_file.predictions, StoredRecords)
    assert list(in_file.predictions) == list(in_memory.predictions)
    assert in_file.notes == in_memory.notes
    assert score_predictions(gold_path, path, resamples=0).to_json() == scores


def test_a_run_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = Run(extractor="mine", predictions=tuple(_predictions())).save(tmp_path / "run")
    in_memory = Run.load(tmp_path / "run")
    monkeypatch.setattr(stored, "LARGE_BYTES", 0)
    in_file = Run.load(tmp_path / "run")
    assert isinstance(in_file.predictions, StoredRecords)
    assert list(in_file.predictions) == list(in_memory.predictions)
    assert in_file.sha256 == in_memory.sha256 == saved.sha256
    path = tmp_path / "run" / "predictions.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"label":"PER"', b'"label":"ORG"', 1))
    with pytest.raises(EvalkitError, match="its check is another"):
        Run.load(tmp_path / "run")


def test_a_line_without_check_among_others_is_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Run(extractor="mine", predictions=tuple(_predictions())).save(tmp_path / "run")
    monkeypatch.setattr(stored, "LARGE_BYTES", 0)
    path = tmp_path / "run" / "predictions.jsonl"
    first, _, rest = path.read_bytes().partition(b"\n")
    row = json.loads(first)
    del row["check"]
    path.write_bytes(json.dumps(row, separators=(",", ":")).encode() + b"\n" + rest)
    with pytest.raises(EvalkitError, match="has no check"):
        Run.load(tmp_path / "run")
    path.write_bytes(first + b"\n\n" + rest)
    with pytest.raises(EvalkitError, match="damaged"):
        Run.load(tmp_path / "run")


def _folder(folder: Path) -> Path:
    (folder / "test").mkdir(parents=True)
    (folder / "labels.toml").write_text("".join(f'[entities.{label}]\ndefinition = "…"\n' for label in _labels()))
    for example in EXAMPLES:
        (folder / "test" / f"{example.article.id}.json").write_text(example_json(example), encoding="utf-8")
    return folder


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Every dataset folder has an index, in this cache folder."""
    monkeypatch.setattr(load, "MANY_FILES", 1)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_folder_is_the_same_with_an_index_as_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    folder = _folder(tmp_path / "gold")
    in_memory = load_dataset(folder)
    cache: Path = request.getfixturevalue("cache")
    first = load_dataset(folder)
    (index,) = (cache / "indexes").iterdir()
    made = index.read_bytes()
    # From here on nothing is decoded where it is loaded.
    monkeypatch.setattr(indexed_folder, "only_row", None)
    again = load_dataset(folder)
    assert index.read_bytes() == made
    for one in (first, again):
        assert isinstance(one.examples, StoredRecords)
        assert replace(one, examples=()) == replace(in_memory, examples=())
        assert one.notes == in_memory.notes
        assert list(one) == list(in_memory)


def test_a_changed_file_is_never_taken_for_what_it_was(tmp_path: Path, cache: Path) -> None:
    folder = _folder(tmp_path / "gold")
    path = folder / "test" / f"{EXAMPLES[0].article.id}.json"
    before, state = load_dataset(folder), path.stat()
    changed = path.read_text().replace('"label": "ORG"', '"label": "PER"', 1)
    path.write_text(changed)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert path.stat().st_size == state.st_size
    after = load_dataset(folder)
    assert after.fingerprint != before.fingerprint
    assert after.fingerprint == fingerprint_of(list(after))
    path.write_text(changed.replace('"label": "PER"', '"label": "NONE"', 1))
    with pytest.raises(EvalkitError, match="NONE"):
        load_dataset(folder)
    with pytest.raises(InputError, match="was changed while it was read"):
        list(after)


@pytest.mark.parametrize("damage", ["empty", "half", "a label", "a pipe", "a folder"])
def test_a_damaged_index_is_made_again(tmp_path: Path, cache: Path, damage: str) -> None:
    folder = _folder(tmp_path / "gold")
    before = load_dataset(folder)
    (index,) = (cache / "indexes").iterdir()
    made = index.read_bytes()
    if damage in ("a pipe", "a folder"):
        index.unlink()
        os.mkfifo(index) if damage == "a pipe" else index.mkdir()
    else:
        label = made.replace(b'"PER":', b'"LOC":')
        index.write_bytes({"empty": b"", "half": made[: len(made) // 2], "a label": label}[damage])
    after = load_dataset(folder)
    assert (after, after.inventory) == (before, before.inventory)
    assert damage in ("a pipe", "a folder") or index.read_bytes() == made


def test_the_splits_of_a_folder_have_an_index_each(tmp_path: Path, cache: Path) -> None:
    folder = _folder(tmp_path / "gold")
    (folder / "test").rename(folder / "dev")
    for _ in range(2):
        assert [load_dataset(folder, split=split).split for split in ("dev", "all")] == ["dev", "all"]
        assert len(list((cache / "indexes").iterdir())) == 2


def test_no_index_is_no_harm(tmp_path: Path, cache: Path) -> None:
    cache.write_text("no folder")
    folder = _folder(tmp_path / "gold")
    assert len(load_dataset(folder)) == len(EXAMPLES)


def test_a_table_of_rows_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gold_path = _written(tmp_path / "gold.jsonl", _shuffled(ROWS))
    path = tmp_path / "gold.parquet"
    batch = read_native(gold_path)
    PARQUET.write(batch, path, ReadOptions())
    in_memory, in_file = _both(path, monkeypatch)
    assert isinstance(in_file.examples, StoredRecords)
    assert (list(in_file), in_file.fingerprint, in_file.notes) == (
        list(in_memory),
        in_memory.fingerprint,
        in_memory.notes,
    )
    assert (in_file.inventory, in_file.origin, in_file.split) == (
        in_memory.inventory,
        in_memory.origin,
        in_memory.split,
    )


@pytest.mark.parametrize("content", [b"PAR1 no table", b"PAR1"], ids=["damaged", "empty"])
def test_a_damaged_table_is_refused_in_the_same_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    path, said = tmp_path / "gold.parquet", []
    path.write_bytes(content)
    for size in (stored.LARGE_BYTES, 0):
        monkeypatch.setattr(stored, "LARGE_BYTES", size)
        with pytest.raises(EvalkitError) as caught:
            load_dataset(path)
        said.append(str(caught.value))
    assert said[0] == said[1]
