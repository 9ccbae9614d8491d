"""Gold goes from form to form and back without a change, or is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.dataset.build import build_dataset
from evalkit.dataset.convert import convert_dataset, target_names
from evalkit.dataset.load import load_dataset, load_splits
from evalkit.errors import FormatError, OutputError, UnknownNameError
from evalkit.formats.native.rows import dump_line, example_to_row
from evalkit.records import Example


@pytest.fixture
def folder(tmp_path: Path, inline_files: Path) -> Path:
    splits = {"dev": ["market-day"], "test": ["harbour-strike"]}
    build_dataset([inline_files], tmp_path / "gold", corpus=tmp_path / "corpus", splits=splits)
    return tmp_path / "gold"


def fingerprints(source: Path) -> dict[str, str]:
    return {gold.split: gold.fingerprint for gold in load_splits(source)}


@pytest.mark.parametrize(
    ("to", "name"),
    [pytest.param("native", "gold.jsonl", id="native"), pytest.param("inline", "i", id="inline"), ("hf", "h")],
)
def test_there_and_back_says_the_same(folder: Path, tmp_path: Path, to: str, name: str) -> None:
    there, back = tmp_path / "there" / name, tmp_path / "back"
    assert convert_dataset(folder, there, to=to).articles == 2
    assert fingerprints(there) == fingerprints(folder)
    convert_dataset(there, back, to="hf")
    for path in sorted(folder.glob("*/*.json")):
        assert (back / path.relative_to(folder)).read_bytes() == path.read_bytes()


def test_one_split_into_one_inline_file(folder: Path, tmp_path: Path) -> None:
    assert convert_dataset(folder, tmp_path / "one.txt", to="inline", split="test").articles == 1
    assert load_dataset(tmp_path / "one.txt").fingerprint == load_dataset(folder).fingerprint


def test_rows_without_split_become_the_test_split(tmp_path: Path, good: Example) -> None:
    (tmp_path / "mine.jsonl").write_text(dump_line(example_to_row(good)), encoding="utf-8")
    convert_dataset(tmp_path / "mine.jsonl", tmp_path / "out", to="hf")
    assert (tmp_path / "out" / "test" / "harbour-strike.json").is_file()


def test_nothing_is_overwritten(folder: Path) -> None:
    with pytest.raises(OutputError, match="exists already"):
        convert_dataset(folder, folder, to="hf")


def test_unknown_form_and_split_are_named(folder: Path, tmp_path: Path) -> None:
    assert target_names()[:2] == sorted(target_names())[:2]
    with pytest.raises(UnknownNameError, match="did you mean 'native'"):
        convert_dataset(folder, tmp_path / "x", to="nativ")
    with pytest.raises(UnknownNameError, match="did you mean 'dev'"):
        convert_dataset(folder, tmp_path / "x", to="native", split="de")


def test_what_a_form_cannot_express_leaves_nothing_behind(tmp_path: Path, good: Example) -> None:
    rows = [example_to_row(good), {"id": "z", "text": "[[", "entities": []}]
    (tmp_path / "mine.jsonl").write_text("".join(map(dump_line, rows)), encoding="utf-8")
    with pytest.raises(FormatError, match="article 'z'"):
        convert_dataset(tmp_path / "mine.jsonl", tmp_path / "out", to="inline")
    assert not (tmp_path / "out").exists()
