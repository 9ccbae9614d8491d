"""The door: the format of a file is told or found, never guessed; what is wrong is said with what to do."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import replace
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from evalkit import registry
from evalkit.dataset.loading.load import load_dataset, load_splits
from evalkit.dataset.loading.sources import check_settings, find_place, read_place
from evalkit.errors import EvalkitError, FormatError, InputError, UnknownNameError
from evalkit.files import read_bytes
from evalkit.formats.base import Batch, Format, Losses
from evalkit.options import ReadOptions
from evalkit.predictions.load import load_sides
from evalkit.records import Annotations, Article, Entity, Example, Span
from evalkit.workflows.inputs import read_again

TAGS = "# document_id = a\nOla\tB-PER\nBrun\tI-PER\nleft\tO\n"
ROW = json.dumps({"id": "a", "text": "Ola Brun left\n", "entities": [{"start": 0, "end": 8, "label": "PER"}]})
INLINE = "id: a\n---\n[[PER:-|Ola Brun]] left\n---\n"


def example(label: str) -> Example:
    entity = Entity(id="e1", spans=(Span(0, 8),), label=label)
    return Example(article=Article(id="a", text="Ola Brun left"), gold=Annotations(entities=(entity,)))


def sure(certainty: float, **fields: object) -> Format:
    """A format of another package that is as sure as that of every file."""
    form = Format(name="theirs", about="theirs", suffixes=(".theirs",), sniff=lambda path, head: certainty)
    return replace(form, **fields)


@pytest.fixture
def theirs(monkeypatch: pytest.MonkeyPatch):
    """Registers an object as the format `theirs`."""

    def register(form: object) -> None:
        class Point(EntryPoint):
            def load(self) -> object:
                if isinstance(form, Exception):
                    raise form
                return form

        point = Point(name="theirs", value="theirs:THEIRS", group="evalkit.formats")
        monkeypatch.setattr(registry, "installed", lambda group: EntryPoints([point] if group == point.group else []))

    return register


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        pytest.param("a.conll", TAGS, "conll", id="conll"),
        pytest.param("a.txt", TAGS, "conll", id="tag columns in a text file"),
        pytest.param("a", TAGS, "conll", id="tag columns without an ending"),
        pytest.param("a.jsonl", ROW, "native", id="native"),
        pytest.param("a.json", f"\ufeff [{ROW}]", "native", id="native, a list after a mark"),
        pytest.param("a.gold", ROW, "native", id="native with an ending of its own"),
        pytest.param("a.jsonl", "", "native", id="an empty file"),
        pytest.param("a.txt", INLINE, "inline", id="inline"),
        pytest.param("a.md", INLINE, "inline", id="inline with an ending of its own"),
        pytest.param("a.txt", "Ola Brun left\n", "inline", id="a text without anything"),
    ],
)
def test_the_format_of_a_file_is_found(tmp_path: Path, name: str, content: str, kind: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert find_place(tmp_path / name).kind == kind


@pytest.mark.parametrize(
    ("content", "kind"), [pytest.param(TAGS, "conll", id="conll"), pytest.param(INLINE, "inline", id="inline")]
)
def test_the_format_of_a_folder_is_that_of_its_files(tmp_path: Path, content: str, kind: str) -> None:
    suffix = {"conll": ".conll", "inline": ".txt"}[kind]
    for split in ("dev", "test"):
        (tmp_path / split).mkdir()
        (tmp_path / split / f"{split}{suffix}").write_text(content.replace("a\n", f"{split}\n", 1), encoding="utf-8")
    (tmp_path / "README.md").write_text("# What this is\n")
    assert find_place(tmp_path).kind == kind
    assert [(gold.split, len(gold)) for gold in load_splits(tmp_path)] == [("dev", 1), ("test", 1)]


def test_a_folder_of_rows_is_read_and_other_text_is_left_to_datasets(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Ola Brun left\n")
    assert find_place(tmp_path).kind == "hub"
    (tmp_path / "b.jsonl").write_text(ROW)
    assert find_place(tmp_path).kind == "rows"


def test_numbered_documents_of_two_files_have_two_ids(tmp_path: Path) -> None:
    for name in ("x", "y"):
        (tmp_path / f"{name}.conll").write_text("Ola\tB-PER\n\nleft\tO\n")
    ids = [example.article.id for example in load_dataset(tmp_path)]
    assert ids == ["x-0001", "x-0002", "y-0001", "y-0002"]


def test_a_format_that_is_told_is_not_looked_for(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(ROW)
    assert find_place(tmp_path / "a.txt", "inline").kind == "inline"
    with pytest.raises(FormatError, match="found 0 lines '---'"):
        load_dataset(tmp_path / "a.txt", format="inline")


def test_a_pipe_is_read_once(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, ROW.encode())
    os.close(writing)
    try:
        assert len(load_dataset(f"/dev/fd/{reading}")) == 1
    finally:
        os.close(reading)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
@pytest.mark.parametrize("format_name", [None, "native", "conll", "parquet"])
@pytest.mark.parametrize("kind", ["named pipe", "socket", "device"])
def test_what_is_no_regular_file_is_not_opened(tmp_path: Path, kind: str, format_name: str | None) -> None:
    (tmp_path / "gold").mkdir()
    path = tmp_path / "gold" / "a.jsonl"
    if kind == "named pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(str(path))
    else:
        path.symlink_to("/dev/zero")
    for source in (path, tmp_path / "gold"):
        with pytest.raises(InputError, match=f"a.jsonl: is no regular file but a {kind}"):
            find_place(source, format_name)
    with pytest.raises(InputError, match="is no regular file"):
        read_bytes(path)


@pytest.mark.parametrize(
    ("source", "format_name", "error", "message"),
    [
        pytest.param("", None, InputError, "path of the dataset is empty; is a variable not set", id="empty"),
        pytest.param(
            "gold.jsonk", None, InputError, "'gold.jsonk' does not exist; did you mean 'gold.jsonl", id="path"
        ),
        pytest.param("odd.dat", None, InputError, r"in no format .* --format \(.*native", id="unknown"),
        pytest.param("gold.jsonl", "nativ", UnknownNameError, "format 'nativ'; did you mean 'native'", id="name"),
        pytest.param(None, "conll", InputError, "'conll' is that of a file or folder; say which", id="bundled"),
    ],
)
def test_what_cannot_be_found(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: str | None,
    format_name: str | None,
    error: type[EvalkitError],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("gold.jsonl").write_text(ROW)
    Path("odd.dat").write_bytes(b"\x15\x04")
    with pytest.raises(error, match=message):
        find_place(source, format_name)


def test_settings_belong_to_a_format(tmp_path: Path) -> None:
    for name, content in (("a.jsonl", ROW), ("a.conll", TAGS)):
        (tmp_path / name).write_text(content)
    native, tags = find_place(tmp_path / "a.jsonl"), find_place(tmp_path / "a.conll")
    check_settings(ReadOptions(values={"tag_column": "1"}), native, tags)
    with pytest.raises(InputError, match=r"a\.jsonl is read as native, but --tag-column goes with --format conll"):
        check_settings(ReadOptions(values={"tag_column": "1"}), native)
    with pytest.raises(InputError, match="which has no setting 'tag_colum'; did you mean 'tag_column'"):
        check_settings(ReadOptions(values={"tag_colum": "1"}), tags)
    with pytest.raises(InputError, match="a dataset folder, but --scheme goes with"):
        load_dataset(read=ReadOptions(values={"scheme": "IO"}))


def test_gold_can_be_loaded_again_from_where_it_says(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("Ola\tB-PER\tO\nleft\tO\tB-X\n")
    gold = load_dataset(path, read=ReadOptions(values={"tag_column": "2"}))
    assert gold.origin == {"dataset": str(path), "format": "conll", "tag_column": "2"}
    assert gold.reading == "tags:IOB2/begin"
    assert gold.notes[0].startswith("tags read as IOB2")
    assert gold.subset(limit=1).reading == gold.reading
    assert load_dataset(gold.origin["dataset"], read=read_again(gold.origin, "all")[1]) == gold
    assert load_dataset().origin == {"dataset": "news-gold"}


class TestReadings:
    READ = replace(
        example("PER"), gold=Annotations(), readings={"kari": example("PER").gold, "ola": example("ORG").gold}
    )

    def test_one_of_several_must_be_named(self, tmp_path: Path, theirs) -> None:
        theirs(sure(1.0, read=lambda source, options: Batch(examples=(self.READ,))))
        (tmp_path / "a").write_text("x")
        message = (
            r"/a: 1 article has several readings and no gold; say whose counts with --annotator NAME \(kari 1, ola"
        )
        with pytest.raises(InputError, match=message):
            load_dataset(tmp_path / "a")
        with pytest.raises(UnknownNameError, match="unknown annotator 'karl'; did you mean 'kari'"):
            load_dataset(tmp_path / "a", annotator="karl")
        gold = load_dataset(tmp_path / "a", annotator="ola")
        assert gold.examples == (replace(self.READ, gold=example("ORG").gold),)
        assert gold.origin["annotator"] == "ola"

    def test_the_only_one_is_the_gold(self, tmp_path: Path, theirs) -> None:
        only = replace(self.READ, readings={"kari": example("PER").gold})
        theirs(sure(1.0, read=lambda source, options: Batch(examples=(only,))))
        (tmp_path / "a").write_text("x")
        assert load_dataset(tmp_path / "a").examples == (replace(only, gold=example("PER").gold),)

    def test_where_there_are_none_none_can_be_named(self, tmp_path: Path) -> None:
        (tmp_path / "a.jsonl").write_text(ROW)
        with pytest.raises(InputError, match="keeps no readings by annotator"):
            load_dataset(tmp_path / "a.jsonl", read=ReadOptions(annotator="kari"))


class TestFormatsOfOthers:
    @pytest.mark.parametrize(
        ("form", "message"),
        [
            pytest.param(sure(0.9), r"a\.jsonl: may be native or theirs; name its format with --format", id="a draw"),
            pytest.param(sure(1.0), "format 'theirs' is only written, not read", id="not read"),
            pytest.param(
                sure(1.0, read=lambda source, options: {}["text"]),
                r"a\.jsonl: format 'theirs' cannot read it \(KeyError: 'text'\)",
                id="stumbles",
            ),
            pytest.param(sure(1.0, read=lambda source, options: [1]), "read .* as list, not as a Batch", id="no batch"),
        ],
    )
    def test_trouble_is_one_line(self, tmp_path: Path, theirs, form: Format, message: str) -> None:
        theirs(form)
        (tmp_path / "a.jsonl").write_text(ROW)
        with pytest.raises(EvalkitError, match=message) as caught:
            load_dataset(tmp_path / "a.jsonl")
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize("form", [ImportError("no module"), "no format"], ids=["cannot be imported", "a string"])
    def test_a_broken_one_hinders_nobody_else(self, tmp_path: Path, theirs, form: object) -> None:
        theirs(form)
        (tmp_path / "a.jsonl").write_text(ROW)
        assert len(load_dataset(tmp_path / "a.jsonl")) == 1
        (tmp_path / "a.dat").write_text("x")
        with pytest.raises(EvalkitError, match="format 'theirs' is"):
            load_dataset(tmp_path / "a.dat")

    def test_a_folder_can_be_the_unit(self, tmp_path: Path, theirs) -> None:
        form = sure(0.0, read=lambda source, options: Batch(examples=(example(source.path.name),)))
        theirs(replace(form, sniff=lambda path, head: 1.0 if path.is_dir() else 0.0))
        (tmp_path / "ORG").mkdir()
        (tmp_path / "ORG" / "a.txt").write_text(INLINE)
        assert load_dataset(tmp_path / "ORG").examples == (example("ORG"),)

    def test_labels_are_those_of_labels_toml_else_those_that_the_file_defines_or_uses(
        self, tmp_path: Path, theirs
    ) -> None:
        batch = Batch(examples=(example("SHIP"),))
        (tmp_path / "a").write_text("x")
        theirs(sure(1.0, read=lambda source, options: batch))
        assert load_dataset(tmp_path / "a").inventory.labels_of("entities") == ("SHIP",)
        theirs(sure(1.0, read=lambda source, options: replace(batch, labels={"entities": ("RAIL", "SHIP")})))
        assert load_dataset(tmp_path / "a").inventory.labels_of("entities") == ("RAIL", "SHIP")
        (tmp_path / "labels.toml").write_text("[entities.PER]\n")
        with pytest.raises(EvalkitError, match="label 'SHIP' is not in the inventory"):
            load_dataset(tmp_path / "a")


def test_losses_in_words() -> None:
    losses = Losses(written={"entities": 2}, lost={"entities": {"nested": 1, "crossing": 0}, "quotes": {"all": 3}})
    assert str(losses) == "1 entity (nested), 3 quotes (all)"
    assert not str(Losses(written={"entities": 2}))


def test_reading_goes_on_after_damage(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f'{ROW}\n{{"id": 3.5}}\n{ROW}\n{{"id"\n')
    batch = read_place(find_place(path))
    assert len(batch.examples) == len(batch.claims) == len(batch.splits) == 2
    assert [str(problem).partition(": ")[0] for problem in batch.problems] == [f"{path}:2", f"{path}:4"]


def test_split_and_number_of_articles(tmp_path: Path) -> None:
    rows = [{"id": f"a{n}", "text": "x", "entities": [], "split": "dev" if n else "test"} for n in range(4)]
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ids = [example.article.id for example in load_dataset(path, read=ReadOptions(split="dev", limit=2))]
    assert ids == ["a1", "a2"]
    assert load_dataset(path, split="test", read=ReadOptions(split="dev")).split == "test"
    assert load_dataset(path).split == "test"


def test_the_one_document_of_a_file_is_called_after_it(tmp_path: Path) -> None:
    for name in ("dev/x", "test/x", "test/y"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.conll").write_text("Ola\tB-PER\nleft\tO\n")
    # Two files are called x: their folders tell them apart.
    assert [example.article.id for example in load_dataset(tmp_path, split="all")] == ["dev-x", "test-x", "y"]
    assert [example.article.id for example in load_dataset(tmp_path, split="test")] == ["test-x", "y"]


@pytest.fixture
def two_folders(tmp_path: Path) -> tuple[Path, Path]:
    """Gold with two files, and predictions in other tokens for one of them and for a third."""
    files = {
        "gold/a": "Ola\tB-PER\nBrunsen\tI-PER\nleft\tO\n",
        "gold/b": "Mia\tB-PER\nsang\tO\n",
        "predicted/a": "Ola\tB-PER\nBrun\tI-PER\n##sen\tI-PER\nleft\tO\n",
        "predicted/z": "Kari\tB-PER\n",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.conll").write_text(content)
    return tmp_path / "gold", tmp_path / "predicted"


def test_two_folders_of_tag_files_are_laid_on_each_other_file_by_file(two_folders: tuple[Path, Path]) -> None:
    gold, run = load_sides(*two_folders)
    assert [(example.article.id, example.article.text) for example in gold.examples] == [
        ("a", "Ola Brunsen left"),
        ("b", "Mia sang"),
    ]
    predicted = {one.article_id: [tuple(e.spans[0]) for e in one.annotations["entities"]] for one in run.predictions}
    assert predicted == {"a": [(0, 11)], "z": [(0, 4)]}


def test_two_folders_of_splits_are_read_for_the_split_that_is_asked_for(tmp_path: Path) -> None:
    for side in ("gold", "predicted"):
        for split in ("dev", "test"):
            (tmp_path / side / split).mkdir(parents=True)
            (tmp_path / side / split / "x.conll").write_text(f"Ola\tB-PER\n{split}\tO\n")
    gold, run = load_sides(tmp_path / "gold", tmp_path / "predicted")
    assert [example.article.id for example in gold.examples] == ["test-x"]
    assert [prediction.article_id for prediction in run.predictions] == ["test-x"]


def test_files_with_other_endings_are_read_where_the_format_is_told(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("Read me.\n")
    (tmp_path / "b.txt").write_text("Kari B-PER\n")
    (tmp_path / "a.txt").write_text("Ola B-PER\nleft O\n")
    assert [example.article.id for example in load_dataset(tmp_path, format="conll")] == ["a", "b"]
    (tmp_path / "c.conll").write_text("Mia B-PER\n")
    # Where there are files with an ending of the format, the others are something else.
    assert [example.article.id for example in load_dataset(tmp_path, format="conll")] == ["c"]


def test_a_folder_without_a_file_of_the_told_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Plain words stand here and nothing else.\n")
    with pytest.raises(InputError, match="holds no file that ends in"):
        load_dataset(tmp_path, format="conll")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        pytest.param("a.pkl", b"(lp0\n.", "is a pickle, which is never loaded", id="pickle-of-letters"),
        pytest.param("a.pickle", b"\x80\x05]\x94.", "is a pickle, which is never loaded", id="pickle"),
        pytest.param("a.jsonl", b"\x80\x04]\x94.", "is a pickle, which is never loaded", id="pickle-called-otherwise"),
        pytest.param("a.tar", b"x" * 600, "damaged .no tar archive.; pack it again", id="tar"),
        pytest.param("a.xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "is XML", id="entities-of-xml"),
    ],
)
def test_what_is_never_read_is_named(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(EvalkitError, match=said):
        load_dataset(tmp_path / name)
