"""Two or more runs on the same articles, figure by figure.

Overlap of two intervals is not a test: runs are compared pairwise on the same articles (see `evalkit.analysis.paired`)
and the many comparisons get Benjamini-Hochberg control over all rows that can be tested.

A row on which two runs are the same in every article has the p 1 whichever articles change sides. It can never be
called a difference, so it has no part in what is paid for looking at many rows (Tarone 1990, Biometrics 46, 515-522:
tests whose smallest attainable p is too large to reject leave the correction; Gilbert 2005, JRSS C 54, 143-158, for the
false discovery rate). 1 is the surest case, and the only one that leaves here. Which rows those are does not depend on
who won: whatever articles change sides, they are the same rows, so the correction keeps its promise. A row that merely
comes out even, with articles won and lost, could have been a difference and stays in.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from evalkit.analysis.differing import DifferingItem
from evalkit.analysis.figures import PRF_SCORES, Figure, figures_of
from evalkit.analysis.intervals import Bootstrap, Resampled, resampled_together
from evalkit.analysis.paired import PairedTest, adjusted, differ, paired_test
from evalkit.analysis.ranking import RankingChange
from evalkit.analysis.runs import (
    Runs,
    check_same_gold,
    named_runs,
    same_labels,
    scored_table_of,
    shared_conventions,
)
from evalkit.analysis.speed import ComparedSpeed
from evalkit.errors import InputError
from evalkit.frames import figure_frame
from evalkit.harmless import clean
from evalkit.results import EvalResult, Interval, TaskResult
from evalkit.scoring.tasks.table import ScoredTable
from evalkit.showing import number_of, shown_html

__all__ = [
    "ComparedRow",
    "Comparison",
    "ComparisonOptions",
    "Detectable",
    "compare_many",
    "compare_results",
    "compare_tables",
    "corrected",
    "significance_mark",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRow:
    """One figure of two runs.

    Attributes:
        scope: "micro", "macro", "label" or "derived".
        label: the label, or empty.
        score: precision, recall, f1 or the name of the derived score.
        difference: second minus first.
        ci: interval of the difference, which excludes 0 where p_randomization < 1 - level and nowhere else; None where
            nothing varies, or too few articles have anything (see `evalkit.analysis.intervals`).
        error: standard error of the difference.
        p_randomization: of the paired test (see `evalkit.analysis.paired`).
        q: p_randomization after Benjamini-Hochberg over the rows of the comparison that can be tested; 1.0 for others.
        effect: difference by the standard deviation of the articles' paired contributions.
        wins: articles where the second run is better; ties and losses likewise.
        units: articles or clusters that were drawn.
        identical: whether the figure is the same in every article, so that there is nothing to test.
    """

    task: str
    convention: str
    scope: str
    label: str
    score: str
    first: str
    second: str
    first_value: float
    second_value: float
    difference: float
    ci: Interval | None
    error: float
    p_randomization: float
    q: float
    effect: float
    wins: int
    ties: int
    losses: int
    units: int
    identical: bool = False

    @property
    def mark(self) -> str:
        """Stars for q: three below 0.001, two below 0.01, one below 0.05."""
        return significance_mark(self.q)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detectable:
    """What the gold can show about two runs in one task: micro F1 under the main convention, or the first there is.

    Attributes:
        units: articles (or clusters) that there are.
        differing: articles in which one of the runs is better.
        smallest: the smallest difference that is found with probability 0.8 at level 0.05; None if nothing differs, or
            if units are too few to show any.
        difference: the one that was seen.
        more: how many more articles would show it; 0 if these do, or if there is none.
    """

    task: str
    convention: str
    first: str
    second: str
    units: int
    differing: int
    smallest: float | None
    difference: float
    more: int

    def to_json(self) -> dict[str, Any]:
        """The figures as JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Comparison:
    """All rows, and what reproduces them.

    Attributes:
        runs: names of the runs; the first is the one compared with.
        method: how intervals and tests were made.
        order_changes: pairs of runs whose order depends on the convention.
        figures_compared: task → how many figures the order was looked at under.
        multiverse: whether every convention was asked for, so that an order which never changes is worth a line.
        detectable: what the gold can show about each pair of runs, task by task.
        ceiling: task → convention → what readers of the same articles reach against each other (`EvalResult.ceiling`);
            empty where no article has two readings.
        differing: the items on which the runs of each pair differ; empty where gold or predictions were not at hand.
        speeds: how fast the runs are, where at least two were measured.
        notes: what else is to be known, each a sentence.
    """

    runs: tuple[str, ...]
    gold: str
    split: str
    method: str
    rows: tuple[ComparedRow, ...]
    order_changes: tuple[RankingChange, ...] = ()
    figures_compared: Mapping[str, int] = field(default_factory=dict)
    multiverse: bool = False
    detectable: tuple[Detectable, ...] = ()
    ceiling: Mapping[str, Mapping[str, TaskResult]] = field(default_factory=dict)
    differing: tuple[DifferingItem, ...] = ()
    speeds: tuple[ComparedSpeed, ...] = ()
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """One line; everything in full would fill screens."""
        about = f"{' and '.join(self.runs)} on {self.gold}, {self.split}"
        return clean(f"<Comparison of {about}: {number_of(len(self.rows), 'row')}>")

    def select(self, **wanted: str) -> tuple[ComparedRow, ...]:
        """The rows with some values, such as `select(task="entities", score="f1")`."""
        return tuple(row for row in self.rows if all(getattr(row, name) == value for name, value in wanted.items()))

    def ceiling_of(self, row: ComparedRow) -> float | None:
        """What readers reach against each other in the figure of a row; None where nothing tells."""
        own = self.ceiling.get(row.task, {}).get(row.convention)
        if own is None:
            return None
        if row.scope == "derived":
            return own.scores[row.score].value if row.score in own.scores else None
        prf = dict(own.figures()).get((row.scope, row.label))
        value: float | None = None if prf is None else getattr(prf, row.score)
        return value

    def values_of(self, row: ComparedRow) -> dict[str, Any]:
        """A row with its mark and, where there is any, its ceiling."""
        above = {"ceiling": self.ceiling_of(row)} if self.ceiling else {}
        return asdict(row) | {"mark": row.mark} | above

    def to_json(self) -> dict[str, Any]:
        """The comparison as JSON values."""
        rows = [self.values_of(row) | {"ci": row.ci and list(row.ci)} for row in self.rows]
        return {
            "format": "evalkit.comparison",
            "version": 1,
            "runs": list(self.runs),
            "gold": self.gold,
            "split": self.split,
            "method": self.method,
            "rows": rows,
            "order_changes": [change.to_json() for change in self.order_changes],
            "figures_compared": dict(self.figures_compared),
            "detectable": [seen.to_json() for seen in self.detectable],
            "differing": [item.to_json() for item in self.differing],
            # Only where they were measured, so that comparisons of others stay what they were.
            **({"speeds": [own.to_json() for own in self.speeds]} if self.speeds else {}),
            "notes": list(self.notes),
        }

    def to_pandas(self) -> Any:
        """A tidy DataFrame, one row a figure and pair of runs; the interval in `ci_low` and `ci_high`.

        Where articles have several readings there is a column `ceiling`.
        """
        rows = []
        for row in self.rows:
            low, high = row.ci or (None, None)
            values = self.values_of(row) | {"ci_low": low, "ci_high": high}
            del values["ci"]
            rows.append(values)
        return figure_frame(rows, figures=("ci_low", "ci_high", "ceiling"))

    _repr_html_ = shown_html


