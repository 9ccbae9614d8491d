"""Comparing stored runs: the same gold and the same way of scoring, under the conventions that are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from evalkit.analysis.compare import ComparisonOptions, compare_runs
from evalkit.analysis.comparison import ComparedRow, Comparison
from evalkit.analysis.intervals import Bootstrap
from evalkit.analysis.paired import adjusted
from evalkit.analysis.ranking import RankingChange, ranking_changes, rankings
from evalkit.analysis.seeds import SeedRow, seed_variance
from evalkit.errors import InputError
from evalkit.report.comparison import detection_lines, ranking_lines
from evalkit.results import EvalResult
from evalkit.scoring.tasks.table import check_tasks, choose_conventions, main_convention
from evalkit.version import __version__
from evalkit.workflows.stored import StoredRun, gold_of, load_run

__all__ = ["RepeatedRuns", "RunComparison", "compare_repeated_runs", "compare_stored_runs"]

Row = TypeVar("Row", ComparedRow, SeedRow)


@dataclass(frozen=True, kw_only=True)
class RunComparison:
    """Runs side by side.

    Attributes:
        comparison: the rows: for the main convention of a task micro, macro and labels, for the others micro; derived
            scores of all. q is over these rows.
        order: pairs of runs whose order depends on the convention.
        figures: task → how many figures the order was looked at under.
    """

    comparison: Comparison
    order: tuple[RankingChange, ...]
    figures: dict[str, int]

    def lines(self, *, multiverse: bool) -> list[str]:
        """What the gold can show, and whether the order changes (always said with `multiverse`)."""
        figures = self.figures if multiverse else {}
        return [*ranking_lines(self.order, figures), *detection_lines(self.comparison)]

    def to_json(self) -> dict[str, Any]:
        """Everything as JSON values."""
        return {
            **self.comparison.to_json(),
            "order_changes": [change.to_json() for change in self.order],
            "figures_compared": self.figures,
            "detectable": detection_lines(self.comparison),
        }


def compare_stored_runs(
    paths: Sequence[Path],
    *,
    tasks: Sequence[str] = (),
    conventions: Sequence[str] = (),
    dataset: str | None = None,
    resamples: int = 1000,
    seed: int = 0,
) -> RunComparison:
    """Two or more run folders over the same gold; all against the first.

    Args:
        paths: the run folders.
        tasks: only these tasks.
        conventions: score the predictions again under these (or `all`); by default those of the stored results.
        dataset: where the gold is now, if not where the runs found it.
        resamples: resamples and rounds of randomization.
        seed: of the resampling.

    Raises:
        EvalkitError: a run cannot be used, the runs are about other gold, or were scored in other ways.
    """
    runs = _checked_runs(paths, tasks, conventions)
    results = _results(runs, tasks, conventions, dataset)
    options = ComparisonOptions(bootstrap=Bootstrap(resamples=resamples, seed=seed), scores=("f1",))
    comparison = compare_runs(results, options=options, tasks=list(tasks))
    order = rankings(results, tasks=list(tasks))
    return RunComparison(
        comparison=_shown(comparison),
        order=ranking_changes(results, tasks=list(tasks)),
        figures={task: len(own) for task, own in order.items()},
    )


@dataclass(frozen=True, kw_only=True)
class RepeatedRuns:
    """How much repeated runs of one system differ.

    Attributes:
        runs: names of the runs.
        rows: micro, macro, labels and derived scores, as in `RunComparison`.
        notes: what is odd about runs that are meant to be repetitions.
    """

    runs: tuple[str, ...]
    gold: str
    split: str
    method: str
    rows: tuple[SeedRow, ...]
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Everything as JSON values."""
        return {
            "format": "evalkit.repeated_runs",
            "version": 1,
            **{name: getattr(self, name) for name in ("gold", "split", "method")},
            "runs": list(self.runs),
            "rows": [row.to_json() for row in self.rows],
            "notes": list(self.notes),
        }

    def to_pandas(self) -> Any:
        """One row a figure; the interval of the mean in `ci_low` and `ci_high`."""
        import pandas as pd

        rows = [row.to_json() for row in self.rows]
        bounds = [row.pop("ci") for row in rows]
        return pd.DataFrame(
            [{**row, "ci_low": low, "ci_high": high} for row, (low, high) in zip(rows, bounds, strict=True)]
        )


