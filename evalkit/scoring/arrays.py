"""Plain arrays: made into whole numbers and checked before anything is computed from them, and matched when sorted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evalkit.errors import InputError

__all__ = ["Arrays", "Ints", "Pieces", "checked_side", "key_columns", "match_sorted", "number_shapes", "unpaired"]

Ints = NDArray[np.signedinteger[Any]]
Pieces = tuple[tuple[int, int], ...]
Arrays = tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike]

_LIMIT = 2**31 - 1
_COLUMNS = ("article", "start", "end", "label")


def number_shapes(sides: list[list[Ints]], shapes: tuple[Pieces, ...]) -> tuple[Pieces, ...]:
    """Numbers shapes by what they are, so that the order of the input leaves no trace in the order of items."""
    known = ((), *sorted(set(shapes[1:])))
    position = {pieces: at for at, pieces in enumerate(known)}
    renumber = np.array([0, *(position[pieces] for pieces in shapes[1:])], dtype=np.int32)
    for side in sides:
        side[4] = renumber[side[4]]
    return known


def checked_side(name: str, arrays: Arrays, shape: ArrayLike | None, *, limits: tuple[int, int, int]) -> list[Ints]:
    """Article, start, end, label and shape of one side as int32.

    `limits` says how many articles, labels and shapes there are.

    Raises:
        InputError: arrays differ in length, hold no whole numbers, or point outside what there is.
    """
    columns = [_whole(name, what, column) for what, column in zip(_COLUMNS, arrays, strict=True)]
    columns.append(np.zeros(len(columns[0]), dtype=np.int32) if shape is None else _whole(name, "shape", shape))
    lengths = {len(column) for column in columns}
    if len(lengths) > 1:
        raise InputError(f"{name} arrays differ in length: {sorted(lengths)}; article, start, end, label go together")
    _check(name, columns, limits)
    return columns


def _whole(name: str, what: str, values: ArrayLike) -> Ints:
    try:
        column = np.asarray(values)
        if column.dtype == np.int32:
            return column
        column = column.astype(np.int64, casting="same_kind") if column.size else np.zeros(0, dtype=np.int64)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{name} {what}: expected whole numbers below {_LIMIT}: {error}") from error
    if column.size and (column.max() >= _LIMIT or column.min() < -1):
        worst = int(column.max() if column.max() >= _LIMIT else column.min())
        raise InputError(f"{name} {what} {worst} is out of range: offsets and positions are 0 to {_LIMIT - 1}")
    return column.astype(np.int32)


def _check(name: str, side: list[Ints], limits: tuple[int, int, int]) -> None:
    article, start, end, label, shape = side
    if not len(article):
        return
    for what, column, limit in zip(("article", "label", "shape"), (article, label, shape), limits, strict=True):
        if _largest(column) >= limit:
            worst = int(column.min() if column.min() < 0 else column.max())
            raise InputError(f"{name} {what} position {worst} is not among the {limit} that there are")
    if _largest(start) > _LIMIT or (end < start).any():
        at = int(np.flatnonzero((start < 0) | (end < start))[0])
        raise InputError(f"{name} item {at}: span [{start[at]}, {end[at]}] is negative or ends before it starts")


def _largest(column: Ints) -> int:
    """The maximum, beyond all that is allowed if anything is negative: read without sign, one pass is enough."""
    return int(column.view(np.uint32).max())


def key_columns(side: list[Ints]) -> tuple[Ints, ...]:
    """What items are ordered by, the label last."""
    article, start, end, label, shape = side
    return article, start, end - start, shape, label


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
        low = np.searchsorted(second, first, "left")
        copies = np.searchsorted(second, first, "right") - low
        position = np.arange(len(first))
        rank = position - np.searchsorted(first, first, "left")
        found = rank < copies
        return position[found], (low + rank)[found]
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
