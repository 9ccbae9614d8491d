"""boundary: credit 1 for the spans of a gold item, whatever its label.

Known elsewhere as exact (SemEval-2013). Each side counts under its own label; items with equal labels are paired
first, so a second item at the same place cannot take the credit of the right one.

    gold      PER [0, 8]            PER [0, 8]
    predicted ORG [0, 8]  right     PER [0, 4]  one missed, one spurious
"""

from __future__ import annotations

from evalkit.scoring.columns import EntityColumns
from evalkit.scoring.credits import Credits, credits_of_settled

__all__ = ["boundary"]


def boundary(columns: EntityColumns) -> Credits:
    """Credits under the convention."""
    return credits_of_settled(columns, columns.equal, *columns.relabelled)
