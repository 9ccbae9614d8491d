"""Splits that there are: what is divided, out of its days, far off its share, or shared."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from evalkit.dataset.gold import GoldDataset, gold_dataset
from evalkit.dataset.labels import unlisted_inventory
from evalkit.dataset.own_labels import own_inventory
from evalkit.dataset.splitting.checking import SplitCheck, check_split
from evalkit.errors import InputError
from evalkit.records import Example
from tests.dataset.splitting.test_division import by_day, example


def check(splits: Mapping[str, list[Example]], **options: str) -> SplitCheck:
    return check_split([dataset(split, examples) for split, examples in splits.items()], **options)


def dataset(split: str, examples: list[Example]) -> GoldDataset:
    own, inventory, _ = own_inventory(examples, unlisted_inventory())
    return gold_dataset(own, name="mine", split=split, inventory=inventory)


def test_divided_groups_are_named_with_their_parts() -> None:
    articles = by_day(*["2024-01-01"] * 4, a0="one", a1="one", a2="two", a3="one")
    found = check({"test": articles[:1], "train": articles[1:]})
    assert list(map(str, found.divided)) == ["one story is in several splits: train: a1, a3; test: a0"]
    assert found.figures()["divided"] == found.figures()["findings"] == 1


def test_days_matter_where_they_are_asked_for() -> None:
    articles = by_day("2024-01-01", "2024-05-28", "2024-06-03", "2024-05-01", "2024-07-01", "")
    splits = {"train": articles[:3], "test": articles[3:]}
    assert not check({"train": articles[:2], "test": articles[4:]}).misplaced
    found = check(splits, days="2024-06-01", embargo="7d").misplaced
    assert [(one.article_id, one.problem) for one in found] == [
        ("a1", "inside the embargo"),
        ("a2", "after a later split begins"),
        ("a3", "before its split begins"),
    ]
    # Without days the first article of test says when it begins.
    found = check(splits, embargo="7d").misplaced
    assert [(one.article_id, one.problem) for one in found] == [
        ("a1", "after a later split begins"),
        ("a2", "after a later split begins"),
    ]


def test_a_label_far_off_its_share_and_one_that_is_not() -> None:
    train = [example(f"a{n}", "PER", "PER", "ORG", story=f"s{n}") for n in range(30)]
    test = [example(f"b{n}", "PER", "PER", story=f"t{n}") for n in range(10)]
    off = [example(f"c{n}", *["GPE"] * 5, story=f"u{n}") for n in range(10)]
    assert not check({"train": train, "test": test}).labels
    (found,) = [
        one for one in check({"train": train, "test": test + off}).labels if one.label == "GPE" and one.split == "test"
    ]
    # 50 items in 10 groups of 5, a share of 20 of 50 articles: (50 - 20) / sqrt(10 * 25 * .4 * .6) = 3.87.
    assert (found.items, found.total, found.deviations) == (50, 50, pytest.approx(3.873, abs=0.001))
    assert str(found) == "test has 50 of 50 items of entities/GPE (100%, 40% would be its share)"


def test_shares_that_were_asked_for() -> None:
    articles = by_day(*["2024-01-01"] * 4)
    found = check({"train": articles[:2], "test": articles[2:]}, shares="train=.75,test=.25")
    assert found.figures()["off"] == 0.25


def test_one_split_cannot_be_checked() -> None:
    with pytest.raises(InputError, match="its articles are in one split"):
        check({"test": by_day("2024-01-01")})


def test_days_of_other_splits_are_refused() -> None:
    articles = by_day("2024-01-01", "2024-05-28")
    with pytest.raises(InputError, match=r"those of train, dev, test, but there are the splits train, test"):
        check({"train": articles[:1], "test": articles[1:]}, days="2024-06-01,2024-07-01")


def test_splits_that_nobody_asked_for_are_named() -> None:
    splits = {"train": [example("a")], "extra": [example("b")]}
    found = check(splits, shares="train=.5,test=.5")
    assert "there is a split extra, which was not asked for" in found.notes
    assert "no article is in test, which was asked for" in found.notes
