"""How two runs differ in one layer: the four words of `evalkit.analysis.changes`, found in columns.

A gold item is broken if it was right before and is not now, and fixed the other way round; a wrong prediction is added
if the other run did not make it, and gone the other way round. Copies are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.analysis.changes import ADDED, BROKEN, FIXED, GONE
from evalkit.analysis.exploration.judged_layer import UNJUDGED, JudgedLayer
from evalkit.records import Span
from evalkit.scoring.columns import GOLD_SIDE, PREDICTED_SIDE
from evalkit.scoring.from_records import join_spans

__all__ = ["Outcomes", "outcomes_since"]

Marks = NDArray[np.bool_]


@dataclass(frozen=True, eq=False, kw_only=True)
class Outcomes:
    """What is not as it was.

    Attributes:
        broken: of each gold item whether it is.
        fixed: of each gold item whether it is.
        added: of each predicted item of the later run whether it is.
        gone: how many predictions are gone in each article.
    """

    broken: Marks
    fixed: Marks
    added: Marks
    gone: NDArray[np.int64]

    def by_article(self, later: JudgedLayer) -> dict[str, NDArray[np.int64]]:
        """How many changes of each kind each article has, by the word for it."""
        size = len(later.gold.there)
        gold, predicted = later.gold.article, later.predicted.article
        return {
            BROKEN: np.bincount(gold[self.broken], minlength=size),
            FIXED: np.bincount(gold[self.fixed], minlength=size),
            ADDED: np.bincount(predicted[self.added], minlength=size),
            GONE: self.gone,
        }


def outcomes_since(
    before: JudgedLayer, after: JudgedLayer, texts: Sequence[str], looked_at: Marks | None = None
) -> Outcomes | None:
    """What changed from one run to another over the same gold; None where one of them is not evaluated.

    Args:
        before: the earlier run.
        after: the later run.
        texts: the text of each article.
        looked_at: the articles to look at; all by default.
    """
    if before.task is None or after.task is None:
        return None
    both = before.predicted.there & after.predicted.there
    if looked_at is not None:
        both = both & looked_at
    there = both[after.gold.article]
    right = [(run.kinds[GOLD_SIDE] == 0) & there for run in (before, after)]
    judged = (before.kinds[GOLD_SIDE] != UNJUDGED) & (after.kinds[GOLD_SIDE] != UNJUDGED)
    added, gone = _new_wrong(before, after, texts, both)
    return Outcomes(broken=right[0] & ~right[1] & judged, fixed=right[1] & ~right[0] & judged, added=added, gone=gone)


def _new_wrong(
    before: JudgedLayer, after: JudgedLayer, texts: Sequence[str], both: Marks
) -> tuple[Marks, NDArray[np.int64]]:
    """The wrong predictions of the later run that the earlier one did not make, and how many it no longer makes."""
    known: dict[int, Counter[Any]] = {}
    for _, article, key in _wrong(before, texts, both):
        known.setdefault(article, Counter())[key] += 1
    added = np.zeros(len(after.predicted.records), dtype=bool)
    for position, article, key in _wrong(after, texts, both):
        left = known.get(article)
        if left and left[key]:
            left[key] -= 1
        else:
            added[position] = True
    gone = np.zeros(len(both), dtype=np.int64)
    for article, left in known.items():
        gone[article] = left.total()
    return added, gone


def _wrong(run: JudgedLayer, texts: Sequence[str], both: Marks) -> list[tuple[int, int, Any]]:
    kinds, article = run.kinds[PREDICTED_SIDE], run.predicted.article
    chosen = np.flatnonzero((kinds > 0) & both[article])
    records = run.predicted.records
    return [
        (position, number, _identity(run, records[position], texts[number]))
        for position, number in zip(chosen.tolist(), article[chosen].tolist(), strict=True)
    ]


def _identity(run: JudgedLayer, item: Any, text: str) -> tuple[Any, ...]:
    """What two predictions have in common that say the same, as `evalkit.analysis.changes` sees it."""
    layer = run.layer
    main = layer.span_names.get(layer.spans_field or "")
    pieces = join_spans(spans) if (spans := layer.spans(item)) else ()
    places = tuple(span for word, span in layer.parts(item) if word != main)
    words = ""
    if layer.says is not None:
        joined: dict[str, Any] = {str(layer.spans_field): tuple(Span(*piece) for piece in pieces)} if pieces else {}
        words = layer.says(replace(item, **joined), text)
    roles = () if places else tuple(sorted(layer.roles(item, text).items()))
    return layer.label(item), words, pieces, places, roles
