"""The errors of one task in each article, counted as an explanation of the article tells them, and what they cost.

Kinds are those of the task (`evalkit.scoring.kinds`): a pair such as a wrong boundary counts once, so a gold item that
was found with another boundary is no missed one. What an article costs is the credit that its items did not earn under
a convention, on both sides: there a wrong boundary counts twice, for the gold item and for the predicted one.

    gold      PER Ida Moen, GPE Oslo
    predicted PER Moen                  missed 1, boundary 1, and under `exact` 3 lost
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evalkit.scoring.columns import GOLD_SIDE, PREDICTED_SIDE
from evalkit.scoring.counts import GOLD, GOLD_CREDIT, PREDICTED, PREDICTED_CREDIT, CountTable, counts_of
from evalkit.scoring.kinds import Judged
from evalkit.scoring.tasks.base import DUPLICATE, SPURIOUS

__all__ = ["ArticleErrors", "article_errors", "hardest_articles"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleErrors:
    """One article.

    Attributes:
        kinds: kind → how many items are of it, `right` first; a pair counts once.
        gold: gold items that the convention counts; predicted likewise.
        lost: credit that gold and predicted items did not earn.
    """

    article: str
    kinds: Mapping[str, int]
    gold: int
    predicted: int
    lost: float
    precision: float
    recall: float
    f1: float

    def to_json(self) -> dict[str, Any]:
        """The figures as JSON values, a key for each kind."""
        names = ("gold", "predicted", "lost", "precision", "recall", "f1")
        return {"article": self.article, **self.kinds, **{name: getattr(self, name) for name in names}}


def article_errors(
    judged: Judged, table: CountTable, numbers: Sequence[int] | None = None
) -> tuple[ArticleErrors, ...]:
    """Each article of the table, in its order.

    Args:
        judged: what became of every item of these articles, and maybe of others.
        table: the counts under the convention that says what they cost.
        numbers: only these articles, by their places in the table, and in this order.
    """
    places = {pair.article.id: number for number, pair in enumerate(judged.columns.pairs)}
    kinds = _kinds(judged)
    cells = table.by_article()
    lost = _lost(table)
    rows = []
    for number in range(len(table.articles)) if numbers is None else numbers:
        article = table.articles[number]
        counts = counts_of(cells[number].tolist())
        rows.append(
            ArticleErrors(
                article=article,
                kinds=dict(zip(judged.names, kinds[places[article]].tolist(), strict=True)),
                gold=counts.gold,
                predicted=counts.predicted,
                lost=lost[number],
                precision=counts.precision,
                recall=counts.recall,
                f1=counts.f1,
            )
        )
    return tuple(rows)


def _lost(table: CountTable) -> list[float]:
    cells = table.by_article()
    lost = cells[:, GOLD] - cells[:, GOLD_CREDIT] + cells[:, PREDICTED] - cells[:, PREDICTED_CREDIT]
    return [max(0.0, round(own, 9)) for own in lost.tolist()]


def _kinds(judged: Judged) -> np.ndarray[Any, np.dtype[np.int64]]:
    """How many items of each kind each article has, shape (articles, kinds)."""
    shape = len(judged.columns.pairs), len(judged.names)
    # A pair is counted by its gold item; these kinds have predicted items alone.
    alone = [judged.names.index(name) for name in (DUPLICATE, SPURIOUS) if name in judged.names]
    by_side = []
    for side in (GOLD_SIDE, PREDICTED_SIDE):
        place = judged.columns.sides[side].article.astype(np.int64) * shape[1] + judged.kind[side]
        by_side.append(np.bincount(place, minlength=shape[0] * shape[1]).reshape(shape))
    by_side[GOLD_SIDE][:, alone] = by_side[PREDICTED_SIDE][:, alone]
    return by_side[GOLD_SIDE]


def hardest_articles(judged: Judged, table: CountTable, *, limit: int = 10) -> tuple[ArticleErrors, ...]:
    """The articles that cost the most first, those of equal cost by id; none that cost nothing.

    Args:
        judged: as for `article_errors`.
        table: as for `article_errors`.
        limit: at most so many.
    """
    lost = _lost(table)
    costly = [number for number, own in enumerate(lost) if own > 0]
    costly.sort(key=lambda number: (-lost[number], table.articles[number]))
    return article_errors(judged, table, costly[:limit])
