"""Articles that share text: every pair, compared word by word, with the passages and how much of each they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from evalkit.dataset.leakage.join import MOSTLY, SHARED, SHORT, SHORT_SHARE, Joined, join_texts, needed
from evalkit.dataset.leakage.words import (
    SHINGLE,
    Ints,
    Numbers,
    Words,
    folded_words,
    run_bounds,
    shingles_of,
    words_of_each,
)
from evalkit.records import Article, Span

__all__ = ["Passages", "SharedText", "shared_passages"]

SCATTERED = 5
"""Passages over which fewer than 30 sequences must be spread: that is a text with other words, not a quotation."""

_TOGETHER = 256
"""Pairs whose articles are made ready together."""
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


@dataclass(frozen=True, eq=False)
class _Text:
    """A text to be compared.

    Attributes:
        words: its words.
        shingles: its sequences, in order.
        looked_at: which of them were looked at to tell which are common; None if all of them.
        common: which of them many articles have, as far as that was looked at; None if none of any text is.
    """

    words: Words
    shingles: Numbers
    looked_at: NDArray[np.bool_] | None
    common: NDArray[np.bool_] | None

    @cached_property
    def different(self) -> tuple[Numbers, Ints, Ints | None, Ints]:
        """The different sequences, ascending, and where each stands: from `order[first]` on in so many places.

        If each stands in one place, there is no `first`.
        """
        order = np.argsort(self.shingles)
        ordered = self.shingles[order]
        if not (ordered[1:] == ordered[:-1]).any():
            return ordered, order, None, order
        first, number = run_bounds(ordered)
        return ordered[first], order, first, np.minimum(number, _REPEATED)

    @cached_property
    def commons(self) -> int:
        """How many of its sequences are common."""
        return 0 if self.common is None else int(self.common.sum())


def _prepared(texts: Sequence[str], joined: Joined) -> Iterator[_Text]:
    for words in words_of_each(texts):
        shingles = shingles_of(words.numbers)
        looked_at = None if joined.sampled == 1 else joined.looked_at(shingles)
        common = None
        if len(joined.common) and looked_at is None:
            common = joined.are_common(shingles)
        elif len(joined.common):
            common = np.zeros(len(shingles), dtype=bool)
            common[looked_at] = joined.are_common(shingles[looked_at])
        yield _Text(words, shingles, looked_at, common)


def _verified(texts: Sequence[str], joined: Joined) -> Iterator[SharedText]:
    ready: dict[int, _Text] = {}
    for begin in range(0, len(joined.pairs), _TOGETHER):
        block = joined.pairs[begin : begin + _TOGETHER]
        numbers = np.unique(block).tolist()
        ready = {number: ready[number] for number in numbers if number in ready}
        missing = [number for number in numbers if number not in ready]
        ready |= dict(zip(missing, _prepared([texts[number] for number in missing], joined), strict=True))
        for left, right in block.tolist():
            sent_to_many = bool(joined.sent_to_many[left] and joined.sent_to_many[right])
            found = _compared(left, right, ready[left], ready[right], sent_to_many)
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
    sizes = [len(text.words) for text in (one, other)]
    fewest = min(len(text.shingles) - (0 if sent_to_many else text.commons) for text in (one, other))
    first, second, length, counted = _runs(one, other, sent_to_many, needed(fewest))
    if not len(first):
        equal = sizes[0] == sizes[1] and sizes[0] < SHINGLE and bool((one.words.numbers == other.words.numbers).all())
        if not equal:
            return None
        first, second, length = (np.array([number], dtype=np.int64) for number in (0, 0, sizes[0]))
    covered = [_covered(begin, length, size) for begin, size in ((first, sizes[0]), (second, sizes[1]))]
    containment = (float(covered[0].mean()), float(covered[1].mean()))
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


def _runs(one: _Text, other: _Text, sent_to_many: bool, least: float) -> tuple[Ints, Ints, Ints, int]:
    """The passages of two texts: where they begin in each, their words; and how many rare sequences they have.

    None if there are fewer sequences than `least` in any case.
    """
    nothing = np.zeros(0, dtype=np.int64)
    if not len(one.shingles) or not len(other.shingles):
        return nothing, nothing, nothing, 0
    different, order, firsts, numbers = other.different
    place = np.searchsorted(different, one.shingles)
    place[place == len(different)] = 0
    here = np.flatnonzero(different[place] == one.shingles)
    if len(here) < max(least, 1):
        return nothing, nothing, nothing, 0
    first = place[here]
    if firsts is not None:
        first, number = firsts[first], numbers[first]
        here, nth = np.repeat(here, number), np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
        first = np.repeat(first, number) + nth
    there = order[first]
    # Along a diagonal the places of a passage follow each other.
    diagonal = (here - there + len(other.shingles)) * (len(one.shingles) + 1) + here
    if (diagonal[1:] < diagonal[:-1]).any():
        ranked = np.argsort(diagonal)
        here, there, diagonal = here[ranked], there[ranked], diagonal[ranked]
    begins, length = run_bounds(diagonal - np.arange(len(diagonal)))
    rare = here
    if not sent_to_many and one.commons and one.common is not None:
        is_rare = ~one.common[here]
        common = np.add.reduceat(~is_rare, begins, dtype=np.int64)
        looked_at = length if one.looked_at is None else np.add.reduceat(one.looked_at[here], begins, dtype=np.int64)
        # A passage most of which many have is one that many have.
        kept = common <= MOSTLY * looked_at
        rare = here[is_rare & np.repeat(kept, length)]
        begins, length = begins[kept], length[kept]
    counted = len(set(one.shingles[rare].tolist()))
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
