"""One-to-one matchings: of things that are equal, and the one with the largest sum of weights, exactly.

Few items are matched by dynamic programming over the sets of columns in use, in Python, and so are many that hang
together like a chain; other many by `scipy.optimize.linear_sum_assignment` (Crouse 2016), which is loaded only then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from itertools import chain
from typing import Any

import numpy as np

from evalkit.errors import InputError
from evalkit.scoring.arrays import Ints

__all__ = ["CHAIN", "CROWD", "EXACT", "assign_many", "best_assignment", "pair_equal", "pair_rest", "refuse_crowd"]

DP_COLUMNS = 10
DP_EDGES = 64

TABLE = 1 << 16
"""So many cells are quickly solved as a table; where more hang together it is first tried whether they are a chain."""

EXACT = 2**53
"""Sums of whole numbers below this are exact in float64."""


CROWD = 2000
"""So many items of each side that all overlap are matched within a minute; time grows with the cube of their number."""

CHAIN = 10_000
"""So many items of each side may hang together where few of them overlap: a table of them has to be held."""

_Taken = tuple[int, Any] | None
"""An edge and those taken before it."""

Labelled = tuple[object, str]
"""Something that is compared, and its label."""


def pair_equal(
    gold: Sequence[Labelled], predicted: Sequence[Labelled], taken: Sequence[tuple[int, int]] = ()
) -> list[tuple[int, int]]:
    """Positions of equal things with equal labels, one-to-one, after those taken; of several the earlier ones first."""
    waiting = _places(predicted, range(len(predicted)), {pair[1] for pair in taken})
    used = {pair[0] for pair in taken}
    queues = {thing: iter(places) for thing, places in waiting.items()}
    pairs = []
    for position, thing in enumerate(gold):
        if position not in used and (place := next(queues.get(thing, iter(())), None)) is not None:
            pairs.append((position, place))
    return [*taken, *pairs]


def pair_rest(
    gold: Sequence[Labelled], predicted: Sequence[Labelled], taken: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Positions of equal things whatever their labels, one-to-one, after those taken.

    Where one side has more of a thing than the other, those whose labels come first in the alphabet are paired.
    """
    sides = []
    for side, things in enumerate((gold, predicted)):
        by_label = sorted(range(len(things)), key=lambda position: things[position][1])
        sides.append(_places([thing for thing, _ in things], by_label, {pair[side] for pair in taken}))
    pairs = (zip(places, sides[1].get(thing, ()), strict=False) for thing, places in sides[0].items())
    return [*taken, *chain.from_iterable(pairs)]


def _places(things: Sequence[Any], order: Iterable[int], used: Set[int]) -> dict[Any, list[int]]:
    """Where each thing stands, in some order, without what is used."""
    places: dict[Any, list[int]] = {}
    for position in order:
        if position not in used:
            places.setdefault(things[position], []).append(position)
    return places


def best_assignment(edges: Sequence[tuple[int, int, int]]) -> list[int]:
    """Positions of the edges of the one-to-one matching with the largest sum of weights, ascending.

    Among equal sums of few edges the one that uses earlier edges wins.

    Args:
        edges: (row, column, weight), weights positive whole numbers.
    """
    chosen: list[int] = []
    for part in _components(edges):
        part_edges = [edges[position] for position in part]
        if len(part_edges) == 1:
            chosen += part
            continue
        rows, columns = len({edge[0] for edge in part_edges}), len({edge[1] for edge in part_edges})
        if len(part_edges) == rows * columns and len({edge[2] for edge in part_edges}) == 1:
            used = _first_come(part_edges)
        elif len(part_edges) <= DP_EDGES and min(rows, columns) <= DP_COLUMNS:
            used = _by_sets(
                part_edges if columns <= rows else [(column, row, weight) for row, column, weight in part_edges]
            )
        else:
            table = np.array(part_edges, dtype=np.int64)
            used = assign_many(table[:, 0], table[:, 1], table[:, 2]).tolist()
        chosen += [part[position] for position in used]
    return sorted(chosen)


def _components(edges: Sequence[tuple[int, int, int]]) -> list[list[int]]:
    """Positions of the edges that hang together through rows and columns."""
    by_row: dict[int, list[int]] = {}
    by_column: dict[int, list[int]] = {}
    for position, (row, column, _) in enumerate(edges):
        by_row.setdefault(row, []).append(position)
        by_column.setdefault(column, []).append(row)
    seen: set[int] = set()
    parts = []
    for first in by_row:
        if first in seen:
            continue
        seen.add(first)
        waiting, part = [first], list[int]()
        while waiting:
            own = by_row[waiting.pop()]
            part += own
            for position in own:
                # A column is asked once for its rows.
                for row in by_column.pop(edges[position][1], ()):
                    if row not in seen:
                        seen.add(row)
                        waiting.append(row)
        parts.append(sorted(part))
    return parts


