"""Do scores mean what they say, and where should the threshold be?

Predicted items with a score (a probability of being right) and the credit that they earned under a convention.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evalkit.errors import InputError
from evalkit.results import f1_score
from evalkit.scoring.columns import PREDICTED_SIDE
from evalkit.scoring.counts import ratio
from evalkit.scoring.items import Items
from evalkit.showing import number_of

__all__ = ["Calibration", "ReliabilityBin", "ScoreDiagnosis", "Sweep", "calibration", "threshold_sweep"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBin:
    """Items whose score lies from `low` to `high`: their mean score and the share of credit that they earned."""

    low: float
    high: float
    items: int
    mean_score: float
    precision: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How far scores are from precision.

    Attributes:
        bins: bins of equal width from 0 to 1, empty ones left out.
        expected_error: mean gap between score and precision over bins, weighted by items (ECE, Naeini et al. 2015).
        largest_error: the largest gap.
        brier: mean squared difference of score and credit.
    """

    items: int
    bins: tuple[ReliabilityBin, ...]
    expected_error: float
    largest_error: float
    brier: float

    def to_json(self) -> dict[str, Any]:
        """The calibration as JSON values."""
        return asdict(self) | {"bins": [asdict(bin_) for bin_ in self.bins]}


@dataclass(frozen=True, eq=False)
class Sweep:
    """Precision, recall and F1 if only items with at least some score are kept; one value a distinct score.

    Attributes:
        threshold: distinct scores, descending.
        kept: predicted items that are kept.
        average_precision: area under the steps of the curve: the sum of precision times gain of recall.
    """

    threshold: Floats
    kept: NDArray[np.int64]
    precision: Floats
    recall: Floats
    f1: Floats
    average_precision: float

    def best(self) -> tuple[float, float]:
        """The threshold with the best F1, the highest if several have it, and that F1; (0.0, 0.0) without items."""
        if not len(self.f1):
            return 0.0, 0.0
        best = int(np.argmax(self.f1))
        return float(self.threshold[best]), float(self.f1[best])

    def to_json(self) -> dict[str, Any]:
        """The curve as JSON values, column by column."""
        columns = {name: getattr(self, name).tolist() for name in ("threshold", "kept", "precision", "recall", "f1")}
        return columns | {"average_precision": self.average_precision}

    def rows(self) -> list[dict[str, Any]]:
        """The curve as rows, one a threshold."""
        values = self.to_json()
        del values["average_precision"]
        return [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]


@dataclass(frozen=True, kw_only=True)
class ScoreDiagnosis:
    """What the scores of the items of one task are worth.

    Attributes:
        convention: the convention that the credit is of.
        calibration: None if scores are no probabilities.
        sweep: precision, recall and F1 at every threshold.
        f1: micro F1 with everything kept.
    """

    convention: str
    calibration: Calibration | None
    sweep: Sweep
    f1: float

    def to_json(self) -> dict[str, Any]:
        """The scores as JSON values; `best` is the threshold with the best F1 on these articles."""
        threshold, f1 = self.sweep.best()
        return {
            "convention": self.convention,
            "calibration": None if self.calibration is None else self.calibration.to_json(),
            "best": {"threshold": threshold, "f1": f1, "f1_of_all": self.f1},
            "sweep": self.sweep.to_json(),
        }


def diagnose_scores(task: str, convention: str, items: Items) -> tuple[ScoreDiagnosis | None, str]:
    """What the scores of predicted items are worth, and why not all can be said; "" if all is, or without any."""
    given = [getattr(item, "score", None) for item in items.columns.records[PREDICTED_SIDE]]
    present = [score for score in given if score is not None]
    if not present:
        return None, ""
    if len(present) < len(given):
        without = len(given) - len(present)
        has = "has" if without == 1 else "have"
        return None, f"{without} of {len(given)} predicted {task} {has} no score; no calibration"
    if not items.counts_items:
        return None, f"{convention} counts no {task}, so their scores cannot be judged under it"
    credit, gold = items.predicted.credit, items.gold.credit
    sweep = threshold_sweep(present, credit, gold=len(gold), gold_credit=float(gold.sum()))
    probabilities = min(present) >= 0 and max(present) <= 1
    reason = f"scores of {task} lie between {min(present):g} and {max(present):g}, not 0 and 1; no calibration"
    diagnosis = ScoreDiagnosis(
        convention=convention,
        calibration=calibration(present, credit) if probabilities else None,
        sweep=sweep,
        f1=float(sweep.f1[-1]),
    )
    return diagnosis, "" if probabilities else reason


