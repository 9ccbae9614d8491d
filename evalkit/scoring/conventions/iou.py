"""iou:T: credit 1 when matched to a gold item of that label with intersection / union of at least T.

Lengths are characters; an item in several pieces is the sum of its pieces. T above 0 and up to 1; `iou` alone is 0.5.

    gold      PER [0, 8]                         PER [0, 8]
    predicted PER [0, 4]  4/8: right at iou:0.5  PER [0, 3]  3/8: one missed, one spurious
"""

from __future__ import annotations

from evalkit.scoring.columns import Columns
from evalkit.scoring.edges import Edges, lengths
from evalkit.scoring.items import Items
from evalkit.scoring.matching import match_open

__all__ = ["iou"]


def iou(columns: Columns, threshold: float = 0.5) -> Items:
    """Credits under the convention."""

    def enough(edges: Edges) -> Edges:
        gold, predicted = (
            lengths(columns, columns.gold, edges.gold),
            lengths(columns, columns.predicted, edges.predicted),
        )
        return edges.only(edges.common >= threshold * (gold + predicted - edges.common))

    return Items(columns, match_open(columns, by_label=True, keep=enough))
