"""Gold goes from form to form and back without a change, or is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalkit.dataset.loading.load import load_dataset, load_splits
from evalkit.dataset.making.build import build_dataset
from evalkit.dataset.making.convert import convert_dataset, target_names
from evalkit.errors import FormatError, OutputError, UnknownNameError
from evalkit.formats.native.rows import dump_line, example_to_row
from evalkit.options import ReadOptions
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


def test_what_tag_columns_lose_is_counted_by_layer_and_kind(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"cannot hold 1 entity \(nested\), 2 quotes .*, 1 stance .*; nothing"):
        convert_dataset(folder, tmp_path / "tags", to="conll")
    assert not (tmp_path / "tags").exists()
    losses = convert_dataset(folder, tmp_path / "tags", to="conll", lossy=True).losses
    assert losses.written == {"entities": 5, "quotes": 0, "stances": 0}
    only = "tags hold entities only"
    assert losses.lost == {"entities": {"nested": 1}, "quotes": {only: 2}, "stances": {only: 1}}
    assert losses.left_out == {
        "links of entities (entity_id)": 6,
        "titles": 2,
        "zones": 5,
        "metadata fields": 4,
        "layers annotated in articles and empty": 2,
        "scopes": 2,
        "articles whose white space is no single space between tokens": 2,
    }
    items = sum(len(own) for gold in load_splits(folder) for e in gold for own in e.gold.layers.values())
    assert items == sum(losses.written.values()) + sum(sum(kinds.values()) for kinds in losses.lost.values())


def test_what_the_metadata_says_is_not_written_twice(folder: Path, tmp_path: Path) -> None:
    with (folder / "labels.toml").open("a") as labels:
        labels.write('\n[categories.economy]\n[categories.local]\n[layers.categories]\nmetadata = "section"\n')
    assert [e.gold["categories"][0].label for gold in load_splits(folder) for e in gold] == ["local", "economy"]
    convert_dataset(folder, tmp_path / "rows.jsonl", to="native")
    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert [(row["metadata"]["section"], row.get("categories")) for row in rows] == [("local", None), ("economy", None)]


def test_how_the_source_was_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.conll").write_text("Ida\tI-PER\nleft\tO\nOslo\tB-GPE\n")
    done = convert_dataset(tmp_path / "a.conll", tmp_path / "a.jsonl", to="native", read=ReadOptions(format="conll"))
    assert done.notes[0].startswith("tags read as IOB2, illegal sequences by the policy 'begin'")
    assert done.notes[1:] == ("1 gold: entity that begins with I- or E-",)


@pytest.mark.parametrize(
    ("name", "content", "remedy"),
    [
        ("mine.csv", "doc_id,start,end,label,mention\na,0,3,PER,Ola\n", "name the texts with --texts"),
        ("mine.jsonl", '{"id": "a", "entities": [{"start": 0, "end": 3, "label": "PER"}]}\n', "add it"),
    ],
)
def test_items_without_a_text_are_refused(tmp_path: Path, name: str, content: str, remedy: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(FormatError, match=f"article 'a' has items and no text; {remedy}"):
        convert_dataset(tmp_path / name, tmp_path / "out.jsonl", to="native")
    assert not (tmp_path / "out.jsonl").exists()
