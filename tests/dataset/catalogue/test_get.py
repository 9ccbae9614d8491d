"""A corpus as a dataset folder, and by its name wherever a dataset is taken."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from evalkit.cli.main import main
from evalkit.dataset.catalogue import reading
from evalkit.dataset.catalogue.get import get_dataset
from evalkit.dataset.checking.validate import validate_dataset
from evalkit.dataset.loading.load import load_dataset, load_splits
from evalkit.errors import InputError, OutputError, UnknownNameError
from evalkit.folders import cache_folder
from evalkit.formats.base import Batch, Source
from evalkit.options import ReadOptions
from tests.dataset.catalogue.file_server import FileServer
from tests.dataset.catalogue.small_corpus import write_copy


@pytest.fixture
def copy(small: FileServer, tmp_path: Path) -> Path:
    write_copy(tmp_path / "copy")
    return tmp_path / "copy"


def test_a_corpus_becomes_a_dataset_folder(small: FileServer):
    obtained = get_dataset("small")
    assert (obtained.path, obtained.is_new) == (Path("small"), True)
    assert obtained.articles == {"train": 2, "test": 3}
    assert obtained.licence == "CC BY-NC 4.0; no commercial use"
    folder = Path("small")
    assert sorted(path.name for path in (folder / "test").iterdir()) == [
        *("small.test-0001.json", "small.test-0002.json", "small.test-0003.json")
    ]
    card = (folder / "README.md").read_text()
    assert 'license: "cc-by-nc-4.0"' in card
    assert "forbids commercial use" in card
    assert "@inproceedings{moen-2024," in card
    assert "Splits: those of its files." in card
    assert not validate_dataset("small").problems


def test_the_folder_says_what_the_name_says(copy: Path):
    get_dataset("small", "folder/small", copy=copy)
    for by_name, by_folder in zip(load_splits("small"), load_splits("folder/small"), strict=True):
        assert by_name.fingerprint == by_folder.fingerprint
        assert by_name.inventory == by_folder.inventory


def test_a_second_time_it_is_there(small: FileServer, copy: Path):
    get_dataset("small", copy=copy)
    before = {path: path.stat().st_mtime_ns for path in Path("small").rglob("*")}
    again = get_dataset("small")
    assert (again.is_new, again.articles) == (False, {"train": 2, "test": 3})
    assert {path: path.stat().st_mtime_ns for path in Path("small").rglob("*")} == before
    assert not small.asked


def test_a_folder_with_something_else_stays(copy: Path):
    Path("small").mkdir()
    Path("small", "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="small: exists already and is not small"):
        get_dataset("small", copy=copy)
    assert [path.name for path in Path("small").iterdir()] == ["mine.txt"]


def test_a_folder_that_lost_an_article_is_not_called_there(copy: Path):
    get_dataset("small", copy=copy)
    Path("small/test/small.test-0002.json").unlink()
    with pytest.raises(OutputError, match=r"small\.test-0002"):
        get_dataset("small", copy=copy)


def test_a_folder_of_another_commit_is_named(copy: Path):
    get_dataset("small", copy=copy)
    path = Path("small/corpus.json")
    path.write_text(path.read_text().replace("0123456789" * 4, "f" * 40))
    with pytest.raises(OutputError, match="holds small at fffffff; delete the folder"):
        get_dataset("small", copy=copy)


def test_a_failure_leaves_nothing(small: FileServer):
    small.files.popitem()
    with pytest.raises(InputError, match="answered 404"):
        get_dataset("small")
    assert not Path("small").exists()


def test_python_says_download(small: FileServer):
    with pytest.raises(InputError, match="download=True in Python"):
        load_dataset("small")
    assert len(load_dataset("small", download=True)) == 3


def test_articles_have_the_language_and_split_of_the_entry(copy: Path):
    get_dataset("small", "folder", copy=copy)
    gold = load_dataset("small", split="train")
    assert [example.article.lang for example in gold] == ["en", "en"]
    assert (gold.name, gold.split, gold.origin["dataset"]) == ("small", "train", "small")


def test_only_files_that_may_hold_the_split_are_read(copy: Path, monkeypatch: pytest.MonkeyPatch):
    get_dataset("small", "folder", copy=copy)
    read: list[str] = []
    form = reading.corpus_format("conll")

    def noted(source: Source, options: ReadOptions) -> Batch:
        read.append(source.path.name)
        return form.read(source, options)  # type: ignore[misc]

    monkeypatch.setattr(reading, "corpus_format", lambda name: replace(form, read=noted))
    assert len(load_dataset("small", split="test")) == 3
    assert read == ["small.test.conll"]
    with pytest.raises(UnknownNameError, match=r"unknown split 'dev'.*test, train"):
        load_dataset("small", split="dev")


def test_a_path_goes_before_the_catalogue(copy: Path, tmp_path: Path):
    get_dataset("small", "elsewhere", copy=copy)
    Path("small").write_text('{"id": "a", "text": "Ola.", "entities": []}\n')
    (gold,) = load_splits("small")
    assert [example.article.id for example in gold] == ["a"]


def test_a_format_is_not_wanted(copy: Path):
    get_dataset("small", "elsewhere", copy=copy)
    with pytest.raises(InputError, match="read as its entry says; leave out the format"):
        load_dataset("small", format="conll")


def test_commands_take_the_name_after_saying_so(
    small: FileServer, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
):
    run = ["run", "--model", "trivial", "--dataset", "small", "--no-floor", "--resamples", "0", "--json"]
    assert main(run) == 2
    assert "add --download" in capsys.readouterr().err
    assert not small.asked
    assert main([*run, "--download"]) == 0
    # The log is what people see on standard error; pytest has it here.
    assert [message[:33] for message in caplog.messages] == ["fetching small (Small corpus) fro"]
    assert json.loads(capsys.readouterr().out)["gold"].startswith("small@")
    # Once it is here nobody has to be asked.
    assert main(run) == 0
    assert len(caplog.messages) == 1
    assert main(["dataset", "describe", "small", "--json"]) == 0
    assert main(["dataset", "validate", "small"]) == 0
    assert main(["dataset", "convert", "small", "out.jsonl", "--to", "native"]) == 0


def test_the_commands_of_the_catalogue(small: FileServer, copy: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["dataset", "list", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert {"name", "layers", "language", "articles", "licence", "about", "cite", "address"} <= set(row)
    assert (row["name"], row["articles"], row["forbids"]) == ("small", 5, ["commercial use"])
    assert main(["dataset", "list"]) == 0
    assert "CC BY-NC 4.0; no commercial use" in " ".join(capsys.readouterr().out.split())
    assert main(["dataset", "get", "small", "--from", str(copy)]) == 0
    output = capsys.readouterr().out
    assert "small: written to small" in output
    assert "licence: CC BY-NC 4.0; no commercial use" in output
    assert "@inproceedings{moen-2024," in output
    assert main(["dataset", "get", "small"]) == 0
    assert "there already" in capsys.readouterr().out
    assert main(["dataset", "get", "smal"]) == 2
    assert "did you mean 'small'" in capsys.readouterr().err
    assert not small.asked


def test_offline_there_is_one_line(small: FileServer, capsys: pytest.CaptureFixture[str]):
    small.replies = [lambda handler, content, begin: None]
    assert main(["dataset", "get", "small"]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert [line for line in errors if line.startswith("error")] == errors[-1:]
    assert not Path("small").exists()
    assert not [path for path in cache_folder().rglob("*.part") if path.stat().st_size]