def compare_repeated_runs(
    paths: Sequence[Path],
    *,
    tasks: Sequence[str] = (),
    conventions: Sequence[str] = (),
    dataset: str | None = None,
    resamples: int = 1000,
    seed: int = 0,
) -> RepeatedRuns:
    """The spread of run folders that differ in nothing but chance, such as the seed of a training.

    Args:
        paths: the run folders, two or more.
        tasks: only these tasks.
        conventions: score the predictions again under these (or `all`); by default those of the stored results.
        dataset: where the gold is now, if not where the runs found it.
        resamples: resamples behind the part of the articles.
        seed: of the resampling.

    Raises:
        EvalkitError: a run cannot be used, the runs are about other gold, or were scored in other ways.
    """
    runs = _checked_runs(paths, tasks, conventions)
    results = _results(runs, tasks, conventions, dataset)
    bootstrap = Bootstrap(resamples=resamples, seed=seed)
    rows = seed_variance(results, bootstrap=bootstrap, tasks=list(tasks))
    first = next(iter(results.values()))
    return RepeatedRuns(
        runs=tuple(results),
        gold=first.gold,
        split=first.split,
        method=bootstrap.describe(),
        rows=_chosen_rows([row for row in rows if row.scope == "derived" or row.score == "f1"]),
        notes=_oddities(runs),
    )


def _oddities(runs: Sequence[StoredRun]) -> tuple[str, ...]:
    notes = []
    systems = sorted({str(run.facts["extractor"]) for run in runs})
    if len(systems) > 1:
        notes.append(f"these are runs of different extractors ({', '.join(systems)}), not repetitions of one")
    said = [[(own.article_id, own.annotations, own.given) for own in run.predictions] for run in runs]
    same = sum(own == said[0] for own in said)
    if same > 1:
        notes.append(f"{same} of {len(runs)} runs predict exactly the same; was the seed changed, or the cache used?")
    return tuple(notes)


def _checked_runs(paths: Sequence[Path], tasks: Sequence[str], conventions: Sequence[str]) -> list[StoredRun]:
    """The runs under names that differ, after everything that can be refused was looked at."""
    for task in check_tasks(tasks):
        choose_conventions(task, conventions)
    if len(paths) < 2:
        raise InputError(f"a comparison needs at least 2 runs, found {len(paths)}")
    runs = _named([load_run(path) for path in paths])
    _check_same(runs)
    return runs


def _named(runs: Sequence[StoredRun]) -> list[StoredRun]:
    """Runs of one extractor are called by their folders."""
    names = [run.name for run in runs]
    named = [run if names.count(run.name) == 1 else replace(run, name=Path(run.place).name) for run in runs]
    again = [run.name for run in named]
    return [run if again.count(run.name) == 1 else replace(run, name=run.place) for run in named]


def _check_same(runs: Sequence[StoredRun]) -> None:
    first = runs[0]
    for run in runs[1:]:
        ours, theirs = (
            tuple(str(own.facts.get(name)) for name in ("gold", "gold_fingerprint", "split")) for own in (first, run)
        )
        if ours[1:] != theirs[1:]:
            raise InputError(
                f"{run.place} is about {theirs[0]} ({theirs[1]}) split {theirs[2]!r}, {first.place} about {ours[0]} "
                f"({ours[1]}) split {ours[2]!r}; only runs over the same gold can be compared"
            )
        measures = [
            {name: value for name, value in own.scoring.items() if name != "predicted_map"} for own in (first, run)
        ]
        if measures[0] != measures[1]:
            raise InputError(
                f"{run.place} was scored with {measures[1] or 'the usual options'}, {first.place} with "
                f"{measures[0] or 'the usual options'}; score both with the same labels and label map"
            )


def _results(
    runs: Sequence[StoredRun], tasks: Sequence[str], conventions: Sequence[str], dataset: str | None
) -> dict[str, EvalResult]:
    if not conventions and all(_usable(run) for run in runs):
        gold = runs[0].facts["gold"]
        return {run.name: replace(run.result, gold=gold) for run in runs if run.result is not None}
    gold_set = gold_of(runs[0], dataset)
    return {run.name: run.rescored(gold_set, tasks=tasks, conventions=conventions) for run in runs}


def _usable(run: StoredRun) -> bool:
    """Whether the stored result has its counts and was made by this version."""
    if run.result is None or run.result.run.get("evalkit") != __version__:
        return False
    tables = (own.table for conventions in run.result.tasks.values() for own in conventions.values())
    return all(table is not None for table in tables)


def _shown(comparison: Comparison) -> Comparison:
    rows = _chosen_rows(comparison.rows)
    q = adjusted(np.array([row.p_randomization for row in rows], dtype=np.float64)).tolist()
    return replace(comparison, rows=tuple(replace(row, q=own) for row, own in zip(rows, q, strict=True)))


def _chosen_rows(rows: Sequence[Row]) -> tuple[Row, ...]:
    """All rows of the main convention of each task first, then micro and derived scores of the others."""
    main = _main_conventions(rows)
    chosen = [row for row in rows if row.scope in ("micro", "derived") or row.convention == main[row.task]]
    tasks = list(main)
    return tuple(sorted(chosen, key=lambda row: (tasks.index(row.task), row.convention != main[row.task])))


def _main_conventions(rows: Iterable[ComparedRow | SeedRow]) -> dict[str, str]:
    """Task → the convention whose labels are shown: the main one, else the first that there is."""
    known: dict[str, dict[str, None]] = {}
    for row in rows:
        known.setdefault(row.task, {})[row.convention] = None
    return {task: main_convention(task, list(own)) for task, own in known.items()}
