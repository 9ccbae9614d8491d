"""What kind of error each entity is, and who was taken for whom.

Every item gets one kind, decided in this order:

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

from evalkit.scoring.columns import EntityColumns, Ints, SpanColumns, match_sorted, unpaired
from evalkit.scoring.edges import blocks, find_edges, pieces_of
from evalkit.scoring.matching import match_open
from evalkit.scoring.table import GOLD, GOLD_CREDIT, PREDICTED, PREDICTED_CREDIT, CountTable

__all__ = [
    "KINDS",
    "PAIRED",
    "EntityErrors",
    "ErrorItem",
    "HardArticle",
    "confusion_matrix",
    "find_errors",
    "hardest_articles",
]

KINDS = ("right", "label", "boundary", "boundary+label", "duplicate", "missed", "spurious")
RIGHT, LABEL, BOUNDARY, BOTH, DUPLICATE, MISSED, SPURIOUS = range(7)
PAIRED = (LABEL, BOUNDARY, BOTH)
NOBODY = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorItem:
    """One wrong item, or one pair of items that were meant to be the same.

    Attributes:
        kind: one of `KINDS`.
        gold: the pieces of the gold item, or None.
        predicted: the pieces of the predicted item, or None.
        gold_text: what stands at the gold item; empty if the text is not known.
    """

    article: str
    kind: str
    gold: tuple[tuple[int, int], ...] | None
    predicted: tuple[tuple[int, int], ...] | None
    gold_label: str | None
    predicted_label: str | None
    gold_text: str = ""
    predicted_text: str = ""


@dataclass(frozen=True, eq=False)
class EntityErrors:
    """The kind of every item, by position in the columns.

    Attributes:
        columns: both sides.
        gold_kind: position in `KINDS` of each gold item.
        predicted_kind: position in `KINDS` of each predicted item.
        gold_partner: the predicted item that each gold item is paired with, or -1.
        predicted_partner: the gold item that each predicted item is paired with, or -1.
    """

    columns: EntityColumns
    gold_kind: NDArray[np.int8]
    predicted_kind: NDArray[np.int8]
    gold_partner: Ints
    predicted_partner: Ints

    def counts(self) -> dict[str, int]:
        """Kind → how many; a pair counts once."""
        tally = np.bincount(self.gold_kind, minlength=len(KINDS))
        extra = np.bincount(self.predicted_kind, minlength=len(KINDS))
        tally[[DUPLICATE, SPURIOUS]] = extra[[DUPLICATE, SPURIOUS]]
        return {kind: int(number) for kind, number in zip(KINDS, tally, strict=True)}

    @cached_property
    def by_article(self) -> NDArray[np.int64]:
        """How many of each kind in each article, shape (articles, kinds)."""
        size = len(KINDS)
        found = np.zeros(len(self.columns.articles) * size, dtype=np.int64)
        alone = self.predicted_partner == NOBODY
        for side, kind in (
            (self.columns.gold.article, self.gold_kind),
            (self.columns.predicted.article[alone], self.predicted_kind[alone]),
        ):
            found += np.bincount(side.astype(np.int64) * size + kind, minlength=len(found))
        return found.reshape(-1, size)

    def items(self, *, article: str | None = None) -> list[ErrorItem]:
        """The errors as items, in order of articles and kinds; of one article if it is named."""
        pairs = [(int(g), int(p)) for g, p in enumerate(self.gold_partner) if self.gold_kind[g] != RIGHT]
        pairs += [(NOBODY, int(p)) for p in np.flatnonzero(self.predicted_partner == NOBODY)]
        keyed = sorted((self._order(*pair), pair) for pair in pairs)
        items = [self._item(*pair) for _, pair in keyed]
        return items if article is None else [item for item in items if item.article == article]

    def _order(self, gold: int, predicted: int) -> tuple[int, int, int, int]:
        side, at = (self.columns.predicted, predicted) if gold == NOBODY else (self.columns.gold, gold)
        kind = self.predicted_kind[predicted] if gold == NOBODY else self.gold_kind[gold]
        return int(side.article[at]), int(kind), int(side.start[at]), int(side.end[at])

    def _item(self, gold: int, predicted: int) -> ErrorItem:
        columns = self.columns
        ours = None if gold == NOBODY else pieces_of(columns, columns.gold, gold)
        theirs = None if predicted == NOBODY else pieces_of(columns, columns.predicted, predicted)
        article, kind, _, _ = self._order(gold, predicted)
        return ErrorItem(
            article=columns.articles[article],
            kind=KINDS[kind],
            gold=ours,
            predicted=theirs,
            gold_label=None if gold == NOBODY else columns.labels[columns.gold.label[gold]],
            predicted_label=None if predicted == NOBODY else columns.labels[columns.predicted.label[predicted]],
            gold_text=self._text(article, ours),
            predicted_text=self._text(article, theirs),
        )

    def _text(self, article: int, pieces: tuple[tuple[int, int], ...] | None) -> str:
        if self.columns.texts is None or pieces is None:
            return ""
        return " … ".join(self.columns.texts[article][start:end] for start, end in pieces)


def find_errors(columns: EntityColumns) -> EntityErrors:
    """The kind and the partner of every item."""
    gold_kind = np.full(len(columns.gold), MISSED, dtype=np.int8)
    predicted_kind = np.full(len(columns.predicted), SPURIOUS, dtype=np.int8)
    partners: list[Ints] = [np.full(size, NOBODY, dtype=np.int64) for size in (len(gold_kind), len(predicted_kind))]

    def settle(kind: int, pairs: tuple[Ints, Ints]) -> None:
        gold_kind[pairs[0]], predicted_kind[pairs[1]] = kind, kind
        partners[0][pairs[0]], partners[1][pairs[1]] = pairs[1], pairs[0]

    def rest() -> tuple[Ints, Ints]:
        return np.flatnonzero(partners[0] == NOBODY), np.flatnonzero(partners[1] == NOBODY)

    settle(RIGHT, columns.equal)
    gold, predicted = rest()
    found = match_sorted(columns.gold.place[gold], columns.predicted.place[predicted])
    settle(LABEL, (gold[found[0]], predicted[found[1]]))
    for kind, by_label in ((BOUNDARY, True), (BOTH, False)):
        settle(kind, match_open(columns, *rest(), by_label=by_label))
    for taken, alone in blocks(columns, unpaired(len(gold_kind), rest()[0]), rest()[1]):
        predicted_kind[find_edges(columns, taken, alone, by_label=True).predicted] = DUPLICATE
    return EntityErrors(columns, gold_kind, predicted_kind, partners[0], partners[1])


def confusion_matrix(errors: EntityErrors) -> NDArray[np.int64]:
    """Gold label by predicted label, shape (labels + 1, labels + 1).

    Pairs of every kind count, boundary errors too. The last column holds missed gold items, the last row spurious
    and duplicate predicted ones, so rows sum to gold items and columns to predicted items.
    """
    size = len(errors.columns.labels) + 1
    gold: SpanColumns = errors.columns.gold
    predicted = errors.columns.predicted
    ours = np.append(gold.label.astype(np.int64), np.full((errors.predicted_partner == NOBODY).sum(), size - 1))
    labels = np.append(predicted.label.astype(np.int64), size - 1)
    theirs = np.append(labels[errors.gold_partner], predicted.label[errors.predicted_partner == NOBODY])
    return np.bincount(ours * size + theirs, minlength=size * size).reshape(size, size)


@dataclass(frozen=True, slots=True, kw_only=True)
class HardArticle:
    """One article and what was lost in it: gold credit not earned, and predicted credit not earned."""

    article: str
    missed: float
    spurious: float
    gold: int
    predicted: int
    f1: float


def hardest_articles(table: CountTable, *, limit: int = 10) -> tuple[HardArticle, ...]:
    """The articles that cost the most, of any task: most credit lost on both sides first, then by id."""
    cells = table.cells.sum(axis=1)
    lost = cells[:, GOLD] - cells[:, GOLD_CREDIT], cells[:, PREDICTED] - cells[:, PREDICTED_CREDIT]
    order = np.argsort(-np.round(lost[0] + lost[1], 9), kind="stable")[:limit]
    worst = []
    for at in order:
        if lost[0][at] + lost[1][at] > 0:
            counts = table.select([int(at)]).counts()
            worst.append(
                HardArticle(
                    article=table.articles[at],
                    missed=float(lost[0][at]),
                    spurious=float(lost[1][at]),
                    gold=counts.gold,
                    predicted=counts.predicted,
                    f1=counts.f1,
                )
            )
    return tuple(worst)
