"""The kinds of arrays in scoring, and matching of sorted ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Arrays",
    "Ints",
    "Pieces",
    "Stretches",
    "match_sorted",
    "meetings",
    "overlapping",
    "overlaps",
    "pair_arrays",
    "ranges",
    "unpaired",
]

Ints = NDArray[np.signedinteger[Any]]

STEPS = 3
"""So many places are looked at one after the other before they are searched for."""

Pieces = tuple[tuple[int, int], ...]
"""The stretches of text of one item: start and end of each, ascending, none touching the next."""

Arrays = tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike]
"""Article, start, end and label of the items of one side."""


Stretches = tuple[Ints, Ints, Ints]
"""Owner, start and end of stretches; those of one owner do not overlap."""


def overlapping(start: Ints, end: Ints, other_start: Ints, other_end: Ints) -> tuple[Ints, Ints]:
    """Positions of all pairs of stretches that overlap, of two sides that ascend by start and have no empty ones."""
    # How many of the other side start before each of this side, and how many of this side no later than each of the
    # other: both are read from the two merged, which a stable sort does in linear time.
    ours = np.argsort(np.concatenate([start, other_start]), kind="stable") < len(start)
    low = np.flatnonzero(ours) - np.arange(len(start))
    no_later = np.flatnonzero(~ours) - np.arange(len(other_start))
    # Of two that overlap, one starts inside the other: the other side's (or both at one place), or this side's.
    left, right = ranges(low, _from(low, other_start, end))
    inner, outer = ranges(no_later, _from(no_later, start, other_end))
    return np.concatenate([left, outer]), np.concatenate([right, inner])


def _from(first: Ints, values: Ints, asked: Ints) -> Ints:
    """As `np.searchsorted(values, asked)` where no place is before `first` and nearly all are close behind it."""
    place, beyond = first.copy(), np.append(values, np.iinfo(np.int64).max)
    waiting = np.flatnonzero(beyond[place] < asked)
    for _ in range(STEPS):
        place[waiting] += 1
        waiting = waiting[beyond[place[waiting]] < asked[waiting]]
    place[waiting] = np.searchsorted(values, asked[waiting])
    return place


def overlaps(start: Ints, end: Ints, other_start: Ints, other_end: Ints) -> int:
    """How many pairs `overlapping` gives: all that start before an end, less those that have ended by the start."""
    begun = np.searchsorted(other_start, end, "left").sum()
    return int(begun - np.searchsorted(np.sort(other_end), start, "right").sum())


def ranges(low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """For each position i all pairs (i, j) with low[i] <= j < high[i]."""
    number = np.maximum(high - low, 0)
    ends = np.cumsum(number)
    begins, size = ends - number, int(ends[-1]) if len(ends) else 0
    # The i of a pair is that of the last i whose pairs have begun; counting these is cheaper than `np.repeat`.
    left = np.cumsum(np.bincount(begins, minlength=size)[:size])
    left -= 1
    # The j of one i are consecutive: the position among all pairs, less where the pairs of i begin, plus low[i].
    right = np.arange(size)
    right += (low - begins)[left]
    return left, right


def meetings(first: Stretches, second: Stretches) -> tuple[Ints, Ints, Ints]:
    """Which owners of two sides have something in common, by owner, and how much all their stretches share."""
    sides = []
    for owner, start, end in (first, second):
        order = np.argsort(start, kind="stable")
        order = order[start[order] < end[order]]
        sides.append((owner[order], start[order], end[order]))
    (ours, start, end), (theirs, other_start, other_end) = sides
    left, right = overlapping(start, end, other_start, other_end)
    common = np.minimum(end[left], other_end[right]) - np.maximum(start[left], other_start[right])
    number = int(theirs.max(initial=0)) + 1
    pairs, place = np.unique(ours[left].astype(np.int64) * number + theirs[right], return_inverse=True)
    total = np.bincount(place, weights=common, minlength=len(pairs)).astype(np.int64)
    return pairs // number, pairs % number, total


def pair_arrays(pairs: Sequence[tuple[int, int]]) -> tuple[Ints, Ints]:
    """Pairs of positions (gold, predicted) as two arrays."""
    gold, predicted = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return gold, predicted


def unpaired(size: int, taken: Ints) -> Ints:
    """The positions 0 to size - 1 that are not among the taken ones, ascending."""
    mask = np.ones(size, dtype=bool)
    mask[taken] = False
    return np.flatnonzero(mask)


def match_sorted(first: Ints, second: Ints, merged: Ints | None = None) -> tuple[Ints, Ints]:
    """Positions of a one-to-one matching of equal values in two ascending arrays; k copies match at most k copies.

    Args:
        first: values, ascending.
        second: others, ascending.
        merged: the stable order of both one behind the other, if it is known.
    """
    if not (len(first) and len(second)):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    if (first[1:] == first[:-1]).any() or (second[1:] == second[:-1]).any():
        # With copies the k-th one of a value is matched with the k-th one of the other side, if that has so many.
        low = np.searchsorted(second, first, "left")
        copies = np.searchsorted(second, first, "right") - low
        position = np.arange(len(first))
        rank = position - np.searchsorted(first, first, "left")
        has_match = rank < copies
        return position[has_match], (low + rank)[has_match]
    both = np.concatenate([first, second])
    # Two ascending runs: the stable sort merges them in linear time.
    order = np.argsort(both, kind="stable") if merged is None else merged
    both = both[order]
    same = np.flatnonzero(both[1:] == both[:-1])
    left = order[same]
    same += 1
    right = order[same]
    right -= len(first)
    return left, right
