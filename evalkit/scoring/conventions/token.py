r"""token: items are tokens, credit 1 for a token that the other side gives the same label.

A token is a match of the regular expression `\w+|[^\w\s]`, and it carries a label if an item of that label touches
it. A token in two items of different labels is two rows; in two of one label it is one, which belongs to the first.

    text      Ida Moen of Oslo
    gold      PER Ida Moen      two tokens
    predicted PER Ida           one token, right: precision 1/1, recall 1/2
"""

from __future__ import annotations

import numpy as np

from evalkit.errors import InputError
from evalkit.scoring.columns import GOLD_SIDE, PREDICTED_SIDE, Columns, Ints
from evalkit.scoring.edges import fragments
from evalkit.scoring.items import NOBODY, Items, Rows, items_of_rows
from evalkit.scoring.tokens import tokens_of

__all__ = ["token"]


def token(columns: Columns) -> Items:
    """Credits under the convention.

    Raises:
        InputError: the texts are not known.
    """
    if columns.texts is None:
        raise InputError("convention 'token' needs the text of the articles; give the gold with its text")
    article, *bounds = tokens_of(columns.texts)
    start, end = (bound + article * columns.stride_of_texts for bound in bounds)
    gold, predicted = (_labelled(columns, side, start, end) for side in (GOLD_SIDE, PREDICTED_SIDE))
    return items_of_rows(
        columns, _rows(columns, GOLD_SIDE, gold, predicted), _rows(columns, PREDICTED_SIDE, predicted, gold)
    )


def _labelled(columns: Columns, side_number: int, start: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Sorted keys (token, label) of what the items of one side touch, and the first item that touches each."""
    side = columns.sides[side_number]
    item, low, high = fragments(columns, side, np.arange(len(side)), stride=columns.stride_of_texts, by_label=False)
    if len(columns.shapes) > 1:
        # Items in several pieces come last; `unique` keeps the first of equal keys, which must be the first item.
        order = np.argsort(item, kind="stable")
        item, low, high = item[order], low[order], high[order]
    first = np.searchsorted(end, low, "right")
    number = np.maximum(np.searchsorted(start, high, "left") - first, 0)
    touched = np.arange(int(number.sum())) - np.repeat(np.cumsum(number) - number - first, number)
    owner = np.repeat(item, number)
    keys, kept = np.unique(touched * max(len(columns.labels), 1) + side.label[owner], return_index=True)
    return keys, owner[kept]


def _rows(columns: Columns, side: int, tokens: tuple[Ints, Ints], others: tuple[Ints, Ints]) -> Rows:
    keys, owner = tokens
    place = np.searchsorted(others[0], keys)
    # One more key that nothing equals, so that a place behind the last one can be looked at too.
    equal = np.append(others[0], -1)[place] == keys
    partner = np.where(equal, np.append(others[1], NOBODY)[place], NOBODY)
    return Rows(owner, columns.sides[side].label[owner], equal.astype(np.float64), partner, side)
