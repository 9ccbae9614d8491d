"""Many systems over the same gold: records of a leaderboard, and how a board is made of scored tables.

A board is one gold and split, scored in one way, one task under one convention: what stands on it is comparable, and
nothing else. What is not comparable has a board of its own, or is left out; the leaderboard says which and why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from evalkit.analysis.figures import Figure
from evalkit.analysis.intervals import Bootstrap, intervals_of
from evalkit.analysis.leaderboard.pareto import pareto_line
from evalkit.analysis.leaderboard.ranks import (
    FIGURE,
    PairTest,
    RankRange,
    pair_tests,
    pooled_figures,
    rank_ranges,
    rounds_for,
)
from evalkit.analysis.runs import same_labels
from evalkit.frames import figure_frame
from evalkit.harmless import clean
from evalkit.results import Interval
from evalkit.scoring.counts import macro
from evalkit.scoring.tasks.table import ScoredTable
from evalkit.showing import number_of, shown_html
from evalkit.version import __version__

__all__ = ["Apart", "Board", "Leaderboard", "Standing", "System", "make_board"]

_FIGURES = (
    *("f1", "precision", "recall", "macro_f1", "ci_low", "ci_high"),
    *("articles_per_second", "speed_ci_low", "speed_ci_high", "cost"),
)
"""Columns of numbers that are not whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """What a leaderboard knows of a run besides its figures.

    Attributes:
        path: where it lies; its name for one in memory.
        failed: on how many articles the extractor failed; they count as missed.
        articles_per_second: as it was measured (`evalkit run --speed`); None if it was not.
        speed_ci: its interval.
        peak_memory: in bytes, of the same measurement.
        machine: on which that was.
        cost: of 1,000 articles, in the currency of the prices; None if nobody counted any.
    """

    path: str
    failed: int = 0
    articles_per_second: float | None = None
    speed_ci: Interval | None = None
    peak_memory: int | None = None
    machine: str = ""
    cost: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A system on a board.

    Attributes:
        name: what it is called.
        f1: micro F1, with precision and recall.
        ci: interval of f1; None where there is none.
        macro_f1: the mean over labels.
        ranks: those that the sure differences leave to it.
        surely_better_than: the systems that it is surely better than.
        system: what else is known of it.
    """

    name: str
    f1: float
    precision: float
    recall: float
    ci: Interval | None
    macro_f1: float
    ranks: RankRange
    surely_better_than: tuple[str, ...]
    system: System


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Systems over one gold and split, in one task under one convention, the best first.

    Attributes:
        gold: its name with seven digits of its fingerprint.
        scoring: how all were scored, where that is not the usual way.
        articles: how many were scored.
        standings: the systems, by micro F1.
        pairs: the tests behind the ranks.
        floor: micro F1 of the trivial baseline; None where nobody scored it.
        ceiling: that of readers against each other; None where no article has two.
        fast: the Pareto line of F1 and articles in a second, over the systems that were timed on one machine.
        cheap: that of F1 and cost.
        signature: the line that reproduces figures, intervals and ranks.
    """

    gold: str
    split: str
    scoring: Mapping[str, Any] = field(default_factory=dict)
    task: str
    convention: str
    articles: int
    standings: tuple[Standing, ...]
    pairs: tuple[PairTest, ...]
    floor: float | None = None
    ceiling: float | None = None
    fast: tuple[str, ...] = ()
    cheap: tuple[str, ...] = ()
    signature: str = ""

    @property
    def machines(self) -> tuple[str, ...]:
        """Where its systems were timed."""
        return tuple(sorted({own.system.machine for own in self.standings if own.system.machine}))

    def to_json(self) -> dict[str, Any]:
        """The board as JSON values."""
        return {
            **{name: getattr(self, name) for name in ("gold", "split", "task", "convention", "articles")},
            "scoring": dict(self.scoring),
            "floor": self.floor,
            "ceiling": self.ceiling,
            "standings": [_standing_json(own) for own in self.standings],
            "pairs": [asdict(test) for test in self.pairs],
            "pareto": {"speed": list(self.fast), "cost": list(self.cheap)},
            "signature": self.signature,
        }


@dataclass(frozen=True, slots=True)
class Apart:
    """Runs that have boards of their own, and why."""

    runs: tuple[str, ...]
    why: str


