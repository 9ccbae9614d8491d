"""overlap: each item earns the share of its characters that the other side covers with items of its label.

Known elsewhere as proportional (Johansson & Moschitti 2010; Pareti et al. 2013 for quotes). Characters covered twice
count once, so no item earns more than 1. An empty span earns 1 if the other side has it too, else 0.

    gold      PER [0, 8]       recall    4/8
    predicted PER [4, 20]      precision 4/16
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evalkit.scoring.columns import EntityColumns, Ints, SpanColumns
from evalkit.scoring.credits import Credits
from evalkit.scoring.matching import fragments, lengths

__all__ = ["overlap"]


def overlap(columns: EntityColumns) -> Credits:
    """Credits under the convention."""
    return Credits(_shares(columns, columns.gold, columns.predicted), _shares(columns, columns.predicted, columns.gold))


def _shares(columns: EntityColumns, side: SpanColumns, other: SpanColumns) -> NDArray[np.float64]:
    item, start, end = fragments(columns, side)
    _, other_start, other_end = fragments(columns, other)
    low, high = _union(other_start, other_end)
    covered = _covered_before(low, high, end) - _covered_before(low, high, start)
    total = np.bincount(item, weights=covered, minlength=len(side))
    return total / lengths(columns, side)


def _union(start: Ints, end: Ints) -> tuple[Ints, Ints]:
    """The same characters as disjoint ascending stretches."""
    if not len(start):
        return start, end
    order = np.argsort(start, kind="stable")
    start, reach = start[order], np.maximum.accumulate(end[order])
    fresh = np.concatenate([[True], start[1:] > reach[:-1]])
    last = np.concatenate([np.flatnonzero(fresh)[1:] - 1, [len(start) - 1]])
    return start[fresh], reach[last]


def _covered_before(low: Ints, high: Ints, position: Ints) -> Ints:
    """How many characters left of each position lie in the stretches."""
    if not len(low):
        return np.zeros(len(position), dtype=np.int64)
    before = np.concatenate([[0], np.cumsum(high - low)])
    at = np.searchsorted(low, position, "right")
    inside = np.where(at > 0, np.minimum(position, high[at - 1]) - low[at - 1], 0)
    return np.where(at > 0, before[at - 1] + inside, 0)
