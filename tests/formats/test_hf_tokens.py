"""Tokens with ner_tags as `datasets` keeps them: in from its files, out as a folder that it opens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evalkit.dataset.loading.load import load_dataset, load_splits
from evalkit.dataset.making.convert import convert_dataset
from evalkit.errors import EvalkitError, FormatError, InputError
from evalkit.formats.tags.flat import holds_label
from evalkit.layers.entities import ENTITIES
from evalkit.options import ReadOptions

ROWS: list[dict[str, Any]] = [
    {
        "id": "a",
        "text": " Ola  Brun left\nNew York.",
        "title": "Harbour",
        "metadata": {"story": "s1"},
        "split": "dev",
        "entities": [{"start": 1, "end": 10, "label": "PER a"}, {"start": 16, "end": 24, "label": "GPE"}],
    },
    {"id": "b", "text": "Nobody stayed.", "split": "test", "entities": []},
    {"id": "c", "text": "Nobody looked.", "split": "test"},
]


def jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def written(folder: Path, rows: list[dict[str, Any]], *, lossy: bool = False, **values: str) -> Any:
    source = jsonl(folder / "gold.jsonl", rows)
    return convert_dataset(source, folder / "out", to="hf-tokens", lossy=lossy, write=ReadOptions(values=values))


def said(path: Path, **values: str) -> dict[str, list[tuple[str, str]] | None]:
    gold = load_dataset(path, split="all", read=ReadOptions(format="hf-tokens", values=values))
    return {
        one.article.id: None
        if (entities := ENTITIES.of(one.gold)) is None
        else [(one.article.text[slice(*entity.spans[0])], entity.label) for entity in entities]
        for one in gold.examples
    }


class TestOut:
    @pytest.mark.parametrize("container", ["parquet", "saved"])
    def test_datasets_opens_it(self, tmp_path: Path, container: str) -> None:
        import datasets

        written(tmp_path, ROWS, container=container)
        open_ = datasets.load_dataset if container == "parquet" else datasets.load_from_disk
        opened: Any = open_(str(tmp_path / "out"))
        assert {name: len(split) for name, split in opened.items()} == {"dev": 1, "test": 2}
        names = ["O", "B-GPE", "I-GPE", "B-PER a", "I-PER a"]
        tags = opened["dev"].features["ner_tags"]
        assert (type(tags.feature).__name__, tags.feature.names) == ("ClassLabel", names)
        row = opened["dev"][0]
        assert row["tokens"] == ["Ola", "Brun", "left", "New", "York", "."]
        assert [names[tag] for tag in row["ner_tags"]] == ["B-PER a", "I-PER a", "O", "B-GPE", "I-GPE", "O"]
        assert [one["ner_tags"] for one in opened["test"]] == [[0, 0, 0], None]

    @pytest.mark.parametrize("container", ["parquet", "saved"])
    @pytest.mark.parametrize("format", [None, "hf-tokens"])
    def test_all_comes_back(self, tmp_path: Path, container: str, format: str | None) -> None:
        assert written(tmp_path, ROWS, container=container).losses.left_out == {}
        back = load_splits(tmp_path / "out", read=ReadOptions(format=format))
        gold = load_splits(tmp_path / "gold.jsonl")
        assert {one.split: one.examples for one in back} == {one.split: one.examples for one in gold}

    def test_the_same_bytes(self, tmp_path: Path) -> None:
        source = jsonl(tmp_path / "gold.jsonl", ROWS)
        for name in ("one", "two"):
            convert_dataset(source, tmp_path / name, to="hf-tokens", write=ReadOptions(values={"container": "saved"}))
        files = [
            {path.relative_to(tmp_path / name): path.read_bytes() for path in (tmp_path / name).rglob("*.*")}
            for name in ("one", "two")
        ]
        assert files[0] == files[1]
        assert len(files[0]) == 7

    def test_what_it_cannot_hold_is_counted(self, tmp_path: Path) -> None:
        spans = [
            ("PER", 0, 13),
            ("PER", 0, 3),
            ("PER", 0, 13),
            ("X", 9, 18),
            ("GPE", 14, 17),
            ("O", 14, 18),
            ("X", 8, 13),
        ]
        entities: list[dict[str, Any]] = [{"label": label, "start": start, "end": end} for label, start, end in spans]
        entities.append({"label": "X", "spans": [[9, 13], [19, 20]]})
        quotes = [{"kind": "direct", "content": [[0, 3]]}]
        rows = [{"id": "a", "text": "Ola Brun left Ruun .", "entities": entities, "quotes": quotes}]
        with pytest.raises(FormatError, match=r"hf-tokens cannot hold .*1 entity \(nested\)"):
            written(tmp_path, rows)
        losses = written(tmp_path, rows, lossy=True).losses
        assert losses.written == {"entities": 1, "quotes": 0}
        assert losses.lost["entities"] == {
            "a label that tags cannot say": 1,
            "begins or ends inside a word": 1,
            "begins or ends with white space": 1,
            "crossing": 1,
            "discontinuous": 1,
            "given twice": 1,
            "nested": 1,
        }
        assert said(tmp_path / "out") == {"a": [("Ola Brun left", "PER")]}

    @pytest.mark.parametrize(
        ("label", "held"), [("PER", True), ("a b", True), ("B-x", True), ("O", False), ("x,B-y", False), (" x", False)]
    )
    def test_labels_that_tags_can_say(self, label: str, held: bool) -> None:
        assert holds_label(label) is held

    def test_another_container_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(EvalkitError, match=r"container 'save'.*'saved'"):
            written(tmp_path, ROWS, container="save")


TOKENS: dict[str, Any] = {"id": "a", "tokens": ["Ola", "Brun", "left", "."], "ner_tags": [1, 2, 0, 0]}
NAMES = ["O", "B-PER", "I-PER"]


class TestIn:
    @pytest.mark.parametrize(
        ("name", "content"),
        [
            pytest.param("dataset_info.json", {"features": {"ner_tags": {"feature": {"names": NAMES}}}}, id="features"),
            pytest.param("dataset_infos.json", {"x": {"features": {"ner_tags": [{"names": NAMES}]}}}, id="old"),
            pytest.param("id2label.json", {"0": "O", "1": "B-PER", "2": "I-PER"}, id="id2label"),
            pytest.param("label.json", {"O": 0, "B-PER": 1, "I-PER": 2}, id="label2id"),
            pytest.param("config.json", {"id2label": {"0": "O", "1": "B-PER", "2": "I-PER"}}, id="model"),
            pytest.param("labels.json", NAMES, id="list"),
        ],
    )  # fmt: skip
    def test_numbers_are_named_by_a_file_beside(self, tmp_path: Path, name: str, content: Any) -> None:
        (tmp_path / name).write_text(json.dumps(content))
        path = jsonl(tmp_path / "a.jsonl", [TOKENS])
        assert said(path) == {"a": [("Ola Brun", "PER")]}
        # Whoever does not name the format finds them too.
        assert len(load_dataset(path, split="all").examples[0].gold.entities) == 1

    def test_numbers_are_named_by_a_setting(self, tmp_path: Path) -> None:
        path = jsonl(tmp_path / "a.jsonl", [TOKENS])
        assert said(path, tag_names="O,B-PER,I-PER") == {"a": [("Ola Brun", "PER")]}
        (tmp_path / "names.json").write_text(json.dumps({"0": "O", "1": "B-ORG", "2": "I-ORG"}))
        assert said(path, tag_names=str(tmp_path / "names.json")) == {"a": [("Ola Brun", "ORG")]}
        with pytest.raises(FormatError, match=r"numbers such as 1, and nothing says .* --tag-names"):
            said(path)
        with pytest.raises(FormatError, match="ner_tags has 2, and the names are 2"):
            said(path, tag_names="O,B-PER")

    def test_files_beside_that_name_nothing_are_left_alone(self, tmp_path: Path) -> None:
        for name, content in (("config.json", "[1]"), ("labels.json", '{"0": "O", "2": "x"}'), ("label.json", "{")):
            (tmp_path / name).write_text(content)
        with pytest.raises(FormatError, match="nothing says what they stand for"):
            said(jsonl(tmp_path / "a.jsonl", [TOKENS]))

    def test_columns_by_name(self, tmp_path: Path) -> None:
        row = {"id": "a", "sentence": ["Ola", "left", "New", "York"], "coarse": ["B-PER", "O", "B-LOC", "I-LOC"]}
        fine = {"fine": ["B-PER", "O", "O", "B-city"], "pos_tags": ["NNP", "VBD", "NNP", "NNP"]}
        path = jsonl(tmp_path / "a.jsonl", [row | fine])
        one = said(path, token_column="sentence", tag_column="coarse")
        assert one == {"a": [("Ola", "PER"), ("New York", "LOC")]}
        # What both columns say is one item.
        both = {"token_column": "sentence", "tag_column": "coarse,fine"}
        assert said(path, **both) == {"a": [("Ola", "PER"), ("New York", "LOC"), ("York", "city")]}
        gold = load_dataset(path, split="all", read=ReadOptions(format="hf-tokens", values=both))
        assert gold.reading == "tokens:coarse:IOB2+fine:IOB2/begin"
        with pytest.raises(FormatError, match="no tags of them under 'fin'"):
            said(path, token_column="sentence", tag_column="fin")

    def test_the_text_is_rebuilt_as_it_says(self, tmp_path: Path) -> None:
        path = jsonl(tmp_path / "a.jsonl", [TOKENS | {"ner_tags": ["B-PER", "I-PER", "O", "O"]}])
        for rule, text in (("space", "Ola Brun left ."), ("simple", "Ola Brun left.")):
            read = ReadOptions(format="hf-tokens", values={"detokenise": rule})
            gold = load_dataset(path, split="all", read=read)
            assert gold.examples[0].article.text == text
            assert gold.reading == "tokens:IOB2/begin" + ("/simple" if rule == "simple" else "")
            told = "English punctuation rules" if rule == "simple" else "a space between tokens"
            assert any(told in note for note in gold.notes)

    def test_tags_that_are_left_open_are_no_annotation(self, tmp_path: Path) -> None:
        rows = [
            TOKENS | {"id": name, "ner_tags": tags}
            for name, tags in (("a", [1, 2, 0, 0]), ("b", [-1] * 4), ("c", None))
        ]
        path = jsonl(tmp_path / "a.jsonl", rows)
        assert said(path, tag_names="O,B-PER,I-PER") == {"a": [("Ola Brun", "PER")], "b": None, "c": None}

    def test_another_file_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(FormatError, match=r"has tokens and no tags|has no list of tokens"):
            said(jsonl(tmp_path / "a.jsonl", [{"id": "a", "text": "x"}]))
        with pytest.raises(InputError, match="holds no article"):
            said(jsonl(tmp_path / "b.jsonl", []))
