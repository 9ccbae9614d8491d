"""Items of one article as rows, for layers that are small enough to be counted one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from evalkit.scoring.table import CountTable

__all__ = ["Cell", "one_to_one", "table_of_cells"]


class Cell(NamedTuple):
    """One item's contribution, or that of several equal ones: side 0 is gold, 1 is predicted."""

    article: int
    kind: str
    side: int
    credit: float
    items: int = 1


def one_to_one(
    gold: Iterable[tuple[object, str]], predicted: Iterable[tuple[object, str]]
) -> tuple[dict[str, tuple[int, int]], dict[str, tuple[int, int]]]:
    """Items (what, kind) matched one-to-one where `what` is equal, those of equal kind first.

    Returns:
        For gold and for predicted: kind → how many items there are and how many of them are matched.
    """
    sides = Counter(gold), Counter(predicted)
    both = sides[0] & sides[1]
    rest = [side - both for side in sides]
    room = [Counter[object]() for _ in rest]
    for tally, side in zip(room, rest, strict=True):
        for (what, _), number in side.items():
            tally[what] += number
    found: list[dict[str, tuple[int, int]]] = []
    for side, left in zip(sides, rest, strict=True):
        across = room[0] & room[1]
        kinds: dict[str, tuple[int, int]] = {}
        for (what, kind), number in sorted(side.items(), key=lambda item: item[0][1]):
            more = min(left[what, kind], across[what])
            across[what] -= more
            items, right = kinds.get(kind, (0, 0))
            kinds[kind] = items + number, right + both[what, kind] + more
        found.append(kinds)
    return found[0], found[1]


def table_of_cells(articles: tuple[str, ...], cells: Iterable[Cell], labels: Sequence[str]) -> CountTable:
    """The table of some items; labels are those given and those met."""
    rows = list(cells)
    names = tuple(sorted({*labels, *(row.kind for row in rows)}))
    position = {name: at for at, name in enumerate(names)}
    table = np.zeros((len(articles), len(names), 4))
    for article, kind, side, credit, items in rows:
        table[article, position[kind], side] += items
        table[article, position[kind], side + 2] += credit
    return CountTable(articles, names, table)
