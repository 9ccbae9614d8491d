"""surface: items are the distinct (text, label) pairs of the whole split, credit 1 for a pair that the other side has.

Known elsewhere as surface F1 (WNUT-2017; Derczynski et al. 2017). Finding one name a hundred times is finding it once.
A pair is counted where it stands first, letter case and all; white space is folded. What is distinct depends on the
whole split, so figures of parts do not add up, and there are no intervals and no tests.

The scorer that made the published figures asks for more than their description: a pair is right only if it is found
once where it stands, with its exact spans. That is `surface:in-place`; all seven published figures are its.

    gold      a PER Ida Moen, b PER Ida Moen, b GPE Oslo      two pairs
    predicted a PER Ida Moen, b GPE Bergen                    precision 1/2, recall 1/2
"""

from __future__ import annotations

import numpy as np

from evalkit.errors import InputError
from evalkit.scoring.columns import GOLD_SIDE, PREDICTED_SIDE, Columns
from evalkit.scoring.items import NOBODY, Items, Rows, items_of_rows
from evalkit.scoring.properties import names_of

__all__ = ["surface"]

Pair = tuple[int, str]

ANYWHERE, IN_PLACE = "anywhere", "in-place"


def surface(columns: Columns, where: str = ANYWHERE) -> Items:
    """Credits under the convention.

    Args:
        columns: both sides, with their texts.
        where: where a pair must be found: `anywhere`, or `in-place`.

    Raises:
        InputError: the texts are not known.
    """
    if columns.texts is None:
        raise InputError("convention 'surface' needs the text of the articles; give the gold with its text")
    first: list[dict[Pair, int]] = []
    found: list[dict[Pair, int]] = []
    for side, names, equal in zip(columns.sides, names_of(columns, columns.texts), columns.equal, strict=True):
        pairs = list(zip(side.label.tolist(), names, strict=True))
        # Reversed, so that the first item of each pair is the one that stays.
        first.append({pairs[item]: item for item in reversed(range(len(pairs)))})
        found.append({pairs[item]: item for item in reversed(equal.tolist())})
    others = found if where == IN_PLACE else first
    return items_of_rows(
        columns,
        _rows(columns, GOLD_SIDE, first[GOLD_SIDE], others[PREDICTED_SIDE]),
        _rows(columns, PREDICTED_SIDE, first[PREDICTED_SIDE], others[GOLD_SIDE]),
    )


def _rows(columns: Columns, side: int, places: dict[Pair, int], others: dict[Pair, int]) -> Rows:
    item = np.array(list(places.values()), dtype=np.int64)
    there = np.array([others.get(pair, NOBODY) for pair in places], dtype=np.int64)
    # A pair may be found in another article; a partner is an item of the same one.
    found = np.flatnonzero(there != NOBODY)
    ours, theirs = columns.sides[side].article, columns.sides[1 - side].article
    near = found[ours[item[found]] == theirs[there[found]]]
    partner = np.full(len(item), NOBODY)
    partner[near] = there[near]
    return Rows(item, columns.sides[side].label[item], (there != NOBODY).astype(np.float64), partner, side)
