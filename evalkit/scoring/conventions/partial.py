"""partial: credit 1 for equal spans and 0.5 for overlapping ones, whatever the label.

Known elsewhere as partial (SemEval-2013, MUC). Equal spans are paired first: giving such a pair up frees at most two
half credits, so no matching earns more. The rest is matched one-to-one in the largest possible number of pairs.

    gold      PER [0, 8]            PER [0, 8]
    predicted ORG [0, 8]  1         PER [4, 8]  0.5 on both sides
"""

from __future__ import annotations

import numpy as np

from evalkit.scoring.columns import EntityColumns, unpaired
from evalkit.scoring.credits import Credits, credits_of_pairs
from evalkit.scoring.matching import match_open

__all__ = ["partial"]


def partial(columns: EntityColumns) -> Credits:
    """Credits under the convention."""
    same_gold, same_predicted = columns.same_place
    rest = unpaired(len(columns.gold), same_gold), unpaired(len(columns.predicted), same_predicted)
    gold, predicted = match_open(columns, *rest, by_label=False)
    value = np.concatenate([np.ones(len(same_gold)), np.full(len(gold), 0.5)])
    return credits_of_pairs(
        columns, np.concatenate([same_gold, gold]), np.concatenate([same_predicted, predicted]), value
    )
