"""Gold and predicted entities as columns: what every entity convention works on.

Items are put into one canonical order (article, start, end, shape, label), so the order in which they were given
cannot matter. An item in several pieces keeps its hull in `start` and `end` and its pieces under a `shape` number;
shape 0 is an item of one piece. An empty span equals an empty span at the same place and overlaps nothing else.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evalkit.errors import InputError

__all__ = ["EntityColumns", "Ints", "Pieces", "SpanColumns", "columns_from_arrays", "match_sorted", "unpaired"]

Ints = NDArray[np.signedinteger[Any]]
Pieces = tuple[tuple[int, int], ...]
Arrays = tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike]

KEY_BITS = 62
_LIMIT = 2**31 - 1
_COLUMNS = ("article", "start", "end", "label")


@dataclass(frozen=True, eq=False)
class SpanColumns:
    """One side, in canonical order; all arrays have one element an item.

    Attributes:
        article: position of the article.
        start: first code point of the item's hull.
        end: one past the last code point of the hull.
        label: position of the label.
        shape: 0, or the number of the item's pieces in `EntityColumns.shapes`.
        order: position of each item in the input it came from.
        key: ascending; equal for items that agree in everything, of either side.
        place: ascending; equal for items that agree in everything but the label.
    """

    article: Ints
    start: Ints
    end: Ints
    label: Ints
    shape: Ints
    order: Ints
    key: Ints
    place: Ints

    def __len__(self) -> int:
        return len(self.article)


@dataclass(frozen=True, eq=False)
class EntityColumns:
    """Both sides over the same articles and labels.

    Attributes:
        articles: article ids, sorted.
        labels: all labels of either side, sorted.
        gold: the gold items.
        predicted: the predicted items.
        shapes: the pieces of items in several pieces, by shape number (number 0 is unused).
        texts: the text of each article, or None when only offsets are known.
    """

    articles: tuple[str, ...]
    labels: tuple[str, ...]
    gold: SpanColumns
    predicted: SpanColumns
    shapes: tuple[Pieces, ...] = ((),)
    texts: tuple[str, ...] | None = None

    @cached_property
    def stride(self) -> int:
        """Length of one article on the global axis: positions of different articles never meet."""
        ends = [int(side.end.max()) for side in (self.gold, self.predicted) if len(side)]
        return max(ends, default=0) + 2

    @cached_property
    def stride_of_texts(self) -> int:
        """As `stride`, but no less than the longest text."""
        return max(self.stride, max(map(len, self.texts or ()), default=0) + 1)

    def axis(
        self, side: SpanColumns, items: Ints | None = None, *, by_label: bool, stride: int | None = None
    ) -> tuple[Ints, Ints]:
        """Hulls of some items (all by default) on one global axis, where only items of one article can overlap.

        With `by_label` only items of one label can. Empty spans lie behind everything else as items of length 1, so
        that they meet only their equals.
        """
        chosen: Any = slice(None) if items is None else items
        width = stride or self.stride
        lane: Ints = side.article[chosen].astype(np.int64)
        if by_label:
            lane = lane * len(self.labels) + side.label[chosen]
        start: Ints = lane * width + side.start[chosen]
        end: Ints = lane * width + side.end[chosen]
        empty = start == end
        if empty.any():
            lanes = len(self.articles) * (len(self.labels) if by_label else 1)
            start = np.where(empty, start + lanes * width, start)
            end = np.where(empty, start + 1, end)
        return start, end

    @cached_property
    def counts(self) -> tuple[Ints, Ints]:
        """Gold and predicted items by article and label, each of shape (articles, labels)."""
        shape = (len(self.articles), len(self.labels))
        tallies = [
            np.bincount(side.article.astype(np.int64) * shape[1] + side.label, minlength=shape[0] * shape[1])
            for side in (self.gold, self.predicted)
        ]
        return tallies[0].reshape(shape), tallies[1].reshape(shape)

    @cached_property
    def equal(self) -> tuple[Ints, Ints]:
        """One-to-one pairs (gold, predicted) of items that agree in place and label."""
        return match_sorted(self.gold.key, self.predicted.key)

    @cached_property
    def same_place(self) -> tuple[Ints, Ints]:
        """One-to-one pairs of items at the same place: those with equal labels first, then the others."""
        gold, predicted = self.equal
        rest_gold = unpaired(len(self.gold), gold)
        rest_predicted = unpaired(len(self.predicted), predicted)
        more_gold, more_predicted = match_sorted(self.gold.place[rest_gold], self.predicted.place[rest_predicted])
        return (
            np.concatenate([gold, rest_gold[more_gold]]),
            np.concatenate([predicted, rest_predicted[more_predicted]]),
        )

    def flat(self, *, by_label: bool) -> NDArray[np.bool_]:
        """For each article whether no two items of one side overlap in it (with `by_label`: of one label)."""
        return self._flat_by_label if by_label else self._flat

    @cached_property
    def _flat(self) -> NDArray[np.bool_]:
        nested = np.zeros(len(self.articles), dtype=bool)
        for side in (self.gold, self.predicted):
            # In order of start, two items that overlap leave no neighbours between them that do not.
            close = (side.end[:-1] > side.start[1:]) | (side.start[:-1] == side.start[1:])
            nested[side.article[1:][close & (side.article[:-1] == side.article[1:])]] = True
            nested[side.article[side.shape != 0]] = True
        return ~nested

    @cached_property
    def _flat_by_label(self) -> NDArray[np.bool_]:
        flat = self._flat.copy()
        if flat.all():
            return flat
        doubtful = ~flat
        flat[:] = True
        for side in (self.gold, self.predicted):
            items = np.flatnonzero(doubtful[side.article])
            start, end = self.axis(side, items, by_label=True)
            order = np.argsort(start, kind="stable")
            clash = start[order][1:] < end[order][:-1]
            flat[side.article[items[order][1:][clash]]] = False
            flat[side.article[side.shape != 0]] = False
        return flat


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
    return order[same], order[same + 1] - len(first)


def columns_from_arrays(
    articles: Sequence[str],
    labels: Sequence[str],
    gold: Arrays,
    predicted: Arrays,
    *,
    gold_shape: ArrayLike | None = None,
    predicted_shape: ArrayLike | None = None,
    shapes: tuple[Pieces, ...] = ((),),
    texts: tuple[str, ...] | None = None,
) -> EntityColumns:
    """Columns from plain arrays (article, start, end, label) of each side.

    `article` holds positions in `articles`, `label` positions in `labels`; both lists must be sorted.

    Raises:
        InputError: arrays differ in length, a position is out of range, or a span ends before it starts.
    """
    for name, values in (("articles", articles), ("labels", labels)):
        if any(after <= before for before, after in itertools.pairwise(values)):
            raise InputError(f"{name} must be sorted and without repetition; sort them first")
    sides = [_side("gold", gold, gold_shape), _side("predicted", predicted, predicted_shape)]
    for name, side in zip(("gold", "predicted"), sides, strict=True):
        _check_side(name, side, (len(articles), len(labels), len(shapes)))
    if len(shapes) > 1:
        shapes = _number_shapes(sides, shapes)
    widths = [
        max((int(column.max()).bit_length() for column in pair if len(column)), default=0)
        for pair in zip(*(_key_columns(side) for side in sides), strict=True)
    ]
    done = [_packed(side, widths) for side in sides] if sum(widths) <= KEY_BITS else _ranked(sides)
    return EntityColumns(tuple(articles), tuple(labels), done[0], done[1], shapes, texts)


def _number_shapes(sides: list[list[Ints]], shapes: tuple[Pieces, ...]) -> tuple[Pieces, ...]:
    """Numbers shapes by what they are, so that the order of the input leaves no trace in the order of items."""
    known = ((), *sorted(set(shapes[1:])))
    position = {pieces: at for at, pieces in enumerate(known)}
    renumber = np.array([0, *(position[pieces] for pieces in shapes[1:])], dtype=np.int32)
    for side in sides:
        side[4] = renumber[side[4]]
    return known


def _side(name: str, arrays: Arrays, shape: ArrayLike | None) -> list[Ints]:
    columns = [_whole(name, what, column) for what, column in zip(_COLUMNS, arrays, strict=True)]
    columns.append(np.zeros(len(columns[0]), dtype=np.int32) if shape is None else _whole(name, "shape", shape))
    lengths = {len(column) for column in columns}
    if len(lengths) > 1:
        raise InputError(f"{name} arrays differ in length: {sorted(lengths)}; article, start, end, label go together")
    return columns


def _whole(name: str, what: str, values: ArrayLike) -> Ints:
    try:
        column = np.asarray(values)
        if column.dtype == np.int32:
            return column
        column = column.astype(np.int64, casting="safe") if column.size else np.zeros(0, dtype=np.int64)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{name} {what}: expected whole numbers below {_LIMIT}: {error}") from error
    if column.size and (column.max() >= _LIMIT or column.min() < -1):
        worst = int(column.max() if column.max() >= _LIMIT else column.min())
        raise InputError(f"{name} {what} {worst} is out of range: offsets and positions are 0 to {_LIMIT - 1}")
    return column.astype(np.int32)


def _check_side(name: str, side: list[Ints], limits: tuple[int, int, int]) -> None:
    article, start, end, label, shape = side
    if not len(article):
        return
    for what, column, limit in zip(("article", "label", "shape"), (article, label, shape), limits, strict=True):
        if column.min() < 0 or column.max() >= limit:
            worst = int(column.min() if column.min() < 0 else column.max())
            raise InputError(f"{name} {what} position {worst} is not among the {limit} that there are")
    if start.min() < 0 or (end < start).any():
        at = int(np.flatnonzero((start < 0) | (end < start))[0])
        raise InputError(f"{name} item {at}: span [{start[at]}, {end[at]}] is negative or ends before it starts")


def _key_columns(side: list[Ints]) -> tuple[Ints, ...]:
    article, start, end, label, shape = side
    return article, start, end - start, shape, label


def _packed(side: list[Ints], widths: list[int]) -> SpanColumns:
    key: Ints = np.zeros(len(side[0]), dtype=np.int64)
    for column, width in zip(_key_columns(side), widths, strict=True):
        key = (key << width) | column
    if (key[1:] < key[:-1]).any():
        order = np.argsort(key)
        key = key[order]
        side = [column[order] for column in side]
    else:
        order = np.arange(len(key))
    article, start, end, label, shape = side
    return SpanColumns(article, start, end, label, shape, order.astype(np.int32), key, key >> widths[-1])


def _ranked(sides: list[list[Ints]]) -> list[SpanColumns]:
    """For offsets too large to pack into one integer: the rank of each item among all items stands for its key."""
    both = [np.concatenate(pair) for pair in zip(*(_key_columns(side) for side in sides), strict=True)]
    order = np.lexsort(both[::-1])
    changes = [np.concatenate([[False], column[order][1:] != column[order][:-1]]) for column in both]
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.cumsum(np.logical_or.reduce(changes[:-1]))
    key = np.empty(len(order), dtype=np.int64)
    key[order] = np.cumsum(np.logical_or.reduce(changes))
    done = []
    for side, own in zip(sides, np.split(np.arange(len(order)), [len(sides[0][0])]), strict=True):
        ascending = np.argsort(key[own], kind="stable")
        article, start, end, label, shape = (column[ascending] for column in side)
        done.append(
            SpanColumns(
                article,
                start,
                end,
                label,
                shape,
                ascending.astype(np.int32),
                key[own][ascending],
                place[own][ascending],
            )
        )
    return done
