"""From plain arrays to columns: made into whole numbers, checked, and put into canonical order."""

from __future__ import annotations

import operator
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from evalkit.errors import InputError
from evalkit.scoring.arrays import Arrays, Ints, Pieces
from evalkit.scoring.columns import Columns, SpanColumns

__all__ = ["columns_from_arrays"]

_LIMIT = 2**31 - 1
_COLUMNS = ("article", "start", "end", "label")


KEY_BITS = 62


def columns_from_arrays(
    articles: Sequence[str],
    labels: Sequence[str],
    gold: Arrays,
    predicted: Arrays,
    *,
    gold_shape: ArrayLike | None = None,
    predicted_shape: ArrayLike | None = None,
    shapes: tuple[Pieces, ...] = ((),),
    texts: Sequence[str] | None = None,
) -> Columns:
    """Columns from plain arrays (article, start, end, label) of each side.

    `article` holds positions in `articles`, `label` positions in `labels`; both lists must be sorted.

    Raises:
        InputError: arrays differ in length, a position is out of range, or a span ends before it starts.
    """
    for name, values in (("articles", articles), ("labels", labels)):
        if any(map(operator.ge, values, values[1:])):
            raise InputError(f"{name} must be sorted and without repetition; sort them first")
    limits = len(articles), len(labels), len(shapes)
    sides = [
        _checked_side("gold", gold, gold_shape, limits=limits),
        _checked_side("predicted", predicted, predicted_shape, limits=limits),
    ]
    if len(shapes) > 1:
        shapes = _number_shapes(sides, shapes)
    widths = [
        max((int(column.max()).bit_length() for column in pair if len(column)), default=0)
        for pair in zip(*(_key_columns(side) for side in sides), strict=True)
    ]
    done = [_packed(side, widths) for side in sides] if sum(widths) <= KEY_BITS else _ranked(sides)
    return Columns(tuple(articles), tuple(labels), done[0], done[1], shapes, texts)


def _packed(side: list[Ints], widths: list[int]) -> SpanColumns:
    # Article, start, length, shape and label side by side in one integer: sorting and comparing items is then sorting
    # and comparing numbers. A column that is 0 everywhere takes no bits.
    key: Ints = side[0].astype(np.int64)
    for column, width in list(zip(_key_columns(side), widths, strict=True))[1:]:
        if width:
            key <<= width
            key |= column
    order: Ints = np.arange(len(key), dtype=np.int32)
    # Most input comes in order of the text, and looking is cheaper than sorting.
    if (key[1:] < key[:-1]).any():
        order = _ascending(key, sum(widths))
        key = key[order]
        side = [column[order] for column in side]
    article, start, end, label, shape = side
    return SpanColumns(article, start, end, label, shape, order.astype(np.int32, copy=False), key, widths[-1])


def _ascending(key: Ints, width: int) -> Ints:
    """The order of some keys of so many bits, copies in the order in which they stand."""
    room = len(key).bit_length()
    if width + room > KEY_BITS:
        return np.argsort(key, kind="stable")
    # Numbers are sorted several times as fast as positions: so each key brings its own in its low bits.
    both = (key << room) | np.arange(len(key))
    both.sort()
    both &= (1 << room) - 1
    return both


def _ranked(sides: list[list[Ints]]) -> list[SpanColumns]:
    """For offsets too large to pack into one integer: the rank of each item among all items stands for its key."""
    # Both sides are ranked together, so that equal items get equal keys whichever side they are of.
    both = [np.concatenate(pair) for pair in zip(*(_key_columns(side) for side in sides), strict=True)]
    order = np.lexsort(both[::-1])
    changes = [np.concatenate([[False], column[order][1:] != column[order][:-1]]) for column in both[:-1]]
    # A place begins wherever any column but the label changes; the running number of places goes back to input order.
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.cumsum(np.logical_or.reduce(changes))
    label_bits = int(both[-1].max()).bit_length()
    key = (place << label_bits) | both[-1]
    done = []
    for side, rows in zip(sides, np.split(np.arange(len(order)), [len(sides[0][0])]), strict=True):
        ascending = np.argsort(key[rows], kind="stable")
        article, start, end, label, shape = (column[ascending] for column in side)
        done.append(
            SpanColumns(article, start, end, label, shape, ascending.astype(np.int32), key[rows][ascending], label_bits)
        )
    return done


def _number_shapes(sides: list[list[Ints]], shapes: tuple[Pieces, ...]) -> tuple[Pieces, ...]:
    """Numbers shapes by what they are, so that the order of the input leaves no trace in the order of items."""
    sorted_shapes = ((), *sorted(set(shapes[1:])))
    position = {pieces: number for number, pieces in enumerate(sorted_shapes)}
    renumber = np.array([0, *(position[pieces] for pieces in shapes[1:])], dtype=np.int32)
    for side in sides:
        side[4] = renumber[side[4]]
    return sorted_shapes


def _checked_side(name: str, arrays: Arrays, shape: ArrayLike | None, *, limits: tuple[int, int, int]) -> list[Ints]:
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
        item = int(np.flatnonzero((start < 0) | (end < start))[0])
        raise InputError(f"{name} item {item}: span [{start[item]}, {end[item]}] is negative or ends before it starts")


def _largest(column: Ints) -> int:
    """The maximum, beyond all that is allowed if anything is negative: read without sign, one pass is enough."""
    return int(column.view(np.uint32).max())


def _key_columns(side: list[Ints]) -> tuple[Ints, ...]:
    """What items are ordered by, the label last."""
    article, start, end, label, shape = side
    return article, start, end - start, shape, label
