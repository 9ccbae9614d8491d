"""Comparing runs: the same gold and the same way of scoring, under the conventions that are asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar, Unpack

import numpy as np

from evalkit.analysis.comparison import ComparedRow, Comparison, ComparisonOptions, compare_results
from evalkit.analysis.intervals import Bootstrap
from evalkit.analysis.paired import adjusted
from evalkit.analysis.ranking import ranking_changes, rankings
from evalkit.analysis.seeds import RepeatedRuns, SeedRow, seed_variance
from evalkit.dataset.gold import GoldDataset
from evalkit.errors import InputError
from evalkit.options import Intervals, Options, OptionWords, Scoring, options_of
from evalkit.predictions.run import Run
from evalkit.results import EvalResult
from evalkit.scoring.tasks.table import main_convention
from evalkit.version import __version__
from evalkit.workflows.inputs import finished_run, gold_of
from evalkit.workflows.pairing import check_words, scoring_of
from evalkit.workflows.score import bootstrap_of, score_run

__all__ = ["RepeatedRuns", "compare_repeated_runs", "compare_runs"]

Row = TypeVar("Row", ComparedRow, SeedRow)


def compare_runs(
    runs: Mapping[str, EvalResult | Run | str | Path] | Iterable[EvalResult | Run | str | Path],
    *,
    dataset: GoldDataset | str | Path | None = None,
    scores: Sequence[str] = ("f1",),
    scoring: Scoring | None = None,
    intervals: Intervals | None = None,
    **words: Unpack[OptionWords],
) -> Comparison:
    """Two or more runs over the same gold; all against the first.

    For the main convention of a task there are rows for micro, macro and labels, for the others for micro; derived
    scores of all. q is over these rows.

    Args:
        runs: run folders, runs, or what `score_predictions` gave; by name, or in order.
        dataset: the gold, or where it is now, if not where the runs found it.
        scores: which of precision, recall and f1 get rows; derived scores always do.
        scoring: tasks and conventions; under conventions that are named (or `all`), or with a label map or labels, runs
            are scored again. By default those of the stored results.
        intervals: how articles are drawn; as many rounds of randomization as resamples.
        words: fields of these records, such as `conventions="all"` or `cluster="story"`.

    Raises:
        EvalkitError: a run cannot be used, the runs are about other gold, or were scored in other ways.
    """
    options = options_of(words, takes=("scoring", "intervals"), scoring=scoring, intervals=intervals)
    sides, bootstrap = _sides(runs, options, dataset)
    results = {side.name: side.result for side in sides if side.result is not None}
    limits = _limits(options.scoring)
    comparison = compare_results(
        results, options=ComparisonOptions(bootstrap=bootstrap, scores=tuple(scores)), **limits
    )
    order = rankings(results, **limits)
    return replace(
        _shown(comparison),
        order_changes=ranking_changes(results, **limits),
        figures_compared={task: len(figures) for task, figures in order.items()},
        multiverse="all" in options.scoring.conventions,
    )


def compare_repeated_runs(
    runs: Mapping[str, EvalResult | Run | str | Path] | Iterable[EvalResult | Run | str | Path],
    *,
    dataset: GoldDataset | str | Path | None = None,
    scoring: Scoring | None = None,
    intervals: Intervals | None = None,
    **words: Unpack[OptionWords],
) -> RepeatedRuns:
    """The spread of runs that differ in nothing but chance, such as the seed of a training.

    Args:
        runs: run folders, runs, or what `score_predictions` gave, two or more; by name, or in order.
        dataset: the gold, or where it is now, if not where the runs found it.
        scoring: as for `compare_runs`.
        intervals: the resampling behind the part of the articles.
        words: fields of these records.

    Raises:
        EvalkitError: a run cannot be used, the runs are about other gold, or were scored in other ways.
    """
    options = options_of(words, takes=("scoring", "intervals"), scoring=scoring, intervals=intervals)
    sides, bootstrap = _sides(runs, options, dataset)
    results = {side.name: side.result for side in sides if side.result is not None}
    rows = seed_variance(results, bootstrap=bootstrap, **_limits(options.scoring))
    first = next(iter(results.values()))
    return RepeatedRuns(
        runs=tuple(results),
        gold=first.gold,
        split=first.split,
        method=bootstrap.describe(),
        rows=_chosen_rows([row for row in rows if row.scope == "derived" or row.score == "f1"]),
        notes=_oddities([side.run for side in sides if side.run is not None]),
    )


@dataclass(frozen=True)
class _Side:
    """One of the runs: a run, a result, or both; the result is what is compared in the end."""

    name: str
    place: str
    run: Run | None
    result: EvalResult | None

    @property
    def gold(self) -> tuple[str, str, str]:
        """Name, fingerprint (all of it, or the seven digits that a result always has) and split."""
        if self.run is not None and self.run.gold is not None:
            return self.run.gold.short, self.run.gold.fingerprint, self.run.gold.split
        if self.result is None:
            return "", "", ""
        short = self.result.gold.rpartition("@")[2]
        return self.result.gold, str(self.result.run.get("gold_fingerprint", short)), self.result.split

    @property
    def measure(self) -> dict[str, Any]:
        """How it was scored, without the map that brought it to the gold's labels."""
        if self.run is not None:
            return self.run.measure
        scoring = {} if self.result is None else self.result.run.get("scoring", {})
        return {name: value for name, value in scoring.items() if name != "predicted_map"}


