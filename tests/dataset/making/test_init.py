"""A folder that is laid out builds, validates and can be run over, and every printed command works."""

from __future__ import annotations

import shlex
from dataclasses import fields
from pathlib import Path

import pytest
from click.testing import CliRunner

from evalkit.cli.main import cli
from evalkit.dataset.checking.validate import validate_dataset
from evalkit.dataset.labels import load_inventory
from evalkit.dataset.loading.load import load_dataset
from evalkit.dataset.making.build import DatasetProblemsError, build_dataset
from evalkit.dataset.making.declaration import DATASET_FILE, Declaration, read_declaration
from evalkit.dataset.making.init import InitResult, init_dataset
from evalkit.errors import EvalkitError, FormatError, InputError, OutputError, UnknownNameError
from evalkit.toml import parse_toml


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))


def follow(result: InitResult) -> None:
    """Does what was printed, as it was printed."""
    for step in result.next_steps:
        program, *words = shlex.split(step)
        done = CliRunner().invoke(cli, words)
        assert program == "evalkit"
        assert done.exit_code == 0, (step, done.output, done.exception)


@pytest.mark.parametrize(
    "layers",
    [(), "entities", "quotes", "stances", "categories", ("entities", "quotes"), ("entities", "stances", "categories")],
)
def test_every_printed_command_works(layers: tuple[str, ...] | str) -> None:
    result = init_dataset("my gold", layers=layers)
    assert validate_dataset("my gold").problems == ()
    follow(result)
    assert validate_dataset("my gold").problems == ()
    (example,) = load_dataset("my gold", split="test")
    wanted = (layers,) if isinstance(layers, str) else layers or ("entities", "quotes", "stances")
    assert set(example.gold.layers) == set(wanted)
    assert all(example.gold.layers.values())


def test_printed_are_the_files_and_the_commands() -> None:
    done = CliRunner().invoke(cli, ["dataset", "init", "own/gold", "--layers", "entities"])
    assert done.exit_code == 0, done.output
    assert [line.strip() for line in done.stdout.splitlines() if line.strip()] == [
        "own/gold/dataset.toml",
        "own/gold/labels.toml",
        "own/gold/GUIDELINES.md",
        "own/gold/drafts/test/example.txt",
        "next",
        "evalkit dataset build own/gold/drafts --out own/gold",
        "evalkit dataset validate own/gold",
        "evalkit run --model trivial --dataset own/gold",
    ]
    assert all(Path(line).is_file() for line in done.stdout.splitlines()[:4])


class TestLabels:
    @pytest.mark.parametrize(
        "content", ["# ours\nSHIP: What floats: all of it.\nCREW\n", "SHIP\tWhat floats: all of it.\n\nCREW\n"]
    )
    def test_a_list_of_labels(self, content: str) -> None:
        Path("labels.txt").write_text(content)
        follow(init_dataset("gold", layers="entities", labels="labels.txt"))
        inventory = load_inventory("gold")
        assert inventory.labels_of("entities") == ("SHIP", "CREW")
        assert inventory.definitions_of("entities")["SHIP"] == "What floats: all of it."
        assert "[[SHIP:name-1|Name 1]]" in Path("gold/drafts/test/example.txt").read_text()

    def test_a_labels_toml_is_taken_over(self) -> None:
        Path("ours.toml").write_text("[entities.SHIP]\ncolour = 'navy'\n[maps.usual]\nSHIP = 'FAC'\n")
        follow(init_dataset("gold", labels=Path("ours.toml")))
        assert Path("gold/labels.toml").read_text() == Path("ours.toml").read_text()

    @pytest.mark.parametrize("label", ["two words", "a|b", "]]", "ünicode", 'quo"te', "a\x7fb", "`tick`"])
    def test_labels_that_markup_cannot_hold_are_written_in_the_native_form(self, label: str) -> None:
        Path("labels.txt").write_text(label, encoding="utf-8")
        follow(init_dataset("gold", layers="entities", labels="labels.txt"))
        (example,) = load_dataset("gold", split="test")
        assert {entity.label for entity in example.gold.entities} == {label}

    @pytest.mark.parametrize(
        ("content", "message"),
        [("", "lists no label"), ("A\nB\nA\n", ":3: label 'A' is listed twice"), ("# A\n", "lists no label")],
    )
    def test_a_list_that_is_none_is_refused(self, content: str, message: str) -> None:
        Path("labels.txt").write_text(content)
        with pytest.raises(FormatError, match=message):
            init_dataset("gold", labels="labels.txt")
        assert not Path("gold").exists()


