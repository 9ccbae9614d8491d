"""The convention `near:N`: a label and a start within N characters of a gold item's, taken in text order."""

from __future__ import annotations

import numpy as np

from evalkit.scoring.columns import Columns
from evalkit.scoring.items import Items, items_of_pairs
from evalkit.scoring.tasks.base import Convention, Parameter


def near(columns: Columns, distance: int) -> Items:
    """One-to-one, the nearest gold item first."""
    gold, predicted = columns.gold, columns.predicted
    pairs = sorted(
        (abs(int(gold.start[i]) - int(predicted.start[j])), i, j)
        for i in range(len(gold))
        for j in range(len(predicted))
        if gold.article[i] == predicted.article[j]
        and gold.label[i] == predicted.label[j]
        and abs(int(gold.start[i]) - int(predicted.start[j])) <= distance
    )
    taken: dict[int, int] = {}
    for _, i, j in pairs:
        if i not in taken and j not in taken.values():
            taken[i] = j
    return items_of_pairs(
        columns, np.array(list(taken), dtype=np.int64), np.array(list(taken.values()), dtype=np.int64)
    )


NEAR = Convention(
    function=near,
    about="1 for the label of a gold item that starts at most N characters away",
    parameters=(Parameter(name="distance", about="most characters between the starts", kind=int, default=2, least=0),),
    excepted={"duplicate": "a copy may take a second gold item that is as near"},
)
