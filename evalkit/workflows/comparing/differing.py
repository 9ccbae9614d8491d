"""The items on which runs differ, for a comparison: gold and predictions side by side, where they are at hand."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from evalkit.analysis.comparison import Comparison
from evalkit.analysis.differing import DifferingItem, differing_items
from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.making.store import BUNDLED_NAME
from evalkit.errors import EvalkitError
from evalkit.options import Scoring
from evalkit.predictions.run import Run
from evalkit.scoring.tasks.evaluable import articles_of, why_not
from evalkit.workflows.inputs import gold_of, read_again
from evalkit.workflows.scoring.leaked import kept_sides
from evalkit.workflows.scoring.pairing import Pairing, pair_run, scoring_of

__all__ = ["differing_of_runs"]

UNTOLD = "the spans on which the runs differ are not told"


def differing_of_runs(
    runs: Mapping[str, Run], comparison: Comparison, asked: Scoring, dataset: GoldDataset | str | Path | None
) -> tuple[tuple[DifferingItem, ...], list[str]]:
    """The items on which the pairs of a comparison differ in its tasks, and why not, if they cannot be told.

    Nothing is fetched for it: gold that lies elsewhere has to be named.

    Args:
        runs: the runs by the names that the comparison has.
        comparison: pairs and tasks.
        asked: how they are scored, where that is not as they were.
        dataset: the gold, or where it is now, if not where the runs found it.
    """
    first = next(iter(runs.values()))
    if not all(run.predictions for run in runs.values()):
        return (), []
    if dataset is None and not _is_here(first):
        return (), [f"{UNTOLD}: the gold does not lie on this machine by its own name; give it with --dataset"]
    try:
        gold = gold_of(first, dataset)
        pairings = {name: _pairing(gold, run, asked) for name, run in runs.items()}
    except EvalkitError as error:
        return (), [f"{UNTOLD}: {error}"]
    return (
        tuple(
            item
            for task, one, other in dict.fromkeys((row.task, row.first, row.second) for row in comparison.rows)
            for item in _differing(task, one, other, pairings)
        ),
        [],
    )


def _is_here(run: Run) -> bool:
    """Whether the gold is at hand: in this process, bundled, or at a path."""
    if run.dataset is not None or run.gold is None:
        return True
    place, _ = read_again(run.gold.origin, run.gold.split)
    # A record may name what no disk can have.
    return place in (None, BUNDLED_NAME) or os.path.exists(place)


def _pairing(gold: GoldDataset, run: Run, asked: Scoring) -> Pairing:
    wanted = scoring_of(run, asked)
    kept, left, _ = kept_sides(gold, run, wanted)
    return pair_run(kept, left, wanted)


def _differing(task: str, one: str, other: str, pairings: Mapping[str, Pairing]) -> list[DifferingItem]:
    sides = [pairings[name].of_task(task) for name in (one, other)]
    if any(why_not(task, paired) is not None for paired in sides):
        return []
    ours, theirs = (articles_of(task, paired) for paired in sides)
    return differing_items(task, ours, theirs, names=(one, other))
