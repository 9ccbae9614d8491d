"""Articles that stand in two splits, word for word or nearly: what a system saw in training it is not tested on.

Candidates share word sequences of four; what is reported was compared word by word, so no pair is a guess. Only whole
articles are looked for, not passages of one inside another.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations
from typing import TYPE_CHECKING

from evalkit.dataset.sources import RawExample
from evalkit.showing import number_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["SplitCopy", "copies_across_splits"]

SEQUENCE = 4
"""Words in a row that two articles share by accident only seldom."""
SHARED = 0.25
"""Share of the sequences of the shorter article from which a pair is compared word by word: one word of ten changed
leaves more."""
CHANGED = 0.1
"""Share of the words of the longer article that may differ; one word always may."""
COMMON = 50
"""Sequences of more articles than this are turns of phrase, and name no pair."""


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
    """Every pair of articles of two splits with (nearly) the same words, by split and id.

    Case, punctuation and white space do not count. Articles without words are equal to none, and those without a
    split belong to one of their own. An article that is in two splits itself is not a copy.
    """
    if len({raw.split for raw in raws}) < 2:
        return []
    ordered = sorted(raws, key=lambda raw: (raw.split or "", raw.example.article.id))
    splits = [raw.split or "" for raw in ordered]
    words = [re.findall(r"\w+", raw.example.article.text.casefold()) for raw in ordered]
    pairs = sorted({*_equal(words, splits), *_alike(words)})
    return [
        SplitCopy(
            article_id=ordered[one].example.article.id,
            split=splits[one],
            other_id=ordered[other].example.article.id,
            other_split=splits[other],
            words=longer,
            changed=changed,
        )
        for one, other in pairs
        if splits[one] != splits[other]
        and ordered[one].example.article.id != ordered[other].example.article.id
        and (longer := max(len(words[one]), len(words[other])))
        and (changed := _changed(words[one], words[other])) <= max(1, CHANGED * longer)
    ]


def _equal(words: Sequence[list[str]], splits: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Pairs of equal texts, however short: each with the first one of another split."""
    same: dict[tuple[str, ...], list[int]] = {}
    for number, own in enumerate(words):
        if own:
            same.setdefault(tuple(own), []).append(number)
    for numbers in same.values():
        first = numbers[0]
        yield from ((first, other) for other in numbers if splits[other] != splits[first])


def _alike(words: Sequence[list[str]]) -> Iterator[tuple[int, int]]:
    """Pairs that share enough word sequences."""
    import numpy as np

    numbers: dict[str, int] = {}
    sequences = [_sequences([numbers.setdefault(word, len(numbers)) for word in own]) for own in words]
    sizes = np.array([len(own) for own in sequences])
    key = np.concatenate(sequences)
    article = np.repeat(np.arange(len(words)), sizes)
    order = np.argsort(key, kind="stable")
    key, article = key[order], article[order]
    # Where a sequence begins in the sorted list; the end of the list ends the last one.
    bounds = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1], [True]])) if len(key) else np.zeros(1, int)
    several = np.flatnonzero((np.diff(bounds) > 1) & (np.diff(bounds) <= COMMON))
    shared: Counter[tuple[int, int]] = Counter()
    for begin, end in zip(bounds[several].tolist(), bounds[several + 1].tolist(), strict=True):
        shared.update(combinations(article[begin:end].tolist(), 2))
    for (one, other), number in shared.items():
        if number >= SHARED * min(sizes[one], sizes[other]):
            yield one, other


def _sequences(words: Sequence[int]) -> NDArray[np.uint64]:
    """A number for each different sequence of words, ascending."""
    import numpy as np

    row = np.array(words, dtype=np.uint64)
    whole = np.zeros(max(len(row) - SEQUENCE + 1, 0), dtype=np.uint64)
    for place in range(SEQUENCE):
        # Another sequence with this number only costs a comparison of the words.
        whole = whole * np.uint64(0x9E3779B97F4A7C15) + row[place : place + len(whole)]
    return np.unique(whole)


def _changed(one: list[str], other: list[str]) -> int:
    if one == other:
        return 0
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    return max(len(one), len(other)) - sum(block.size for block in blocks)
