"""The items on which runs differ, for a comparison: gold and predictions side by side, where they are at hand."""

from __future__ import annotations

import gc
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from evalkit.analysis.comparison import Comparison
from evalkit.analysis.differing import DifferingItem, differing_in, ordered_differing
from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.making.store import BUNDLED_NAME
from evalkit.errors import EvalkitError
from evalkit.options import Scoring
from evalkit.predictions.run import Run
from evalkit.scoring.tasks.evaluable import articles_of, why_not
from evalkit.workflows.inputs import gold_of, read_again
from evalkit.workflows.scoring.blocks import Blocks, side_by_side
from evalkit.workflows.scoring.leaked import kept_sides
from evalkit.workflows.scoring.pairing import Pairing, scoring_of

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
    asked_of = dict.fromkeys((row.task, row.first, row.second) for row in comparison.rows)
    try:
        gold = gold_of(first, dataset)
        found = _differing(gold, runs, asked, list(asked_of))
    except EvalkitError as error:
        return (), [f"{UNTOLD}: {error}"]
    return tuple(item for items in found for item in ordered_differing(items)), []


def _is_here(run: Run) -> bool:
    """Whether the gold is at hand: in this process, bundled, or at a path."""
    if run.dataset is not None or run.gold is None:
        return True
    place, _ = read_again(run.gold.origin, run.gold.split)
    # A record may name what no disk can have.
    return place in (None, BUNDLED_NAME) or os.path.exists(place)


def _differing(
    gold: GoldDataset, runs: Mapping[str, Run], asked: Scoring, wanted: Sequence[tuple[str, str, str]]
) -> list[list[DifferingItem]]:
    """For each task and two runs the items on which they differ; the gold is gone through once, in blocks.

    Raises:
        EvalkitError: a run and the gold cannot be laid side by side.
    """
    sides: dict[str, Blocks] = {}
    scorings = {name: scoring_of(run, asked) for name, run in runs.items()}
    # What is left out is the same for runs that were scored alike.
    kept = kept_sides(gold, next(iter(runs.values())), next(iter(scorings.values())))[0]
    for name, run in runs.items():
        left = kept_sides(gold, run, scorings[name])[1] if kept is not gold else run
        sides[name] = Blocks(kept, left, scorings[name], told=False, beside=next(iter(sides.values()), None))
    known = {name: Pairing(*side.set_aside(), ()) for name, side in sides.items()}
    found: list[list[DifferingItem]] = [[] for _ in wanted]
    for blocks in side_by_side(list(sides.values())):
        pairings = {name: Pairing(block.plain, block.mapped, ()) for name, block in zip(sides, blocks, strict=True)}
        for items, (task, *names) in zip(found, wanted, strict=True):
            if all(why_not(task, known[name].of_task(task)) is None for name in names):
                ours, theirs = (articles_of(task, pairings[name].of_task(task)) for name in names)
                items += differing_in(task, ours, theirs, names=(names[0], names[1]))
        # What is let go in cycles; the young alone are looked at.
        gc.collect(0)
    for name, side in sides.items():
        if scorings[name].min_score:
            # Thresholds by which nothing can be set aside are refused with the notes.
            side.notes()
    return found
