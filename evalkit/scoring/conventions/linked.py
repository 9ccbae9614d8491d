"""linked: credit 1 for the spans, the label and the `link` of a gold item: its id in a knowledge base.

Known elsewhere as entity linking (neleval, HIPE end to end). Items are the entities that have a link: a gold entity
without one asks for none, and a predicted link for it is spurious. That a thing is in no knowledge base can be said by
a link of its own, such as `NIL`. Links are compared as they are written.

    gold      GPE [0, 4] Q585           GPE [0, 4] Q585
    predicted GPE [0, 4] Q585  right    GPE [0, 4] Q1748  one missed, one spurious
"""

from __future__ import annotations

import numpy as np

from evalkit.scoring.arrays import match_sorted
from evalkit.scoring.columns import GOLD_SIDE, PREDICTED_SIDE, Columns, Ints
from evalkit.scoring.items import NOBODY, Items, Rows, items_of_rows

__all__ = ["linked"]


def linked(columns: Columns) -> Items:
    """Credits under the convention."""
    links = [[item.link for item in side] for side in columns.records]
    numbers = {link: number for number, link in enumerate(sorted({link for side in links for link in side if link}))}
    items, keys = [], []
    for side, of_side in zip(columns.sides, links, strict=True):
        having = np.array([item for item, link in enumerate(of_side) if link], dtype=np.int64)
        code = np.array([numbers[link] for link in of_side if link], dtype=np.int64)
        # Keys are ascending already, so items that agree in place and label only have to be ordered by their link.
        order = np.lexsort((code, side.key[having]))
        items.append(having[order])
        keys.append((side.key[having][order], code[order]))
    gold, predicted = match_sorted(*_ranked(keys[0], keys[1]))
    partner = np.full(len(items[0]), NOBODY), np.full(len(items[1]), NOBODY)
    partner[0][gold], partner[1][predicted] = items[1][predicted], items[0][gold]
    return items_of_rows(
        columns,
        _rows(columns, GOLD_SIDE, items[0], partner[0]),
        _rows(columns, PREDICTED_SIDE, items[1], partner[1]),
    )


def _ranked(first: tuple[Ints, Ints], second: tuple[Ints, Ints]) -> tuple[Ints, Ints]:
    """Each pair of numbers as one number, equal where both are equal and ascending as they are."""
    both = np.stack([np.concatenate(column) for column in zip(first, second, strict=True)], axis=1)
    _, rank = np.unique(both, axis=0, return_inverse=True)
    rank = rank.reshape(-1)
    return rank[: len(first[0])], rank[len(first[0]) :]


def _rows(columns: Columns, side: int, item: Ints, partner: Ints) -> Rows:
    return Rows(item, columns.sides[side].label[item], (partner != NOBODY).astype(np.float64), partner, side)
