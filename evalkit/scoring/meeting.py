"""Who can meet whom at all: couples, which meet nothing but each other, and the items that have to be looked at.

Items of both sides are laid out in the order of the text; where nothing so far reaches the next one, a component ends.
Nearly all components are one item, or one gold and one predicted one: of these it is known at once what overlaps, for
all conventions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evalkit.scoring.arrays import match_sorted
from evalkit.scoring.columns import Columns, Ints
from evalkit.scoring.edges import BLOCK, Edges, blocks, find_edges, possible_pairs, refined

__all__ = ["Masks", "couples", "open_edges", "others", "relabelled"]

Mask = NDArray[np.bool_]
Masks = tuple[Mask, Mask]
"""Some of the gold and some of the predicted items."""


class _Components(NamedTuple):
    """Couples as edges, whether both stand at one place, and the items of each side that may overlap several."""

    couples: Edges
    same_place: Mask
    gold: Ints
    predicted: Ints


def couples(columns: Columns, free: Masks | None, *, by_label: bool) -> Edges:
    """Pairs that overlap, and overlap nothing else of either side.

    Args:
        columns: both sides.
        free: the items that are asked about; all by default.
        by_label: only pairs of one label.
    """
    return _only(columns, _components(columns).couples, free, by_label=by_label)


def open_edges(columns: Columns, free: Masks | None, *, by_label: bool) -> Iterator[Edges]:
    """All other overlapping pairs, block by block; arguments as of `couples`."""
    _, _, *items = _components(columns)
    if "possible" not in columns.memo:
        columns.memo["possible"] = int(possible_pairs(columns, items[0], items[1]).sum())
    if columns.memo["possible"] <= BLOCK:
        # One search for all conventions.
        if "edges" not in columns.memo:
            columns.memo["edges"] = find_edges(columns, items[0], items[1], by_label=False)
        yield _only(columns, columns.memo["edges"], free, by_label=by_label)
        return
    gold, predicted = (own if free is None else own[free[side][own]] for side, own in enumerate(items))
    for part in blocks(columns, gold, predicted):
        yield find_edges(columns, *part, by_label=by_label)


def _only(columns: Columns, edges: Edges, free: Masks | None, *, by_label: bool) -> Edges:
    wanted = columns.gold.label[edges.gold] == columns.predicted.label[edges.predicted] if by_label else None
    if free is not None:
        inside = free[0][edges.gold]
        inside &= free[1][edges.predicted]
        wanted = inside if wanted is None else wanted & inside
    return edges if wanted is None else edges.only(np.flatnonzero(wanted))


def _components(columns: Columns) -> _Components:
    """The components of all items by their hulls, whatever their labels; found once for all conventions."""
    if "components" not in columns.memo:
        columns.memo["components"] = _found(columns)
    components: _Components = columns.memo["components"]
    return components


def _found(columns: Columns) -> _Components:
    order, first = columns.merged, len(columns.gold)
    low, high = _laid_out(columns, order)
    begins = np.ones(len(order) + 1, dtype=bool)
    np.greater_equal(low[1:], np.maximum.accumulate(high)[:-1], out=begins[1:-1])
    ours = order < first
    two = np.flatnonzero(begins[:-2] & ~begins[1:-1] & begins[2:] & (ours[1:] != ours[:-1]))
    following = two + 1
    rest = ~(begins[:-1] & begins[1:])
    rest[two] = rest[following] = False
    items = order[np.flatnonzero(rest)]
    of_gold = items < first
    one, other = order[two], order[following]
    gold, predicted = np.minimum(one, other), np.maximum(one, other)
    predicted -= first
    start, end, other_end = low[following], high[two], high[following]
    same_place = (low[two] == start) & (end == other_end)
    common = np.minimum(end, other_end)
    common -= start
    found = _Components(Edges(gold, predicted, common), same_place, items[of_gold], items[~of_gold] - first)
    return _corrected(columns, found)


def _laid_out(columns: Columns, order: Ints) -> tuple[Ints, Ints]:
    """Start and end of all items on one axis, where those of different articles never meet."""
    article, start, end = (
        np.concatenate([getattr(side, name) for side in columns.sides]) for name in ("article", "start", "end")
    )
    stride = columns.stride
    # Half as wide numbers where they suffice: what is looked at then stays in the processor's cache.
    lane = article * (np.int32(stride) if stride * (len(columns.articles) + 1) < 2**31 else np.int64(stride))
    # An empty span lies here as if it had a character, so that it meets its equals.
    end = lane + np.maximum(end, start + 1)
    return (lane + start)[order], end[order]


def _corrected(columns: Columns, found: _Components) -> _Components:
    """Hulls say too much of empty spans, which have nothing in common with others, and of items in several pieces."""
    plain = len(columns.shapes) == 1
    if plain and all((side.start < side.end).all() for side in columns.sides):
        return found
    edges = found.couples
    sides = list(zip(columns.sides, (edges.gold, edges.predicted), strict=True))
    empty = [side.start[items] == side.end[items] for side, items in sides]
    edges = refined(columns, edges.only(empty[0] == empty[1]), by_label=False)
    same_place = columns.gold.place[edges.gold] == columns.predicted.place[edges.predicted]
    return found._replace(couples=edges, same_place=same_place)


def relabelled(columns: Columns) -> tuple[Ints, Ints]:
    """One-to-one pairs (gold, predicted) of items at the same place among those that have no equal."""
    if "relabelled" not in columns.memo:
        edges, same_place, *items = _components(columns)
        other = columns.gold.label[edges.gold] != columns.predicted.label[edges.predicted]
        alone = np.flatnonzero(same_place & other)
        # Items that stay in canonical order, as `match_sorted` needs them.
        gold, predicted = (own[free[own]] for own, free in zip(items, others(columns, columns.equal), strict=True))
        same = match_sorted(columns.gold.place[gold], columns.predicted.place[predicted])
        columns.memo["relabelled"] = (
            np.concatenate([edges.gold[alone], gold[same[0]]]),
            np.concatenate([edges.predicted[alone], predicted[same[1]]]),
        )
    pairs: tuple[Ints, Ints] = columns.memo["relabelled"]
    return pairs


def others(columns: Columns, *pairs: tuple[Ints, Ints]) -> Masks:
    """The items that are in none of some pairs."""
    free = np.ones(len(columns.gold), dtype=bool), np.ones(len(columns.predicted), dtype=bool)
    for taken in pairs:
        free[0][taken[0]] = free[1][taken[1]] = False
    return free
