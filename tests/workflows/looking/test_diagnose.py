"""Which names count as seen: those of the train split beside the gold, and of nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import evalkit
from evalkit import Article, GoldDataset

NO_TRAIN = "there is no train split beside this gold, so nothing is sliced by seen and unseen"


def person(article: Article) -> list[tuple[int, int, str]]:
    return [(0, 8, "PER")]


def seen(gold: GoldDataset, **options: object) -> set[str]:
    """The slices by seen, after a look at whether their absence is said."""
    run = evalkit.run_extractor(person, gold)
    diagnosis = evalkit.diagnose(run, slices=["seen"], resamples=0, **options)  # type: ignore[arg-type]
    values = {row.value for row in diagnosis.slices if row.by == "seen"}
    assert (NO_TRAIN in diagnosis.notes) == (not values)
    return values


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A dataset folder: one article to train on, one to test on, with a name in common."""
    for split, name, text in (("train", "a", "Ida Moen left."), ("test", "b", "Ida Moen met Ada Ek.")):
        spans = [(0, 8)] if split == "train" else [(0, 8), (13, 19)]
        row = {"id": name, "text": text, "entities": [{"spans": [list(span)], "label": "PER"} for span in spans]}
        path = tmp_path / "mine" / split / f"{name}.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps([row]))
    return tmp_path / "mine"


def test_names_of_the_train_split_beside_the_gold(folder: Path):
    assert seen(evalkit.load_dataset(folder, split="test")) == {"seen", "unseen"}


@pytest.mark.parametrize("split", ["train", "all"])
def test_training_data_is_not_laid_beside_itself(folder: Path, split: str):
    """Every name of it would count as seen."""
    assert seen(evalkit.load_dataset(folder, split=split)) == set()


def test_gold_that_lies_nowhere_has_no_train_split(six: GoldDataset):
    """Least of all that of the bundled gold, whose names have nothing to do with it."""
    assert six.origin == {}
    assert seen(six) == set()


def test_a_folder_without_a_train_split(folder: Path):
    (folder / "train" / "a.json").rename(folder / "a.json")
    (folder / "train").rmdir()
    assert seen(evalkit.load_dataset(folder, split="test")) == set()


def test_the_training_data_can_be_named(six: GoldDataset, folder: Path):
    assert seen(six, train=folder) == {"seen", "unseen"}
    assert seen(six, train=six) == {"seen"}
