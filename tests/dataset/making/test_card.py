"""The card is what plain `datasets` needs to load the folder offline with declared features."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalkit.dataset.loading.load import load_splits
from evalkit.dataset.making.build import build_dataset
from evalkit.dataset.making.card import METADATA_FIELDS, features, render_card
from evalkit.dataset.making.convert import convert_dataset
from evalkit.errors import FormatError

UNUSED = {"entities": ["link"], "stances": ["aliases"]}
"""The fields that rows leave out where they are not given, and that no item here has."""

LOAD = """
import json, sys
import datasets

gold = datasets.load_dataset(sys.argv[1], split="test")
declared = datasets.Features._from_yaml_list(json.loads(sys.argv[2]))
print(json.dumps({"rows": list(gold), "declared": gold.features == declared}, default=str))
"""


@pytest.fixture
def folder(tmp_path: Path, inline_files: Path) -> Path:
    splits = {"train": ["market-day"], "test": ["harbour-strike"]}
    build_dataset([inline_files], tmp_path / "gold", corpus=tmp_path / "corpus", splits=splits)
    return tmp_path / "gold"


def loaded_by_datasets(folder: Path, declared: object, cache: Path) -> dict[str, Any]:
    environment = os.environ | {
        "HF_DATASETS_OFFLINE": "1",
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(cache),
        "HF_DATASETS_CACHE": str(cache),
    }
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(folder), json.dumps(declared)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_plain_datasets_loads_the_folder_offline(folder: Path, tmp_path: Path) -> None:
    used = {key for gold in load_splits(folder) for example in gold for key in example.article.metadata}
    metadata = [key for key in METADATA_FIELDS if key in used]
    result = loaded_by_datasets(folder, features(metadata, without=UNUSED), tmp_path / "cache")
    assert result["declared"]
    (row,) = result["rows"]
    (written,) = json.loads((folder / "test" / "harbour-strike.json").read_bytes())
    # Fields that only other articles have come back as null.
    row["metadata"] = {key: value for key, value in row["metadata"].items() if value is not None}
    assert str(row.pop("published")) == written.pop("published") == "2025-03-14"
    assert row == written


def test_plain_datasets_loads_articles_without_metadata(tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    entity = {"id": "e1", "spans": [[0, 8]], "label": "PER"}
    gold.write_text(json.dumps({"id": "a", "split": "test", "text": "Ola Brun left.", "entities": [entity]}))
    build_dataset(gold, tmp_path / "own", corpus=tmp_path / "corpus")
    result = loaded_by_datasets(tmp_path / "own", features([], dated=False, without=UNUSED), tmp_path / "cache")
    assert result["declared"]
    assert [row["id"] for row in result["rows"]] == ["a"]


def test_header_and_statistics(folder: Path) -> None:
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert card == render_card(load_splits(folder))
    # No licence was declared, so none is named, and nothing is said of how the texts came about.
    assert card.startswith('---\nlanguage:\n  - "en"\n')
    assert "None is declared" in card
    assert "How it was made" not in card
    assert '      - split: "test"\n        path: "test/*.json"\n' in card
    assert 'gold = load_dataset("gold", split="test")' in card
    assert "| | train | test |\n" in card
    assert "| entities: GPE | 1 | 2 |\n" in card
    assert 'size_categories:\n  - "n<1K"\n' in card


def test_layers_that_nobody_annotated_are_said_to_be_null(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"id": "a", "split": "test", "text": "Ida left.", "entities": []}\n')
    build_dataset(tmp_path / "rows.jsonl", tmp_path / "gold")
    card = " ".join((tmp_path / "gold" / "README.md").read_text(encoding="utf-8").split())
    assert 'task_categories: - "token-classification" pretty_name' in card
    assert (
        "`entities`, and `scope`, which says what was annotated exhaustively: all layers that are not null in" in card
    )
    assert "Not annotated, and null: `quotes`, `stances`. The" in card


def test_what_the_owner_declares_is_repeated(folder: Path, tmp_path: Path) -> None:
    (folder / "dataset.toml").write_text(
        'title = "Harbour gold"\nlicence = "Town archive terms"\nsource = "The town paper, 2024."\n'
        'annotators = "Two students."\ncontact = "gold@harbour.example"\nlimits = ["One \\u202etown."]\n',
        encoding="utf-8",
    )
    build_dataset(folder, folder, corpus=tmp_path / "corpus")
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert 'license: "other"\nlicense_name: "Town archive terms"\n' in card
    assert 'pretty_name: "Harbour gold"\n' in card
    assert "# Harbour gold\n" in card
    assert "## How it was made\n\nThe town paper, 2024.\n\nTwo students.\n" in card
    assert "## Known limits\n\n* One �town.\n" in card
    assert card.endswith("## Licence\n\nTown archive terms\n\n## Contact\n\ngold@harbour.example\n")


def test_a_declaration_beside_the_source_goes_along(inline_files: Path, tmp_path: Path) -> None:
    (inline_files / "dataset.toml").write_text('licence = "cc0-1.0"\n', encoding="utf-8")
    splits = {"train": ["market-day"], "test": ["harbour-strike"]}
    built, converted = tmp_path / "gold", tmp_path / "again"
    build_dataset([inline_files], built, corpus=tmp_path / "corpus", splits=splits)
    convert_dataset(built, converted, to="hf")
    for folder in (built, converted):
        assert (folder / "dataset.toml").read_text(encoding="utf-8") == 'licence = "cc0-1.0"\n'
        assert 'license: "cc0-1.0"\n' in (folder / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('license = "cc0-1.0"', "'license', which is not known; did you mean 'licence'?"),
        ("readers = 3", "readers is 3; write a table of sentences"),
        ("title = 7", "title is 7; write text"),
        ('limits = "few"', "limits is 'few'; write a list"),
        ("title = ", "not valid TOML"),
    ],
)
def test_a_damaged_declaration_is_named(line: str, said: str, folder: Path, tmp_path: Path) -> None:
    (folder / "dataset.toml").write_text(line, encoding="utf-8")
    before = (folder / "README.md").read_bytes()
    with pytest.raises(FormatError, match=r"dataset\.toml:") as refused:
        build_dataset(folder, folder, corpus=tmp_path / "corpus")
    assert said in str(refused.value)
    assert (folder / "README.md").read_bytes() == before


def test_metadata_of_other_articles_is_declared(folder: Path, inline_files: Path, tmp_path: Path) -> None:
    path = inline_files / "market-day.txt"
    path.write_text(path.read_text(encoding="utf-8").replace("lang: en", "lang: en\ndesk: night"), encoding="utf-8")
    build_dataset([inline_files], folder, corpus=tmp_path / "corpus")
    assert '- name: "desk"' in (folder / "README.md").read_text(encoding="utf-8")


def test_names_of_others_are_text(folder: Path) -> None:
    gold = load_splits(folder)[0]
    bad = "<b>|@ida\u202e\x9b\n# x"
    example = replace(gold.examples[0], article=replace(gold.examples[0].article, source=bad, metadata={bad: bad}))
    card = render_card([replace(gold, name=bad, examples=(example,))])
    header, _, page = card.removeprefix("---\n").partition("---\n")
    assert not {"\u202e", "\x9b"} & set(card)
    assert '"name": "<b>|@ida\\u202e\\u009b\\n# x"' in header.replace("- name", '"name"').replace("name: ", '"name": ')
    assert "\n# \\<b\\>\\|@&NoBreak;ida�� \\# x\n" in page
    assert "<b>" not in page.replace(f"load_dataset({json.dumps(bad)}", "")
