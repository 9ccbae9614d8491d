"""What became of every item: right, or which kind of error, and whom it was matched with.

Kinds of errors of items that are spans with a label, decided in this order:

* `right`: same spans and label on the other side (convention `exact`);
* `label`: same spans, another label;
* `boundary`: overlapping spans of the same label;
* `boundary+label`: overlapping spans of another label;
* `duplicate`: a predicted item over a gold item of its label that another prediction already has;
* `missed` (gold) and `spurious` (predicted): the rest.

The first four are pairs, matched one-to-one in the largest possible number.

    gold      PER Ida Moen, GPE Oslo
    predicted PER Moen, ORG Oslo        boundary, label
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from evalkit.scoring.arrays import match_sorted, unpaired
from evalkit.scoring.columns import GOLD_SIDE, PREDICTED_SIDE, Columns, Ints
from evalkit.scoring.edges import blocks, find_edges
from evalkit.scoring.items import NOBODY
from evalkit.scoring.matching import match_open
from evalkit.scoring.tasks.base import DUPLICATE, MISSED, RIGHT, SPURIOUS

__all__ = ["Judged", "span_kinds"]

Pairs = tuple[Ints, Ints]


@dataclass(frozen=True, eq=False)
class Judged:
    """The kind and the partner of every item, by position in the columns.

    Attributes:
        columns: both sides.
        names: the kinds; the first is `right`.
        kind: the position in `names` of each gold and of each predicted item.
        partner: the item of the other side that each is paired with, or `NOBODY`.
    """

    columns: Columns
    names: tuple[str, ...]
    kind: tuple[NDArray[np.int8], NDArray[np.int8]]
    partner: Pairs

    @classmethod
    def unsettled(cls, columns: Columns, names: tuple[str, ...]) -> Judged:
        """All gold items missed and all predicted ones spurious, to be settled kind by kind."""
        sizes = len(columns.gold), len(columns.predicted)
        gold, predicted = (
            np.full(size, names.index(name), dtype=np.int8)
            for size, name in zip(sizes, (MISSED, SPURIOUS), strict=True)
        )
        return cls(columns, names, (gold, predicted), (np.full(sizes[0], NOBODY), np.full(sizes[1], NOBODY)))

    def settle(self, kind: str, pairs: Pairs) -> None:
        """Says of some pairs of items what they are."""
        for side in (GOLD_SIDE, PREDICTED_SIDE):
            self.kind[side][pairs[side]] = self.names.index(kind)
            self.partner[side][pairs[side]] = pairs[1 - side]

    def unsettled_items(self) -> Pairs:
        """The gold and the predicted items that have no partner."""
        gold, predicted = (np.flatnonzero(partner == NOBODY) for partner in self.partner)
        return gold, predicted

    def counts(self) -> dict[str, int]:
        """Kind → how many; a pair counts once."""
        gold, predicted = (np.bincount(kind, minlength=len(self.names)) for kind in self.kind)
        alone = [self.names.index(name) for name in (DUPLICATE, SPURIOUS) if name in self.names]
        gold[alone] = predicted[alone]
        return dict(zip(self.names, gold.tolist(), strict=True))

    @cached_property
    def confusion(self) -> NDArray[np.int64]:
        """Gold label by predicted label, shape (labels + 1, labels + 1).

        Pairs of every kind count, boundary errors too. The last column holds missed gold items, the last row spurious
        and duplicate predicted ones, so rows sum to gold items and columns to predicted items.
        """
        size = len(self.columns.labels) + 1
        gold, predicted = self.columns.sides
        alone = self.partner[PREDICTED_SIDE] == NOBODY
        row = np.append(gold.label.astype(np.int64), np.full(alone.sum(), size - 1))
        # The partner of an item without one is the last element: no label, which is the last column.
        column = np.append(np.append(predicted.label, size - 1)[self.partner[GOLD_SIDE]], predicted.label[alone])
        return np.bincount(row * size + column, minlength=size * size).reshape(size, size)


def span_kinds(columns: Columns, names: tuple[str, ...]) -> Judged:
    """The kind and the partner of every item that is a span with a label."""
    judged = Judged.unsettled(columns, names)
    judged.settle(RIGHT, columns.equal)
    gold, predicted = judged.unsettled_items()
    same = match_sorted(columns.gold.place[gold], columns.predicted.place[predicted])
    judged.settle("label", (gold[same[0]], predicted[same[1]]))
    for kind, by_label in (("boundary", True), ("boundary+label", False)):
        if kind in names:
            free = judged.partner[GOLD_SIDE] == NOBODY, judged.partner[PREDICTED_SIDE] == NOBODY
            judged.settle(kind, match_open(columns, free, by_label=by_label))
    gold, predicted = judged.unsettled_items()
    for taken, alone in blocks(columns, unpaired(len(columns.gold), gold), predicted):
        copies = find_edges(columns, taken, alone, by_label=True).predicted
        judged.kind[PREDICTED_SIDE][copies] = names.index(DUPLICATE)
    return judged
