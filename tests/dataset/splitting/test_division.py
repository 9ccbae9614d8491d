"""A dataset laid out in splits: shares of articles and labels, days and embargo, groups; and the list for a build."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from evalkit.dataset.making.build import build_dataset
from evalkit.dataset.splitting.division import DatasetSplits, split_dataset
from evalkit.errors import InputError, UnknownNameError
from evalkit.records import Annotations, Article, Entity, Example, Span

SHARES = "train=.6,dev=.2,test=.2"
LABELS = ("PER", "ORG", "GPE", "EVENT")


def example(name: str, *labels: str, published: str = "", source: str = "", **metadata: str) -> Example:
    entities = [Entity(id=f"e{number}", spans=(Span(0, 4),), label=label) for number, label in enumerate(labels)]
    article = Article(id=name, text=f"Oslo {name}.", published=published, source=source, metadata=metadata)
    return Example(article=article, gold=Annotations(entities=entities))


def gold(number: int, seed: int = 0) -> list[Example]:
    """Articles with the labels of a newspaper: some often, one seldom, in clumps."""
    drawn = random.Random(seed)
    return [
        example(
            f"a{index:03}",
            *(
                label
                for label, usual in zip(LABELS, (4, 3, 5, 0.3), strict=True)
                for _ in range(int(drawn.expovariate(1 / usual)))
            ),
            story=f"s{index // 3}",
        )
        for index in range(number)
    ]


def by_day(*days: str, **stories: str) -> list[Example]:
    return [example(f"a{n}", published=day, story=stories.get(f"a{n}", "")) for n, day in enumerate(days)]


class TestShares:
    def test_articles_and_labels_have_their_shares(self) -> None:
        done = split_dataset(gold(100), shares=SHARES)
        figures = done.figures()
        assert figures["off"] == pytest.approx(0, abs=0.011)
        # 1 of 100 articles moves a label by a few of its items, no more.
        assert (figures["labels_off"] or 0) < 0.03
        by_hash = split_dataset(gold(100), shares=SHARES, stable=True).figures()
        assert (by_hash["labels_off"] or 0) > 0.05

    def test_no_group_is_divided_and_shares_are_met_all_the_same(self) -> None:
        examples = gold(99)
        for stable in (False, True):
            done = split_dataset(examples, shares=SHARES, by="story", stable=stable)
            splits = {(e.article.metadata["story"], done.articles[e.article.id]) for e in examples}
            assert len(splits) == 33
        met = split_dataset(examples, shares=SHARES, by="story").figures()
        # A group is .03 of the articles.
        assert (met["off"] or 0) < 0.03
        assert (met["labels_off"] or 0) < 0.06

    def test_the_order_of_articles_changes_nothing_and_the_seed_does(self) -> None:
        examples = gold(40)
        done = split_dataset(examples, shares=SHARES, seed=1)
        assert split_dataset(examples[::-1], shares=SHARES, seed=1).to_json() == done.to_json()
        assert split_dataset(examples, shares=SHARES, seed=2).articles != done.articles

    def test_by_hash_adding_articles_moves_none(self) -> None:
        first = split_dataset(gold(40), shares=SHARES, stable=True).articles
        second = split_dataset([*gold(40), example("new")], shares=SHARES, stable=True).articles
        assert {name: split for name, split in second.items() if name in first} == first

    def test_what_nobody_decided_is_not_counted_and_not_said_to_be(self) -> None:
        gold_of = [example(f"a{number}", "PER") for number in range(4)]
        assert split_dataset(gold_of, shares=SHARES).how == "by share of articles and labels, seed 0"
        read = [replace(one, gold=Annotations(), readings={"kari": one.gold, "ola": one.gold}) for one in gold_of]
        done = split_dataset(read, shares=SHARES)
        assert done.how == "by share of articles, seed 0"
        assert "4 articles have several readings and no gold, so no label of them is counted" in done.notes

    def test_a_share_of_nothing_has_nothing(self) -> None:
        done = split_dataset(gold(10), shares="train=.5,dev=0,test=.5")
        assert Counter(done.articles.values()) == {"train": 5, "test": 5}
        assert [(one.split, one.articles, one.met) for one in done.splits][1] == ("dev", 0, 0.0)

    def test_articles_without_items_are_laid_out_too(self) -> None:
        done = split_dataset([example(f"a{n}") for n in range(10)], shares="train=.8,test=.2")
        assert Counter(done.articles.values()) == {"train": 8, "test": 2}
        assert done.figures()["labels_off"] is None

    def test_splits_that_cannot_be_folders_are_refused(self) -> None:
        for name in ("a/b", "..", "x\n"):
            with pytest.raises(InputError, match="cannot be the name of a folder"):
                split_dataset(gold(4), shares={"train": 0.5, name: 0.5})

    def test_a_split_that_nothing_is_in_is_named(self) -> None:
        assert "no article is in dev" in split_dataset(gold(2), shares="train=.6,dev=.01,test=.39").notes
        assert split_dataset(gold(10), shares="train=.5,dev=0,test=.5").notes == ()

    def test_groups_that_may_move_are_said_to(self) -> None:
        told = [split_dataset(gold(9), shares=SHARES, by=by, stable=True).notes for by in ("story", ())]
        assert [any("may move" in note for note in notes) for notes in told] == [True, False]

    def test_shares_may_be_a_mapping_and_thirds(self) -> None:
        thirds = dict.fromkeys(("test", "train", "dev"), 1 / 3)
        assert Counter(split_dataset(gold(9), shares=thirds).articles.values()) == {"train": 3, "dev": 3, "test": 3}
        with pytest.raises(InputError, match="'half' is no share; give numbers from 0 to 1"):
            split_dataset(gold(9), shares={"train": "half"})  # type: ignore[dict-item]


class TestDays:
    DAYS = ("2024-01-10", "2024-05-28", "2024-05-25", "2024-06-01T09:00:00Z", "2024-08-31", "2024-09-01", "", "May")

    def test_what_lies_inside_the_embargo_goes_nowhere_and_is_named(self) -> None:
        done = split_dataset(by_day(*self.DAYS), days="2024-06-01,2024-09-01", embargo="7d")
        assert done.articles == {"a0": "train", "a3": "dev", "a5": "test"}
        inside = [("a1", "inside the embargo"), ("a2", "inside the embargo"), ("a4", "inside the embargo")]
        assert list(done.left_out) == [*inside, ("a6", "no date"), ("a7", "no date")]

    def test_without_an_embargo_only_what_has_no_day_is_left(self) -> None:
        done = split_dataset(by_day(*self.DAYS), days="2024-09-01")
        assert Counter(done.articles.values()) == {"train": 5, "test": 1}

    def test_a_group_that_a_day_divides_keeps_its_larger_part(self) -> None:
        days = ("2024-01-01", "2024-01-02", "2024-07-01", "2024-01-03", "2024-07-02")
        stories = {"a0": "one", "a1": "one", "a2": "one", "a3": "two", "a4": "two"}
        done = split_dataset(by_day(*days, **stories), days="2024-06-01", by="story")
        # Of two equal parts the later one stays.
        assert done.articles == {"a0": "train", "a1": "train", "a4": "test"}
        assert [one.article_id for one in done.left_out] == ["a2", "a3"]

    def test_where_nothing_has_a_day_nothing_can_be_laid_out(self) -> None:
        with pytest.raises(InputError, match="no article says on which day it was published; lay it out by --shares"):
            split_dataset(by_day("", "May 2024"), days="2024-06-01")

    def test_shares_of_what_was_before_a_day(self) -> None:
        examples = by_day(*["2024-01-01"] * 10, *["2024-07-01"] * 3)
        done = split_dataset(examples, shares="train=.8,dev=.2", days="2024-06-01")
        assert Counter(done.articles.values()) == {"train": 8, "dev": 2, "test": 3}

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({}, "say how to lay articles out"),
            ({"days": "2024-09-01,2024-06-01"}, "the days are not in order"),
            ({"days": "soon"}, "write one day or two, as 2024-06-01,2024-09-01"),
            ({"days": "2024-06-01", "embargo": "a week"}, "embargo 'a week' is no number of days; write 7d"),
            ({"shares": SHARES, "embargo": "7d"}, "an embargo is about days"),
            ({"shares": SHARES, "days": "2024-06-01"}, "shares without test"),
            ({"shares": "train=.5,test=.6"}, "the shares are 1.1 together"),
        ],
    )
    def test_what_cannot_be_meant_is_refused(self, options: dict[str, str], message: str) -> None:
        with pytest.raises(InputError, match=message):
            split_dataset(by_day("2024-01-01"), **options)


class TestGroups:
    def split(self, by: str | list[str], *examples: Example) -> list[list[str]]:
        """The groups of two or more that were kept together, whatever the seed."""
        done = split_dataset(examples, shares="train=.5,test=.5", by=by)
        sizes = {one.split: one.groups for one in done.splits}
        assert sum(sizes.values()) <= len(examples)
        from evalkit.dataset.splitting.groups import groups_of

        ways = [by] if isinstance(by, str) else by
        members = groups_of([one.article for one in examples], ways).members()
        assert all(len({done.articles[name] for name in ids}) == 1 for ids in members.values())
        return [ids for ids in members.values() if len(ids) > 1]

    def test_by_outlet_by_field_and_by_author(self) -> None:
        examples = (
            example("a", source="Post", desk="north", author="Ida Moen and Per Lie"),
            example("b", source="Post", desk="south", author="Siri Vik"),
            example("c", source="Gazette", desk="south", author="per lie; Siri Vik"),
            example("d"),
        )
        assert self.split("outlet", *examples) == [["a", "b"]]
        assert self.split("desk", *examples) == [["b", "c"]]
        assert self.split("author", *examples) == [["a", "b", "c"]]
        assert self.split(["outlet", "desk"], *examples) == [["a", "b", "c"]]

    def test_articles_without_a_value_stand_alone_and_are_counted(self) -> None:
        done = split_dataset([example("a", desk="x"), example("b")], shares="train=1", by="desk")
        assert done.notes == ("1 article has no desk; each is a group of its own",)

    def test_what_no_article_has_is_named_with_what_there_is(self) -> None:
        with pytest.raises(UnknownNameError, match="unknown group 'desc'; did you mean 'desk'"):
            split_dataset([example("a", desk="x")], shares="train=1", by="desc")

    def test_shared_text_keeps_together(self) -> None:
        text = " ".join(f"w{number}" for number in range(120))
        one, other = example("a"), example("b")
        copies = [Example(article=Article(id=e.article.id, text=text, lang="en"), gold=e.gold) for e in (one, other)]
        assert self.split("wire", *copies, example("c")) == [["a", "b"]]


class TestList:
    @pytest.mark.parametrize("name", ["list.json", "list.csv", "list.tsv", "result.json"])
    def test_a_build_takes_what_was_written(self, tmp_path: Path, name: str) -> None:
        examples = by_day("2024-01-10", "2024-05-28", "2024-07-01")
        source = tmp_path / "gold.jsonl"
        rows = [
            {"id": e.article.id, "text": e.article.text, "published": e.article.published, "entities": []}
            for e in examples
        ]
        source.write_text("".join(json.dumps(row) + "\n" for row in rows))
        build_dataset(source, tmp_path / "gold", splits="test=1")
        done = split_dataset(tmp_path / "gold", days="2024-06-01", embargo=7)
        if name == "result.json":
            (tmp_path / name).write_text(json.dumps(done.to_json()))
        else:
            done.write(tmp_path / name)
        built = build_dataset(tmp_path / "gold", tmp_path / "gold", splits=tmp_path / name)
        assert {own.split: [e.article.id for e in own] for own in built.splits} == {"train": ["a0"], "test": ["a2"]}
        assert "1 article goes nowhere, as its list says: a1" in built.notes

    def test_a_result_that_was_damaged_is_refused_with_its_place(self, tmp_path: Path) -> None:
        (tmp_path / "s.json").write_text('{"format": "evalkit.split", "articles": {"a": 1}, "left_out": []}')
        with pytest.raises(InputError, match=r"s\.json: damaged at articles\.a: found 1"):
            build_dataset(tmp_path, tmp_path / "gold", splits=tmp_path / "s.json")


def test_as_a_frame() -> None:
    done: DatasetSplits = split_dataset(by_day("2024-01-01", ""), days="2024-06-01")
    frame = done.to_pandas()
    assert frame.to_dict("list") == {"article_id": ["a0", "a1"], "split": ["train", ""], "left_out": ["", "no date"]}
