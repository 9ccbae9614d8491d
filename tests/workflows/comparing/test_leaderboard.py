"""Leaderboards: what may stand beside what, and what is said of the rest."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalkit.analysis.leaderboard.leaderboard import Leaderboard
from evalkit.dataset.gold import GoldDataset, gold_dataset
from evalkit.dataset.labels import Inventory
from evalkit.errors import EvalkitError, InputError
from evalkit.options import Options, Running, Scoring
from evalkit.predictions.run import Run
from evalkit.records import Annotations, Article, Entity, Example, Span
from evalkit.workflows.comparing.compare import compare_runs
from evalkit.workflows.comparing.leaderboard import rank_runs
from evalkit.workflows.running.measure import measure_extractor

WORDS = "Ida Bo Ek An Ul Os Ry Vi"
PLACES = [(0, 3), (4, 6), (7, 9), (10, 12), (13, 15), (16, 18), (19, 21), (22, 24)]


def gold_of(text: str = WORDS, *, split: str = "test", name: str = "gold", articles: int = 16) -> GoldDataset:
    """Articles of eight people each."""
    people = tuple(Entity(id=f"e{at}", spans=(Span(*place),), label="PER") for at, place in enumerate(PLACES))
    examples = [
        Example(article=Article(id=f"a{number:02d}", text=f"{text}, {number}."), gold=Annotations(entities=people))
        for number in range(articles)
    ]
    return gold_dataset(examples, name=name, split=split, inventory=Inventory(labels={"entities": ("PER",)}))


class Finds:
    """Finds so many of the eight."""

    layers = ("entities",)

    def __init__(self, number: int, name: str = "") -> None:
        self.number, self.name = number, name or f"finds-{number}"

    def fingerprint(self) -> str:
        return f"{self.name}-{self.number}"

    def extract(self, articles: Any) -> list[Annotations]:
        return [self._one(article) for article in articles]

    def _one(self, article: Article) -> Annotations:
        # One fewer in every other article, so that something varies.
        places = PLACES[: self.number - int(article.id[1:]) % 2]
        found = tuple(Entity(id=f"e{at}", spans=(Span(*place),), label="PER") for at, place in enumerate(places))
        return Annotations(entities=found)


Measure = Callable[..., Run]


@pytest.fixture
def measured(tmp_path: Path) -> Measure:
    def measure(name: str, number: int, gold: GoldDataset | None = None, **more: Any) -> Run:
        system = Finds(number, more.pop("called", ""))
        options = Options(running=Running(out=tmp_path / "runs" / name, cache=False), scoring=Scoring(**more))
        return measure_extractor(system, gold or gold_of(), options, baseline=False)

    return measure


def ranks_of(leaderboard: Leaderboard) -> list[dict[str, str]]:
    return [{own.name: str(own.ranks) for own in board.standings} for board in leaderboard.boards]


def test_systems_in_order_with_ranks(measured: Measure, tmp_path: Path):
    for number in (4, 8, 7):
        measured(f"r{number}", number)
    board = rank_runs(tmp_path / "runs").boards[0]
    assert [own.name for own in board.standings] == ["finds-8", "finds-7", "finds-4"]
    assert [str(own.ranks) for own in board.standings] == ["1", "2", "3"]
    assert board.standings[0].surely_better_than == ("finds-7", "finds-4")
    # Of 8 people in 16 articles 8 and 7 in turn were found, nothing else: recall 120/128.
    assert board.standings[0].recall == 120 / 128
    assert (board.task, board.convention, board.articles, board.split) == ("entities", "exact", 16, "test")


def test_figures_and_p_are_those_of_compare(measured: Measure):
    runs = [measured(f"r{number}", number) for number in (5, 6)]
    board = rank_runs(runs).boards[0]
    compared = compare_runs([run.path for run in runs], resamples=10_000)
    row = next(row for row in compared.rows if (row.convention, row.scope) == ("exact", "micro"))
    assert board.pairs[0].p == row.p_randomization
    assert {own.name: own.f1 for own in board.standings} == {row.first: row.first_value, row.second: row.second_value}


def test_runs_over_other_gold_have_boards_of_their_own(measured: Measure, tmp_path: Path):
    measured("a", 8)
    measured("b", 7)
    measured("split", 7, gold_of("Eva" + WORDS[3:], split="dev"))
    measured("other", 7, gold_of(name="other", text="Ada" + WORDS[3:]))
    measured("changed", 7, gold_of("Ivo" + WORDS[3:]))
    measured("part", 7, gold_of(articles=5))
    measured("labels", 7, labels=["PER"])
    leaderboard = rank_runs(tmp_path / "runs")
    assert [len(board.standings) for board in leaderboard.boards] == [2, 1, 1, 1, 1, 1]
    why = {Path(name).name: own.why for own in leaderboard.apart for name in own.runs}
    assert why["split"] == "over another split of gold, dev, not test"
    assert why["other"].startswith("about other gold, other@")
    assert why["changed"].startswith("the gold has changed between them (gold@")
    assert why["part"].startswith("over 5 articles of gold and not 16 (gold@")
    assert why["labels"] == "scored in another way, with {'labels': ['PER']}, not the usual options"
    assert not leaderboard.left_out


def test_an_asked_gold_leaves_the_others_out(measured: Measure, tmp_path: Path):
    measured("a", 8)
    measured("b", 8, gold_of("Ivo" + WORDS[3:]))
    leaderboard = rank_runs(tmp_path / "runs", dataset=gold_of())
    assert [own.system.path for own in leaderboard.boards[0].standings] == [(tmp_path / "runs" / "a").as_posix()]
    [(name, why)] = leaderboard.left_out.items()
    assert name.endswith("/b")
    assert "which was not asked for" in why


def test_what_cannot_be_ranked_is_named(measured: Measure, tmp_path: Path):
    measured("a", 8)
    unfinished = measured("b", 7)
    assert unfinished.path is not None
    facts = json.loads((unfinished.path / "run.json").read_text())
    (unfinished.path / "run.json").write_text(json.dumps({**facts, "complete": False, "command": "evalkit run"}))
    broken = measured("c", 6)
    assert broken.path is not None
    (broken.path / "run.json").write_text("{")
    leaderboard = rank_runs(tmp_path / "runs")
    why = {Path(name).name: own for name, own in leaderboard.left_out.items()}
    assert why["b"].startswith("is not finished (16 of 16 articles); continue it with: evalkit run --out")
    assert why["c"].startswith("cannot be read: ")
    assert [own.name for own in leaderboard.boards[0].standings] == ["finds-8"]


def test_a_copy_of_a_run_stands_there_once(measured: Measure, tmp_path: Path):
    import shutil

    measured("a", 8)
    shutil.copytree(tmp_path / "runs" / "a", tmp_path / "runs" / "b")
    leaderboard = rank_runs(tmp_path / "runs")
    assert len(leaderboard.boards[0].standings) == 1
    assert list(leaderboard.left_out.values()) == [f"is the same run as {(tmp_path / 'runs' / 'a').as_posix()}"]


def test_what_has_one_name_is_called_by_its_folder(measured: Measure, tmp_path: Path):
    measured("before", 7, called="mine")
    measured("after", 8, called="mine")
    names = [own.name for own in rank_runs(tmp_path / "runs").boards[0].standings]
    runs = (tmp_path / "runs").as_posix()
    assert names == [f"mine in {runs}/after", f"mine in {runs}/before"]


def test_settings_tell_one_extractor_from_another(measured: Measure):
    sure, unsure = measured("a", 8, called="mine"), measured("b", 7, called="mine")
    changed = [
        replace(own, made_by=replace(own.made_by, settings={"beam": value}))
        for own, value in ((sure, "4"), (unsure, "1"))
    ]
    names = [own.name for own in rank_runs(changed).boards[0].standings]
    assert names == ["mine (beam=4)", "mine (beam=1)"]


def test_another_convention_is_scored_where_it_is_missing(measured: Measure, tmp_path: Path):
    gold = gold_of()
    for number in (7, 8):
        measured(f"r{number}", number, gold, conventions=["exact"])
    boards = rank_runs(tmp_path / "runs", dataset=gold, conventions=["exact", "partial"]).boards
    assert [board.convention for board in boards] == ["exact", "partial"]
    # The gold cannot be read again from where it was: it was made here.
    with pytest.raises(InputError, match=r"nothing can stand on a leaderboard .*its gold cannot be read"):
        rank_runs(tmp_path / "runs", conventions=["partial"])


def test_results_alone(measured: Measure):
    results = [measured(f"r{number}", number).result for number in (7, 8)]
    assert ranks_of(rank_runs(results)) == [{"finds-8": "1", "finds-7": "2"}]  # type: ignore[arg-type]


def test_given_names(measured: Measure):
    runs = {"old": measured("a", 7), "new": measured("b", 8)}
    assert ranks_of(rank_runs(runs)) == [{"new": "1", "old": "2"}]


def test_floor_and_cost(measured: Measure):
    run = measured("a", 8)
    paid = replace(run, predictions=tuple(replace(own, usage={"cost": 0.5}) for own in run.predictions))
    cheap = measured("b", 7)
    cheap = replace(cheap, predictions=tuple(replace(own, usage={"cost": 0.25}) for own in cheap.predictions))
    board = rank_runs([paid, cheap]).boards[0]
    # Half a unit for each article makes 500 for 1,000; each is on the line, one the better, one the cheaper.
    assert [own.system.cost for own in board.standings] == [500.0, 250.0]
    assert board.cheap == ("finds-7", "finds-8")


def test_scored_anew_it_has_the_floor_all_the_same(measured: Measure):
    assert rank_runs([measured("a", 8), measured("b", 7)], labels=["PER"]).boards[0].floor is not None


def test_the_order_of_labels_makes_no_boards(measured: Measure, tmp_path: Path):
    measured("a", 8, labels=("PER", "entities/PER"))
    measured("b", 7, labels=("entities/PER", "PER"))
    assert ranks_of(rank_runs(tmp_path / "runs")) == [{"finds-8": "1", "finds-7": "2"}]


def test_other_articles_are_no_changed_gold(measured: Measure, tmp_path: Path):
    measured("a", 8, gold_of().subset(articles=["1-6"]))
    measured("b", 7, gold_of().subset(articles=["2-7"]))
    (apart,) = rank_runs(tmp_path / "runs").apart
    assert apart.why.startswith("over other articles of gold (")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param("nowhere", "is no folder", id="no folder"),
        pytest.param([3], "int '3' is no run", id="no run"),
        pytest.param([], "nothing can stand on a leaderboard", id="nothing"),
    ],
)
def test_what_cannot_be_ranked_at_all(given: Any, message: str):
    with pytest.raises(EvalkitError, match=message):
        rank_runs(given)


def test_the_same_runs_make_the_same_leaderboard(measured: Measure, tmp_path: Path):
    runs = [measured(f"r{number}", number) for number in (8, 7, 6)]
    there, back = rank_runs(runs).to_json(), rank_runs(runs[::-1]).to_json()
    assert there["boards"][0]["standings"] == back["boards"][0]["standings"]
    assert len(rank_runs(tmp_path / "runs").to_pandas()) == 3