def significance_mark(q: float) -> str:
    """Three stars below 0.001, two below 0.01, one below 0.05, else nothing."""
    return "*" * sum(q < limit for limit in (0.05, 0.01, 0.001))


PAIRS = ("first", "all")

TOGETHER_BYTES = 1 << 26
"""So much of several tables is drawn from at once; larger ones are drawn from alone."""

Tables = tuple[str, str, Mapping[str, ScoredTable]]
"""A task, a convention, and tables by run."""


@dataclass(frozen=True, kw_only=True)
class ComparisonOptions:
    """How runs are compared.

    Attributes:
        bootstrap: how articles are drawn.
        rounds: rounds of approximate randomization; None is as many as resamples.
        pairs: "first" compares all runs with the first, "all" every pair.
        scores: which of precision, recall and f1 get rows; derived scores always do.
    """

    bootstrap: Bootstrap = field(default_factory=Bootstrap)
    rounds: int | None = None
    pairs: str = "first"
    scores: tuple[str, ...] = PRF_SCORES

    def __post_init__(self) -> None:
        if self.pairs not in PAIRS:
            raise InputError(f"unknown choice of pairs {self.pairs!r}; known: {', '.join(PAIRS)}")
        if self.rounds is not None and self.rounds < 1:
            raise InputError(f"approximate randomization needs at least 1 round, found {self.rounds}")
        if odd := [score for score in self.scores if score not in PRF_SCORES]:
            raise InputError(f"unknown score {odd[0]!r}; known: {', '.join(PRF_SCORES)}")

    @property
    def randomizations(self) -> int:
        """Rounds of approximate randomization."""
        return self.bootstrap.resamples if self.rounds is None else self.rounds

    def describe(self) -> str:
        """What reproduces the rows, such as "bootstrap1000/article/seed0/expanded|randomization1000|bh"."""
        return f"{self.bootstrap.describe()}|randomization{self.randomizations}|bh"


