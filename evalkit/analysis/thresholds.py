"""Which threshold on scores gives the best F1: one for all labels, or one for each.

Found on the articles that it is tried on, so its figure there is too good: fit on one split, score another with it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from evalkit.analysis.calibration import threshold_sweep
from evalkit.harmless import clean
from evalkit.layers.table import load_layer
from evalkit.results import Counts
from evalkit.scoring.columns import PREDICTED_SIDE
from evalkit.scoring.items import Items
from evalkit.scoring.pairs import Pair
from evalkit.scoring.tasks.table import load_task, score_task
from evalkit.scoring.thresholds import Thresholds, sure_pair
from evalkit.showing import number_of, shown_html

__all__ = ["FittedThreshold", "TaskThresholds", "ThresholdFit", "fit_task"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedThreshold:
    """The threshold with the best F1 of a label.

    Attributes:
        label: whose; "" for all labels together.
        gold: gold items.
        items: predicted items that have a score.
        kept: those with at least the threshold.
        threshold: the score below which items are best left out; the lowest there is if all are best kept, one above
            the highest if none earns anything.
        highest: the highest score.
        f1_of_all: F1 with all of them.
        f1: F1 with those that are kept, who is matched with whom not decided again.
    """

    label: str
    gold: int
    items: int
    kept: int
    threshold: float
    highest: float
    f1_of_all: float
    f1: float

    @property
    def never_right(self) -> bool:
        """Whether no item with a score earns anything, so that all are best left out: other labels gain by that."""
        return self.threshold > self.highest

    @property
    def option(self) -> str:
        """What `--min-score` takes; "" where nothing is left out."""
        if self.kept == self.items:
            return ""
        return f"{self.label}={self.threshold!r}" if self.label else repr(self.threshold)


@dataclass(frozen=True, kw_only=True)
class TaskThresholds:
    """The thresholds of one task.

    Attributes:
        convention: the convention whose F1 is the best.
        of_any: one for all labels.
        of_labels: one for each label that has a predicted item with a score.
        f1: micro F1 as it is.
        f1_of_any: micro F1 with the threshold for all labels, matched again.
        f1_of_labels: micro F1 with those of the labels, matched again.
    """

    convention: str
    of_any: FittedThreshold
    of_labels: tuple[FittedThreshold, ...]
    f1: float
    f1_of_any: float
    f1_of_labels: float

    @property
    def options(self) -> tuple[str, ...]:
        """What `--min-score` takes for the better of the two; nothing where neither is better than no threshold."""
        if max(self.f1_of_any, self.f1_of_labels) <= self.f1:
            return ()
        if self.f1_of_any >= self.f1_of_labels:
            return (self.of_any.option,)
        return tuple(fitted.option for fitted in self.of_labels if fitted.option)

    def to_json(self) -> dict[str, Any]:
        """The thresholds as JSON values."""
        return {
            "convention": self.convention,
            "f1": self.f1,
            "of_any": asdict(self.of_any) | {"f1_matched_again": self.f1_of_any},
            "of_labels": [asdict(fitted) for fitted in self.of_labels],
            "of_labels_f1_matched_again": self.f1_of_labels,
            "min_score": list(self.options),
        }


@dataclass(frozen=True, kw_only=True, repr=False)
class ThresholdFit:
    """The thresholds of a run.

    Attributes:
        run: what was run.
        gold: the gold that they were found on.
        split: its split.
        articles: how many articles.
        tasks: task → its thresholds.
        notes: what was not fitted, and why.
    """

    run: str
    gold: str
    split: str
    articles: int
    tasks: dict[str, TaskThresholds]
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """One line; everything in full would fill screens."""
        return clean(
            f"<ThresholdFit of {self.run} on {self.gold}, {self.split}, {number_of(self.articles, 'article')}>"
        )

    def to_json(self) -> dict[str, Any]:
        """The fit as JSON values; `min_score` is what the option of that name takes."""
        return {
            "format": "evalkit.thresholds",
            "version": 1,
            **{name: getattr(self, name) for name in ("run", "gold", "split", "articles")},
            "tasks": {task: fitted.to_json() for task, fitted in self.tasks.items()},
            "notes": list(self.notes),
        }

    def rows(self) -> Iterator[dict[str, Any]]:
        """One row a task and label, that of all labels first."""
        for task, thresholds in self.tasks.items():
            for fitted in (thresholds.of_any, *thresholds.of_labels):
                yield {"task": task, "convention": thresholds.convention, **asdict(fitted), "min_score": fitted.option}

    def to_pandas(self) -> Any:
        """One row a task and label."""
        import pandas as pd

        return pd.DataFrame(list(self.rows()))

    _repr_html_ = shown_html


def fit_task(task: str, convention: str, pairs: Sequence[Pair]) -> tuple[TaskThresholds | None, str]:
    """The thresholds of one task under a convention, or why there are none.

    Args:
        task: the task.
        convention: one that counts the items of the task's layer.
        pairs: the articles, sorted by id.
    """
    items = score_task(task, pairs, [convention])[convention].items
    given = [] if items is None else [getattr(item, "score", None) for item in items.columns.records[PREDICTED_SIDE]]
    layer = load_task(task).layer
    if items is None or not items.counts_items:
        return None, f"{task}: {convention} counts no {layer}, so nothing can be left out of it"
    without = given.count(None)
    if without == len(given):
        return None, f"{task}: no predicted item has a score"
    thresholds = _fitted(items, given)
    one, several = f"predicted {load_layer(layer).one} has no score and is", f"predicted {layer} have no score and are"
    note = f"{task}: {number_of(without, one, several)} always kept" if without else ""
    by_label = {fitted.label: fitted.threshold for fitted in thresholds[1:] if fitted.option}
    return (
        TaskThresholds(
            convention=convention,
            of_any=thresholds[0],
            of_labels=tuple(thresholds[1:]),
            f1=items.table().counts().f1,
            f1_of_any=_matched_again(task, convention, pairs, Thresholds(thresholds[0].threshold, {})).f1,
            f1_of_labels=_matched_again(task, convention, pairs, Thresholds(None, by_label)).f1,
        ),
        note,
    )


def _fitted(items: Items, given: Sequence[float | None]) -> list[FittedThreshold]:
    """The best threshold of all labels together, then that of each."""
    columns = items.columns
    scored = np.array([score is not None for score in given], dtype=bool)
    scores = np.array([0.0 if score is None else score for score in given])
    fitted = []
    for code, label in enumerate(("", *columns.labels), -1):
        gold, predicted = (
            np.ones(len(side), dtype=bool) if not label else side.label == code for side in columns.sides
        )
        chosen = predicted & scored
        if not chosen.any():
            continue
        # Items without a score are kept at any threshold: as if they were the surest of all.
        always = float(scores[chosen].max()) + 1.0
        sweep = threshold_sweep(
            np.where(scored, scores, always)[predicted],
            items.predicted.credit[predicted],
            gold=int(gold.sum()),
            gold_credit=float(items.gold.credit[gold].sum()),
        )
        # A threshold above every score is no threshold.
        real = np.flatnonzero(sweep.threshold < always)
        best = int(real[np.argmax(sweep.f1[real])])
        threshold, highest, f1 = float(sweep.threshold[best]), float(scores[chosen].max()), float(sweep.f1[best])
        if not items.predicted.credit[chosen].any():
            # F1 of the label is the same whatever is left out; that of all labels together is the better for it.
            threshold = _above(highest) if label else float(scores[chosen].min())
            f1 = float(sweep.f1[0] if label and sweep.threshold[0] == always else sweep.f1[-1])
        fitted.append(
            FittedThreshold(
                label=label,
                gold=int(gold.sum()),
                items=int(chosen.sum()),
                kept=int((scores[chosen] >= threshold).sum()),
                threshold=threshold,
                highest=highest,
                f1_of_all=float(sweep.f1[-1]),
                f1=f1,
            )
        )
    return fitted


def _above(score: float) -> float:
    """A number of two decimals that is more than a score, or the next one where numbers lie further apart."""
    rounded = math.floor(score * 100 + 1) / 100
    return rounded if rounded > score else math.nextafter(score, math.inf)


def _matched_again(task: str, convention: str, pairs: Sequence[Pair], thresholds: Thresholds) -> Counts:
    """What the task gets if items below the thresholds are set aside before anything is matched."""
    sure = [sure_pair(pair, thresholds) for pair in pairs]
    return score_task(task, sure, [convention])[convention].table.counts()
