"""The gold and the predicted items of one layer as columns: what every convention is a function of.

Items are put into one canonical order (article, start, end, shape, label), so the order in which they were given
cannot matter: `item` everywhere in scoring is a position in it. An item in several pieces keeps its hull in `start` and
`end` and its pieces under a `shape` number; shape 0 is an item of one piece. An empty span equals an empty span at the
same place and overlaps nothing else; an item without spans, such as a label for a whole article, is one at 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evalkit.scoring.arrays import (
    Ints,
    Pieces,
    match_sorted,
    unpaired,
)
from evalkit.scoring.filled import Filled, filled_cells

if TYPE_CHECKING:
    from evalkit.scoring.pairs import Pair

__all__ = ["Columns", "Ints", "Pieces", "SpanColumns"]

GOLD_SIDE, PREDICTED_SIDE = range(2)


@dataclass(frozen=True, eq=False)
class SpanColumns:
    """One side, in canonical order; all arrays have one element an item.

    Attributes:
        article: position of the article.
        start: first code point of the item's hull.
        end: one past the last code point of the hull.
        label: position of the label.
        shape: 0, or the number of the item's pieces in `Columns.shapes`.
        order: position of each item in the input it came from.
        key: ascending; equal for items that agree in everything, of either side.
        label_bits: so many of the low bits of a key say the label.
    """

    article: Ints
    start: Ints
    end: Ints
    label: Ints
    shape: Ints
    order: Ints
    key: Ints
    label_bits: int

    def __len__(self) -> int:
        return len(self.article)

    @cached_property
    def place(self) -> Ints:
        """Ascending; equal for items that agree in everything but the label."""
        return self.key >> self.label_bits


@dataclass(frozen=True, eq=False)
class Columns:
    """Both sides over the same articles and labels.

    Attributes:
        articles: article ids, sorted.
        labels: all labels of either side, sorted.
        gold: the gold items.
        predicted: the predicted items.
        shapes: the pieces of items in several pieces, by shape number (number 0 is unused).
        texts: the text of each article, or None when only offsets are known.
        layer: the layer of the items; empty when only offsets are known.
        pairs: the articles that the columns were made of; empty when only offsets are known.
        memo: what several conventions need and only one should search for.
    """

    articles: tuple[str, ...]
    labels: tuple[str, ...]
    gold: SpanColumns
    predicted: SpanColumns
    shapes: tuple[Pieces, ...] = ((),)
    texts: Sequence[str] | None = None
    layer: str = ""
    pairs: Sequence[Pair] = ()
    memo: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)

    @property
    def sides(self) -> tuple[SpanColumns, SpanColumns]:
        """Gold and predicted."""
        return self.gold, self.predicted

    @cached_property
    def records(self) -> tuple[list[Any], list[Any]]:
        """The gold and the predicted items themselves, in canonical order."""
        gold = [item for pair in self.pairs for item in pair.gold[self.layer] or ()]
        predicted = [item for pair in self.pairs for item in pair.predicted[self.layer] or ()]
        return [gold[position] for position in self.gold.order], [
            predicted[position] for position in self.predicted.order
        ]

    @cached_property
    def first(self) -> tuple[Ints, Ints]:
        """Where the items of each article begin among the gold and among the predicted items, and where all end."""
        articles = np.arange(len(self.articles) + 1)
        return np.searchsorted(self.gold.article, articles), np.searchsorted(self.predicted.article, articles)

    @cached_property
    def stride(self) -> int:
        """Length of one article on the global axis: positions of different articles never meet."""
        ends = [int(side.end.max()) for side in (self.gold, self.predicted) if len(side)]
        return max(ends, default=0) + 2

    @cached_property
    def stride_of_texts(self) -> int:
        """As `stride`, but no less than the longest text."""
        return max(self.stride, max(map(len, self.texts or ()), default=0) + 1)

    def axis(
        self, side: SpanColumns, items: Ints | None = None, *, by_label: bool, stride: int | None = None
    ) -> tuple[Ints, Ints]:
        """Hulls of some items (all by default) on one global axis, where only items of one article can overlap.

        With `by_label` only items of one label can. Empty spans lie behind everything else as items of length 1, so
        that they meet only their equals.
        """
        chosen: Any = slice(None) if items is None else items
        width = stride or self.stride
        # Every article (or label of an article) gets a lane of the axis, longer than any of its items reaches: so one
        # search over all articles finds what overlaps, and nothing across articles.
        if by_label:
            # Only cells that something is in: articles times labels may be more than there are numbers for.
            lane: Ints = self.filled.place[side is self.predicted][chosen]
        else:
            lane = side.article[chosen].astype(np.int64)
        start: Ints = lane * width + side.start[chosen]
        end: Ints = lane * width + side.end[chosen]
        empty = start == end
        if empty.any():
            # A second axis behind the first, on which a span without characters has one, for its equals to meet.
            lanes = len(self.filled.numbers) if by_label else len(self.articles)
            start = np.where(empty, start + lanes * width, start)
            end = np.where(empty, start + 1, end)
        return start, end

    @cached_property
    def cells(self) -> tuple[Ints, Ints]:
        """For each gold and each predicted item the number of its cell in a table of shape (articles, labels)."""
        gold, predicted = (side.article.astype(np.int64) for side in (self.gold, self.predicted))
        for cell, side in ((gold, self.gold), (predicted, self.predicted)):
            # In place: fresh memory costs more than the sums.
            cell *= len(self.labels)
            cell += side.label
        return gold, predicted

    @cached_property
    def filled(self) -> Filled:
        """The cells that any item is in."""
        return filled_cells(self.cells, len(self.articles) * len(self.labels))

    @cached_property
    def filled_places(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """The article and the label of each filled cell."""
        article, label = np.divmod(self.filled.numbers, max(len(self.labels), 1))
        return article.astype(np.int32), label.astype(np.int32)

    @cached_property
    def equal_values(self) -> NDArray[np.float64]:
        """Items, and items with an equal, in each filled cell: shape (4, cells), numbers as in a `CountTable`."""
        filled = self.filled
        # Both items of a pair are in one article and have one label.
        earned = filled.sums(0, self.equal[0])
        return np.stack([filled.sums(0), filled.sums(1), earned, earned])

    @cached_property
    def equal(self) -> tuple[Ints, Ints]:
        """One-to-one pairs (gold, predicted) of items that agree in place and label."""
        return match_sorted(self.gold.key, self.predicted.key, self.merged)

    @cached_property
    def merged(self) -> Ints:
        """Gold items, then predicted ones (numbered on from the gold), in canonical order of both together."""
        return np.argsort(np.concatenate([self.gold.key, self.predicted.key]), kind="stable")

    @cached_property
    def unequal(self) -> tuple[Ints, Ints]:
        """The gold and the predicted items that are in no pair of `equal`."""
        gold, predicted = self.equal
        return unpaired(len(self.gold), gold), unpaired(len(self.predicted), predicted)
