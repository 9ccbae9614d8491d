"""Clusters of articles that share text: an event that one wire story told is one, however many outlets print it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from evalkit.dataset.leakage.origin import original_of
from evalkit.dataset.leakage.passages import shared_passages
from evalkit.records import Article

__all__ = ["joined_pairs", "wire_clusters"]


def wire_clusters(articles: Sequence[Article]) -> dict[str, str]:
    """The articles that share text with another one, and which of them belong together.

    Articles belong together if a chain of pairs that share text (see `shared_passages`) leads from one to the other.

    Returns:
        Article id → name of its cluster, by id; the name is the id of its likely original: the one that most pairs
        name as theirs, then the earliest published, then the first by id. Articles that share no text are not in it.
    """
    ordered = sorted(articles, key=lambda article: article.id)
    pairs = shared_passages(ordered).pairs
    named: Counter[int] = Counter()
    for pair in pairs:
        side = original_of(ordered, pair).side
        named[(pair.left, pair.right)[side]] += 1
        named[(pair.left, pair.right)[1 - side]] -= 1
    clusters: dict[str, str] = {}
    for members in joined_pairs((pair.left, pair.right) for pair in pairs):
        first = min(members, key=lambda n: (-named[n], ordered[n].published or "~", ordered[n].id))
        clusters |= {ordered[number].id: ordered[first].id for number in members}
    return dict(sorted(clusters.items()))


def joined_pairs(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """The groups into which pairs join their members, each ascending, by their first members."""
    parent: dict[int, int] = {}

    def root(number: int) -> int:
        while (above := parent.setdefault(number, number)) != number:
            parent[number] = number = parent[above]
        return number

    for one, other in pairs:
        low, high = sorted((root(one), root(other)))
        parent[high] = low
    groups: dict[int, list[int]] = {}
    for number in sorted(parent):
        groups.setdefault(root(number), []).append(number)
    return list(groups.values())
