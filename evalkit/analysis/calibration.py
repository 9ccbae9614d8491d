"""Do scores mean what they say, and where should the threshold be?

Predicted items with a score (a probability of being right) and the credit that they earned under a convention.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evalkit.analysis.figures import ratio
from evalkit.errors import InputError
from evalkit.scoring.columns import EntityColumns
from evalkit.scoring.pairs import Pair

__all__ = ["Calibration", "ReliabilityBin", "Sweep", "calibration", "entity_scores", "threshold_sweep"]

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
        return asdict(self) | {"bins": [asdict(own) for own in self.bins]}


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
        at = int(np.argmax(self.f1))
        return float(self.threshold[at]), float(self.f1[at])

    def to_json(self) -> dict[str, Any]:
        """The curve as JSON values, column by column."""
        columns = {name: getattr(self, name).tolist() for name in ("threshold", "kept", "precision", "recall", "f1")}
        return columns | {"average_precision": self.average_precision}

    def to_pandas(self) -> Any:
        """The curve as a DataFrame, one row a threshold."""
        import pandas as pd

        values = self.to_json()
        del values["average_precision"]
        return pd.DataFrame(values)


def entity_scores(columns: EntityColumns, pairs: Sequence[Pair]) -> Floats:
    """The score of each predicted entity, in the order of the columns, which were made of these pairs.

    Raises:
        InputError: an entity has no score, or the pairs are others.
    """
    given = [(pair.article.id, entity) for pair in pairs for entity in pair.predicted.entities or ()]
    if len(given) != len(columns.predicted):
        raise InputError(
            f"{len(given)} predicted entities for {len(columns.predicted)} columns; give the same articles"
        )
    scores = np.zeros(len(given))
    for at, (article, entity) in enumerate(given):
        if entity.score is None:
            raise InputError(f"article {article!r}: entity {entity.id!r} has no score; calibration needs one on each")
        scores[at] = entity.score
    return scores[columns.predicted.order]


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
    at = np.minimum(np.searchsorted(np.arange(bins + 1) / bins, score, "right") - 1, bins - 1)
    items = np.bincount(at, minlength=bins)
    weight = items.astype(np.float64)
    totals = [np.bincount(at, weights=own, minlength=bins).astype(np.float64) for own in (score, credit)]
    mean, precision = ratio(totals[0], weight), ratio(totals[1], weight)
    gap = np.abs(mean - precision)
    rows = [
        ReliabilityBin(
            low=own / bins,
            high=(own + 1) / bins,
            items=int(items[own]),
            mean_score=float(mean[own]),
            precision=float(precision[own]),
        )
        for own in np.flatnonzero(items).tolist()
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
        f1=ratio(2 * precision * recall, precision + recall),
        average_precision=float((precision * np.diff(recall, prepend=0.0)).sum()),
    )


def _checked(scores: ArrayLike, credits: ArrayLike) -> tuple[Floats, Floats]:
    score, credit = (np.asarray(values, dtype=np.float64).reshape(-1) for values in (scores, credits))
    if len(score) != len(credit):
        raise InputError(f"{len(score)} scores for {len(credit)} credits; give one score for each predicted item")
    if not np.isfinite(score).all():
        raise InputError(f"score {int(np.flatnonzero(~np.isfinite(score))[0])} is not a finite number")
    return score, credit
