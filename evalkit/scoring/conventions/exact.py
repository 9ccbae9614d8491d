"""exact: credit 1 for a predicted item with the spans and the label of a gold item.

Known elsewhere as strict (SemEval-2013, nervaluate), CoNLL-2003, seqeval, spaCy.

    gold      PER [0, 8]            PER [0, 8]
    predicted PER [0, 8]  right     ORG [0, 8]  one missed, one spurious
"""

from __future__ import annotations

import numpy as np

from evalkit.scoring.columns import EntityColumns
from evalkit.scoring.credits import Credits, credits_of_settled

__all__ = ["exact"]


def exact(columns: EntityColumns) -> Credits:
    """Credits under the convention."""
    nothing = np.zeros(0, dtype=np.int64)
    return credits_of_settled(columns, columns.equal, nothing, nothing)