DEFAULT = ComparisonOptions()


def compare_results(
    results: Runs | Sequence[EvalResult],
    *,
    options: ComparisonOptions = DEFAULT,
    tasks: Sequence[str] | None = None,
    conventions: Sequence[str] | None = None,
) -> Comparison:
    """The comparison of runs that were scored against the same gold.

    Args:
        results: runs by name, or in order; the first is the one compared with.
        options: resamples, rounds, pairs and scores.
        tasks: only these tasks.
        conventions: only these conventions.

    Raises:
        InputError: fewer than two runs, another gold or split, other articles, nothing in common, or stored results
            without counts by article.
    """
    runs = named_runs(results)
    check_same_gold(runs)
    chosen = shared_conventions(runs, tasks=tasks, conventions=conventions)
    tables = (
        (task, convention, {name: scored_table_of(result.tasks[task][convention]) for name, result in runs.items()})
        for task, convention in chosen
    )
    rows = [row for of_tables in _rows_of_tables(tables, options) for row in of_tables]
    result = next(iter(runs.values()))
    return Comparison(
        runs=tuple(runs), gold=result.gold, split=result.split, method=options.describe(), rows=corrected(rows)
    )


def compare_tables(
    tables: Mapping[str, ScoredTable], *, task: str, convention: str, options: ComparisonOptions = DEFAULT
) -> tuple[ComparedRow, ...]:
    """The rows of one task under one convention, from tables by run; q is over these rows.

    Raises:
        InputError: the tables are not about the same articles, or there are fewer than two.
    """
    (rows,) = compare_many([(task, convention, tables)], options=options)
    return rows


def compare_many(tables: Iterable[Tables], *, options: ComparisonOptions = DEFAULT) -> list[tuple[ComparedRow, ...]]:
    """As `compare_tables`, of several tasks and conventions; the articles are drawn once for all of them.

    Raises:
        InputError: the tables of one of them are not about the same articles, or there are fewer than two.
    """
    return [corrected(rows) for rows in _rows_of_tables(tables, options)]


