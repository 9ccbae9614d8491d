"""What was measured of a dataset stands in its card, with what has changed since."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from evalkit.cli.main import main
from evalkit.dataset.loading.load import load_dataset, load_splits
from evalkit.dataset.making.build import build_dataset
from evalkit.dataset.publishing.measured import (
    ARTICLES,
    GOLD,
    MEASURED_FILE,
    READINGS,
    Figure,
    read_measured,
    record_measurement,
)
from evalkit.errors import FormatError, InputError
from evalkit.workflows.curating.agreement import measure_agreement
from evalkit.workflows.curating.leakage import find_leakage
from evalkit.workflows.curating.suspects import find_suspects


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    readings = {name: {"entities": [{"id": "e1", "spans": [[0, 3]], "label": "PER"}]} for name in ("kari", "ola")}
    row = {
        "id": "a",
        "split": "test",
        "text": "Ida left.",
        "metadata": {"licence": "cc0-1.0", "origin": "a test"},
        "entities": [{"id": "e1", "spans": [[0, 3]], "label": "PER"}],
        "readings": readings,
    }
    (tmp_path / "rows.jsonl").write_text(json.dumps(row))
    (tmp_path / "gold").mkdir()
    declared = 'licence = "cc-by-4.0"\nguidelines = "Version 2"\n[readers]\nkari = "A student."\n'
    (tmp_path / "gold" / "dataset.toml").write_text(declared)
    build_dataset(tmp_path / "rows.jsonl", tmp_path / "gold", corpus=tmp_path / "corpus")
    return tmp_path / "gold"


def card(folder: Path) -> str:
    build_dataset(folder, folder, corpus=folder.parent / "corpus")
    return (folder / "README.md").read_text()


def test_readers_guidelines_and_licences_of_articles_stand_in_the_card(folder: Path) -> None:
    said = card(folder)
    assert "Guidelines: Version 2\n" in said
    assert "* kari: read 1 article. A student.\n* ola: read 1 article\n" in said
    assert "By article (`licence`, `origin`):\n\n* 1 article: cc0-1.0, a test\n" in said
    assert "What was measured" not in said


def record(folder: Path, name: str, of: str, **figures: Figure) -> None:
    record_measurement(folder, name, figures, load_splits(folder), of=[of])


def edit(folder: Path, old: str, new: str, *, times: int) -> None:
    """Changes the only article, as by hand."""
    file = folder / "test" / "a.json"
    content = file.read_text()
    assert content.count(old) >= times
    file.write_text(content.replace(old, new, times))


def test_figures_stand_in_the_card_in_words(folder: Path) -> None:
    record(folder, "leakage", GOLD, pairs=Figure(value=0, about="pairs of articles that share text"))
    record(folder, "agreement", READINGS, f1=Figure(value=0.875, ci=(0.8, 1)), alpha=Figure(value=None))
    said = card(folder)
    assert "| measured | figure | value | interval |\n" in said
    assert "| agreement | f1 | 0.875 | 0.8 to 1 |\n| agreement | alpha | – |  |\n" in said
    assert "| leakage | pairs of articles that share text | 0 |  |\n" in said
    assert "Over the splits test: agreement, leakage.\n" in said
    assert "Changed since" not in said
    assert card(folder) == said


def test_only_what_changed_is_out_of_date(folder: Path) -> None:
    record(folder, "leakage", ARTICLES, pairs=Figure(value=0))
    record(folder, "suspects", GOLD, items=Figure(value=0))
    record(folder, "agreement", READINGS, f1=Figure(value=1))
    # The gold stands before the readings.
    edit(folder, '"PER"', '"ORG"', times=1)
    assert "Changed since it was measured: suspects (the gold of test).\n" in card(folder)
    edit(folder, '"ORG"', '"PER"', times=1)
    assert "Changed since" not in card(folder)
    edit(folder, '"PER"', '"ORG"', times=2)
    edit(folder, '"ORG"', '"PER"', times=1)
    assert "Changed since it was measured: agreement (the readings of kari).\n" in card(folder)
    edit(folder, '"published": ""', '"published": "2024-05-01"', times=1)
    said = card(folder)
    assert "Changed since it was measured: agreement (the readings of kari), leakage (the articles of test).\n" in said


def test_a_record_of_the_first_form_is_read(folder: Path) -> None:
    (gold,) = load_splits(folder)
    one = {"evalkit": "0.1.0", "gold": {"test": gold.fingerprint}, "figures": {"pairs": 2}}
    (folder / MEASURED_FILE).write_text(json.dumps({"version": 1, "measured": {"leakage": one}}))
    said = card(folder)
    assert "| leakage | pairs | 2 |  |\n" in said
    assert "Changed since" not in said


def test_a_later_measurement_takes_the_place(folder: Path) -> None:
    for pairs in (3, 1):
        record(folder, "leakage", GOLD, pairs=Figure(value=pairs))
    assert read_measured(folder)["leakage"].figures == {"pairs": Figure(value=1)}


@pytest.mark.parametrize(
    "content", ["[]", '{"version": 2, "measured": {}}', '{"version": 1, "measured": {"a": 1}}', "{"]
)
def test_a_damaged_file_is_named(content: str, folder: Path) -> None:
    (folder / MEASURED_FILE).write_text(content)
    with pytest.raises(FormatError, match="delete it, and measure again"):
        read_measured(folder)


@pytest.mark.parametrize("place", ["no", "gold/test", "rows.jsonl", "empty"])
@pytest.mark.parametrize("measure", [find_leakage, find_suspects, measure_agreement])
def test_only_a_dataset_folder_keeps_figures(measure: Callable[..., object], place: str, folder: Path) -> None:
    (folder.parent / "empty").mkdir()
    with pytest.raises(InputError, match="recorded in a dataset folder"):
        measure(folder.parent / place, record=True)
    assert not list(folder.parent.rglob(MEASURED_FILE))


@pytest.mark.parametrize(
    ("command", "options", "named"),
    [
        ("leakage", "--split test", "split"),
        ("agreement", "--task entities --split test", "task, split"),
        ("agreement", "--with eva=rows.jsonl", "with"),
        ("agreement", "--convention exact --labels PER --split test", "convention, labels, split"),
        ("suspects", "--task entities", "task"),
        ("suspects", "--annotator kari", "annotator"),
        ("suspects", "--split test --without leaked", "without, split"),
    ],
)
def test_a_part_is_not_recorded_as_the_whole(
    command: str, options: str, named: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dataset", command, str(folder), "--record", *options.split()]) == 2
    assert capsys.readouterr().err.endswith(f"leave out {named}, or record nothing\n")
    assert not (folder / MEASURED_FILE).exists()


def test_what_is_kept_is_no_article(folder: Path) -> None:
    (folder / "test" / MEASURED_FILE).write_text("{}")
    assert [example.article.id for gold in load_splits(folder) for example in gold] == ["a"]
    assert len(load_dataset(folder / "test")) == 1
