"""Items that changed, in words, the same for every way of showing a gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evalkit.analysis.changes import Change, ChangedItem
from evalkit.gate.verdict import Outcome

__all__ = ["ArticleChanges", "ShownChanges", "figures_of", "group_changes", "headline"]

LIMIT = 40


@dataclass(frozen=True, slots=True)
class ArticleChanges:
    """The changes of one article in one direction."""

    article: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class ShownChanges:
    """The changes that are shown and how many are not."""

    groups: tuple[ArticleChanges, ...]
    left_out: int


def group_changes(changes: Sequence[Change], direction: str, limit: int = LIMIT) -> ShownChanges:
    """The changes of one direction by article, the hardest hit article first; at most `limit` of them."""
    own = [change for change in changes if change.direction == direction]
    by_article: dict[str, list[Change]] = {}
    for change in own:
        by_article.setdefault(change.article, []).append(change)
    order = sorted(by_article, key=lambda article: (-len(by_article[article]), article))
    groups, left = [], limit
    for article in order:
        shown = by_article[article][:left]
        if shown:
            groups.append(ArticleChanges(article, tuple(shown)))
        left -= len(shown)
    return ShownChanges(tuple(groups), max(0, len(own) - limit))


def headline(change: Change) -> tuple[str, ChangedItem, ChangedItem | None]:
    """The kind in words, the item itself, and what was predicted or meant in its place."""
    item = change.gold or change.predicted
    if item is None:
        raise ValueError("a change is about an item")
    other = change.predicted if change.gold is not None else None
    return f"{change.layer} {change.kind}", item, other


def figures_of(outcome: Outcome) -> tuple[str, str, str, str, str]:
    """Baseline, run, difference, its interval and q as text; a dash where there is none."""
    difference = "–"
    if outcome.value is not None and outcome.baseline is not None:
        difference = f"{outcome.value - outcome.baseline:+.4f}"
    return (
        "–" if outcome.baseline is None else f"{outcome.baseline:.4f}",
        "–" if outcome.value is None else f"{outcome.value:.4f}",
        difference,
        "–" if outcome.ci is None else f"{outcome.ci[0]:+.4f} {outcome.ci[1]:+.4f}",
        "–" if outcome.q is None else f"{outcome.q:.4f}",
    )
