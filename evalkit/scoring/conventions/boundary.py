"""boundary: credit 1 for the spans of a gold item, whatever its label.

Known elsewhere as exact (SemEval-2013). Each side counts under its own label; items with equal labels are paired
first, so a second item at the same place cannot take the credit of the right one.

    gold      PER [0, 8]            PER [0, 8]
    predicted ORG [0, 8]  right     PER [0, 4]  one missed, one spurious
"""

from __future__ import annotations

from evalkit.scoring.columns import Columns
from evalkit.scoring.items import Items, items_of_pairs
from evalkit.scoring.meeting import relabelled

__all__ = ["boundary"]


def boundary(columns: Columns) -> Items:
    """Credits under the convention."""
    return items_of_pairs(columns, *relabelled(columns), settled=columns.equal)
