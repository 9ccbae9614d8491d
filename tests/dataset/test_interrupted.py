"""Killed or out of space at any change of the disk, a build or a conversion never leaves less gold in silence."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from evalkit.dataset.checking.validate import validate_dataset
from evalkit.dataset.loading.load import load_dataset, load_splits
from evalkit.dataset.making.build import build_dataset
from evalkit.dataset.making.convert import convert_dataset
from evalkit.dataset.making.manifest import MANIFEST_FILE
from evalkit.errors import EvalkitError, FormatError, InputError, OutputError
from evalkit.files import locked
from tests.faults import Killed, failing, moments

ARTICLE = """\
id: {name}
title: News of {name}
source: Vestkyst Avis
published: 2025-03-15
lang: en
---
%% body
[[PER:ek|Åse Ek]] {words}.
---
"""
BEFORE = {"train": ["apple", "birch"], "dev": ["cedar"], "test": ["daisy", "elder"]}
AFTER = {"train": ["apple"], "test": ["birch", "cedar", "daisy", "elder", "fern"]}
Gold = dict[str, dict[str, str]]


@pytest.fixture(autouse=True)
def _quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    # Nobody pulls the plug here.
    monkeypatch.setattr(os, "sync", lambda: None, raising=False)
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


def write_sources(folder: Path, label: str, splits: dict[str, list[str]]) -> Path:
    folder.mkdir()
    for name in [name for names in splits.values() for name in names]:
        # The text of an article never changes, its labels do.
        words = " ".join(f"{name}{number}" for number in range(20))
        text = ARTICLE.format(name=name, words=words).replace("PER", label)
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The place where gold and corpus lie, built from the sources of before."""
    sources = write_sources(tmp_path / "old", "PER", BEFORE)
    build(sources, tmp_path / "home", BEFORE)
    return tmp_path / "home"


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    return write_sources(tmp_path / "new", "ORG", AFTER)


def build(sources: Path, home: Path, splits: dict[str, list[str]]) -> None:
    build_dataset(sources, home / "gold", corpus=home / "corpus", splits=splits)


def labels_of(folder: Path) -> Gold:
    """The label of the person in each article, by split: what a command sees that opens the folder."""
    return {
        gold.split: {example.article.id: (example.gold.entities or ())[0].label for example in gold}
        for gold in load_splits(folder)
    }


def seen_in(folder: Path) -> Gold:
    """The same; nothing if there is no such folder."""
    return labels_of(folder) if folder.exists() else {}


def labelled(splits: dict[str, list[str]], label: str) -> Gold:
    return {split: dict.fromkeys(names, label) for split, names in splits.items()}


OLD, NEW = labelled(BEFORE, "PER"), labelled(AFTER, "ORG")


def content(place: Path) -> frozenset[tuple[Path, bytes | None]]:
    """All folders and files of a place, with what the files hold."""
    return frozenset(
        (path.relative_to(place), path.read_bytes() if path.is_file() else None) for path in place.rglob("*")
    )


def struck(work: Callable[[Path], object], start: Path | None, tmp_path: Path, how: str) -> list[Path]:
    """A copy of a place for each change of the disk that some work makes, after that change went wrong.

    What several of them leave alike, such as a file that is written and not yet synced, or not yet renamed, is there
    once.
    """

    def copy(name: str) -> Path:
        place = tmp_path / name
        if start is not None:
            shutil.copytree(start, place)
        return place

    places: dict[frozenset[tuple[Path, bytes | None]], Path] = {}
    found = moments(lambda: work(copy("counted")), how)
    for k in found:
        place = copy(f"{how}-{k}")
        with failing(k, how), suppress(Killed, OutputError):
            work(place)
        places.setdefault(content(place), place)
    assert len(found) > (15 if how == "kill" else 5)
    return list(places.values())


@pytest.mark.parametrize("how", ["kill", "full"])
def test_a_build_over_an_older_one(old: Path, sources: Path, tmp_path: Path, how: str) -> None:
    places = struck(lambda home: build(sources, home, AFTER), old, tmp_path, how)
    seen = []
    for home in places:
        seen.append(labels_of(home / "gold"))
        assert seen[-1] in (OLD, NEW)
        # Gold is whole; where the corpus is behind it, that is said with what to do.
        for problem in validate_dataset(home / "gold").problems:
            assert problem.code.startswith("corpus-")
            assert "build the dataset" in problem.message
    for home in places[::5]:
        build(sources, home, AFTER)
        assert labels_of(home / "gold") == NEW
        assert validate_dataset(home / "gold").problems == ()
    assert OLD in seen
    assert NEW in seen


@pytest.mark.parametrize("how", ["kill", "full"])
def test_a_first_build(sources: Path, tmp_path: Path, how: str) -> None:
    places = struck(lambda home: build(sources, home, AFTER), None, tmp_path, how)
    assert all(seen_in(home / "gold") in (NEW, {}) for home in places)
    for home in places[::5]:
        build(sources, home, AFTER)
        assert labels_of(home / "gold") == NEW


@pytest.mark.parametrize("how", ["kill", "full"])
@pytest.mark.parametrize("to", ["inline", "hf"])
def test_a_conversion(old: Path, tmp_path: Path, to: str, how: str) -> None:
    for place in struck(
        lambda place: convert_dataset(old / "gold", place / "out", to=to, lossy=True), None, tmp_path, how
    ):
        assert seen_in(place / "out") in (OLD, {})
        if not (place / "out").exists():
            # Nor is what was left behind read by somebody who names the folder around it.
            with pytest.raises(EvalkitError):
                load_splits(place)
            convert_dataset(old / "gold", place / "out", to=to, lossy=True)
            assert labels_of(place / "out") == OLD


