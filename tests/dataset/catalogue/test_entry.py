"""Entries are read strictly; those that are shipped are whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from evalkit.dataset.catalogue.entry import Entry, read_entry
from evalkit.dataset.catalogue.owned import declaration_text, labels_text, profile_text
from evalkit.dataset.catalogue.reading import _left_out, corpus_format
from evalkit.dataset.catalogue.table import ENTRIES, corpus_names, find_entry
from evalkit.dataset.labels import load_inventory
from evalkit.dataset.making.declaration import read_declaration
from evalkit.errors import FormatError, UnknownNameError
from evalkit.formats.base import Batch
from evalkit.formats.standoff.profile import load_profile
from evalkit.layers.table import layer_names
from tests.dataset.catalogue.small_corpus import ENTRY, entry_text

NAMES = [path.stem for path in sorted(ENTRIES.glob("*.toml"))]


def read(tmp_path: Path, text: str) -> Entry:
    (tmp_path / "small.toml").write_text(text, encoding="utf-8")
    return read_entry(tmp_path / "small.toml")


def test_an_entry_says_everything(tmp_path: Path):
    entry = read(tmp_path, entry_text())
    assert (entry.name, entry.licence.forbids, entry.articles) == (
        "small",
        ("commercial use",),
        {"train": 2, "test": 3},
    )
    assert [file.split for file in entry.files] == ["train", "test"]
    assert entry.address_of(entry.files[0]) == (
        "https://raw.githubusercontent.com/nobody/small/0123456789012345678901234567890123456789/data/small.train.conll"
    )
    assert str(entry.cite) == "Moen, Ida; Brun, Ola (2024). A small corpus. In Proceedings of Nothing, pages 1--2."
    assert entry.cite.bibtex.splitlines()[0] == "@inproceedings{moen-2024,"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("language =", "langauge =", "'langauge' is not known; did you mean 'language'", id="misspelt"),
        pytest.param('language = "en"', "", "missing.*language", id="missing"),
        pytest.param('language = "en"', "language = 3", "language is 3; expected str", id="another type"),
        pytest.param("year = 2024", 'year = "2024"', "year is '2024'; expected int", id="text for a number"),
        pytest.param("train = 2", "train = true", "articles is", id="a flag for a number"),
        pytest.param('layers = ["entities"]', 'layers = "entities"', "layers is 'entities'", id="text for a list"),
        pytest.param('commit = "0', 'commit = "main', "is not a commit", id="a branch is no commit"),
        pytest.param('"nobody/small"', '"https://example.org"', "is not OWNER/REPOSITORY", id="an address"),
        pytest.param("data/small.train", "../small.train", "no path inside a repository", id="a path that leaves"),
        pytest.param("data/small.train", "/small.train", "no path inside a repository", id="an absolute path"),
        pytest.param("data/small.train.conll", "data/small.test.conll", "is given twice", id="a path twice"),
        pytest.param('sha256 = "', 'sha256 = "x', "is no SHA-256", id="no hash"),
        pytest.param("size = ", "size = -", "a size of -", id="a negative size"),
        pytest.param("A few invented lines", "A few\\nlines", "about must be one line", id="two lines"),
        pytest.param('rule = "those', 'later = { x = [1, "dev"] }\nrule = "those', "no file of it", id="a lost file"),
        pytest.param("[licence]", "[[licence]]", "licence is", id="a list for a table"),
        pytest.param("title = ", "title ", "not valid TOML", id="no TOML"),
    ],
)
def test_what_is_wrong_is_refused_in_one_line(old: str, new: str, message: str, tmp_path: Path):
    assert old in entry_text()
    with pytest.raises(FormatError, match=message) as caught:
        read(tmp_path, entry_text().replace(old, new, 1))
    assert "small.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_entry_without_files_is_none(tmp_path: Path):
    with pytest.raises(FormatError, match="it has no file"):
        read(tmp_path, ENTRY)


def test_an_unknown_name_is_met_by_a_near_one():
    with pytest.raises(UnknownNameError, match="wikigold"):
        find_entry("wikigolf")


def test_the_catalogue_has_what_is_promised():
    promised = {"gum", "wikigold", "btc", "litbank", "newsmtsc", "finentity", "sentfin", "hipe2020", "wnut17", "gmb"}
    assert promised <= set(corpus_names())


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_entry_is_whole(name: str, tmp_path: Path):
    entry = find_entry(name)
    assert set(entry.layers) <= set(layer_names())
    assert set(entry.items) == set(entry.layers)
    assert corpus_format(entry.format).read is not None
    assert set(entry.values) <= set(corpus_format(entry.format).options)
    if entry.profile:
        (tmp_path / "profile.toml").write_text(profile_text(entry), encoding="utf-8")
        assert set(load_profile(tmp_path / "profile.toml").layers) == set(entry.layers)
    assert set(entry.whole) <= set(entry.layers)
    # A benchmark wants articles to measure on; where test is not to be had, dev is.
    assert entry.articles.get("test", entry.articles.get("dev", 0)) > 0
    assert entry.host.startswith("https://")
    assert entry.splits.rule
    assert entry.cite.bibtex.endswith("\n}")
    # What it says in TOML comes out of the files that a dataset folder has for it.
    (tmp_path / "dataset.toml").write_text(declaration_text(entry), encoding="utf-8")
    declared = read_declaration(tmp_path)
    assert declared.licence == entry.licence.identifier
    assert all(any(what in limit for limit in declared.limits) for what in entry.licence.forbids)
    if entry.labels:
        (tmp_path / "labels.toml").write_text(labels_text(entry), encoding="utf-8")
        inventory = load_inventory(tmp_path)
        for layer in entry.layers:
            assert all(inventory.definitions_of(layer).values())
        for label_map in inventory.maps.values():
            assert label_map.mapping


@pytest.mark.parametrize("name", [name for name in NAMES if "maps" in find_entry(name).labels])
def test_a_map_of_the_bundled_gold_goes_on_with_its_lines(name: str, tmp_path: Path):
    entry = find_entry(name)
    (tmp_path / "labels.toml").write_text(labels_text(entry), encoding="utf-8")
    mapping = load_inventory(tmp_path).maps["conll4"].mapping
    assert set(mapping.values()) - {None} <= {"PER", "ORG", "LOC", "MISC"}
    assert mapping["GPE"] == "LOC"
    assert mapping["NORP"] == "MISC"
    # Each label of the corpus is either named or said to be dropped.
    assert set(entry.labels["entities"]) <= set(mapping)


@pytest.mark.parametrize(("faults", "ends"), [(1, "1 item cannot be read, not the 2"), (3, "3 items cannot be read")])
def test_only_the_known_number_of_faults_is_left_out(tmp_path: Path, faults: int, ends: str):
    entry = replace(read(tmp_path, entry_text()), left_out="entities that are nowhere", faults=2)
    batch = Batch(problems=(FormatError("a: nowhere"),) * 2)
    left = _left_out(entry, batch, whole=True)
    assert (left.problems, left.notes) == (
        (),
        {"entities that are nowhere, left out (a known fault of this corpus)": 2},
    )
    with pytest.raises(FormatError, match=f"small: {ends}.*such as a: nowhere"):
        _left_out(entry, replace(batch, problems=batch.problems[:1] * faults), whole=True)


def test_what_is_left_out_and_how_much_go_together(tmp_path: Path):
    with pytest.raises(FormatError, match="left_out and faults go together"):
        read(tmp_path, entry_text(text='left_out = "entities that are nowhere"\n' + ENTRY))
