"""type: credit 1 for overlapping spans of equal label.

Known elsewhere as ent_type (SemEval-2013), relaxed. Matching is one-to-one in the largest possible number of pairs: a
long predicted item over two gold items finds one of them.

    gold      PER [0, 8]                PER [0, 8]
    predicted PER [4, 20]  right        ORG [0, 8]  one missed, one spurious
"""

from __future__ import annotations

from evalkit.scoring.columns import EntityColumns
from evalkit.scoring.credits import Credits, credits_of_settled
from evalkit.scoring.edges import pending
from evalkit.scoring.matching import match_open

__all__ = ["type_"]


def type_(columns: EntityColumns) -> Credits:
    """Credits under the convention."""
    settled_gold, settled_predicted, open_gold, open_predicted = pending(columns, by_label=True)
    matched = match_open(columns, open_gold, open_predicted, by_label=True)
    return credits_of_settled(columns, (settled_gold, settled_predicted), *matched)
