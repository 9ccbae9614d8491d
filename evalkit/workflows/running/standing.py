"""How a run stands while it goes on: what failed so far, and the main figure of each task over what is there."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from evalkit.dataset.gold import GoldDataset
from evalkit.formats.native.stored import StoredRecords
from evalkit.options import Scoring, Standing
from evalkit.predictions.run import Run
from evalkit.records import Prediction
from evalkit.results import Counts
from evalkit.scoring.tasks.table import check_tasks, load_task
from evalkit.workflows.scoring.pairing import pair_run

__all__ = ["FiguresSoFar"]

PAUSE = 1.0
"""Seconds between two looks: scoring takes a little of the time that extracting could have."""


class FiguresSoFar:
    """Scores what is there, each article once, and tells how that stands.

    A figure is a sum over articles, so it is the one that a run over these articles alone would have. It is for whoever
    looks on: the result is computed from the whole, later, and only for a look that comes late enough is anything done.
    """

    def __init__(self, gold: GoldDataset, planned: Run, scoring: Scoring, tell: Standing) -> None:
        """Nothing is there yet of what is planned; `tell` is told."""
        maps = scoring.predicted_label_map or planned.scoring.predicted_label_map or planned.default_label_map
        tasks = check_tasks(scoring.tasks, scoring.conventions)
        self._mains = {task: load_task(task).main for task in tasks}
        asked = scoring.conventions or tuple(dict.fromkeys(self._mains.values()))
        self._scoring = replace(scoring, predicted_label_map=maps, conventions=asked, without=())
        self._gold, self._planned, self._tell = gold, planned, tell
        examples, stored = gold.examples, isinstance(gold.examples, StoredRecords)
        self._examples: Any = examples if stored else {one.article.id: one for one in examples}
        self._waiting: list[Prediction] = []
        self._failed: dict[str, str] = {}
        self._counts: dict[str, Counts] = {}
        self._looked = time.monotonic()

    def add(self, predictions: Sequence[Prediction]) -> None:
        """Takes finished predictions."""
        if self._examples:
            self._waiting += predictions
        self._failed |= {one.article_id: one.error for one in predictions if one.error is not None}
        if self._waiting and time.monotonic() - self._looked >= PAUSE:
            waiting, self._waiting = self._waiting, []
            try:
                self._score(waiting)
            except Exception:
                # What is wrong is said when the run is scored; a figure on the way must not end it.
                self._counts, self._examples = {}, {}
            self._looked = time.monotonic()
        self._tell(self._failed, {name: counts.f1 for name, counts in self._counts.items()})

    def _score(self, predictions: Sequence[Prediction]) -> None:
        known = [(self._examples.get(one.article_id), one) for one in predictions]
        examples = tuple([example for example, _ in known if example is not None])
        made = tuple([one for example, one in known if example is not None])
        gold = replace(self._gold, examples=examples)
        run = replace(self._planned, predictions=made, admitted=made, complete=True, dataset=gold)
        for task, tables in pair_run(gold, run, self._scoring).tables(self._scoring).items():
            name = self._mains[task] if self._mains[task] in tables else next(iter(tables))
            scored = tables[name]
            if scored.additive and not scored.table.apart:
                key = f"{task} {name}"
                self._counts[key] = self._counts.get(key, Counts()) + scored.table.counts()
