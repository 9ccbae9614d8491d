"""Looking into runs: one to five over the same gold, laid side by side item by item, for a page to be opened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Unpack

from evalkit.analysis.comparison import Comparison
from evalkit.analysis.diagnosis import Diagnosis
from evalkit.analysis.exploration.exploration import MOST_RUNS, Exploration, GivenRun, explore
from evalkit.analysis.exploration.explored import ExploredBaseline
from evalkit.analysis.exploration.item_rows import ItemTable
from evalkit.analysis.exploration.judged_layer import RunTables
from evalkit.dataset.gold import GoldDataset
from evalkit.errors import InputError
from evalkit.formats.collection import without_collection
from evalkit.layers.table import layer_names, open_layers
from evalkit.options import Intervals, Options, OptionWords, Scoring, options_of
from evalkit.predictions.run import Run
from evalkit.results import EvalResult, failure_notes
from evalkit.scoring.tasks.evaluable import articles_of, not_asked, not_evaluated, why_not
from evalkit.scoring.tasks.table import check_tasks
from evalkit.version import __version__
from evalkit.workflows.comparing.compare import check_comparable, compare_runs, run_names
from evalkit.workflows.comparing.gate import compared_baseline
from evalkit.workflows.inputs import finished_run, gold_of
from evalkit.workflows.looking.diagnose import diagnose, training_of
from evalkit.workflows.scoring.leaked import kept_sides
from evalkit.workflows.scoring.pairing import Pairing, check_words, pair_run, scoring_of
from evalkit.workflows.scoring.score import score_run

__all__ = ["Exploration", "ItemTable", "list_items", "view_runs"]


@without_collection()
def view_runs(
    runs: Run | str | Path | Mapping[str, Run | str | Path] | Iterable[Run | str | Path],
    *,
    dataset: GoldDataset | str | Path | None = None,
    baseline: Run | str | Path | None = None,
    overview: bool = True,
    scoring: Scoring | None = None,
    intervals: Intervals | None = None,
    **words: Unpack[OptionWords],
) -> Exploration:
    """One to five runs over the same gold, item by item.

    Args:
        runs: a run folder or what `run_extractor` gave, or several of them; by name, or in order.
        dataset: the gold, or where it is now, if not where the runs found it.
        baseline: a baseline file or an earlier run that items are held against.
        overview: whether figures with intervals, what is wrong with each run, and how they compare come along.
        scoring: tasks and conventions; the default conventions if none is named, all with `all`. Label maps and labels
            are those that the runs were scored with, if no others are asked for.
        intervals: how intervals are made.
        words: fields of these records, such as `tasks=["entities"]`.

    Raises:
        EvalkitError: a run, the gold, the baseline or an option cannot be used, or the runs are about other gold.
    """
    options = options_of(words, takes=("scoring", "intervals"), scoring=scoring, intervals=intervals)
    check_words(options.scoring)
    named = _named(runs)
    first, *others = named.values()
    check_comparable([first, *others])
    gold = gold_of(first, dataset)
    comparison = _comparison(named, gold, options) if others and overview else None
    # What is left out is the same for runs that were scored alike.
    kept, _, left_out = kept_sides(gold, first, scoring_of(first, options.scoring))
    held = None if baseline is None else _held(baseline, first, kept)
    notes = list(left_out)
    if others and overview and comparison is None:
        notes.append("how the runs compare is not told: it takes resamples, and there are 0")
    exploration = explore(
        {"gold": kept.signature.removeprefix("gold:"), "split": kept.split, "fingerprint": kept.fingerprint},
        [example.article for example in kept],
        (_given(name, run, gold, kept, options, overview=overview) for name, run in named.items()),
        labels={name: kept.inventory.labels_of(name) for name in layer_names()},
        baseline=None if held is None else held[0],
        before=None if held is None else held[1],
        training=training_of(gold, None) if overview else None,
        sliced=overview,
        comparison=comparison,
        notes=[*notes, *failure_notes({name: (run.failed, len(run.predictions)) for name, run in named.items()})],
    )
    if not any(run.costs for run in exploration.runs):
        run = exploration.runs[0]
        said = "; ".join(f"{task}: {reason}" for task, reason in run.not_evaluated.items()) or "no layer is in both"
        raise InputError(f"{run.name}: there is nothing to look into, for nothing can be evaluated ({said})")
    return exploration


def list_items(
    runs: Run | str | Path | Mapping[str, Run | str | Path] | Iterable[Run | str | Path],
    *,
    dataset: GoldDataset | str | Path | None = None,
    baseline: Run | str | Path | None = None,
    scoring: Scoring | None = None,
    **words: Unpack[OptionWords],
) -> ItemTable:
    """One row an item of one to five runs: where it is, what gold and prediction say, the kind of error, the credit.

    Args:
        runs: as for `view_runs`.
        dataset: the gold, or where it is now, if not where the runs found it.
        baseline: a baseline file or an earlier run; then each row says what changed since.
        scoring: tasks and conventions; the credit is that under the main convention of a task, or under the first that
            is named.
        words: fields of `scoring`, such as `tasks=["entities"]`.

    Raises:
        EvalkitError: a run, the gold, the baseline or an option cannot be used, or the runs are about other gold.
    """
    asked = options_of(words, takes=("scoring",), scoring=scoring).scoring
    return view_runs(runs, dataset=dataset, baseline=baseline, overview=False, scoring=asked).items()


def _named(runs: Run | str | Path | Mapping[str, Run | str | Path] | Iterable[Run | str | Path]) -> dict[str, Run]:
    """The runs, whole, by name.

    Raises:
        InputError: there is none, or there are too many to be seen side by side; or one is no run, or not finished.
    """
    if isinstance(runs, (Run, str, Path)):
        runs = [runs]
    elif not isinstance(runs, Iterable):
        raise InputError(f"a view needs runs, found {type(runs).__name__}; give run folders or runs")
    given = list(runs.values() if isinstance(runs, Mapping) else runs)
    if not 0 < len(given) <= MOST_RUNS:
        raise InputError(f"1 to {MOST_RUNS} runs can be looked at side by side, found {len(given)}; leave some out")
    read = [finished_run(run) for run in given]
    return dict(zip(map(str, runs) if isinstance(runs, Mapping) else run_names(read), read, strict=True))


def _comparison(named: Mapping[str, Run], gold: GoldDataset, options: Options) -> Comparison | None:
    """How the runs compare; nothing without resamples, or where they have no figure in common."""
    if not options.intervals.resamples:
        return None
    return compare_runs(named, dataset=gold, scoring=options.scoring, intervals=options.intervals)


def _held(baseline: Run | str | Path, run: Run, gold: GoldDataset) -> tuple[ExploredBaseline, RunTables]:
    """What the runs are held against, and its predictions beside the gold of today; those for other texts left out."""
    before, articles = compared_baseline(baseline, run, gold)
    common = frozenset(articles.common)
    if not common:
        raise InputError(
            f"{before.place}: has no article with the same text in common with {run.place}, which is about "
            f"{run.gold or 'other gold'}, it is about {before.gold or 'other gold'}; name one over the gold of the runs"
        )
    notes = list(articles.notes())
    if before.gold != run.gold:
        notes.append(f"the baseline is about {before.gold}, the runs about {run.gold}")
    kept = replace(before, predictions=tuple(one for one in before.predictions if one.article_id in common))
    pairing = pair_run(gold, kept, scoring_of(kept))
    held = ExploredBaseline(name=before.extractor, common=common, notes=tuple(notes))
    return held, _tables(pairing, Scoring(), counted=False)


def _given(name: str, run: Run, gold: GoldDataset, kept: GoldDataset, options: Options, *, overview: bool) -> GivenRun:
    # Before the tables are made: what these two are scored with is let go again.
    result = _result(run, gold, options) if overview else None
    diagnosis = _diagnosis(run, gold, options) if overview else None
    scoring = scoring_of(run, options.scoring)
    _, kept_run, _ = kept_sides(gold, run, scoring) if len(kept) < len(gold) else (kept, run, [])
    pairing = pair_run(kept, kept_run, scoring, told=True)
    asked = pairing.plain, scoring.tasks, scoring.conventions
    return GivenRun(
        name=name,
        extractor=run.extractor,
        tables=_tables(pairing, options.scoring),
        layers=_layers(run),
        failed=pairing.plain.failed,
        not_evaluated=not_evaluated(*asked) | not_asked(*asked),
        notes=(*run.caveats, *run.notes, *pairing.notes),
        result=result,
        diagnosis=diagnosis,
    )


def _layers(run: Run) -> tuple[str, ...]:
    """The layers that a run claims, else those that it has predictions of."""
    there = {layer for one in run.predictions for layer in one.annotations.layers} if run.layers is None else run.layers
    return tuple(name for name in layer_names() if name in there)


def _tables(pairing: Pairing, scoring: Scoring, *, counted: bool = True) -> RunTables:
    """The articles of a run as its tasks take them, and what they count there."""
    tasks = [task for task in check_tasks(scoring.tasks, scoring.conventions) if why_not(task, pairing.plain) is None]
    open_names = {layer.name for layer in open_layers()}
    return RunTables(
        pairs={name: (pairing.mapped if name in open_names else pairing.plain).pairs for name in layer_names()},
        tasks={task: articles_of(task, pairing.of_task(task)) for task in tasks},
        tables=pairing.tables(scoring) if counted else {},
    )


def _result(run: Run, gold: GoldDataset, options: Options) -> EvalResult:
    """The stored result, if it is what would be made now; else one that is made now."""
    stored = run.result
    usual = options.scoring == Scoring() and options.intervals == Intervals()
    if (
        usual
        and stored is not None
        and (stored.run.get("evalkit"), stored.run.get("sha256", ""))
        == (
            __version__,
            run.sha256,
        )
    ):
        return stored
    again = replace(options, scoring=scoring_of(run, options.scoring))
    return score_run(gold, run, again, counts=False)


def _diagnosis(run: Run, gold: GoldDataset, options: Options) -> Diagnosis:
    return diagnose(run, gold, scoring=options.scoring, intervals=options.intervals)
