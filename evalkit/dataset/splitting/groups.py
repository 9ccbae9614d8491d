"""Articles that belong together, so that no split has some of them and another split the rest.

===============  ======================================================================================
what             articles are one group that have
===============  ======================================================================================
``story``        the same story in their metadata; those without one tell the story that their text tells
``text-story``   texts that tell one story (see `evalkit.dataset.splitting.text_stories`)
``wire``         text in common (see `evalkit.dataset.leakage.clusters`)
``outlet``       the same source
``author``       an author in common (metadata `author`, `authors` or `byline`)
any other name   the same value in that field of the metadata, or `source`, `lang`, `year`
===============  ======================================================================================

Who asks for several has groups in which each article shares one of them with another one of its group.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from evalkit.dataset.leakage.clusters import joined_pairs, wire_clusters
from evalkit.dataset.splitting.text_stories import story_clusters
from evalkit.records import Article
from evalkit.registry import unknown_name
from evalkit.showing import number_of

__all__ = ["WAYS", "Groups", "groups_of"]

WAYS = ("story", "text-story", "wire", "outlet", "author")
"""What groups can be made by, beside fields of the metadata."""

AUTHORS = ("author", "authors", "byline")
_PARTED = re.compile(r"\s*(?:[;,&]|\band\b)\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """The group of each article.

    Attributes:
        by: what they were made by.
        names: article id → the name of its group; that of an article alone is its id.
        notes: what is to be said of how they were made, a sentence each.
    """

    by: tuple[str, ...]
    names: Mapping[str, str]
    notes: tuple[str, ...] = ()

    def members(self) -> dict[str, list[str]]:
        """Group → its articles, both in ascending order."""
        members: dict[str, list[str]] = {}
        for article_id, name in sorted(self.names.items()):
            members.setdefault(name, []).append(article_id)
        return dict(sorted(members.items()))


def groups_of(articles: Sequence[Article], by: Sequence[str]) -> Groups:
    """The groups of some articles; without any way each article is one of its own.

    Raises:
        UnknownNameError: no article says anything of that kind; names what they say.
    """
    ordered = sorted(articles, key=lambda article: article.id)
    place = {article.id: number for number, article in enumerate(ordered)}
    notes: list[str] = []
    pairs = [(place[ids[0]], place[other]) for way in by for ids in _together(ordered, way, notes) for other in ids[1:]]
    names = {article.id: article.id for article in ordered}
    for members in joined_pairs(pairs):
        names |= {ordered[number].id: ordered[members[0]].id for number in members}
    return Groups(by=tuple(by), names=names, notes=tuple(notes))


def _together(articles: Sequence[Article], way: str, notes: list[str]) -> list[list[str]]:
    """The articles that one way brings together, two or more at a time."""
    if way in ("text-story", "wire"):
        return _by_value((story_clusters if way == "text-story" else wire_clusters)(articles).items())
    values = [(article.id, value) for article in articles for value in _values(article, way)]
    known = {article_id for article_id, _ in values}
    lacking = [article.id for article in articles if article.id not in known]
    if way == "story" and lacking:
        notes.append(f"{_have(len(lacking), 'story')}; it is told by the text")
        return [*_by_value(values), *_told(story_clusters(articles), set(lacking))]
    if not values:
        raise unknown_name("group", way, [name for name in _fields(articles) if name != way])
    if lacking:
        notes.append(f"{_have(len(lacking), way)}; each is a group of its own")
    return _by_value(values)


def _have(number: int, what: str) -> str:
    return number_of(number, f"article has no {what}", f"articles have no {what}")


def _by_value(values: Iterable[tuple[str, str]]) -> list[list[str]]:
    """The ids that have one value in common."""
    ids: dict[str, list[str]] = {}
    for article_id, value in values:
        ids.setdefault(value, []).append(article_id)
    return [own for own in ids.values() if len(own) > 1]


def _told(stories: Mapping[str, str], lacking: set[str]) -> list[list[str]]:
    """Of each story that texts tell, the articles that state none, and the first one that states one."""
    groups = []
    for ids in _by_value(stories.items()):
        stating = [article_id for article_id in ids if article_id not in lacking]
        groups.append([*(article_id for article_id in ids if article_id in lacking), *stating[:1]])
    return [group for group in groups if len(group) > 1]


def _values(article: Article, way: str) -> list[str]:
    """What an article says of that kind: one value or, of authors, several."""
    stated = {str(name): str(value) for name, value in article.metadata.items() if value is not None}
    if way == "author":
        text = next((stated[name] for name in AUTHORS if stated.get(name)), "")
        return sorted({name.casefold() for name in _PARTED.split(text) if name.strip()})
    usual = {"source": article.source, "outlet": article.source, "lang": article.lang, "year": article.published[:4]}
    value = stated.get(way, "").strip() or usual.get(way, "").strip()
    return [value] if value else []


def _fields(articles: Sequence[Article]) -> list[str]:
    """What groups can be made by here."""
    there = {str(name) for article in articles for name in article.metadata}
    usual = [name for name in ("source", "lang", "year") if any(_values(article, name) for article in articles)]
    return list(dict.fromkeys((*WAYS, *sorted(there), *usual)))
