"""A profile that is named: for every command that reads, and refused where it maps nothing."""

from __future__ import annotations

import json

import pytest

from evalkit.cli.main import main
from evalkit.dataset.loading.load import load_dataset
from evalkit.dataset.loading.sources import check_settings, find_place
from evalkit.errors import FormatError, InputError, UnknownNameError
from evalkit.options import ReadOptions

ROWS = [
    {"id": "a", "text": "Ida Moen left Oslo.", "spans": [{"start": 0, "end": 8, "label": "Person"}]},
    {"id": "b", "text": "Oslo slept.", "spans": [{"start": 0, "end": 4, "label": "City"}]},
]
PROFILE = """
format = "json-standoff"
[entities]
marks = ["Person", "City"]
labels = { Person = "PER", City = "LOC" }
"""


@pytest.fixture
def place(tmp_path):
    (tmp_path / "own.toml").write_text(PROFILE, encoding="utf-8")
    (tmp_path / "gold.json").write_text(json.dumps(ROWS), encoding="utf-8")
    (tmp_path / "native.jsonl").write_text('{"id": "a", "text": "Oslo.", "entities": []}\n', encoding="utf-8")
    return tmp_path


@pytest.fixture
def run(place, monkeypatch, capsys):
    monkeypatch.chdir(place)
    monkeypatch.setenv("EVALKIT_CACHE", str(place / "cache"))

    def run(*words):
        status = main(list(map(str, words)))
        return status, "".join(capsys.readouterr())

    return run


def test_a_profile_says_which_format_its_files_have(place):
    assert find_place(place / "gold.json", profile=place / "own.toml").kind == "json-standoff"
    gold = load_dataset(place / "gold.json", split="all", read=ReadOptions(profile=place / "own.toml"))
    assert [one.label for example in gold for one in example.gold["entities"]] == ["PER", "LOC"]
    # What loads the gold again says how it was read.
    assert gold.origin["profile"] == str(place / "own.toml")


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["dataset", "validate", "gold.json"], id="validate"),
        pytest.param(["dataset", "describe", "gold.json"], id="describe"),
        pytest.param(["dataset", "convert", "gold.json", "out.jsonl", "--to", "native"], id="convert"),
        pytest.param(["score", "--gold", "gold.json", "--predicted", "gold.json"], id="score"),
        pytest.param(["run", "--model", "rules", "--dataset", "gold.json", "--split", "all"], id="run"),
    ],
)
def test_every_command_that_reads_takes_one(run, words):
    status, output = run(*words, "--profile", "own.toml")
    assert status == 0, output


def test_a_run_of_gold_with_a_profile_can_be_scored_again(run):
    words = ["run", "--model", "rules", "--dataset", "gold.json", "--split", "all", "--out", "made"]
    assert run(*words, "--profile", "own.toml")[0] == 0
    assert run("explain", "made")[0] == 0


def test_a_profile_for_files_without_marks_is_refused_in_one_line(place, run):
    read = ReadOptions(profile="default")
    with pytest.raises(InputError, match=r"is read as native, which has no marks.*name a format \(.*xmi"):
        check_settings(read, find_place(place / "native.jsonl"))
    status, output = run("dataset", "validate", "native.jsonl", "--profile", "default")
    assert (status, output.count("\n")) == (2, 1)


def test_a_profile_for_one_of_two_sides_is_enough(place):
    read = ReadOptions(profile=place / "own.toml", format="json-standoff")
    check_settings(read, find_place(place / "native.jsonl"), find_place(place / "gold.json", "json-standoff"))


def test_an_unknown_profile_and_a_damaged_one_are_named(place):
    with pytest.raises(UnknownNameError, match="unknown profile 'defualt'; did you mean 'default'"):
        check_settings(ReadOptions(profile="defualt"), find_place(place / "native.jsonl"))
    (place / "bad.toml").write_text('[entitys]\nmarks = "*"\n', encoding="utf-8")
    with pytest.raises(FormatError, match="did you mean 'entities'"):
        find_place(place / "gold.json", profile=place / "bad.toml")


def test_suggestions_are_written_with_a_profile_and_refused_before_anything_runs(place, run):
    words = ["extract", "--model", "rules", "gold.json", "--profile", "own.toml"]
    status, output = run(*words, "--to", "native", "--out", "s.jsonl", "--to-profile", "default")
    assert status == 2
    assert "is written as native, which has no marks" in output
    status, output = run(*words, "--to-profile", "default")
    assert status == 2
    assert "say how --to is written" in output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--to-profile", "default"], "is written as native, which has no marks that a profile could map"),
        (["--write", "labelcase=keep"], "is written as native, which has no setting 'labelcase'; did you mean"),
        (["--write", "labels"], "'labels' is not name=value"),
    ],
)
def test_what_is_said_of_writing_is_checked(place, run, words, message):
    status, output = run("dataset", "convert", "native.jsonl", "out.jsonl", "--to", "native", *words)
    assert status == 2
    assert message in " ".join(output.split())
    assert not (place / "out.jsonl").exists()
