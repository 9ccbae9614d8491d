"""Articles that share text: every pair, compared word by word, with the passages and how much of each they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from evalkit.dataset.leakage.join import MOSTLY, SHARED, SHORT, SHORT_SHARE, Joined, join_texts, needed
from evalkit.dataset.leakage.words import SHINGLE, Ints, Numbers, Words, folded_words, run_bounds, shingles_of, words_of
from evalkit.records import Article, Span

__all__ = ["Passages", "SharedText", "shared_passages"]

SCATTERED = 5
"""Passages over which fewer than 30 sequences must be spread: that is a text with other words, not a quotation."""

_KEPT = 4096
"""Articles whose words are kept while others are compared with them."""
_REPEATED = 8
"""Places of one sequence in one text that are compared; a text that repeats itself for pages has no more to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedText:
    """Two articles that share text.

    Attributes:
        left: position of the one in what was compared.
        right: position of the other, a higher one.
        shared: different sequences of five words that both have, without those that many articles have; 0 where the
            texts are shorter and equal.
        left_span: the longest passage that both have, in the one.
        right_span: the same passage in the other; it may differ in case, punctuation and white space.
        passage_words: its words.
        containment: the share of the words of each that stand in passages of the other, 0 to 1.
        places: every passage in order of the one, with where it stands in the other.
    """

    left: int
    right: int
    shared: int
    left_span: Span
    right_span: Span
    passage_words: int
    containment: tuple[float, float]
    places: tuple[tuple[Span, Span], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Passages:
    """What articles share.

    Attributes:
        pairs: every pair, by position.
        sampled: one of so many sequences was looked at to find them; 1 for all.
        limit: a sequence that stands in more articles than this is no sign of a copy.
        articles_with_common: how many articles have such sequences.
    """

    pairs: tuple[SharedText, ...]
    sampled: int
    limit: int
    articles_with_common: int


def shared_passages(
    articles: Sequence[Article], sides: Sequence[int] | None = None, *, sampled: int | None = None
) -> Passages:
    """Every pair of articles that have text of one another.

    Two articles share text if both have 30 different sequences of five words that few articles have; of texts with
    fewer than 375 words a tenth of the shorter one is enough, and of those with fewer than 200 a quarter.

    Args:
        articles: the articles, in an order of the caller's that does not depend on how they were read: where a text was
            sent to many, each is paired with the first.
        sides: a number for each article; only articles of different ones are compared. None compares all.
        sampled: look at one of so many sequences; by default at all in sets of up to 100 million characters, then at
            one of four, which misses a pair in a hundred of those that share just enough.
    """
    texts = [article.text for article in articles]
    joined = join_texts(texts, sides, sampled=sampled)
    return Passages(
        pairs=tuple(_verified(texts, joined)),
        sampled=joined.sampled,
        limit=joined.limit,
        articles_with_common=joined.articles_with_common,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Text:
    """A text to be compared.

    Attributes:
        words: its words.
        shingles: its sequences, in order.
        common: which of them many articles have, as far as they were looked at.
        looked_at: which of them were looked at to tell that.
        different: the different ones, ascending.
        first: where each of those begins in `order`.
        number: in how many places it stands, as many as are compared.
        order: the places of all sequences by their numbers.
    """

    words: Words
    shingles: Numbers
    common: NDArray[np.bool_]
    looked_at: NDArray[np.bool_]
    different: Numbers
    first: Ints
    number: Ints
    order: Ints


def _verified(texts: Sequence[str], joined: Joined) -> Iterator[SharedText]:
    @lru_cache(maxsize=_KEPT)
    def prepared(text: int) -> _Text:
        words = words_of(texts[text])
        shingles = shingles_of(words.numbers)
        looked_at = joined.looked_at(shingles)
        common = np.zeros(len(shingles), dtype=bool)
        if len(joined.common):
            common[looked_at] = joined.are_common(shingles[looked_at])
        order = np.argsort(shingles)
        ordered = shingles[order]
        first, number = run_bounds(ordered)
        return _Text(words, shingles, common, looked_at, ordered[first], first, np.minimum(number, _REPEATED), order)

    for left, right in joined.pairs.tolist():
        one, other = prepared(left), prepared(right)
        sent_to_many = bool(joined.sent_to_many[left] and joined.sent_to_many[right])
        found = _compared(left, right, one, other, sent_to_many)
        if found is not None and _is_so(texts, found):
            yield found


def _is_so(texts: Sequence[str], found: SharedText) -> bool:
    """Whether the passage is one, as text: numbers of words might be equal by accident."""
    one, other = (
        texts[n][s.start : s.end] for n, s in ((found.left, found.left_span), (found.right, found.right_span))
    )
    return one == other or folded_words(one) == folded_words(other)


def _compared(left: int, right: int, one: _Text, other: _Text, sent_to_many: bool) -> SharedText | None:
    """What two texts share; None if it is not enough."""
    first, second, length, counted = _runs(one, other, sent_to_many)
    sizes = [len(text.words) for text in (one, other)]
    if not len(first):
        equal = sizes[0] == sizes[1] and sizes[0] < SHINGLE and bool((one.words.numbers == other.words.numbers).all())
        if not equal:
            return None
        first, second, length = (np.array([number], dtype=np.int64) for number in (0, 0, sizes[0]))
    covered = [_covered(begin, length, size) for begin, size in ((first, sizes[0]), (second, sizes[1]))]
    containment = (float(covered[0].mean()), float(covered[1].mean()))
    own = [len(text.shingles) - (0 if sent_to_many else int(text.common.sum())) for text in (one, other)]
    fewest = min(own)
    if min(sizes) >= SHINGLE and not _is_enough(counted, len(first), fewest, containment):
        return None
    longest = int(np.argmax(length))
    spans = list(zip(_spans(one.words, first, length), _spans(other.words, second, length), strict=True))
    return SharedText(
        left=left,
        right=right,
        shared=counted,
        left_span=spans[longest][0],
        right_span=spans[longest][1],
        passage_words=int(length[longest]),
        containment=containment,
        places=tuple(spans),
    )


def _is_enough(counted: int, passages: int, shingles: int, containment: tuple[float, float]) -> bool:
    """Whether it is more than a sentence that two texts quote."""
    if shingles < SHORT - SHINGLE + 1:
        return counted >= needed(shingles) and max(containment) >= SHORT_SHARE
    return counted >= SHARED or (counted >= needed(shingles) and passages >= SCATTERED)


def _spans(words: Words, first: Ints, length: Ints) -> list[Span]:
    return list(map(Span, words.start[first].tolist(), words.end[first + length - 1].tolist()))


def _runs(one: _Text, other: _Text, sent_to_many: bool) -> tuple[Ints, Ints, Ints, int]:
    """The passages of two texts: where they begin in each, their words; and how many rare sequences they have."""
    nothing = np.zeros(0, dtype=np.int64)
    if not len(one.shingles) or not len(other.shingles):
        return nothing, nothing, nothing, 0
    place = np.minimum(np.searchsorted(other.different, one.shingles), len(other.different) - 1)
    here = np.flatnonzero(other.different[place] == one.shingles)
    if not len(here):
        return nothing, nothing, nothing, 0
    first, number = other.first[place[here]], other.number[place[here]]
    if int(number.max()) > 1:
        here, nth = np.repeat(here, number), np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
        first = np.repeat(first, number) + nth
    there = other.order[first]
    # Along a diagonal the places of a passage follow each other.
    diagonal = (here - there + len(other.shingles)) * (len(one.shingles) + 1) + here
    if (diagonal[1:] < diagonal[:-1]).any():
        ranked = np.argsort(diagonal)
        here, there, diagonal = here[ranked], there[ranked], diagonal[ranked]
    begins, length = run_bounds(diagonal - np.arange(len(diagonal)))
    is_rare = np.ones(len(here), dtype=bool)
    if not sent_to_many and one.common.any():
        is_rare = ~one.common[here]
        common = np.add.reduceat(~is_rare, begins, dtype=np.int64)
        looked_at = np.add.reduceat(one.looked_at[here], begins, dtype=np.int64)
        # A passage most of which many have is one that many have.
        kept = common <= MOSTLY * looked_at
        is_rare &= np.repeat(kept, length)
        begins, length = begins[kept], length[kept]
    rare = here[is_rare]
    counted = len(rare) if len(one.different) == len(one.shingles) else len(np.unique(one.shingles[rare]))
    if (here[begins[1:]] < here[begins[:-1]]).any():
        order = np.argsort(here[begins], kind="stable")
        begins, length = begins[order], length[order]
    return here[begins].astype(np.int64), there[begins].astype(np.int64), length + SHINGLE - 1, counted


def _covered(begin: Ints, length: Ints, size: int) -> NDArray[np.bool_]:
    """Which words stand in a passage."""
    steps = np.zeros(size + 1, dtype=np.int64)
    np.add.at(steps, begin, 1)
    np.add.at(steps, begin + length, -1)
    return np.cumsum(steps[:-1]) > 0
