"""Fitting thresholds: from a run, usually one over dev, to the option that leaves its unsure items out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Unpack

from evalkit.analysis.thresholds import ThresholdFit, fit_task
from evalkit.dataset.gold import GoldDataset
from evalkit.errors import InputError
from evalkit.formats.collection import without_collection
from evalkit.options import OptionWords, Scoring, options_of
from evalkit.predictions.run import Run
from evalkit.scoring.tasks.evaluable import articles_of, conventions_of, why_not
from evalkit.scoring.tasks.table import check_tasks, load_task
from evalkit.workflows.inputs import finished_run, gold_of, held_in_memory
from evalkit.workflows.scoring.leaked import kept_sides
from evalkit.workflows.scoring.pairing import check_words, pair_run, scoring_of

__all__ = ["ThresholdFit", "fit_thresholds"]

TEST = "test"


@without_collection()
def fit_thresholds(
    run: Run | str | Path,
    *,
    dataset: GoldDataset | str | Path | None = None,
    scoring: Scoring | None = None,
    **words: Unpack[OptionWords],
) -> ThresholdFit:
    """The threshold on scores with the best F1, for all labels together and for each.

    Args:
        run: what `run_extractor` gave, or a run folder; better one over dev than over what is reported.
        dataset: the gold, or where it is now, if not where the run found it.
        scoring: tasks, and conventions of which the first that a task knows is taken; its main one by default. Label
            maps and labels are those that the run was scored with, if no others are asked for.
        words: fields of `scoring`, such as `tasks=["entities"]`.

    Raises:
        EvalkitError: the run or an option cannot be used, or nothing predicted has a score.
    """
    asked = options_of(words, takes=("scoring",), scoring=scoring).scoring
    check_words(asked)
    if asked.min_score:
        raise InputError("--min-score sets aside what a threshold is fitted on; leave one of the two out")
    whole = finished_run(run)
    whole, gold = held_in_memory(whole, gold_of(whole, dataset))
    scoring = replace(scoring_of(whole, asked), min_score=())
    gold, whole, notes = kept_sides(gold, whole, scoring)
    pairing, tasks = pair_run(gold, whole, scoring), {}
    for task in check_tasks(asked.tasks, asked.conventions):
        known = load_task(task)
        # What is counted must be items that a threshold can set aside, each for itself.
        conventions = conventions_of(task, pairing.plain, asked.conventions or (known.main,))
        if why_not(task, pairing.plain) is not None or not conventions or len(known.layers) > 1:
            continue
        fitted, note = fit_task(task, conventions[0], articles_of(task, pairing.of_task(task)))
        if fitted is not None:
            tasks[task] = fitted
        notes += [note] if note else []
    if not tasks:
        raise InputError(f"{whole.place}: nothing to fit a threshold on ({'; '.join(notes) or 'nothing is evaluated'})")
    if gold.split == TEST:
        notes.append(
            "fitted on the test split: on the same articles these figures flatter; fit on dev, then score test"
        )
    return ThresholdFit(
        run=whole.extractor,
        gold=gold.signature.removeprefix("gold:"),
        split=gold.split,
        articles=len(gold),
        tasks=tasks,
        notes=tuple(notes),
    )