def _sides(
    runs: Mapping[str, EvalResult | Run | str | Path] | Iterable[EvalResult | Run | str | Path],
    options: Options,
    dataset: GoldDataset | str | Path | None,
) -> tuple[list[_Side], Bootstrap]:
    """The runs with results to compare and names that differ, and how articles are drawn.

    Everything that can be refused is looked at before anything is scored.
    """
    check_words(options.scoring)
    if isinstance(runs, (EvalResult, Run, str, Path)) or not isinstance(runs, Iterable):
        raise InputError(f"a comparison needs a list of runs, found {type(runs).__name__}; {_WANTED}")
    given = list(runs.values()) if isinstance(runs, Mapping) else list(runs)
    if len(given) < 2:
        raise InputError(f"a comparison needs at least 2 runs, found {len(given)}")
    sides = [_side(one) for one in given]
    names = list(runs) if isinstance(runs, Mapping) else _names(sides)
    sides = [replace(side, name=str(name)) for side, name in zip(sides, names, strict=True)]
    _check_same(sides)
    again = not all(map(_usable, sides)) or replace(options.scoring, tasks=()) != Scoring()
    gold = _gold_of(sides, options, again, dataset)
    articles = () if gold is None else [example.article for example in gold]
    bootstrap = bootstrap_of(options.intervals, articles)
    if bootstrap is None:
        raise InputError("a comparison needs at least 1 resample, found 0")
    results = [_result(side, options.scoring, gold if again else None) for side in sides]
    # One gold may be called by two names.
    named = [replace(result, gold=results[0].gold) for result in results]
    return [replace(side, result=result) for side, result in zip(sides, named, strict=True)], bootstrap


def _limits(scoring: Scoring) -> dict[str, list[str]]:
    """Which of the scored tasks and conventions are looked at; everything where nothing is named."""
    every = "all" in scoring.conventions
    return {"tasks": list(scoring.tasks), "conventions": [] if every else list(scoring.conventions)}


_WANTED = "give run folders, runs (from run_extractor) or results (from score_predictions)"


def _side(given: EvalResult | Run | str | Path) -> _Side:
    if isinstance(given, EvalResult):
        return _Side(given.extractor, given.extractor, None, given)
    if not isinstance(given, (Run, str, Path)):
        raise InputError(f"{type(given).__name__} {str(given)[:40]!r} is no run; {_WANTED}")
    run = finished_run(given)
    return _Side(run.extractor, run.place, run, run.result)


