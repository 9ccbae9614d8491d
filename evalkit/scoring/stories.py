"""Articles that share a story: one event told several times is less evidence than as many events.

Which articles do, a field of their metadata says. An extractor that fails on one of them fails on the others, so drawn
each for itself they make intervals too short and p too small: over 40 articles of 10 stories p ≤ .05 comes in up to a
quarter of the comparisons of equal runs, where it should in a twentieth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evalkit.records import Article
from evalkit.scoring.properties import article_properties
from evalkit.showing import number_of

__all__ = ["BY_TEXT", "FIELDS", "SharedStories", "Stories", "cluster_notes", "cluster_properties", "shared_stories"]

FIELDS = ("story", "story_id", "event", "event_id", "cluster", "cluster_id", "thread", "thread_id", "wire_id")
"""Metadata that says which story an article tells, the first one that any two articles share."""


def _wires(articles: Sequence[Article]) -> Mapping[str, str]:
    # The search for shared text takes longer to load than most scoring takes.
    from evalkit.dataset.leakage.clusters import wire_clusters

    return wire_clusters(articles)


def _text_stories(articles: Sequence[Article]) -> Mapping[str, str]:
    from evalkit.dataset.splitting.text_stories import story_clusters

    return story_clusters(articles)


BY_TEXT: Mapping[str, Callable[[Sequence[Article]], Mapping[str, str]]] = {
    "wire": _wires,
    "text-story": _text_stories,
}
"""Fields of clusters that are found by comparing texts, unless metadata has such a field: those that share text, and
those that tell one story."""
_SHARED = {
    "wire": ("share text", "share text with another one", "its likely original"),
    "text-story": ("tell one story", "tell a story that another one tells", "its first article by id"),
}
"""What is said of them: of none, of some, and of the name of a cluster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedStories:
    """Articles that tell a story which another one tells too.

    Attributes:
        field: the metadata field that says so.
        sharing: how many articles share their story with another one.
        articles: of how many.
        stories: how many stories all of them tell; an article without a value tells one of its own.
    """

    field: str
    sharing: int
    articles: int
    stories: int

    def to_json(self) -> dict[str, Any]:
        """The numbers as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: object) -> SharedStories | None:
        """What `to_json` gave; None of anything else."""
        if not isinstance(data, Mapping) or set(data) != set(cls.__slots__):
            return None
        numbers = [data[name] for name in ("sharing", "articles", "stories")]
        return cls(**data) if isinstance(data["field"], str) and set(map(type, numbers)) == {int} else None

    def note(self, remedy: str = "") -> str:
        """What follows where nobody asked for clusters; `remedy` says how to ask."""
        remedy = remedy or f"--cluster {self.field} draws those of one story together"
        return (
            f"{self.sharing} of {self.articles} articles share a story with another one (field {self.field!r}, "
            f"{self.stories} stories in all), but each was drawn for itself, so intervals may be too short and p too "
            f"small; {remedy}"
        )


class Stories:
    """The stories that articles tell, article by article, by each of `FIELDS`."""

    def __init__(self) -> None:
        """No article came yet."""
        self._often = {field: Counter[str]() for field in FIELDS}
        self._articles = 0

    def add(self, article: Article) -> None:
        """Takes an article."""
        self._articles += 1
        for field in article.metadata.keys() & self._often.keys():
            if value := article.metadata[field]:
                self._often[field][str(value)] += 1

    def shared(self) -> SharedStories | None:
        """The articles that share a story, by the first field that two of them have in common; None if none do."""
        for field, often in self._often.items():
            sharing = sum(number for number in often.values() if number > 1)
            if sharing:
                stories = len(often) + self._articles - often.total()
                return SharedStories(field=field, sharing=sharing, articles=self._articles, stories=stories)
        return None


def shared_stories(articles: Iterable[Article]) -> SharedStories | None:
    """The articles that share a story, by the first of `FIELDS` that two of them have in common; None if none do."""
    stories = Stories()
    for article in articles:
        stories.add(article)
    return stories.shared()


def cluster_properties(articles: Sequence[Article], field: str | None) -> dict[str, dict[str, str]]:
    """The properties of articles by which they may be drawn, with clusters told by texts if those are asked for."""
    properties = article_properties(articles)
    if field is not None and field in BY_TEXT and field not in properties:
        properties[field] = dict(BY_TEXT[field](articles))
    return properties


def cluster_notes(
    articles: Sequence[Article],
    field: str | None,
    remedy: str = "",
    *,
    clusters: Mapping[str, str] | None = None,
) -> list[str]:
    """What is to be said of how articles are drawn, a sentence each.

    Args:
        articles: the articles.
        field: the field whose values are drawn as one; None for each article alone.
        remedy: how to ask for a field, for `SharedStories.note`.
        clusters: article id → its value, if that is known.
    """
    if field is None:
        shared = shared_stories(articles)
        return [] if shared is None else [shared.note(remedy)]
    properties = article_properties(articles)
    if field in BY_TEXT and field not in properties:
        return [_text_note(articles, field, BY_TEXT[field](articles) if clusters is None else clusters)]
    without = len(articles) - len(properties.get(field, {}))
    if not without:
        return []
    have = "article has" if len(articles) == 1 else "articles has" if without == 1 else "articles have"
    each = "it" if without == 1 else "each of them"
    return [f"{without} of {len(articles)} {have} no {field}; {each} is drawn for itself"]


def _text_note(articles: Sequence[Article], field: str, clusters: Mapping[str, str]) -> str:
    none, some, first = _SHARED[field]
    sharing = sum(article.id in clusters for article in articles)
    if not sharing:
        return f"no two articles {none}, so each is drawn for itself"
    named = number_of(len({clusters[one.id] for one in articles if one.id in clusters}), "cluster")
    articles_told = number_of(len(articles), "article")
    return f"{sharing} of {articles_told} {some}; they are drawn as {named}, each called after {first}"
