"""type: credit 1 for overlapping spans of equal label.

Known elsewhere as ent_type (SemEval-2013), relaxed. Matching is one-to-one in the largest possible number of pairs: a
long predicted item over two gold items finds one of them.

    gold      PER [0, 8]                PER [0, 8]
    predicted PER [4, 20]  right        ORG [0, 8]  one missed, one spurious
"""

from __future__ import annotations

from evalkit.scoring.columns import Columns
from evalkit.scoring.edges import pending
from evalkit.scoring.items import Items, items_of_pairs
from evalkit.scoring.matching import match_open

__all__ = ["type_"]


def type_(columns: Columns) -> Items:
    """Credits under the convention."""
    settled_gold, settled_predicted, open_gold, open_predicted = pending(columns, by_label=True)
    matched = match_open(columns, open_gold, open_predicted, by_label=True)
    return items_of_pairs(columns, *matched, settled=(settled_gold, settled_predicted))