@pytest.mark.parametrize("name", ["dataset.toml", "labels.toml", "GUIDELINES.md", "drafts/mine.txt"])
def test_nothing_is_overwritten(name: str) -> None:
    path = Path("gold") / name
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    with pytest.raises(OutputError, match="exists already, and nothing is overwritten"):
        init_dataset("gold")
    assert [file for file in Path("gold").rglob("*") if file.is_file()] == [path]
    assert path.read_text() == "mine"


def test_the_folder_that_one_is_in(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("inside").mkdir()
    monkeypatch.chdir("inside")
    follow(init_dataset("."))
    assert read_declaration(Path()).title == "inside"
    # Where validate looks for it.
    assert Path("../corpus/example.txt").is_file()


def test_a_dataset_beside_another_has_texts_of_its_own() -> None:
    first, second = init_dataset("one"), init_dataset("two", layers="entities")
    follow(first)
    follow(second)
    # Both are called example, and say other things.
    assert Path("corpus/example.txt").read_text() != Path("two-corpus/example.txt").read_text()
    assert validate_dataset("two").problems == ()
    follow(init_dataset("three", layers="quotes"))
    # Built once, its corpus is found again.
    build_dataset("two", Path("two"))


def test_a_text_that_another_dataset_has_is_told_of_with_a_way_out() -> None:
    follow(init_dataset("one"))
    init_dataset("two", layers="entities")
    with pytest.raises(DatasetProblemsError, match=r"if that is the corpus of another dataset.*--corpus two-corpus"):
        build_dataset("two/drafts", Path("two"))


def test_a_folder_with_other_files_may_be_there() -> None:
    Path("gold").mkdir()
    Path("gold/notes.md").write_text("mine")
    follow(init_dataset("gold"))
    assert Path("gold/notes.md").read_text() == "mine"


@pytest.mark.parametrize(
    ("layers", "kind", "message"),
    [
        ("entitys", UnknownNameError, "unknown layer 'entitys'; did you mean 'entities'"),
        (("quotes", "stance"), UnknownNameError, "did you mean 'stances'"),
        (3, InputError, "layers must be a name or a list of names"),
    ],
)
def test_layers_that_there_are_not(layers: object, kind: type[EvalkitError], message: str) -> None:
    with pytest.raises(kind, match=message):
        init_dataset("gold", layers=layers)  # type: ignore[arg-type]


def test_every_key_of_a_declaration_is_explained_and_may_be_filled_in() -> None:
    init_dataset("gold")
    text = Path("gold", DATASET_FILE).read_text()
    assert read_declaration(Path("gold")) == Declaration(title="gold")
    filled = "\n".join(line.removeprefix("# ") for line in text.splitlines() if "=" in line or line.startswith("# ["))
    declared = parse_toml(filled, "x")
    assert set(declared) == {own.name for own in fields(Declaration)}
    Path("gold", DATASET_FILE).write_text(filled)
    assert read_declaration(Path("gold")).scope


def test_what_is_explained_of_labels_may_be_filled_in() -> None:
    init_dataset("gold", layers="quotes")
    path = Path("gold", "labels.toml")
    lines = path.read_text().splitlines()
    filled = [line.removeprefix("# ") for line in lines if "=" in line or "[" in line.removeprefix("# ")[:1]]
    path.write_text("\n".join(filled))
    inventory = load_inventory("gold")
    assert inventory.colours_of("entities") == {"SHIP": "#2266aa"}
    assert inventory.maps["usual"].mapping == {"SHIP": "FAC", "CARGO": None}


def test_drafts_are_no_split_whatever_is_in_them() -> None:
    follow(init_dataset("gold"))
    Path("gold/drafts/export.json").write_text("[]")
    assert validate_dataset("gold").problems == ()
    assert [gold.name for gold in Path("gold").iterdir() if gold.is_dir()].count("drafts") == 1
    assert load_dataset("gold", split="all").split == "all"
    assert len(load_dataset("gold", split="all")) == 1
