"""Diagnosing a run: its predictions and its gold are found, laid side by side, and looked at from every side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Unpack

from evalkit.analysis.diagnosis import Diagnosis, diagnose_tasks
from evalkit.analysis.intervals import Bootstrap
from evalkit.analysis.slices import Slicing
from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.loading.load import load_dataset
from evalkit.errors import EvalkitError, InputError
from evalkit.formats.collection import without_collection
from evalkit.options import Intervals, Options, OptionWords, ReadOptions, Scoring, listed, options_of
from evalkit.predictions.run import Run
from evalkit.records import Example, Prediction
from evalkit.scoring.pairs import Paired
from evalkit.scoring.stories import cluster_notes
from evalkit.scoring.tasks.evaluable import articles_of, conventions_of, not_evaluated, why_not
from evalkit.scoring.tasks.table import check_tasks, load_task, task_names
from evalkit.showing import number_of
from evalkit.workflows.inputs import (
    finished_run,
    gold_and_predictions,
    gold_from,
    gold_of,
    held_in_memory,
    read_again,
    refuse_too_large,
)
from evalkit.workflows.looking.known_run import KnownRun
from evalkit.workflows.scoring.leaked import kept_sides, leaked_beside
from evalkit.workflows.scoring.pairing import Pairing, check_words, pair_run, scoring_of
from evalkit.workflows.scoring.score import bootstrap_of

__all__ = ["Diagnosis", "diagnose", "training_of"]

TRAIN = "train"
SEEN = "seen"

TIMES_THE_FILES = 8
"""Memory that a diagnosis takes, as a multiple of the files: 6.8 measured."""


@without_collection()
def diagnose(
    predictions: Run | Iterable[Prediction] | str | Path,
    gold: GoldDataset | Iterable[Example] | str | Path | None = None,
    *,
    slices: Sequence[str] = (),
    by: Any = None,
    train: GoldDataset | str | Path | None = None,
    scoring: Scoring | None = None,
    intervals: Intervals | None = None,
    read: ReadOptions | None = None,
    **words: Unpack[OptionWords],
) -> Diagnosis:
    """What is wrong with some predictions, and how sure that is.

    Args:
        predictions: what `run_extractor` gave, a run folder, a file of predictions, or predictions.
        gold: a loaded dataset, examples, or where to load it from; by default that of the run, else the bundled one.
        slices: properties of items that the tasks name, such as zone or speaker; source, year, lang or a key of the
            metadata of articles; `all`. By default the usual ones of each.
        by: more to slice by: a DataFrame with article ids as index (each column), a Series, or a mapping of name to
            values by article id.
        train: the gold whose names count as seen; by default the train split beside the run's.
        scoring: tasks, conventions that slices are scored under, label maps and labels; by default the maps and labels
            that the run was scored with. Error kinds are always those of `exact`.
        intervals: how intervals are made.
        read: how files are read, and which split.
        words: fields of these records, such as `tasks=["entities"]` or `resamples=200`.

    Raises:
        EvalkitError: predictions, gold or an option cannot be used; the message says which and why.
    """
    options = options_of(words, takes=("scoring", "intervals", "read"), scoring=scoring, intervals=intervals, read=read)
    check_words(options.scoring)
    run, examined = _run_and_gold(predictions, gold, options)
    wanted = scoring_of(run, options.scoring)
    known = None if wanted.without else KnownRun.of(run, examined, wanted)
    run, examined = held_in_memory(run, examined)
    leaked = frozenset[str]() if wanted.without else leaked_beside(examined)
    examined, run, left_out = kept_sides(examined, run, wanted)
    bootstrap = bootstrap_of(options.intervals, [example.article for example in examined])
    slicing = Slicing(
        wanted=listed(slices, wanted="slices must be names of properties"),
        values=_columns(by, examined),
        training=training_of(examined, train),
        leaked=leaked,
    )
    pairing = pair_run(examined, run, wanted)
    slicing.check(pairing.plain.pairs)
    asked = options.scoring
    tasks = [task for task in check_tasks(asked.tasks, asked.conventions) if why_not(task, pairing.plain) is None]
    found = diagnose_tasks(
        {task: articles_of(task, pairing.of_task(task)) for task in tasks},
        {task: _conventions(task, asked.conventions, pairing.plain) for task in tasks},
        slicing=slicing,
        bootstrap=bootstrap,
        **({} if known is None else {"watch": known.watch(pairing)}),
    )
    # Links between layers are told about only where all of them are there, or where somebody asks.
    untold = set() if asked.tasks else {task for task in task_names() if not load_task(task).kinds}
    missing = not_evaluated(pairing.plain, asked.tasks, asked.conventions)
    return replace(
        found,
        run=run.extractor,
        gold=examined.signature.removeprefix("gold:"),
        split=examined.split,
        articles=len(examined),
        not_evaluated={task: reason for task, reason in missing.items() if task not in untold},
        notes=(
            *filter(None, [run.partial]),
            *left_out,
            *_notes(pairing, slicing, tasks),
            *found.notes,
            *_story_notes(examined, bootstrap),
        ),
    )


def _story_notes(gold: GoldDataset, bootstrap: Bootstrap | None) -> list[str]:
    """Whether articles were drawn each for itself that share a story, or have none where stories are drawn."""
    if bootstrap is None:
        return []
    field = None if bootstrap.clusters is None else bootstrap.clustered_by
    return cluster_notes([example.article for example in gold], field, clusters=bootstrap.clusters)


def _run_and_gold(
    predictions: Run | Iterable[Prediction] | str | Path,
    gold: GoldDataset | Iterable[Example] | str | Path | None,
    options: Options,
) -> tuple[Run, GoldDataset]:
    """A run brings the gold that it was made for; predictions that do not say are laid beside that which is read."""
    read = options.read
    if isinstance(predictions, Run) or (isinstance(predictions, (str, Path)) and Path(predictions).is_dir()):
        run = finished_run(predictions)
        here = gold if gold is None or isinstance(gold, (str, Path)) else gold_from(gold, read)
        # In its file, where that is known by its bytes: so that what is found in it can be kept.
        examined = gold_of(run, here, in_place=True)
        refuse_too_large(run, examined, TIMES_THE_FILES)
        return run, examined
    examined, run = gold_and_predictions(gold, predictions, read, options.scoring.gold_maps)
    return run, examined


def _conventions(task: str, wanted: Sequence[str], paired: Paired) -> tuple[str, ...]:
    """What the slices of a task are scored under."""
    usual = load_task(task).diagnosed or (load_task(task).main,)
    chosen = conventions_of(task, paired, wanted) if wanted else ()
    return chosen or conventions_of(task, paired, usual) or conventions_of(task, paired)


def _notes(pairing: Pairing, slicing: Slicing, tasks: Sequence[str]) -> list[str]:
    aside = {**pairing.plain.set_aside, **pairing.mapped.set_aside}
    notes = [number_of(number, *what) for what, number in aside.items()]
    if failed := pairing.plain.failed:
        notes.append(
            f"the extractor failed on {number_of(len(failed), 'article')}, which count as missed: {', '.join(failed)}"
        )
    unseen = slicing.training is None and slicing.takes(SEEN, usual=True)
    if unseen and any(SEEN in load_task(task).properties for task in tasks):
        notes.append("there is no train split beside this gold, so nothing is sliced by seen and unseen")
    return notes


def _columns(by: Any, gold: GoldDataset) -> dict[str, Any]:
    """What to slice by, as name → values by article id."""
    if by is None:
        return {}
    if hasattr(by, "columns"):
        found = {str(name): by[name] for name in by.columns}
    elif isinstance(by, Mapping):
        found = {str(name): values for name, values in by.items()}
    elif hasattr(by, "index"):
        found = {str(by.name or "value"): by}
    else:
        raise InputError(f"cannot slice by {type(by).__name__}; give a DataFrame, a Series or a mapping by article id")
    known = {example.article.id for example in gold}
    for name, values in found.items():
        if not hasattr(values, "items"):
            raise InputError(f"{name!r} is {type(values).__name__}; give values by article id")
        if known.isdisjoint(str(key) for key, _ in values.items()):
            raise InputError(f"{name!r} has no value for any article: its keys must be ids such as {min(known)!r}")
    return found


def training_of(gold: GoldDataset, train: GoldDataset | str | Path | None) -> Sequence[Example] | None:
    """The training data; None if there are none beside this gold."""
    if isinstance(train, GoldDataset):
        return train.examples
    if train is not None:
        return load_dataset(train, split=TRAIN).examples
    place, read = read_again(gold.origin, TRAIN)
    if place is None or gold.split in (TRAIN, "all"):
        return None
    try:
        return gold_from(place, read).examples
    except EvalkitError:
        return None
