"""overlap: each item earns the share of its characters that the other side covers with items of its label.

Known elsewhere as proportional (Johansson & Moschitti 2010; Pareti et al. 2013 for quotes). Characters covered twice
count once, so no item earns more than 1. A second copy of an item is covered by second copies only, so that a
duplicate is spurious and never helps. An empty span earns 1 if the other side has it too, else 0.

    gold      PER [0, 8]       recall    4/8
    predicted PER [4, 20]      precision 4/16
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evalkit.scoring.columns import Columns, Ints, SpanColumns
from evalkit.scoring.edges import fragments, lengths, pending
from evalkit.scoring.items import Items, items_of_credits

__all__ = ["overlap"]


def overlap(columns: Columns) -> Items:
    """Credits under the convention."""
    settled_gold, settled_predicted, open_gold, open_predicted = pending(columns, by_label=True)
    ours, theirs = (columns.gold, open_gold), (columns.predicted, open_predicted)
    credits = []
    for side, settled, this, other in (
        (columns.gold, settled_gold, ours, theirs),
        (columns.predicted, settled_predicted, theirs, ours),
    ):
        credit = np.zeros(len(side))
        credit[settled] = 1.0
        credit[this[1]] = _shares(columns, this, other)
        credits.append(credit)
    return items_of_credits(columns, credits[0], credits[1])


def _shares(columns: Columns, this: tuple[SpanColumns, Ints], other: tuple[SpanColumns, Ints]) -> NDArray[np.float64]:
    """The covered share of some items of one side, given all items of the other that can touch them."""
    item, start, end = _layered(columns, *this)
    _, other_start, other_end = _layered(columns, *other)
    low, high = _union(other_start, other_end)
    covered = _covered_before(low, high, end) - _covered_before(low, high, start)
    total = np.bincount(item, weights=covered, minlength=len(this[1]))
    return total / lengths(columns, *this)


def _layered(columns: Columns, side: SpanColumns, items: Ints) -> tuple[Ints, Ints, Ints]:
    """Fragments on the global axis, with an axis of its own for first copies, second copies and so on."""
    item, start, end = fragments(columns, side, items, by_label=True)
    key = side.key[items]
    if not (key[1:] == key[:-1]).any():
        return item, start, end
    # Keys are ascending, so the number of a copy is its distance from the first of its equals.
    copy = np.arange(len(key)) - np.searchsorted(key, key, "left")
    shift = copy[item] * (2 * len(columns.articles) * len(columns.labels) * columns.stride)
    return item, start + shift, end + shift


def _union(start: Ints, end: Ints) -> tuple[Ints, Ints]:
    """The same characters as disjoint ascending stretches."""
    if not len(start):
        return start, end
    order = np.argsort(start, kind="stable")
    start, reach = start[order], np.maximum.accumulate(end[order])
    # A stretch begins where nothing before reaches; it ends at the furthest reach before the next one begins.
    fresh = np.concatenate([[True], start[1:] > reach[:-1]])
    last = np.concatenate([np.flatnonzero(fresh)[1:] - 1, [len(start) - 1]])
    return start[fresh], reach[last]


def _covered_before(low: Ints, high: Ints, position: Ints) -> Ints:
    """How many characters left of each position lie in the stretches."""
    if not len(low):
        return np.zeros(len(position), dtype=np.int64)
    # All whole stretches to the left, and the part of the last one that lies left of the position.
    before = np.concatenate([[0], np.cumsum(high - low)])
    stretch = np.searchsorted(low, position, "right")
    inside = np.where(stretch > 0, np.minimum(position, high[stretch - 1]) - low[stretch - 1], 0)
    return np.where(stretch > 0, before[stretch - 1] + inside, 0)
