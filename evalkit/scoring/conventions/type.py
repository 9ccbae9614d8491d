"""type: credit 1 for overlapping spans of equal label.

Known elsewhere as ent_type (SemEval-2013), relaxed. Matching is one-to-one in the largest possible number of pairs: a
long predicted item over two gold items finds one of them. Under `type:T` an overlap counts only if at least the share T
of the gold item's characters is covered (min_overlap_percentage of nervaluate, as a share).

    gold      PER [0, 8]                PER [0, 8]
    predicted PER [4, 20]  right        ORG [0, 8]  one missed, one spurious
"""

from __future__ import annotations

from evalkit.scoring.columns import Columns
from evalkit.scoring.edges import covering
from evalkit.scoring.items import Items
from evalkit.scoring.matching import match_open

__all__ = ["type_"]


def type_(columns: Columns, least: float = 0.0) -> Items:
    """Credits under the convention; `least` is the share of a gold item that must be covered."""
    return Items(columns, match_open(columns, by_label=True, keep=covering(columns, least)))