def test_half_of_the_files_are_missed(old: Path) -> None:
    gold = old / "gold"
    shutil.rmtree(gold / "dev")
    (gold / "test" / "elder.json").unlink()
    with pytest.raises(FormatError, match=r"dev/cedar\.json: was written by the last build and is gone; restore it"):
        load_splits(gold)
    with pytest.raises(FormatError, match="cedar"):
        load_dataset(gold, split="dev")
    with pytest.raises(FormatError, match="elder"):
        load_dataset(gold, split="test")
    # What is read is whole.
    assert [example.article.id for example in load_dataset(gold, split="train")] == ["apple", "birch"]
    assert [Path(one.article_id).name for one in validate_dataset(gold).problems] == ["cedar.json", "elder.json"]


@pytest.mark.parametrize(
    ("content", "instead"),
    [
        pytest.param("", "no article", id="emptied"),
        pytest.param("\n \n", "no article", id="blank"),
        pytest.param("[]", "no article", id="empty-list"),
        pytest.param('{"id": "quince", "text": "Ek."}', "only 'quince', and is named 'cedar'", id="another"),
    ],
)
def test_a_file_without_its_article_is_missed(old: Path, content: str, instead: str) -> None:
    gold = old / "gold"
    (gold / "dev" / "cedar.json").write_text(content)
    with pytest.raises(FormatError, match=rf"dev/cedar\.json: holds {instead}; the last build wrote one: restore it"):
        load_splits(gold)
    assert f"holds {instead}" in validate_dataset(gold).problems[0].message
    with pytest.raises(InputError, match=r"cedar\.json: line: format: holds"):
        build_dataset(gold, gold, corpus=old / "corpus")


@pytest.mark.parametrize("how", ["folder", "link"])
def test_a_manifest_that_is_no_file_does_not_switch_itself_off(old: Path, how: str) -> None:
    path = old / "gold" / MANIFEST_FILE
    path.unlink()
    if how == "folder":
        path.mkdir()
    else:
        path.symlink_to(old / "nowhere")
    for command in (load_splits, validate_dataset):
        with pytest.raises(FormatError, match=r"\.evalkit-manifest\.json: is no file; delete it"):
            command(old / "gold")


def test_what_a_killed_build_wrote_beside_is_removed_by_whoever_opens_the_folder(old: Path) -> None:
    work = old / "gold" / ".evalkit-work"
    (work / "new" / "dev").mkdir(parents=True)
    with locked(old / "gold", "a build"):
        load_splits(old / "gold")
    # A build was at work.
    assert work.is_dir()
    assert validate_dataset(old / "gold").problems == ()
    assert not work.exists()


def test_everything_is_missed(old: Path) -> None:
    for split in BEFORE:
        shutil.rmtree(old / "gold" / split)
    with pytest.raises(FormatError, match="was written by the last build and is gone"):
        load_splits(old / "gold")


def test_a_build_without_a_lost_article_is_refused(old: Path) -> None:
    gold = old / "gold"
    (gold / "dev" / "cedar.json").unlink()
    with pytest.raises(InputError, match=r"cedar\.json: line: format: was written by the last build and is gone"):
        build_dataset(gold, gold, corpus=old / "corpus")
    few = {name: names for name, names in BEFORE.items() if name != "dev"}
    with pytest.raises(InputError, match="cedar: id: article-lost"):
        build(write_sources(old.parent / "few", "PER", few), old, few)


def test_who_takes_an_article_out_takes_its_line_out(old: Path) -> None:
    gold = old / "gold"
    (gold / "dev" / "cedar.json").unlink()
    manifest = (gold / MANIFEST_FILE).read_text().splitlines(keepends=True)
    (gold / MANIFEST_FILE).write_text("".join(line for line in manifest if "cedar" not in line))
    build_dataset(gold, gold, corpus=old / "corpus")
    assert labels_of(gold) == {split: labels for split, labels in OLD.items() if split != "dev"}


def test_gold_that_was_edited_by_hand_loads_and_validate_tells(old: Path) -> None:
    gold = old / "gold"
    path = gold / "dev" / "cedar.json"
    path.write_text(path.read_text().replace('"PER"', '"ORG"'))
    (gold / "train" / "fern.json").write_text((gold / "train" / "apple.json").read_text().replace("apple", "fern"))
    with pytest.raises(InputError, match="sha256"):
        load_splits(gold)
    (gold / "train" / "fern.json").unlink()
    assert labels_of(gold)["dev"] == {"cedar": "ORG"}
    found = validate_dataset(gold)
    assert found.problems == ()
    assert found.notes[0].startswith("dev/cedar.json was edited since the last build; ")


def test_a_checkout_with_other_line_ends_was_not_edited(old: Path) -> None:
    path = old / "gold" / "dev" / "cedar.json"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert validate_dataset(old / "gold").notes == ()


def test_gold_without_a_manifest_loads(old: Path) -> None:
    (old / "gold" / MANIFEST_FILE).unlink()
    shutil.rmtree(old / "gold" / "dev")
    assert labels_of(old / "gold") == {split: labels for split, labels in OLD.items() if split != "dev"}


def test_a_damaged_manifest_is_one_line(old: Path) -> None:
    (old / "gold" / MANIFEST_FILE).write_text('{"version": 1, "files": ["a"]}')
    with pytest.raises(FormatError, match=r"found .'a'., expected an object; delete it, and build the dataset again"):
        load_splits(old / "gold")
