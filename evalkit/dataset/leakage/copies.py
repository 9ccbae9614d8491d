"""Articles that stand in two splits, word for word or nearly: what a system saw in training it is not tested on.

Whole articles only: which passages of one stand in another, `evalkit dataset leakage` shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from evalkit.dataset.leakage.passages import shared_passages
from evalkit.dataset.leakage.words import folded_words
from evalkit.dataset.loading.sources import RawExample
from evalkit.showing import number_of

__all__ = ["SplitCopy", "copies_across_splits"]

CHANGED = 0.1
"""Share of the words of the longer article that may differ; one word always may."""
SHORTEST = 0.5
"""Share of the words of the shorter article that stands in passages of the other, if so few of them differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitCopy:
    """Two articles of different splits that say the same.

    Attributes:
        article_id: the one, first by split and id.
        split: its split.
        other_id: the other.
        other_split: its split.
        words: the words of the longer one.
        changed: how many of them the other does not have in that order; 0 if all are equal.
    """

    article_id: str
    split: str
    other_id: str
    other_split: str
    words: int
    changed: int

    def __str__(self) -> str:
        """What the two have in common, in words."""
        how = "word for word" if not self.changed else f"but for {self.changed} of {number_of(self.words, 'word')}"
        return f"{self.article_id} ({self.split}) and {self.other_id} ({self.other_split}) are the same text {how}"


def copies_across_splits(raws: Sequence[RawExample]) -> list[SplitCopy]:
    """Pairs of articles of two splits with (nearly) the same words, by split and id.

    Case, punctuation and white space do not count. Articles without words are equal to none, and those without a
    split belong to one of their own. An article that is in two splits itself is not a copy. Where many have one text,
    each is paired with the first one of another split.
    """
    names = sorted({raw.split or "" for raw in raws})
    if len(names) < 2:
        return []
    ordered = sorted(raws, key=lambda raw: (raw.split or "", raw.example.article.id))
    articles = [raw.example.article for raw in ordered]
    splits = [raw.split or "" for raw in ordered]
    copies = []
    # Many have one text, and are asked for one after the other.
    words_of = lru_cache(maxsize=256)(folded_words)
    for pair in shared_passages(articles, list(map(names.index, splits))).pairs:
        one, other = articles[pair.left], articles[pair.right]
        if one.id == other.id or max(pair.containment) < SHORTEST:
            continue
        words = [words_of(article.text) for article in (one, other)]
        longer = max(map(len, words))
        if (changed := _changed(*words)) <= max(1, CHANGED * longer):
            copies.append(
                SplitCopy(
                    article_id=one.id,
                    split=splits[pair.left],
                    other_id=other.id,
                    other_split=splits[pair.right],
                    words=longer,
                    changed=changed,
                )
            )
    return copies


def _changed(one: Sequence[str], other: Sequence[str]) -> int:
    """How many words of the longer one the other does not have in that order."""
    if one == other:
        return 0
    longer, shorter = max(len(one), len(other)), min(len(one), len(other))
    if longer - shorter > max(1, CHANGED * longer):
        return longer - shorter
    # What both begin and end with needs no search.
    begin = next((n for n in range(shorter) if one[n] != other[n]), shorter)
    end = next((n for n in range(shorter - begin) if one[-1 - n] != other[-1 - n]), shorter - begin)
    rest = one[begin : len(one) - end], other[begin : len(other) - end]
    blocks = SequenceMatcher(None, *rest, autojunk=False).get_matching_blocks()
    return longer - begin - end - sum(block.size for block in blocks)
