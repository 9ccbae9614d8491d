"""exact: credit 1 for a predicted item with the spans and the label of a gold item.

Known elsewhere as strict (SemEval-2013, nervaluate), CoNLL-2003, seqeval, spaCy.

    gold      PER [0, 8]            PER [0, 8]
    predicted PER [0, 8]  right     ORG [0, 8]  one missed, one spurious
"""

from __future__ import annotations

from evalkit.scoring.columns import Columns
from evalkit.scoring.items import Items

__all__ = ["exact"]


def exact(columns: Columns) -> Items:
    """Credits under the convention."""
    return Items(columns, settled=columns.equal)
