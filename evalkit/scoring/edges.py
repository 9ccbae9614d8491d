"""Who overlaps whom: found by binary search on the global axis, in time that grows with the overlaps there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evalkit.scoring.arrays import meetings, overlapping, overlaps
from evalkit.scoring.assignment import CROWD, refuse_crowd
from evalkit.scoring.columns import Columns, Ints, Pieces, SpanColumns

__all__ = [
    "Edges",
    "blocks",
    "covering",
    "find_edges",
    "fragments",
    "lengths",
    "pieces_of",
    "possible_pairs",
    "refined",
]

BLOCK = 1 << 21
"""So many possible pairs are looked at in one go (an article that has more is one block): it bounds the memory."""


class Edges(NamedTuple):
    """Pairs of overlapping items: positions in gold and predicted, and the characters they share."""

    gold: Ints
    predicted: Ints
    common: Ints

    def only(self, keep: Ints | NDArray[np.bool_]) -> Edges:
        """Some of the edges, by mask or position."""
        return Edges(self.gold[keep], self.predicted[keep], self.common[keep])


def possible_pairs(columns: Columns, gold: Ints, predicted: Ints) -> Ints:
    """Gold times predicted items by article."""
    size = len(columns.articles)
    ours, theirs = columns.gold.article[gold], columns.predicted.article[predicted]
    return np.bincount(ours, minlength=size) * np.bincount(theirs, minlength=size)


def blocks(columns: Columns, gold: Ints, predicted: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Some gold and predicted items in blocks of whole articles with a bounded number of possible pairs each."""
    # Possible pairs up to and with each article: a block ends where its multiple of `BLOCK` is passed.
    reach = np.cumsum(possible_pairs(columns, gold, predicted))
    if not len(reach) or reach[-1] <= BLOCK:
        yield gold, predicted
        return
    number = (reach - 1) // BLOCK
    parts = []
    for side, items in ((columns.gold, gold), (columns.predicted, predicted)):
        block = number[side.article[items]]
        # Stable, so that items stay in canonical order inside a block.
        order = np.argsort(block, kind="stable")
        parts.append((items[order], block[order]))
    for block_number in np.unique(parts[0][1]):
        gold_items, predicted_items = (
            items[slice(*np.searchsorted(block, [block_number, block_number + 1]))] for items, block in parts
        )
        yield gold_items, predicted_items


def find_edges(columns: Columns, gold: Ints, predicted: Ints, *, by_label: bool) -> Edges:
    """All overlapping pairs among some gold and some predicted items (given as positions).

    Raises:
        InputError: there are too many in one article.
    """
    gold, gold_start, gold_end = _ordered(columns, columns.gold, gold, by_label)
    predicted, start, end = _ordered(columns, columns.predicted, predicted, by_label)
    possible = possible_pairs(columns, gold, predicted)
    if possible.max(initial=0) > CROWD**2:
        refuse_crowd(columns.articles[int(possible.argmax())], overlaps(gold_start, gold_end, start, end))
    left, right = overlapping(gold_start, gold_end, start, end)
    common = np.minimum(gold_end[left], end[right]) - np.maximum(gold_start[left], start[right])
    return refined(columns, Edges(gold[left], predicted[right], common), by_label=by_label)


def _ordered(columns: Columns, side: SpanColumns, items: Ints, by_label: bool) -> tuple[Ints, Ints, Ints]:
    start, end = columns.axis(side, items, by_label=by_label)
    if (start[1:] >= start[:-1]).all():
        return items, start, end
    order = np.argsort(start, kind="stable")
    return items[order], start[order], end[order]


def refined(columns: Columns, edges: Edges, *, by_label: bool) -> Edges:
    """Items in several pieces overlap only where their pieces do."""
    if len(columns.shapes) == 1:
        return edges
    pieced = np.flatnonzero((columns.gold.shape[edges.gold] != 0) | (columns.predicted.shape[edges.predicted] != 0))
    if not len(pieced):
        return edges
    owners = np.unique(edges.gold[pieced]), np.unique(edges.predicted[pieced])
    gold, predicted, shared = meetings(
        *(
            (items[place], start, end)
            for side, items in zip(columns.sides, owners, strict=True)
            for place, start, end in (fragments(columns, side, items, by_label=by_label),)
        )
    )
    common = edges.common.copy()
    # Both are looked up by one number; a pair whose pieces miss each other is not among those that share something.
    width = len(columns.predicted)
    met = np.append(gold * width + predicted, -1)
    asked = edges.gold[pieced].astype(np.int64) * width + edges.predicted[pieced]
    place = np.searchsorted(met[:-1], asked)
    common[pieced] = np.where(met[place] == asked, np.append(shared, 0)[place], 0)
    return Edges(edges.gold, edges.predicted, common).only(common > 0)


def pieces_of(columns: Columns, side: SpanColumns, item: int) -> Pieces:
    """The pieces of one item, in order of position."""
    shape = int(side.shape[item])
    return columns.shapes[shape] if shape else ((int(side.start[item]), int(side.end[item])),)


def covering(columns: Columns, least: float) -> Callable[[Edges], Edges] | None:
    """What keeps the pairs that share at least a share of the gold item's characters; None if any will do."""
    if not least:
        return None
    return lambda edges: edges.only(edges.common >= least * lengths(columns, columns.gold, edges.gold))


def lengths(columns: Columns, side: SpanColumns, items: Ints | None = None) -> Ints:
    """Characters of some items (all by default), pieces added up; 1 for an empty span."""
    chosen = np.arange(len(side)) if items is None else items
    length: Ints = np.maximum(side.end[chosen].astype(np.int64) - side.start[chosen], 1)
    if len(columns.shapes) > 1:
        if "lengths of shapes" not in columns.memo:
            columns.memo["lengths of shapes"] = np.array([sum(e - s for s, e in shape) for shape in columns.shapes])
        shape = side.shape[chosen]
        length = np.where(shape, columns.memo["lengths of shapes"][shape], length)
    return length


def fragments(
    columns: Columns, side: SpanColumns, items: Ints, *, by_label: bool, stride: int | None = None
) -> tuple[Ints, Ints, Ints]:
    """Every piece of some items on the global axis: the position in `items`, start and end."""
    start, end = columns.axis(side, items, by_label=by_label, stride=stride)
    item: Ints = np.arange(len(items))
    pieced = np.flatnonzero(side.shape[items])
    if not len(pieced):
        return item, start, end
    # How far the axis has moved each item; its pieces, whose offsets are those of the text, move by as much.
    offset = start[pieced] - side.start[items[pieced]]
    extra = [
        (int(position), int(shift) + low, int(shift) + high)
        for position, shift in zip(pieced, offset, strict=True)
        for low, high in columns.shapes[side.shape[items[position]]]
    ]
    keep = side.shape[items] == 0
    more = np.array(extra, dtype=np.int64)
    return (
        np.concatenate([item[keep], more[:, 0]]),
        np.concatenate([start[keep], more[:, 1]]),
        np.concatenate([end[keep], more[:, 2]]),
    )
