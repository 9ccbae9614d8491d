"""The kinds of arrays in scoring, and matching of sorted ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Arrays", "Ints", "Pieces", "match_sorted", "pair_arrays", "unpaired"]

Ints = NDArray[np.signedinteger[Any]]

Pieces = tuple[tuple[int, int], ...]
"""The stretches of text of one item: start and end of each, ascending, none touching the next."""

Arrays = tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike]
"""Article, start, end and label of the items of one side."""


def pair_arrays(pairs: Sequence[tuple[int, int]]) -> tuple[Ints, Ints]:
    """Pairs of positions (gold, predicted) as two arrays."""
    gold, predicted = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return gold, predicted


def unpaired(size: int, taken: Ints) -> Ints:
    """The positions 0 to size - 1 that are not among the taken ones, ascending."""
    mask = np.ones(size, dtype=bool)
    mask[taken] = False
    return np.flatnonzero(mask)


def match_sorted(first: Ints, second: Ints) -> tuple[Ints, Ints]:
    """Positions of a one-to-one matching of equal values in two ascending arrays; k copies match at most k copies."""
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
    # Two ascending runs: the stable sort merges them in linear time.
    merged = np.concatenate([first, second])
    order = np.argsort(merged, kind="stable")
    merged = merged[order]
    same = np.flatnonzero(merged[1:] == merged[:-1])
    left = order[same]
    same += 1
    right = order[same]
    right -= len(first)
    return left, right
