"""Containers that people keep annotations in: Parquet, Arrow, CSV, folders by split, save_to_disk, tokens with tags."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalkit.cli.main import main
from evalkit.dataset.loading.load import load_dataset, load_splits
from evalkit.dataset.loading.row_folders import split_of_name, the_split
from evalkit.dataset.loading.sources import find_place
from evalkit.errors import EvalkitError, FormatError, InputError, UnknownNameError
from evalkit.layers.entities import ENTITIES

ROWS: list[dict[str, Any]] = [
    {
        "id": "a",
        "text": "Ola Brun left Ruun.",
        "entities": [{"start": 0, "end": 8, "label": "PER"}, {"start": 14, "end": 18, "label": "GPE"}],
    },
    {"id": "b", "text": "Mia slept.", "entities": []},
]
SAID = {"a": [(0, 8, "PER"), (14, 18, "GPE")], "b": []}


def said(path: Path | str, split: str = "test") -> dict[str, list[tuple[int, int, str]]]:
    return {
        example.article.id: [(*entity.spans[0], entity.label) for entity in ENTITIES.of(example.gold) or ()]
        for example in load_dataset(path, split=split)
    }


def jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


class TestTables:
    def test_one_parquet_file(self, tmp_path: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = tmp_path / "one.parquet"
        pq.write_table(pa.Table.from_pylist(ROWS), path)
        assert find_place(path).kind == "parquet"
        assert said(path) == SAID
        # Its first bytes tell what it is, whatever it is called.
        path.rename(tmp_path / "one.jsonl")
        assert said(tmp_path / "one.jsonl") == SAID

    @pytest.mark.parametrize("kind", ["file", "stream"])
    def test_one_arrow_file(self, tmp_path: Path, kind: str) -> None:
        import pyarrow as pa

        table = pa.Table.from_pylist(ROWS)
        path = tmp_path / "one.arrow"
        write = pa.ipc.new_file if kind == "file" else pa.ipc.new_stream
        with pa.OSFile(str(path), "wb") as file, write(file, table.schema) as writer:
            writer.write_table(table)
        assert find_place(path).kind == "arrow"
        assert said(path) == SAID

    def test_damage_is_named_for_what_it_is(self, tmp_path: Path) -> None:
        for name, magic in {"a.parquet": b"PAR1", "a.arrow": b"ARROW1"}.items():
            (tmp_path / name).write_bytes(magic + b"\x00" * 20)
            with pytest.raises(FormatError, match=rf"{name}: damaged, or no such file"):
                load_dataset(tmp_path / name)

    def test_offsets_outside_of_a_column_are_not_followed(self, tmp_path: Path) -> None:
        import pyarrow as pa

        # The tags of the first row would begin at 0 and end at 2**26, in memory that is not theirs.
        table = pa.table({"id": ["a"], "tokens": [["Ola"]], "ner_tags": [["B-PER"]]})
        path = tmp_path / "one.arrow"
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
            writer.write_table(table)
        good = np.array([0, 1], np.int32).tobytes()
        head, _, rest = path.read_bytes().rpartition(good)
        path.write_bytes(head + np.array([0, 2**26], np.int32).tobytes() + rest)
        with pytest.raises(FormatError, match=r"one\.arrow: damaged, or no such file"):
            load_dataset(path, split="all")

    @pytest.mark.parametrize(
        ("name", "content", "said"),
        [
            pytest.param("dataset_dict.json", "[]", "damaged: found [], expected an object", id="list"),
            pytest.param("dataset_dict.json", '{"splits": 3}', "splits: found 3, expected a list", id="number"),
            pytest.param("dataset_dict.json", '{"splits": ["../x"]}', "expected the name of something", id="outside"),
            pytest.param("test/state.json", '{"_data_files": [{}]}', "filename: found nothing", id="nothing"),
        ],
    )
    def test_what_save_to_disk_never_wrote(self, tmp_path: Path, name: str, content: str, said: str) -> None:
        (tmp_path / "test").mkdir()
        (tmp_path / "dataset_dict.json").write_text('{"splits": ["test"]}')
        (tmp_path / name).write_text(content)
        with pytest.raises(FormatError, match=re.escape(said)):
            load_dataset(tmp_path)

    def test_objects_of_lists_and_numbers_for_ids(self, tmp_path: Path) -> None:
        sideways = {
            "id": 7,
            "text": ROWS[0]["text"],
            "entities": {"start": [0, 14], "end": [8, 18], "label": ["PER", "GPE"]},
        }
        assert said(jsonl(tmp_path / "a.jsonl", [sideways])) == {"7": SAID["a"]}
        uneven = sideways | {"entities": {"start": [0], "end": [8, 18], "label": ["PER"]}}
        with pytest.raises(FormatError, match="'entities' must be a list or null, found dict"):
            load_dataset(jsonl(tmp_path / "b.jsonl", [uneven]))


class TestDelimited:
    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            pytest.param(
                'id,text,entities\na,Ola Brun left Ruun.,"[{""start"": 0, ""end"": 8, ""label"": ""PER""}]"\n',
                {"a": [(0, 8, "PER")]},
                id="an article a row",
            ),
            pytest.param(
                "article_id;start;end;label;text\na;0;8;PER;Ola Brun left Ruun.\na;14;18;GPE;Ola Brun left Ruun.\n"
                "b;;;;Mia slept.\n",
                SAID,
                id="an item a row, with the text of the article",
            ),
            pytest.param(
                "doc_id\tbegin\tend\ttype\ttext\na\t0\t8\tPER\tOla Brun\na\t14\t18\tGPE\tRuun\n",
                {"a": SAID["a"]},
                id="an item a row, with what stands there",
            ),
        ],
    )
    @pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
    def test_what_is_unambiguous_is_read(
        self, tmp_path: Path, name: str, content: str, expected: dict[str, list[tuple[int, int, str]]]
    ) -> None:
        (tmp_path / name).write_text(content, encoding="utf-8")
        assert said(tmp_path / name) == expected

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            pytest.param(
                "id,title\na,b\n", "columns are 'id', 'title'; expected are id and start, end, label", id="none"
            ),
            pytest.param("Word|Tag\nOla|B-PER\n", "one row a token; read it with --format conll", id="token"),
            pytest.param(
                "id,start,end,label,text\na,0,8,PER,Ola Brun\na,0,3,PER,Brun left\n", "'text' is neither", id="text"
            ),
            pytest.param(
                "id,start,end,label\na,x,8,PER\n", r"a\.csv:2: 'start' is 'x', not a whole number", id="number"
            ),
            pytest.param("id,start,end,label\na,0,8\n", r"a\.csv:2: 3 cells under 4 columns", id="cells"),
            pytest.param(
                "id,entities\na,\"[{'start': 0}]\"\n", "column 'entities': not valid JSON: a Python", id="repr"
            ),
        ],
    )
    def test_what_is_not_is_refused_by_name(self, tmp_path: Path, content: str, message: str) -> None:
        (tmp_path / "a.csv").write_text(content, encoding="utf-8")
        with pytest.raises(EvalkitError, match=message):
            load_dataset(tmp_path / "a.csv")


class TestFolders:
    @pytest.mark.parametrize(
        ("name", "split"),
        [
            ("test", "test"),
            ("test-00000-of-00001", "test"),
            ("news_dev", "dev"),
            ("validation.v2", "validation"),
            ("contest", None),
            ("train_test", None),
            ("articles", None),
        ],
    )
    def test_the_name_of_a_file_says_its_split(self, name: str, split: str | None) -> None:
        assert split_of_name(name) == split

    def test_a_split_has_several_names(self) -> None:
        assert the_split("dev", ["train", "validation"]) == "validation"
        assert the_split("dev", ["dev", "validation"]) == "dev"
        for there in (["train"], ["valid", "validation"]):
            with pytest.raises(UnknownNameError, match=r"unknown split 'dev'.*Known: .*all"):
                the_split("dev", there)

    @pytest.mark.parametrize("name", ["dev", "valid", "validation"])
    @pytest.mark.parametrize("layout", ["{}.jsonl", "data/{}.jsonl", "{}/part-1.jsonl", "data/{}-00000-of-00001.jsonl"])
    def test_rows_by_split(self, tmp_path: Path, layout: str, name: str) -> None:
        jsonl(tmp_path / layout.format("test"), ROWS)
        # A split of empty lists only, in which no type of an item can be seen.
        jsonl(tmp_path / layout.format("train"), [{"id": "c", "text": "x", "entities": []}])
        jsonl(tmp_path / layout.format(name), [{"id": "d", "text": "y", "entities": []}])
        assert said(tmp_path) == SAID
        assert said(tmp_path, "dev") == {"d": []}
        assert load_dataset(tmp_path, split="dev").split == name
        assert [gold.split for gold in load_splits(tmp_path)] == ["train", name, "test"]

    def test_files_that_say_no_split_are_read_whole_or_left_aside_and_counted(self, tmp_path: Path) -> None:
        jsonl(tmp_path / "a.jsonl", ROWS)
        assert said(tmp_path) == SAID
        jsonl(tmp_path / "test.jsonl", ROWS[1:])
        gold = load_dataset(tmp_path)
        assert [example.article.id for example in gold] == ["b"]
        assert gold.notes == ("1 file left aside, their names say no split (a.jsonl)",)

    @pytest.mark.parametrize("splits", [None, ["train", "test"]])
    def test_what_save_to_disk_wrote(self, tmp_path: Path, splits: list[str] | None) -> None:
        from datasets import Dataset, DatasetDict

        saved = Dataset.from_list(ROWS)
        (saved if splits is None else DatasetDict(dict.fromkeys(splits, saved))).save_to_disk(tmp_path / "saved")
        assert find_place(tmp_path / "saved").kind == "saved"
        assert said(tmp_path / "saved") == SAID
        if splits:
            assert load_dataset(tmp_path / "saved", split="train").split == "train"


TOKENS: dict[str, Any] = {
    "id": "a",
    "tokens": ["Ola", "Brun", "left", "Ruun"],
    "ner_tags": ["B-PER", "I-PER", "O", "B-GPE"],
}


class TestTokens:
    def test_tokens_with_tags_are_gold(self, tmp_path: Path) -> None:
        gold = load_dataset(jsonl(tmp_path / "a.jsonl", [TOKENS]))
        assert gold.examples[0].article.text == "Ola Brun left Ruun"
        assert said(tmp_path / "a.jsonl") == {"a": SAID["a"]}
        assert gold.reading == "tokens:IOB2/begin"
        policy = "rows of tokens with tags, read as IOB2, illegal sequences by the policy 'begin'"
        assert gold.notes == (f"{policy}; text: a space between tokens",)

    def test_a_text_beside_them_stays(self, tmp_path: Path) -> None:
        row = TOKENS | {"text": "«Ola Brun  left Ruun.»"}
        assert said(jsonl(tmp_path / "a.jsonl", [row])) == {"a": [(1, 9, "PER"), (16, 20, "GPE")]}
        with pytest.raises(FormatError, match="token 'left' is not in the text"):
            load_dataset(jsonl(tmp_path / "b.jsonl", [row | {"text": "Ola Brun stayed in Ruun."}]))

    def test_names_of_classes_come_from_the_schema(self, tmp_path: Path) -> None:
        from datasets import ClassLabel, Dataset, Features, Sequence, Value

        names = ["O", "B-PER", "I-PER", "B-GPE", "I-GPE"]
        features = Features({"tokens": Sequence(Value("string")), "ner_tags": Sequence(ClassLabel(names=names))})
        rows = {"tokens": [TOKENS["tokens"], ["Mia"]], "ner_tags": [[1, 2, 0, 3], [0]]}
        saved = Dataset.from_dict(rows, features=features)
        saved.to_parquet(tmp_path / "a.parquet")
        saved.save_to_disk(tmp_path / "saved")
        assert said(tmp_path / "a.parquet") == {"0001": SAID["a"], "0002": []}
        assert sorted(said(tmp_path / "saved").values()) == sorted([SAID["a"], []])
        assert "2 rows without an id, numbered" in load_dataset(tmp_path / "a.parquet").notes

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            pytest.param(
                {"ner_tags": [1, 2, 0, 3]}, "numbers such as 1, and nothing says what they stand for", id="ints"
            ),
            pytest.param({"ner_tags": ["O"]}, "4 tokens and 1 ner_tags", id="fewer"),
            pytest.param({"ner_tags": "O"}, "has tokens and no tags of them", id="no tags"),
            pytest.param(
                {"ner_tags": None, "tags": ["O"] * 4, "labels": ["O"] * 4},
                "'tags' or 'labels' may be the tags",
                id="two",
            ),
        ],
    )
    def test_what_cannot_be_read_is_named(self, tmp_path: Path, change: dict[str, Any], message: str) -> None:
        with pytest.raises(FormatError, match=message):
            load_dataset(jsonl(tmp_path / "a.jsonl", [TOKENS | change]))


class TestOtherTools:
    @pytest.mark.parametrize(
        ("row", "tool"),
        [
            pytest.param({"id": {"0": "a"}, "text": {"0": "x"}}, "table as pandas writes it", id="pandas"),
            pytest.param({"version": 1, "data": [{"id": "a", "text": "x"}]}, "one object around a list", id="around"),
            pytest.param(
                {"entity_group": "PER", "score": 0.9, "word": "Ola", "start": 0, "end": 3},
                "transformers pipeline",
                id="hf",
            ),
        ],
    )
    def test_exports_are_called_by_their_tool(self, tmp_path: Path, row: dict[str, Any], tool: str) -> None:
        path = jsonl(tmp_path / "a.jsonl", [row, row])
        (tmp_path / "a.json").write_text(json.dumps([row, row], indent=1))
        for place in (path, tmp_path / "a.json"):
            with pytest.raises(FormatError, match=f"this is .*{tool}.*(write|save)"):
                load_dataset(place)

    def test_articles_of_ours_are_not_taken_for_others(self, tmp_path: Path) -> None:
        rows = [
            {"id": "a", "text": "x", "entities": [], "data": {"x": 1}, "annotations": [{"by": "kari"}]},
            {"id": "b"},
        ]
        assert len(load_dataset(jsonl(tmp_path / "a.jsonl", rows))) == 2


class TestStandardInput:
    @pytest.fixture
    def given(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        def give(content: bytes) -> None:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))

        return give

    @pytest.mark.parametrize("kind", ["native", "conll", "parquet"])
    def test_it_is_looked_into_like_a_file(self, tmp_path: Path, given: Any, kind: str) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        packed = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(ROWS), packed)
        content = {
            "native": "".join(json.dumps(row) + "\n" for row in ROWS).encode(),
            "conll": b"# document_id = a\nOla\tB-PER\nBrun\tI-PER\nleft\tO\nRuun\tB-GPE\n",
            "parquet": packed.getvalue(),
        }[kind]
        given(content)
        place = find_place("-")
        assert (place.kind, place.name, place.folder) == (kind, "stdin", None)
        gold = load_dataset("-")
        assert ENTITIES.of(gold.examples[0].gold)
        assert gold.origin == {}

    def test_either_side_of_score(self, tmp_path: Path, given: Any, capsys: pytest.CaptureFixture[str]) -> None:
        path = jsonl(tmp_path / "a.jsonl", ROWS)
        for sides in (("-", path), (path, "-")):
            given(path.read_bytes())
            words = ["score", "--gold", sides[0], "--predicted", sides[1], "--resamples", "0", "--json"]
            assert main(list(map(str, words))) == 0
            assert json.loads(capsys.readouterr().out)["tasks"]["entities"]["exact"]["micro"]["f1"] == 1.0

    def test_it_can_be_read_once_only(self, given: Any, capsys: pytest.CaptureFixture[str]) -> None:
        given(b"")
        assert main(["score", "--gold", "-", "--predicted", "-"]) == 2
        assert "both '-', and standard input can be read once" in capsys.readouterr().err

    def test_tags_on_both_sides_are_laid_on_each_other(
        self, tmp_path: Path, given: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        tags = "Ola\tB-PER\nBrun\tI-PER\nleft\tO\nRuun\tB-GPE\n"
        (tmp_path / "g.conll").write_text(tags)
        # Another cut into tokens, the same letters.
        given(tags.replace("left\tO\n", "le\tO\nft\tO\n").encode())
        words = ["score", "--gold", tmp_path / "g.conll", "--predicted", "-", "--resamples", "0", "--json"]
        assert main(list(map(str, words))) == 0
        assert json.loads(capsys.readouterr().out)["tasks"]["entities"]["exact"]["micro"]["f1"] == 1.0

    def test_what_cannot_be_told_is_asked_for(self, given: Any) -> None:
        given(b"just words")
        with pytest.raises(InputError, match=r"-: is in no format that evalkit knows; name its format with --format"):
            find_place("-")
        given(b"\x1f\x8b\x08")
        with pytest.raises(InputError, match="-: is compressed with gzip"):
            find_place("-")


@pytest.mark.parametrize("value", ["", " "])
@pytest.mark.parametrize(
    "words",
    [
        ("score", "--gold", "{}", "--predicted", "x"),
        ("run", "--model", "rules", "--dataset", "{}"),
        ("dataset", "validate", "{}"),
        ("dataset", "build", "{}"),
    ],
)
def test_an_empty_path_is_no_folder(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    value: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    jsonl(tmp_path / "a.jsonl", ROWS)
    assert main([word.format(value) for word in words]) == 2
    assert "empty; is a variable not set?" in capsys.readouterr().err
