"""Which mentions are of one thing: equal strings, surname and full name, abbreviation and what it stands for."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from evalkit.records import Article, Entity

__all__ = ["link_mentions", "slug"]

_ALIASES = {
    "us": "united states",
    "usa": "united states",
    "america": "united states",
    "united states of america": "united states",
    "uk": "united kingdom",
    "britain": "united kingdom",
    "great britain": "united kingdom",
    "eu": "european union",
    "un": "united nations",
}
_SMALL = frozenset({"of", "the", "and", "for", "de", "la", "&", "in", "on", "del", "des", "du", "e", "y"})


_Key = tuple[str, str]
"""Label and normal form of a name."""


def slug(name: str) -> str:
    """A name in lower-case ASCII letters and digits with hyphens, `entity` if nothing is left of it."""
    plain = unicodedata.normalize("NFKD", name.replace("ø", "o").replace("Ø", "O").replace("ł", "l").replace("Ł", "L"))
    kept = re.sub(r"[^a-z0-9]+", "-", plain.encode("ascii", "ignore").decode().lower()).strip("-")
    return kept or "entity"


def link_mentions(article: Article, mentions: Sequence[Entity]) -> tuple[Entity, ...]:
    """The mentions, in the same order, each with the `entity_id` of the thing it names.

    Mentions of different labels never share one. The id is the slug of the longest name of the thing.

    Args:
        article: the article that they are in.
        mentions: mentions from any extractor; ids that they have are replaced.
    """
    names = [article.text[mention.spans[0].start : mention.spans[-1].end] for mention in mentions]
    keys = [(mention.label, _normal(name, mention.label)) for mention, name in zip(mentions, names, strict=True)]
    first: dict[_Key, int] = {}
    for order, key in enumerate(keys):
        first.setdefault(key, order)
    head = {key: key for key in first}
    for key in sorted(first, key=lambda key: (len(key[1].split()), len(key[1]), key)):
        longer = [other for other in first if other[0] == key[0] and other != key and _is_short_for(key, other)]
        if longer:
            # The nearest one named before is meant, otherwise the first that follows.
            before = [other for other in longer if first[other] <= first[key]]
            head[key] = max(before, key=lambda o: first[o]) if before else min(longer, key=lambda o: first[o])
    _link_brackets(article.text, mentions, keys, head)
    roots = {key: _root(key, head) for key in head}
    ids = _ids(roots, keys, names)
    return tuple(replace(mention, entity_id=ids[roots[key]]) for mention, key in zip(mentions, keys, strict=True))


def _normal(name: str, label: str) -> str:
    folded = " ".join(name.replace("’", "'").replace(".", "").casefold().split())
    folded = re.sub(r"^the ", "", folded)
    folded = re.sub(r"'s$", "", folded)
    if label == "NORP":
        return folded[:-1] if folded.endswith("s") and len(folded) > 4 and not folded.endswith("ss") else folded
    return _ALIASES.get(folded, folded) if label in ("GPE", "ORG") else folded


def _is_short_for(short: _Key, long: _Key) -> bool:
    label, words, longer = short[0], short[1].split(), long[1].split()
    if len(words) >= len(longer):
        return False
    if label == "PER":
        return words == longer[-len(words) :] or (len(words) == 1 and words[0] == longer[0])
    if label in ("ORG", "EVENT", "FAC", "WORK", "LOC"):
        if len(words) == 1 and words[0] == _initials(longer):
            return True
        if label == "LOC" or label == "FAC":
            return words == longer[: len(words)]
        return words == longer[: len(words)] or words == longer[-len(words) :]
    return False


def _initials(words: Sequence[str]) -> str:
    return "".join(word[0] for word in words if word not in _SMALL)


def _link_brackets(text: str, mentions: Sequence[Entity], keys: Sequence[_Key], head: dict[_Key, _Key]) -> None:
    """`Long Name (LN)` says outright that both are one."""
    ends = {mention.spans[-1].end: key for mention, key in zip(mentions, keys, strict=True)}
    for mention, key in zip(mentions, keys, strict=True):
        start, end = mention.spans[0].start, mention.spans[-1].end
        if text[max(0, start - 1) : start] != "(" or text[end : end + 1] != ")" or " " in text[start:end]:
            continue
        before = text[: start - 1].rstrip()
        long = ends.get(len(before))
        if long and long[0] == key[0] and long != key and _root(long, head) != key:
            head[key] = long


def _root(key: _Key, head: dict[_Key, _Key]) -> _Key:
    seen = {key}
    while head[key] != key and head[key] not in seen:
        key = head[key]
        seen.add(key)
    return key


def _ids(roots: dict[_Key, _Key], keys: Sequence[_Key], names: Sequence[str]) -> dict[_Key, str]:
    longest: dict[_Key, str] = {}
    for key, name in zip(keys, names, strict=True):
        root = roots[key]
        longest[root] = max(longest.get(root, ""), name, key=lambda n: (len(n), n))
    used: dict[str, int] = defaultdict(int)
    ids: dict[_Key, str] = {}
    for root in sorted(longest):
        name = slug(longest[root])
        used[name] += 1
        ids[root] = name if used[name] == 1 else f"{name}-{root[0].lower()}"
        while list(ids.values()).count(ids[root]) > 1:
            ids[root] += "-x"
    return ids