@dataclass(frozen=True, kw_only=True, repr=False)
class Leaderboard:
    """All boards, and what is on none of them.

    Attributes:
        place: where the runs were found, or "runs".
        boards: gold by gold, task by task.
        apart: what is not comparable with the runs of the first board, a group each.
        left_out: run → why it is on no board.
        notes: what else is to be known, each a sentence.
    """

    place: str
    boards: tuple[Board, ...]
    apart: tuple[Apart, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def systems(self) -> tuple[str, ...]:
        """The names of all systems, in the order of the boards."""
        return tuple(dict.fromkeys(own.name for board in self.boards for own in board.standings))

    def __repr__(self) -> str:
        """One line; everything in full would fill screens."""
        boards = number_of(len(self.boards), "board")
        return clean(f"<Leaderboard {self.place}: {number_of(len(self.systems), 'system')} on {boards}>")

    def to_json(self) -> dict[str, Any]:
        """The leaderboard as JSON values."""
        return {
            "format": "evalkit.leaderboard",
            "version": 1,
            "place": self.place,
            "boards": [board.to_json() for board in self.boards],
            "apart": [{"runs": list(own.runs), "why": own.why} for own in self.apart],
            "left_out": dict(self.left_out),
            "notes": list(self.notes),
        }

    def rows(self) -> list[dict[str, Any]]:
        """One row for each board and system; None where there is no value."""
        rows = []
        for board in self.boards:
            for own in board.standings:
                row = _standing_json(own)
                ranks, better = row.pop("ranks"), row.pop("surely_better_than")
                about = {name: getattr(board, name) for name in ("gold", "split", "task", "convention")}
                pairs = {name: row.pop(name) or (None, None) for name in ("ci", "speed_ci")}
                bounds = {f"{name}_{end}": pairs[name][at] for name in pairs for at, end in enumerate(("low", "high"))}
                line = {"on_speed_line": own.name in board.fast, "on_cost_line": own.name in board.cheap}
                told = {"best_rank": ranks[0], "worst_rank": ranks[1], "surely_better_than": ", ".join(better)}
                rows.append(about | row | bounds | told | line)
        return rows

    def to_pandas(self) -> Any:
        """One row for each board and system; intervals in `ci_low` and `ci_high`, ranks in two columns as well."""
        return figure_frame(self.rows(), figures=_FIGURES, whole=("peak_memory",))

    _repr_html_ = shown_html


def _standing_json(own: Standing) -> dict[str, Any]:
    figures = {name: getattr(own, name) for name in ("name", "f1", "precision", "recall", "macro_f1")}
    ranks = {"ranks": [own.ranks.best, own.ranks.worst], "surely_better_than": list(own.surely_better_than)}
    system = asdict(own.system) | {"speed_ci": own.system.speed_ci and list(own.system.speed_ci)}
    return figures | {"ci": own.ci and list(own.ci)} | ranks | system


def make_board(
    tables: Mapping[str, ScoredTable],
    systems: Mapping[str, System],
    *,
    task: str,
    convention: str,
    gold: str,
    split: str,
    scoring: Mapping[str, Any],
    bootstrap: Bootstrap,
    beside: Mapping[str, float | None],
) -> Board:
    """The board of some systems.

    Args:
        tables: system → its counts, all over the same articles.
        systems: what else is known of each.
        task: the task.
        convention: under which the tables were made.
        gold: what all are about.
        split: the split.
        scoring: how all were scored, where that is not the usual way.
        bootstrap: how articles are drawn.
        beside: `floor` and `ceiling`, where they are known.

    Raises:
        InputError: the tables are not about the same articles.
    """
    aligned = same_labels(tables, f"{task} under {convention}")
    figures = {name: pooled_figures(scored) for name, scored in aligned.items()}
    tests = pair_tests(figures, bootstrap)
    ranks = rank_ranges(list(tables), tests)
    standings = []
    for name, own in figures.items():
        values = dict(zip(own.names, own.point().tolist(), strict=True))
        standings.append(
            Standing(
                name=name,
                f1=values[FIGURE],
                precision=values[Figure("micro", "", "precision")],
                recall=values[Figure("micro", "", "recall")],
                ci=intervals_of(own, bootstrap).get(FIGURE),
                macro_f1=macro(tables[name].table).f1,
                ranks=ranks[name],
                surely_better_than=tuple(test.worse for test in tests if test.sure and test.better == name),
                system=systems[name],
            )
        )
    standings.sort(key=lambda own: (-own.f1, own.name))
    order = {own.name: place for place, own in enumerate(standings)}
    fast = {
        own.name: (own.system.articles_per_second, own.f1)
        for own in standings
        if own.system.articles_per_second is not None
    }
    cheap = {own.name: (-own.system.cost, own.f1) for own in standings if own.system.cost is not None}
    machines = {own.system.machine for own in standings if own.system.articles_per_second is not None}
    method = _method(len(tests), bootstrap)
    scored = "".join(f"{name}:{_told(value)}|" for name, value in sorted(scoring.items()))
    return Board(
        gold=gold,
        split=split,
        scoring=scoring,
        task=task,
        convention=convention,
        articles=len(next(iter(aligned.values())).table.articles),
        standings=tuple(_with_order(own, order) for own in standings),
        pairs=tests,
        floor=beside.get("floor"),
        ceiling=beside.get("ceiling"),
        # One system alone is on every line.
        fast=pareto_line(fast) if len(fast) > 1 and len(machines) == 1 else (),
        cheap=pareto_line(cheap) if len(cheap) > 1 else (),
        signature=f"{task}|{convention}|micro|gold:{gold}|split:{split}|{scored}{method}|evalkit:{__version__}",
    )


def _told(value: object) -> str:
    return "+".join(map(str, value)) if isinstance(value, list) else str(value)


def _with_order(own: Standing, order: Mapping[str, int]) -> Standing:
    return replace(own, surely_better_than=tuple(sorted(own.surely_better_than, key=order.__getitem__)))


def _method(pairs: int, bootstrap: Bootstrap) -> str:
    """How intervals and ranks were made, such as "ci:bootstrap1000/article/seed0/expanded|randomization10000|holm"."""
    alpha = round(1 - bootstrap.level, 12)
    return f"ci:{bootstrap.describe()}|randomization{rounds_for(pairs, alpha)}|holm"
