"""Comparing runs: the same gold and the same way of scoring, under the conventions that are asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar, Unpack

from evalkit.analysis.comparison import ComparedRow, Comparison, ComparisonOptions, compare_results, corrected
from evalkit.analysis.differing import DifferingItem
from evalkit.analysis.intervals import Bootstrap
from evalkit.analysis.power import detectable_differences
from evalkit.analysis.ranking import ranking_changes, rankings
from evalkit.analysis.seeds import RepeatedRuns, SeedRow, seed_variance
from evalkit.analysis.speed import ComparedSpeed, compared_speeds
from evalkit.dataset.gold import GoldDataset
from evalkit.errors import InputError
from evalkit.formats.collection import without_collection
from evalkit.options import Intervals, Options, OptionWords, Scoring, listed, options_of
from evalkit.predictions.run import Run
from evalkit.predictions.speed import Speed, speed_of_run
from evalkit.results import EvalResult, failure_notes
from evalkit.scoring.stories import SharedStories, cluster_notes, shared_stories
from evalkit.scoring.tasks.table import main_convention
from evalkit.version import __version__
from evalkit.workflows.comparing.differing import differing_of_runs
from evalkit.workflows.inputs import finished_run, gold_of
from evalkit.workflows.scoring.pairing import check_words, scoring_of
from evalkit.workflows.scoring.score import STORIES, bootstrap_of, score_run

__all__ = ["RepeatedRuns", "check_comparable", "compare_repeated_runs", "compare_runs", "run_names"]

Row = TypeVar("Row", ComparedRow, SeedRow)


@without_collection()
def compare_runs(
    runs: Mapping[str, EvalResult | Run | str | Path] | Iterable[EvalResult | Run | str | Path],
    *,
    dataset: GoldDataset | str | Path | None = None,
    scores: Sequence[str] = ("f1",),
    differences: bool = True,
    scoring: Scoring | None = None,
    intervals: Intervals | None = None,
    **words: Unpack[OptionWords],
) -> Comparison:
    """Two or more runs over the same gold; all against the first.

    For the main convention of a task there are rows for micro, macro and labels, for the others for micro; derived
    scores of all. q is over those of these rows on which the runs differ in some article.

    Args:
        runs: run folders, runs, or what `score_predictions` gave; by name, or in order.
        dataset: the gold, or where it is now, if not where the runs found it.
        scores: which of precision, recall and f1 get rows; derived scores always do.
        differences: whether the items on which runs differ are told; the gold is read for that, if it lies on this
            machine, and a note says where it cannot be.
        scoring: tasks and conventions; under conventions that are named (or `all`), or with a label map or labels, runs
            are scored again. By default those of the stored results.
        intervals: how articles are drawn; as many rounds of randomization as resamples.
        words: fields of these records, such as `conventions="all"` or `cluster="story"`.

    Raises:
        EvalkitError: a run cannot be used, the runs are about other gold, or were scored in other ways.
    """
    options = options_of(words, takes=("scoring", "intervals"), scoring=scoring, intervals=intervals)
    read, results, bootstrap, notes = _compared(runs, options, dataset)
    limits = _limits(options.scoring)
    comparison = compare_results(
        results,
        options=ComparisonOptions(bootstrap=bootstrap, scores=listed(scores, wanted="scores must be names")),
        **limits,
    )
    order = rankings(results, **limits)
    shown = _shown(comparison)
    differing: tuple[DifferingItem, ...] = ()
    if differences:
        differing, untold = differing_of_runs(dict(zip(results, read, strict=True)), shown, options.scoring, dataset)
        notes += untold
    speeds = _speeds(dict(zip(results, read, strict=True)), notes)
    return replace(
        shown,
        differing=differing,
        speeds=speeds,
        detectable=detectable_differences(shown.rows),
        order_changes=ranking_changes(results, **limits),
        figures_compared={task: len(figures) for task, figures in order.items()},
        multiverse="all" in options.scoring.conventions,
        ceiling=next((result.ceiling for result in results.values() if result.ceiling), {}),
        notes=(*_failures(results), *notes),
    )


def _failures(results: Mapping[str, EvalResult]) -> list[str]:
    return failure_notes({name: (result.failed, result.articles) for name, result in results.items()})


def _speeds(runs: Mapping[str, Run], notes: list[str]) -> tuple[ComparedSpeed, ...]:
    """How fast the runs are, where that was measured; a damaged file of speeds is noted, and stops no comparison."""
    speeds: dict[str, Speed | None] = {}
    for name, run in runs.items():
        try:
            speeds[name] = speed_of_run(run)
        except InputError as error:
            notes.append(str(error))
    return compared_speeds(speeds)


@without_collection()
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
    read, results, bootstrap, notes = _compared(runs, options, dataset)
    rows = seed_variance(results, bootstrap=bootstrap, **_limits(options.scoring))
    first = next(iter(results.values()))
    return RepeatedRuns(
        runs=tuple(results),
        gold=first.gold,
        split=first.split,
        method=bootstrap.describe(),
        rows=_chosen_rows([row for row in rows if row.scope == "derived" or row.score == "f1"]),
        notes=(*_failures(results), *_oddities([run for run in read if run.predictions]), *notes),
    )


def _compared(
    runs: Mapping[str, EvalResult | Run | str | Path] | Iterable[EvalResult | Run | str | Path],
    options: Options,
    dataset: GoldDataset | str | Path | None,
) -> tuple[list[Run], dict[str, EvalResult], Bootstrap, list[str]]:
    """The runs, the results to compare by names that differ, how articles are drawn, and what is to be said of that.

    Everything that can be refused is looked at before anything is scored.
    """
    check_words(options.scoring)
    if isinstance(runs, (EvalResult, Run, str, Path)) or not isinstance(runs, Iterable):
        raise InputError(f"a comparison needs a list of runs, found {type(runs).__name__}; {_WANTED}")
    read = list(map(_run, runs.values() if isinstance(runs, Mapping) else runs))
    if len(read) < 2:
        raise InputError(f"a comparison needs at least 2 runs, found {len(read)}")
    check_comparable(read)
    again = not all(map(_usable, read)) or replace(options.scoring, tasks=()) != Scoring()
    gold = _gold_of(read, options, again, dataset)
    bootstrap = bootstrap_of(options.intervals, [] if gold is None else [example.article for example in gold])
    if bootstrap is None:
        raise InputError("a comparison needs at least 1 resample, found 0")
    results = [_result(run, options.scoring, gold if again else None) for run in read]
    names = map(str, runs) if isinstance(runs, Mapping) else run_names(read)
    # One gold may be called by two names.
    named = {name: replace(result, gold=results[0].gold) for name, result in zip(names, results, strict=True)}
    notes = [caveat for run in read for caveat in run.caveats]
    return read, named, bootstrap, [*dict.fromkeys(notes), *_story_notes(gold, results, bootstrap)]


def _story_notes(gold: GoldDataset | None, results: Sequence[EvalResult], bootstrap: Bootstrap) -> list[str]:
    """Whether articles share a story and are drawn each for itself: the gold tells, else what results say of theirs."""
    if bootstrap.clusters is not None:
        articles = [] if gold is None else [example.article for example in gold]
        return cluster_notes(articles, bootstrap.clustered_by, clusters=bootstrap.clusters) if articles else []
    stories = [SharedStories.from_json(result.run.get(STORIES)) for result in results]
    if gold is not None:
        stories = [shared_stories([example.article for example in gold])]
    return [found.note() for found in stories[:1] if found is not None]


def _limits(scoring: Scoring) -> dict[str, list[str]]:
    """Which of the scored tasks and conventions are looked at; everything where nothing is named."""
    every = "all" in scoring.conventions
    return {"tasks": list(scoring.tasks), "conventions": [] if every else list(scoring.conventions)}


UNNAMED = "gold that it does not name"
_WANTED = "give run folders, runs (from run_extractor) or results (from score_predictions)"


def _run(given: EvalResult | Run | str | Path) -> Run:
    """The run; of a result the one that it tells of, without predictions."""
    if isinstance(given, EvalResult):
        return Run.of_result(given)
    if not isinstance(given, (Run, str, Path)):
        raise InputError(f"{type(given).__name__} {str(given)[:40]!r} is no run; {_WANTED}")
    return finished_run(given)


def run_names(runs: Sequence[Run]) -> list[str]:
    """Runs of one extractor are called by their folders; what is still the same gets a number."""
    names = [run.extractor for run in runs]
    for called in (lambda path: path.name, str):
        often = Counter(names)
        names = [
            name if often[name] == 1 or run.path is None else called(run.path)
            for name, run in zip(names, runs, strict=True)
        ]
    seen: Counter[str] = Counter()
    numbered = []
    for name in names:
        seen[name] += 1
        numbered.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return numbered


def check_comparable(runs: Sequence[Run]) -> None:
    """Refuses runs that are about other gold, or were scored in other ways.

    Raises:
        InputError: two of them are.
    """
    first, *others = runs
    for run in others:
        if first.gold is None or not first.gold.is_same(run.gold):
            raise InputError(
                f"{run.place} is about {run.gold or UNNAMED}, {first.place} about {first.gold or UNNAMED}; only runs "
                "over the same gold can be compared"
            )
        if run.measure != first.measure:
            raise InputError(
                f"{run.place} was scored with {run.measure or 'the usual options'}, {first.place} with "
                f"{first.measure or 'the usual options'}; score both with the same labels and label map"
            )


def _usable(run: Run) -> bool:
    """Whether there is a result; beside predictions one with its counts, made of them by this version."""
    if run.result is None or not run.predictions:
        return run.result is not None
    made_of = run.result.run.get("evalkit"), run.result.run.get("sha256")
    tables = (own.table for conventions in run.result.tasks.values() for own in conventions.values())
    return made_of == (__version__, run.sha256) and all(table is not None for table in tables)


def _gold_of(
    runs: Sequence[Run], options: Options, again: bool, dataset: GoldDataset | str | Path | None
) -> GoldDataset | None:
    """The gold, if runs are scored again or articles drawn by cluster; results alone are compared as they are."""
    whole = [run for run in runs if run.predictions]
    scoring, cluster = options.scoring, options.intervals.cluster
    maps = (scoring.label_map, scoring.gold_label_map, scoring.predicted_label_map)
    changed = bool(scoring.labels or scoring.scope or any(asked is not None for asked in maps))
    if not whole and isinstance(dataset, GoldDataset) and not changed:
        return dataset
    if (not whole and cluster is not None) or (changed and len(whole) < len(runs)):
        raise InputError("results are compared as they are; for other labels or clusters give runs and their gold")
    return gold_of(whole[0], dataset) if whole and (again or cluster is not None) else None


def _result(run: Run, asked: Scoring, gold: GoldDataset | None) -> EvalResult:
    """The stored result of a run, or with gold one that is made now, without intervals."""
    if run.result is not None and (gold is None or not run.predictions):
        return run.result
    if gold is None:
        raise InputError(f"{run.place}: has no result and no predictions to score; run the extractor again")
    return score_run(
        gold, run, Options(scoring=scoring_of(run, asked), intervals=Intervals(resamples=0)), baseline=False
    )


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
    return replace(comparison, rows=corrected(_chosen_rows(comparison.rows)))


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