def calibration(scores: ArrayLike, credits: ArrayLike, *, bins: int = 10) -> Calibration:
    """Reliability of scores between 0 and 1.

    Args:
        scores: one for each predicted item.
        credits: what each of them earned, 0 to 1.
        bins: number of bins of equal width; a score on a border belongs to the upper bin, 1.0 to the last.

    Raises:
        InputError: lengths differ, a score is not between 0 and 1, or there is no bin.
    """
    score, credit = _checked(scores, credits)
    if bins < 1:
        raise InputError(f"calibration needs at least 1 bin, found {bins}")
    if len(score) and not 0 <= score.min() <= score.max() <= 1:
        raise InputError(f"scores must lie between 0 and 1, found {score.min():g} to {score.max():g}")
    bin_of = np.minimum(np.searchsorted(np.arange(bins + 1) / bins, score, "right") - 1, bins - 1)
    items = np.bincount(bin_of, minlength=bins)
    weight = items.astype(np.float64)
    totals = [np.bincount(bin_of, weights=values, minlength=bins).astype(np.float64) for values in (score, credit)]
    mean, precision = ratio(totals[0], weight), ratio(totals[1], weight)
    gap = np.abs(mean - precision)
    rows = [
        ReliabilityBin(
            low=number / bins,
            high=(number + 1) / bins,
            items=int(items[number]),
            mean_score=float(mean[number]),
            precision=float(precision[number]),
        )
        for number in np.flatnonzero(items).tolist()
    ]
    size = max(len(score), 1)
    return Calibration(
        items=len(score),
        bins=tuple(rows),
        expected_error=float((gap * weight).sum() / size),
        largest_error=float(gap.max()),
        brier=float(((score - credit) ** 2).sum() / size),
    )


def threshold_sweep(scores: ArrayLike, credits: ArrayLike, *, gold: int, gold_credit: float | None = None) -> Sweep:
    """Precision, recall and F1 at every threshold.

    An item that is left out takes its credit along on both sides; who is matched with whom is not decided again, so
    where two predictions compete for one gold item the recall is a lower bound.

    Args:
        scores: one for each predicted item, on any scale.
        credits: what each of them earned.
        gold: number of gold items.
        gold_credit: credit earned by gold items with all predictions kept, where it is not that of the predicted
            ones; recall is scaled by it.

    Raises:
        InputError: lengths differ, a score is not finite, or there are fewer gold items than 0.
    """
    score, credit = _checked(scores, credits)
    if gold < 0:
        raise InputError(f"the number of gold items cannot be negative, found {gold}")
    order = np.argsort(-score, kind="stable")
    score, earned = score[order], np.cumsum(credit[order])
    last = np.flatnonzero(np.append(score[1:] != score[:-1], True)) if len(score) else np.zeros(0, dtype=np.int64)
    kept, earned = last + 1, earned[last]
    scale = 1.0 if gold_credit is None or not credit.sum() else gold_credit / float(credit.sum())
    precision = ratio(earned, kept.astype(np.float64))
    recall = ratio(earned * scale, np.full(len(kept), float(gold)))
    return Sweep(
        threshold=score[last],
        kept=kept,
        precision=precision,
        recall=recall,
        f1=f1_score(precision, recall, ratio),
        average_precision=float((precision * np.diff(recall, prepend=0.0)).sum()),
    )


def _checked(scores: ArrayLike, credits: ArrayLike) -> tuple[Floats, Floats]:
    score, credit = (np.asarray(values, dtype=np.float64).reshape(-1) for values in (scores, credits))
    if len(score) != len(credit):
        scored, credited = number_of(len(score), "score"), number_of(len(credit), "credit")
        raise InputError(f"{scored} for {credited}; give one score for each predicted item")
    if not np.isfinite(score).all():
        raise InputError(f"score {int(np.flatnonzero(~np.isfinite(score))[0])} is not a finite number")
    return score, credit
