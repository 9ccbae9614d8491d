"""partial: credit 1 for equal spans and 0.5 for overlapping ones, whatever the label.

Known elsewhere as partial (SemEval-2013, MUC). Equal spans are paired first: giving such a pair up frees at most two
half credits, so no matching earns more. The rest is matched one-to-one in the largest possible number of pairs.

Under `partial:T` an overlap counts only if at least the share T of the gold item's characters is covered
(min_overlap_percentage of nervaluate, as a share).

    gold      PER [0, 8]            PER [0, 8]
    predicted ORG [0, 8]  1         PER [4, 8]  0.5 on both sides
"""

from __future__ import annotations

import numpy as np

from evalkit.scoring.columns import Columns
from evalkit.scoring.edges import covering
from evalkit.scoring.items import Items, items_of_pairs
from evalkit.scoring.matching import match_open
from evalkit.scoring.meeting import others, relabelled

__all__ = ["partial"]


def partial(columns: Columns, least: float = 0.0) -> Items:
    """Credits under the convention; `least` is the share of a gold item that must be covered."""
    same = relabelled(columns)
    free = others(columns, columns.equal, same)
    matched = match_open(columns, free, by_label=False, keep=covering(columns, least))
    gold, predicted = (np.concatenate(pair) for pair in zip(same, matched, strict=True))
    value = np.repeat([1.0, 0.5], [len(same[0]), len(matched[0])])
    return items_of_pairs(columns, gold, predicted, value, settled=columns.equal)
