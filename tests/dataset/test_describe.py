"""The description counts what is there, split by split."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from evalkit.dataset.describe import describe_dataset
from evalkit.dataset.loading.load import load_dataset, load_splits
from evalkit.dataset.making.build import build_dataset
from evalkit.records import Entity, Span
from evalkit.report.render import render_report

SPLITS = {"dev": ["market-day"], "test": ["harbour-strike"]}


@pytest.fixture
def folder(tmp_path: Path, inline_files: Path) -> Path:
    build_dataset([inline_files], tmp_path / "gold", corpus=tmp_path / "corpus", splits=SPLITS)
    return tmp_path / "gold"


@pytest.mark.parametrize(
    ("group", "name", "counts"),
    [
        pytest.param("size", "articles", (1, 1), id="articles"),
        # "Market day" and "Åse Ek sold fish in Bergen."; 3 in the headline, 21 in the body, 6 in the boilerplate.
        pytest.param("size", "words", (8, 30), id="words"),
        pytest.param("size", "articles without quote", (1, 0), id="without-quote"),
        pytest.param("entities", "GPE", (1, 2), id="label"),
        pytest.param("entities", "WORK", (0, 0), id="label-that-does-not-occur"),
        pytest.param("structure", "nested mentions", (0, 1), id="nested"),
        pytest.param("structure", "things named", (2, 4), id="things"),
        pytest.param("structure", "discontinuous mentions", (0, 0), id="discontinuous"),
        pytest.param("quotes", "direct", (0, 1), id="kind"),
        pytest.param("speakers", "name", (0, 1), id="name"),
        pytest.param("speakers", "pronoun", (0, 1), id="pronoun"),
        pytest.param("stances", "against", (0, 1), id="stance"),
        pytest.param("section", "economy", (0, 1), id="section"),
        pytest.param("source", "Vestkyst Avis", (1, 1), id="source"),
        pytest.param("year", "2025", (1, 1), id="year"),
        pytest.param("zones", "boilerplate", (0, 1), id="zone"),
    ],
)
def test_counts_by_split(folder: Path, group: str, name: str, counts: tuple[int, int]) -> None:
    description = describe_dataset(load_splits(folder))
    assert description.splits == ("dev", "test")
    assert {row.name: row.counts for row in description.groups()[group]}[name] == counts


def test_one_split_alone_has_the_same_counts(folder: Path) -> None:
    both, alone = describe_dataset(load_splits(folder)), describe_dataset(load_dataset(folder))
    together = {(row.group, row.name): row.counts[1] for row in both.rows}
    assert all(together[row.group, row.name] == row.counts[0] for row in alone.rows)


def test_parts_add_up(folder: Path) -> None:
    groups = describe_dataset(load_splits(folder)).groups()
    sizes = {row.name: row.counts for row in groups["size"]}
    for group, whole in {
        "entities": "entities",
        "quotes": "quotes",
        "speakers": "quotes",
        "stances": "stances",
    }.items():
        assert tuple(map(sum, zip(*(row.counts for row in groups[group]), strict=True))) == sizes[whole]


def test_json_form_has_the_same_numbers(folder: Path) -> None:
    description = describe_dataset(load_splits(folder))
    row = description.to_json()
    assert row["splits"]["test"]["entities"]["GPE"] == 2  # type: ignore[index]
    assert row["splits"]["test"]["fingerprint"] == description.fingerprints[1]  # type: ignore[index]


def test_discontinuous_mentions_are_counted(folder: Path) -> None:
    gold = load_dataset(folder)
    (example,) = gold
    parts = Entity(id="e9", spans=(Span(0, 7), Span(8, 12)), label="EVENT")
    entities = (*(example.gold.entities or ()), parts)
    changed = replace(gold, examples=(replace(example, gold=replace(example.gold, entities=entities)),))
    rows = {row.name: row.counts for row in describe_dataset(changed).groups()["structure"]}
    assert rows["discontinuous mentions"] == (1,)


def test_labels_of_a_file_are_told_with_what_they_mean_and_their_colour(tmp_path: Path) -> None:
    (tmp_path / "labels.toml").write_text(
        "[entities.SHIP]\ndefinition = 'What floats <b>.'\ncolour = '#2266aa'\n[entities.CREW]\n"
    )
    (tmp_path / "a.jsonl").write_text(
        '{"id": "a", "text": "Ruun", "entities": [{"start": 0, "end": 4, "label": "SHIP"}]}'
    )
    description = describe_dataset(load_splits(tmp_path / "a.jsonl"))
    assert description.to_json()["labels"] == {
        "entities": {"SHIP": {"definition": "What floats <b>.", "colour": "#2266aa"}}
    }
    # One that nobody used yet is seen, too.
    assert [(row.name, row.counts) for row in description.groups()["entities"]] == [("SHIP", (1,)), ("CREW", (0,))]
    page = render_report(description, "html")
    assert page.count('fill="#2266aa"') == 2
    assert "What floats &lt;b&gt;." in page
    assert "What floats" in render_report(description, "terminal")


def test_a_layer_that_nobody_annotated_has_no_counts(tmp_path: Path) -> None:
    place = tmp_path / "gold.jsonl"
    place.write_text(
        '{"id": "a", "text": "Oslo", "entities": [{"start": 0, "end": 4, "label": "GPE"}]}\n', encoding="utf-8"
    )
    description = describe_dataset(place)
    assert description.not_annotated == ("quotes", "stances")
    assert {"quotes", "stances", "speakers", "section"}.isdisjoint(description.groups())
    assert description.to_json()["not_annotated"] == ["quotes", "stances"]
    assert "not annotated: quotes, stances" in render_report(description, "markdown")


READ = (
    '{"id": "a", "split": "dev", "text": "Oslo", "readings": {"kari": {"entities": [], "quotes": []}, '
    '"ola": {"entities": [{"start": 0, "end": 4, "label": "GPE"}], "quotes": []}}}\n'
)
GOLD = '{"id": "b", "split": "test", "text": "Oslo", "entities": [{"start": 0, "end": 4, "label": "GPE"}]}\n'


def test_what_nobody_decided_is_not_counted(tmp_path: Path) -> None:
    place = tmp_path / "read.jsonl"
    place.write_text(READ, encoding="utf-8")
    description = describe_dataset(place)
    assert {"entities", "structure", "quotes", "speakers"}.isdisjoint(description.groups())
    assert [row.name for row in description.groups()["size"]] == ["articles", "words"]
    assert description.not_annotated == ("stances",)


def test_a_split_without_gold_of_a_layer_has_a_dash(tmp_path: Path) -> None:
    place = tmp_path / "read.jsonl"
    place.write_text(READ + GOLD, encoding="utf-8")
    description = describe_dataset(place)
    rows = {(row.group, row.name): row.counts for row in description.rows}
    assert rows["size", "entities"] == rows["entities", "GPE"] == (None, 1)
    assert rows["structure", "nested mentions"] == (None, 0)
    assert ("quotes", "direct") not in rows
    assert description.to_json()["splits"]["dev"]["entities"]["GPE"] is None  # type: ignore[index]
    assert "| GPE | – | 1 | 1 |" in render_report(description, "markdown")
    frame = description.to_pandas()
    assert str(frame.dtypes["dev"]) == "Int64"
