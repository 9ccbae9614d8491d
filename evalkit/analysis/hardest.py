"""The articles that cost the most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit.scoring.counts import GOLD, GOLD_CREDIT, PREDICTED, PREDICTED_CREDIT, CountTable

__all__ = ["HardArticle", "hardest_articles"]


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
    for article in order:
        if lost[0][article] + lost[1][article] > 0:
            counts = table.select([int(article)]).counts()
            worst.append(
                HardArticle(
                    article=table.articles[article],
                    missed=float(lost[0][article]),
                    spurious=float(lost[1][article]),
                    gold=counts.gold,
                    predicted=counts.predicted,
                    f1=counts.f1,
                )
            )
    return tuple(worst)