def _rows_of_tables(tables: Iterable[Tables], options: ComparisonOptions) -> Iterator[list[ComparedRow]]:
    waiting: list[_Compared] = []
    for task, convention, of_runs in tables:
        if len(of_runs) < 2:
            raise InputError(f"a comparison needs at least 2 tables, found {len(of_runs)}")
        compared = _Compared(task, convention, same_labels(of_runs, f"{task} under {convention}"), options)
        together = [*waiting, compared]
        if waiting and (compared.articles != waiting[0].articles or sum(own.size for own in together) > TOGETHER_BYTES):
            yield from _drawn_together(waiting, options)
            together = [compared]
        waiting = together
    yield from _drawn_together(waiting, options)


def _drawn_together(compared: Sequence[_Compared], options: ComparisonOptions) -> Iterator[list[ComparedRow]]:
    drawn = iter(resampled_together([figures for own in compared for figures in own.moved.values()], options.bootstrap))
    for own in compared:
        yield own.rows({name: next(drawn) for name in own.moved}, options)


class _Compared:
    """The tables of some runs in one task under one convention.

    Attributes:
        articles: what they are about.
        moved: the figures of runs whose counts are not those of the run that they are compared with.
        size: bytes that their counts and figures take when articles are drawn.
    """

    def __init__(
        self, task: str, convention: str, tables: Mapping[str, ScoredTable], options: ComparisonOptions
    ) -> None:
        self._named = task, convention
        self._figures = figures = {name: figures_of(scored) for name, scored in tables.items()}
        first = next(iter(figures))
        pairs = list(itertools.combinations(figures, 2))
        self._pairs = [pair for pair in pairs if options.pairs == "all" or pair[0] == first]
        self._differ = {pair for pair in self._pairs if differ(*(figures[name] for name in pair))}
        self.moved = {name: own for name, own in figures.items() if any(name in pair for pair in self._differ)}
        self.articles = figures[first].scored.table.articles
        self.size = sum(
            4 * len(self.articles) * own.columns + 8 * options.bootstrap.resamples * len(own.names)
            for own in self.moved.values()
        )

    def rows(self, drawn: Mapping[str, Resampled], options: ComparisonOptions) -> list[ComparedRow]:
        """The rows of all pairs of runs."""
        rows: list[ComparedRow] = []
        for first, second in self._pairs:
            ours, theirs = self._figures[first], self._figures[second]
            both = (drawn[first], drawn[second]) if (first, second) in self._differ else None
            test = paired_test(ours, theirs, both, bootstrap=options.bootstrap, rounds=options.randomizations)
            pair = _Pair(*self._named, first, second)
            points = zip(ours.point(), theirs.point(), strict=True)
            rows += [
                _row(pair, name, (float(one), float(other)), test, position)
                for position, (name, (one, other)) in enumerate(zip(ours.names, points, strict=True))
                if name.scope == "derived" or name.score in options.scores
            ]
        return rows


@dataclass(frozen=True)
class _Pair:
    task: str
    convention: str
    first: str
    second: str


def _row(pair: _Pair, name: Figure, values: tuple[float, float], test: PairedTest, position: int) -> ComparedRow:
    wins, losses = int(test.wins[position]), int(test.losses[position])
    low, high = float(test.low[position]), float(test.high[position])
    return ComparedRow(
        task=pair.task,
        convention=pair.convention,
        scope=name.scope,
        label=name.label,
        score=name.score,
        first=pair.first,
        second=pair.second,
        first_value=values[0],
        second_value=values[1],
        difference=float(test.difference[position]),
        ci=None if low != low else (low, high),
        error=float(test.error[position]),
        p_randomization=float(test.p_randomization[position]),
        q=1.0,
        effect=float(test.effect[position]),
        wins=wins,
        ties=test.articles - wins - losses,
        losses=losses,
        units=test.units,
        identical=bool(test.identical[position]),
    )


def corrected(rows: Sequence[ComparedRow]) -> tuple[ComparedRow, ...]:
    """The rows with q over those of them that can be tested."""
    q = iter(adjusted(np.array([row.p_randomization for row in rows if not row.identical], dtype=np.float64)).tolist())
    return tuple(replace(row, q=1.0 if row.identical else next(q)) for row in rows)