def _first_come(edges: Sequence[tuple[int, int, int]]) -> list[int]:
    """Of copies that all weigh the same with each other the earlier edges, which never stand in the way of the sum."""
    rows, columns = set[int](), set[int]()
    used = []
    for position, (row, column, _) in enumerate(edges):
        if row not in rows and column not in columns:
            rows.add(row)
            columns.add(column)
            used.append(position)
    return used


def _by_sets(edges: Sequence[tuple[int, int, int]]) -> list[int]:
    # The low bits break ties: an earlier edge is worth more than all later ones together.
    size = len(edges)
    weight = [(edge[2] << size) + (1 << (size - 1 - position)) for position, edge in enumerate(edges)]
    # There is room for all columns: of more than that nobody asks here.
    return _row_by_row([edge[0] for edge in edges], [edge[1] for edge in edges], weight) or []


def _row_by_row(rows: Sequence[int], columns: Sequence[int], weight: Sequence[int]) -> list[int] | None:
    """Positions of the edges with the largest sum, ascending; None where too many columns are open at a time.

    Rows are decided in ascending order. What was best so far depends only on which columns that have rows to come are
    in use. In a chain of thousands, where rows and columns follow each other as in a text, these are a few, so time
    and memory grow with its length.
    """
    by_row: dict[int, list[int]] = {}
    for position, row in enumerate(rows):
        by_row.setdefault(row, []).append(position)
    order = sorted(by_row)
    last = {columns[position]: row for row in order for position in by_row[row]}
    free = [1 << place for place in range(DP_COLUMNS)]
    bits: dict[int, int] = {}
    # Columns in use, as bits → the total so far and the edges taken, the last one first.
    best: dict[int, tuple[int, _Taken]] = {0: (0, None)}
    for row in order:
        edges = by_row[row]
        for column in map(columns.__getitem__, edges):
            if column not in bits and last[column] != row:
                if not free:
                    return None
                bits[column] = free.pop()
        offers = [(position, bits.get(columns[position], 0), weight[position]) for position in edges]
        ending = {columns[position] for position in edges if last[columns[position]] == row}
        closed = [bits.pop(column) for column in ending if column in bits]
        still_open = ~sum(closed)
        step: dict[int, tuple[int, _Taken]] = {}
        for mask, (total, taken) in best.items():
            after = mask & still_open
            if after not in step or total > step[after][0]:
                step[after] = total, taken
            for position, bit, worth in offers:
                after = (mask | bit) & still_open
                if not mask & bit and (after not in step or total + worth > step[after][0]):
                    step[after] = total + worth, (position, taken)
        best = step
        free += closed
    chosen, taken = [], best[0][1]
    while taken is not None:
        chosen.append(taken[0])
        taken = taken[1]
    return sorted(chosen)


def refuse_crowd(article: str, pairs: int, most: int = CROWD) -> None:
    """Refuses an article in which more pairs of items could be matched than `most` by `most`, as it would not end.

    Raises:
        InputError: names the article and the number.
    """
    if pairs > most**2:
        raise InputError(
            f"article {article!r}: {pairs:,} pairs of gold and predicted items overlap or hang together, and at most "
            f"{most**2:,} ({most:,} by {most:,}) can be matched; look for repeated items or wrong offsets, or leave "
            "the article out"
        )


def assign_many(rows: Ints, columns: Ints, weight: Ints) -> Ints:
    """The same for arrays of edges, of which no two have the same row and column; ties fall where they fall.

    Weights so large that sums would not be exact lose their low bits, except in chains.
    """
    # Rows and columns numbered without gaps, for a dense table that is no larger than it must be.
    row_names, row = np.unique(rows, return_inverse=True)
    column_names, column = np.unique(columns, return_inverse=True)
    matched = min(len(row_names), len(column_names))
    if len(row_names) * len(column_names) > TABLE:
        chosen = _row_by_row(row.tolist(), column.tolist(), weight.tolist())
        if chosen is not None:
            return np.array(chosen, dtype=np.int64)
    from scipy.optimize import linear_sum_assignment

    excess = (int(weight.max()) * (matched + 1)).bit_length() - EXACT.bit_length() + 1
    dense = np.zeros((len(row_names), len(column_names)))
    dense[row, column] = weight >> max(excess, 0)
    # The solver gives cells of the table; this says which edge stands in each, and -1 where there is none.
    position = np.full(dense.shape, -1, dtype=np.int32)
    position[row, column] = np.arange(len(weight))
    used = position[linear_sum_assignment(dense, maximize=True)]
    return np.sort(used[used >= 0])
