"""Which mentions are of one thing: equal strings, surname and full name, abbreviation and what it stands for."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
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
_MARKS = 40
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
    longer = _Longer(first)
    head = {key: longer.of(key, order) or key for key, order in first.items()}
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


class _Longer:
    """The longer names of a label that a name may be short for, by what they may be shortened to."""

    def __init__(self, first: Mapping[_Key, int]) -> None:
        """Note how each name may be shortened.

        Args:
            first: names and their places, in the order of these.
        """
        counts: dict[str, set[int]] = defaultdict(set)
        for label, name in first:
            counts[label].add(len(name.split()))
        self._places: dict[_Key, list[int]] = defaultdict(list)
        self._keys: dict[int, _Key] = {}
        for key, place in first.items():
            self._keys[place] = key
            for short in _short_forms(key, sorted(counts[key[0]])):
                self._places[short].append(place)

    def of(self, key: _Key, place: int) -> _Key | None:
        """The nearest longer name that stands before a place is meant, otherwise the first that follows."""
        places = self._places.get((key[0], " ".join(key[1].split())))
        return None if places is None else self._keys[places[max(bisect_right(places, place) - 1, 0)]]


def _short_forms(key: _Key, counts: Sequence[int]) -> set[_Key]:
    """What a name may be shortened to.

    Args:
        key: its label and the name.
        counts: the numbers of words that are of interest, ascending.
    """
    label, words = key[0], key[1].split()
    counts = counts[: bisect_left(counts, len(words))]
    starts = {" ".join(words[:count]) for count in counts}
    ends = {" ".join(words[-count:]) for count in counts if count}
    if label == "PER":
        forms = ends | ({words[0]} if len(words) > 1 else set())
    elif label in ("LOC", "FAC"):
        forms = starts
    elif label in ("ORG", "EVENT", "WORK"):
        forms = starts | ends
    else:
        return set()
    initials = _initials(words) if label != "PER" and len(words) > 1 else ""
    return {(label, form) for form in (*forms, *([initials] if initials else []))}


def _initials(words: Sequence[str]) -> str:
    return "".join(word[0] for word in words if word not in _SMALL)


def _link_brackets(text: str, mentions: Sequence[Entity], keys: Sequence[_Key], head: dict[_Key, _Key]) -> None:
    """`Long Name (LN)` says outright that both are one."""
    ends = {mention.spans[-1].end: key for mention, key in zip(mentions, keys, strict=True)}
    for mention, key in zip(mentions, keys, strict=True):
        start, end = mention.spans[0].start, mention.spans[-1].end
        if text[max(0, start - 1) : start] != "(" or text[end : end + 1] != ")" or " " in text[start:end]:
            continue
        behind = start - 1
        while behind and text[behind - 1].isspace():
            behind -= 1
        long = ends.get(behind)
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
    slugs: set[str] = set()
    taken: set[str] = set()
    turns: dict[str, int] = defaultdict(int)
    ids: dict[_Key, str] = {}
    for root in sorted(longest):
        name = slug(longest[root])
        wanted = f"{name}-{root[0].lower()}" if name in slugs else name
        while (free := wanted + _mark(turns[wanted])) in taken:
            turns[wanted] += 1
        slugs.add(name)
        taken.add(free)
        ids[root] = free
    return ids


def _mark(turn: int) -> str:
    # In another script all names are `entity`, and the marks of thousands would be longer than the article.
    return "-x" * turn if turn <= _MARKS else f"-x{turn}"
