"""Which article is in which split: by list, by share, by date; what is there stays where it is."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from evalkit.cli.dataset.group import dataset_group
from evalkit.dataset.making.build import BuildResult, DatasetProblemsError, build_dataset
from evalkit.dataset.splitting.rule import SplitRule, split_rule
from evalkit.errors import FormatError, InputError
from evalkit.records import Article
from evalkit.showing import number_of

SHARES = "train=.8,dev=.1,test=.1"


def rows(*names: str, **published: str) -> str:
    return "".join(
        json.dumps({"id": name, "text": f"Oslo {name}.", "entities": [], "published": published.get(name, "")}) + "\n"
        for name in names
    )


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "gold.jsonl"
    path.write_text(rows(*(f"a{number}" for number in range(40))))
    return path


def build(source: Path, **options: Any) -> BuildResult:
    return build_dataset(source, source.parent / "gold", **options)


def split_of(result: BuildResult) -> dict[str, str]:
    return {example.article.id: gold.split for gold in result.splits for example in gold}


class TestLists:
    @pytest.mark.parametrize(
        ("name", "content"),
        [
            pytest.param("s.json", '{"dev": ["a1"], "test": ["a2", "a3"]}', id="json"),
            pytest.param("s", '{"dev": ["a1"], "test": ["a2", "a3"]}', id="json by another name"),
            pytest.param("s.toml", 'dev = ["a1"]\ntest = ["a2", "a3"]\n', id="toml"),
            pytest.param("s.csv", "id,split\na1,dev\na2,test\na3,test\n", id="csv"),
            pytest.param("s.csv", '\ufeffa1,dev\r\n"a2",test\r\na3, test\r\n', id="csv of a spreadsheet"),
            pytest.param("s.tsv", "ID\tSplit\na1\tdev\na2\ttest\n\na3\ttest\n", id="tsv"),
            pytest.param("s.txt", "# who is where\na1 dev\na2 test\na3   test\n", id="text"),
        ],
    )
    def test_every_form_says_the_same(self, tmp_path: Path, name: str, content: str) -> None:
        (tmp_path / name).write_bytes(content.encode())
        assert split_rule(tmp_path / name).lists == {"dev": ["a1"], "test": ["a2", "a3"]}

    @pytest.mark.parametrize(
        ("name", "content", "message"),
        [
            ("s.csv", "a1,dev\na2\n", r"s\.csv:2: 'a2' is no id and its split"),
            ("s.txt", "a1 dev test\n", r"s\.txt:1: 'a1 dev test' is no id and its split"),
            ("s.csv", 'a1,"dev\n', r"s\.csv:\d: no line of CSV"),
            ("s.toml", "dev = 'a1'\n", r"s\.toml: damaged at dev: found 'a1', expected a list"),
        ],
    )
    def test_what_is_no_list_is_refused_with_its_line(
        self, tmp_path: Path, name: str, content: str, message: str
    ) -> None:
        (tmp_path / name).write_text(content)
        with pytest.raises(FormatError, match=message):
            split_rule(tmp_path / name)

    @pytest.mark.parametrize(
        ("name", "content"), [("s.json", '{"dev": [101], "test": ["b"]}'), ("s.toml", 'dev = [101]\ntest = ["b"]\n')]
    )
    def test_ids_may_be_numbers(self, tmp_path: Path, name: str, content: str) -> None:
        (tmp_path / name).write_text(content)
        assert split_rule(tmp_path / name).lists == {"dev": ["101"], "test": ["b"]}

    def test_a_truth_value_is_no_id(self, tmp_path: Path) -> None:
        (tmp_path / "s.json").write_text('{"dev": [true]}')
        with pytest.raises(FormatError, match=r"damaged at dev\[0\]: found True, expected text"):
            split_rule(tmp_path / "s.json")

    def test_a_file_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"none\.csv: cannot be read.*shares as"):
            split_rule(str(tmp_path / "none.csv"))

    def test_a_list_moves_what_is_there(self, source: Path) -> None:
        build(source, splits="test=1")
        listed = {"dev": ["a1"]}
        assert split_of(build(source, splits=listed))["a1"] == "dev"
        assert split_of(build(source))["a1"] == "dev"


class TestShares:
    def test_the_note_says_what_was_asked_and_what_came_out(self, source: Path) -> None:
        result = build(source, splits=SHARES, seed=1)
        counts = Counter(split_of(result).values())
        (note,) = (one for one in result.notes if "laid out" in one)
        assert note == (
            "40 articles laid out by a hash of their ids, seed 1, so that adding articles moves none: "
            f"train {number_of(counts['train'], 'article')} (share 0.8 asked for), "
            f"dev {number_of(counts['dev'], 'article')} (share 0.1 asked for), "
            f"test {number_of(counts['test'], 'article')} (share 0.1 asked for)"
        )
        assert counts["train"] + counts["dev"] + counts["test"] == 40

    def test_adding_articles_moves_none(self, source: Path) -> None:
        first = split_of(build(source, splits=SHARES))
        source.write_text(rows("new1", "new2") + source.read_text())
        second = build(source, splits=SHARES)
        assert {name: split for name, split in split_of(second).items() if name in first} == first
        # And without what was there before they would stand where they do now.
        alone = build_dataset(source, source.parent / "other", corpus=source.parent / "corpus", splits=SHARES)
        assert split_of(alone) == split_of(second)

    @given(st.lists(st.text(min_size=1), min_size=1, max_size=30, unique=True), st.integers())
    def test_neither_order_nor_company_says_where_an_article_is(self, names: list[str], seed: int) -> None:
        rule = split_rule("train=.5,dev=.25,test=.25", seed=seed)
        turned = split_rule("test=.25,train=.5,dev=.25", seed=seed)
        for name in names:
            article = Article(id=name, text="")
            assert rule.split_of(article) == turned.split_of(article) in ("train", "dev", "test")

    def test_shares_are_met_about(self) -> None:
        rule = split_rule(SHARES, seed=3)
        counts = Counter(rule.split_of(Article(id=f"article-{number}", text="")) for number in range(10_000))
        # Five standard deviations of 10,000 draws: sqrt(10000 * .8 * .2) = 40, of .1 it is 30.
        assert counts["train"] == pytest.approx(8000, abs=200)
        assert counts["dev"] == pytest.approx(1000, abs=150)

    def test_another_seed_is_another_layout(self, source: Path) -> None:
        articles = [Article(id=f"a{number}", text="") for number in range(40)]
        first, second = (split_rule(SHARES, seed=seed) for seed in (1, 2))
        assert [first.split_of(one) for one in articles] != [second.split_of(one) for one in articles]

    def test_what_is_there_stays_unless_asked_otherwise(self, source: Path) -> None:
        build(source, splits="test=1")
        stayed = build(source, splits="train=1")
        assert set(split_of(stayed).values()) == {"test"}
        assert "40 articles stayed in their split; --resplit lays out all" in stayed.notes
        assert set(split_of(build(source, splits="train=1", resplit=True)).values()) == {"train"}

    @pytest.mark.parametrize(
        ("said", "message"),
        [
            ("train=.8,test=.1", "the shares are 0.9 together; they must be 1"),
            ("train=.8,train=.2", "named twice"),
            ("train=x,test=.2", "'train=x' is no share"),
            ("train=-1,test=2", "'train=-1' is no share"),
            ("train=.8;test=.2", "is no share"),
        ],
    )
    def test_wrong_shares_are_refused(self, said: str, message: str) -> None:
        with pytest.raises(InputError, match=message):
            split_rule(said)

    def test_thirds_need_not_be_whole(self) -> None:
        assert split_rule("a=.3333333,b=.3333333,c=.3333333").split_of(Article(id="x", text="")) in ("a", "b", "c")


class TestDates:
    @pytest.mark.parametrize(
        ("published", "split"),
        [("2024-05-31", "train"), ("2024-06-01", "dev"), ("2024-08-31T23:59:00+02:00", "dev"), ("2024-09-01", "test")],
    )
    def test_two_days_make_three_splits(self, published: str, split: str) -> None:
        rule = split_rule("date:2024-06-01,2024-09-01")
        assert rule == SplitRule(days=(date(2024, 6, 1), date(2024, 9, 1)))
        assert rule.split_of(Article(id="a", text="", published=published)) == split

    def test_one_day_makes_two(self) -> None:
        rule = split_rule("date:2024-06-01")
        days = ("2024-05-31", "2024-06-01")
        assert [rule.split_of(Article(id="a", text="", published=day)) for day in days] == ["train", "test"]

    def test_articles_without_a_day_are_named(self, source: Path) -> None:
        source.write_text(rows("a", "b", "c", a="2024-01-01", b="2024-01"))
        with pytest.raises(DatasetProblemsError) as refused:
            build(source, splits="date:2024-06-01")
        assert [(one.article_id, one.code) for one in refused.value.problems if one.place == "published"] == [
            ("b", "date-invalid"),
            ("b", "split-missing"),
            ("c", "split-missing"),
        ]
        messages = [one.message for one in refused.value.problems if one.code == "split-missing"]
        assert messages[0].startswith("the article is published on '2024-01', which is no day; add one (published)")
        assert messages[1].startswith("the article has no date; add one")

    def test_many_that_lack_the_same_are_one_problem(self, source: Path) -> None:
        names = [f"a{number}" for number in range(300)]
        source.write_text(rows(*names, a0="2024-01-01", a1="soon"))
        with pytest.raises(DatasetProblemsError) as refused:
            build(source, splits="date:2024-06-01")
        # 300 without the one that has a day and the one whose day is none: 298 lack it.
        found = [one for one in refused.value.problems if one.code == "split-missing"]
        assert [one.article_id for one in found] == ["298 articles", "a1"]
        assert found[0].message.startswith("a2, a3, a4, a5, a6, …: each: the article has no date; add one")

    @pytest.mark.parametrize(
        ("said", "message"),
        [
            ("date:", "one day or two"),
            ("date:2024", "one day or two"),
            ("date:2024-13-01", "one day or two"),
            ("date:2024-01-01,2024-02-01,2024-03-01", "one day or two"),
            ("date:2024-02-01,2024-01-01", "not in order"),
        ],
    )
    def test_wrong_days_are_refused(self, said: str, message: str) -> None:
        with pytest.raises(InputError, match=message):
            split_rule(said)


@pytest.mark.parametrize("name", ["../up", "a/b", ".git", "con"])
def test_a_split_is_a_folder_and_nothing_else(source: Path, name: str) -> None:
    with pytest.raises(DatasetProblemsError) as refused:
        build(source, splits={name: ["a1"], "test": [f"a{number}" for number in range(40) if number != 1]})
    assert [(one.article_id, one.code) for one in refused.value.problems] == [("a1", "split-unsafe")]
    assert not (source.parent / "gold").exists()


def test_from_a_terminal(source: Path) -> None:
    out = source.parent / "gold"
    done = CliRunner().invoke(
        dataset_group, ["build", str(source), "--out", str(out), "--splits", "train=.5,test=.5", "--seed", "7"]
    )
    assert done.exit_code == 0, done.output
    assert "40 articles laid out by a hash of their ids, seed 7" in done.stderr
    # The corpus is beside the dataset folder, where validate looks for it.
    assert (source.parent / "corpus" / "a1.txt").is_file()
    assert CliRunner().invoke(dataset_group, ["validate", str(out)]).stdout.endswith("agree with the corpus\n")
    wrong = CliRunner().invoke(dataset_group, ["build", str(source), "--out", str(out), "--resplit"])
    assert "no splits are given" in str(wrong.exception)


def test_only_the_first_unknown_ids_are_told_the_nearest(source: Path) -> None:
    (source.parent / "sp.json").write_text(json.dumps({"train": [f"a{number}x" for number in range(10, 40)]}))
    with pytest.raises(DatasetProblemsError) as caught:
        build(source, splits=str(source.parent / "sp.json"))
    told = [one.message for one in caught.value.problems if one.code == "split-unknown"]
    assert [len(told), sum(message.endswith("?") for message in told)] == [30, 20]