def _names(sides: Sequence[_Side]) -> list[str]:
    """Runs of one extractor are called by their folders; what is still the same gets a number."""
    names = [side.name for side in sides]
    paths = [None if side.run is None else side.run.path for side in sides]
    folders = [[own, own] if path is None else [path.name, str(path)] for own, path in zip(names, paths, strict=True)]
    for step in (0, 1):
        often = Counter(names)
        names = [own if often[own] == 1 else folder[step] for own, folder in zip(names, folders, strict=True)]
    seen: Counter[str] = Counter()
    numbered = []
    for name in names:
        seen[name] += 1
        numbered.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return numbered


def _check_same(sides: Sequence[_Side]) -> None:
    first = sides[0]
    for side in sides[1:]:
        ours, theirs = first.gold, side.gold
        digits = min(len(ours[1]), len(theirs[1]))
        if ours[1][:digits] != theirs[1][:digits] or ours[2] != theirs[2]:
            raise InputError(
                f"{side.place} is about {theirs[0]} ({theirs[1]}) split {theirs[2]!r}, {first.place} about {ours[0]} "
                f"({ours[1]}) split {ours[2]!r}; only runs over the same gold can be compared"
            )
        if side.measure != first.measure:
            raise InputError(
                f"{side.place} was scored with {side.measure or 'the usual options'}, {first.place} with "
                f"{first.measure or 'the usual options'}; score both with the same labels and label map"
            )


def _usable(side: _Side) -> bool:
    """Whether there is a result with its counts, made by this version from the predictions that lie beside it."""
    if side.result is None:
        return False
    if side.run is not None:
        made_of = side.result.run.get("evalkit"), side.result.run.get("sha256")
        if made_of != (__version__, side.run.sha256):
            return False
    tables = (own.table for conventions in side.result.tasks.values() for own in conventions.values())
    return side.run is None or all(table is not None for table in tables)


def _gold_of(
    sides: Sequence[_Side], options: Options, again: bool, dataset: GoldDataset | str | Path | None
) -> GoldDataset | None:
    """The gold, if runs are scored again or articles drawn by cluster; results alone are compared as they are."""
    run = next((side.run for side in sides if side.run is not None), None)
    scoring, cluster = options.scoring, options.intervals.cluster
    changed = bool(scoring.label_map or scoring.predicted_label_map or scoring.labels)
    if run is None and isinstance(dataset, GoldDataset) and not changed:
        return dataset
    if (run is None and cluster is not None) or (changed and any(side.run is None for side in sides)):
        raise InputError("results are compared as they are; for other labels or clusters give runs and their gold")
    return gold_of(run, dataset) if run is not None and (again or cluster is not None) else None


def _result(side: _Side, asked: Scoring, gold: GoldDataset | None) -> EvalResult:
    """The stored result of a side, or with gold one that is made now, without intervals."""
    if side.run is None or gold is None:
        if side.result is None:
            raise InputError(f"{side.place}: has no result; score it first")
        return side.result
    options = Options(scoring=scoring_of(side.run, asked), intervals=Intervals(resamples=0))
    return score_run(gold, side.run, options, baseline=False)


def _oddities(runs: Sequence[Run]) -> tuple[str, ...]:
    notes = []
    systems = sorted({run.extractor for run in runs})
    if len(systems) > 1:
        notes.append(f"these are runs of different extractors ({', '.join(systems)}), not repetitions of one")
    answers = [[(own.article_id, own.annotations, own.given) for own in run.predictions] for run in runs]
    same = sum(own == answers[0] for own in answers)
    if same > 1:
        notes.append(f"{same} of {len(runs)} runs predict exactly the same; was the seed changed, or the cache used?")
    return tuple(notes)


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
