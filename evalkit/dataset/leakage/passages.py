"""Articles that share text: every pair, compared word by word, with the passages and how much of each they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from evalkit.dataset.leakage.join import (
    LIFTED,
    LONG,
    MOST_SAMPLED,
    MOSTLY,
    SENTENCE,
    SHARE,
    SHARED,
    SHORT,
    SHORT_SHARE,
    Joined,
    join_texts,
    needed,
)
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
from evalkit.errors import InputError
from evalkit.records import Article, Span

__all__ = ["Passages", "SharedText", "shared_passages", "without_furniture"]

SCATTERED = 5
"""Passages over which fewer than 30 sequences must be spread: that is a text with other words, not a quotation."""

_REFRAIN = 3
"""Times that a text says what is a refrain in it, and words of a sequence from which on it belongs to one."""
_EDGE = 12
"""Sequences beside furniture, such as those with a date, up to the edge of a text."""
_REST = 20
"""Words that an article has beside its furniture; a text that many have but for fewer was sent to them."""

_TOGETHER = 256
"""Pairs whose articles are made ready together."""
_UNPARTED = re.compile("[\u3005-\u30ff\u3400-\u9fff\U00020000-\U0003ffff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_LETTER = re.compile(r"[^\W\d_]|[\u0e30-\u0e4e]")
_REPEATED = 8
"""Places of one sequence in one text that are compared; a text that repeats itself for pages has no more to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedText:
    """Two articles that share text.

    Attributes:
        left: position of the one in what was compared.
        right: position of the other, a higher one.
        shared: different sequences of five words that both have, without those that many articles have, and a refrain
            counted once; of equal texts all, 0 where they are shorter.
        left_span: the longest passage that both have, in the one; of equal texts all of it.
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
        furnished: how many of the articles that were compared begin or end with what several of their outlet have,
            which was left out.
        without_blanks: how many articles are in a script that has no blanks between words.
    """

    pairs: tuple[SharedText, ...]
    sampled: int
    limit: int
    articles_with_common: int
    furnished: int = 0
    without_blanks: int = 0


def shared_passages(
    articles: Sequence[Article], sides: Sequence[int] | None = None, *, sampled: int | None = None
) -> Passages:
    """Every pair of articles that have text of one another.

    Two articles share text if they are equal, or if both have 30 different sequences of five words that few articles
    have; three passages of twelve words each are enough, too. Of texts with fewer than 300 words it is a tenth of the
    shorter one that is spread over five passages, and of those with fewer than 200 a quarter. Sequences that many
    articles have do not count, but for passages of more than 120 words; nor does what several articles of one
    outlet begin or end with, up to 120 words.

    Args:
        articles: the articles, in an order of the caller's that does not depend on how they were read: where a text was
            sent to many, each is paired with the first.
        sides: a number for each article; only articles of different ones are compared. None compares all.
        sampled: look at one of so many sequences; by default at all in sets of up to 100 million characters, then at
            one of four, which misses a pair in a hundred of those that share just enough.

    Raises:
        InputError: `sampled` is not from 1 to `MOST_SAMPLED`.
    """
    if sampled is not None and not 1 <= sampled <= MOST_SAMPLED:
        raise InputError(f"one of {sampled} word sequences is no sample; give 1 (all of them) to {MOST_SAMPLED}")
    texts = [article.text for article in articles]
    joined = join_texts(texts, sides, outlets=[article.source.strip() for article in articles], sampled=sampled)
    furnished: set[int] = set()
    return Passages(
        pairs=tuple(_verified(texts, joined, furnished)),
        sampled=joined.sampled,
        limit=joined.limit,
        articles_with_common=joined.articles_with_common,
        furnished=len(furnished),
        without_blanks=sum(map(_has_no_blanks, texts)),
    )


def _has_no_blanks(text: str) -> bool:
    """Whether half of the letters are of a script without blanks between words."""
    if text.isascii():
        return False
    return 2 * len(_UNPARTED.findall(text)) > len(_LETTER.findall(text))


@dataclass(frozen=True, eq=False)
class _Text:
    """A text to be compared.

    Attributes:
        words: its words.
        shingles: its sequences, in order.
        looked_at: which of them were looked at to tell which are common; None if all of them.
        common: which of them many articles have, as far as that was looked at; None if none of any text is.
        inner: where the sequences between the furniture at its beginning and end begin and end.
    """

    words: Words
    shingles: Numbers
    looked_at: NDArray[np.bool_] | None
    common: NDArray[np.bool_] | None
    inner: tuple[int, int]

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
        """How many of its sequences, but for those of furniture, are common."""
        return 0 if self.common is None else int(self.common[slice(*self.inner)].sum())

    @cached_property
    def beside_refrain(self) -> NDArray[np.bool_] | None:
        """Which sequences are little else than what the text says again and again, yet not that; None if none."""
        _, order, first, number = self.different
        if first is None or number.max() < _REFRAIN:
            return None
        often = np.zeros(len(order), dtype=bool)
        often[order] = np.repeat(number >= _REFRAIN, np.diff(first, append=len(order)))
        place = np.flatnonzero(often)
        said = _covered(place, np.full(len(place), SHINGLE), len(self.words))
        within = np.convolve(said, np.ones(SHINGLE, dtype=np.int64), "valid")
        return np.asarray((within >= _REFRAIN) & ~often)

    @property
    def own(self) -> int:
        """How many sequences it has, but for those of furniture."""
        return self.inner[1] - self.inner[0]


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
        yield _Text(words, shingles, looked_at, common, _furniture(shingles, looked_at, joined))


def _furniture(shingles: Numbers, looked_at: NDArray[np.bool_] | None, joined: Joined) -> tuple[int, int]:
    """Where the sequences begin and end that are not those of the head and foot of a page.

    Head and foot are what several articles of one outlet have at the edge of their texts, up to `LONG` words, as long
    as the article has anything else.
    """
    size = len(shingles)
    if not len(joined.several) or size <= _REST:
        return 0, size
    ends = []
    far = min(LONG + 2 * _EDGE, size)
    near = np.concatenate([np.arange(far), np.arange(size - 1, size - far - 1, -1)])
    rare = ~joined.have_several(shingles[near])
    if looked_at is not None:
        rare &= looked_at[near]
    for edge in (rare[:far], rare[far:]):
        # What is furniture lies between two sequences that are not, or one and the edge.
        bounds = [-1, *edge.nonzero()[0].tolist(), far]
        ends.append(0)
        for before, after in pairwise(bounds):
            if before >= _EDGE:
                break
            if SENTENCE < after - before <= LONG - SHINGLE + 2:
                ends[-1] = after
    begin, end = ends[0], size - ends[1]
    return (begin, end) if end - begin > _REST - SHINGLE else (0, size)


def without_furniture(articles: Sequence[Article]) -> list[str]:
    """The text of each article without what several of its outlet begin or end with up to 120 words."""
    texts = [article.text for article in articles]
    joined = join_texts(texts, [0] * len(texts), outlets=[article.source.strip() for article in articles])
    return [_inner(text, one.words, one.inner) for text, one in zip(texts, _prepared(texts, joined), strict=True)]


def _inner(text: str, words: Words, inner: tuple[int, int]) -> str:
    begin, end = inner
    # The sequences of the head reach so many words further, those of the foot begin where it does.
    start = int(words.start[begin + SHINGLE - 1]) if begin else 0
    return text[start : int(words.start[end])] if end < len(words) - SHINGLE + 1 else text[start:]


def _verified(texts: Sequence[str], joined: Joined, furnished: set[int]) -> Iterator[SharedText]:
    ready: dict[int, _Text] = {}
    for begin in range(0, len(joined.pairs), _TOGETHER):
        block = joined.pairs[begin : begin + _TOGETHER]
        numbers = np.unique(block).tolist()
        ready = {number: ready[number] for number in numbers if number in ready}
        missing = [number for number in numbers if number not in ready]
        ready |= dict(zip(missing, _prepared([texts[number] for number in missing], joined), strict=True))
        furnished.update(number for number in missing if ready[number].inner != (0, len(ready[number].shingles)))
        for left, right in block.tolist():
            sent_to_many = bool(joined.sent_to_many[left] and joined.sent_to_many[right])
            if _equal(ready[left], ready[right]):
                found: SharedText | None = _whole(left, right, texts, ready[left])
            else:
                found = _compared(left, right, ready[left], ready[right], sent_to_many)
            if found is not None and _is_so(texts, found):
                yield found


def _is_so(texts: Sequence[str], found: SharedText) -> bool:
    """Whether the passage is one, as text: numbers of words might be equal by accident."""
    one, other = (
        texts[n][s.start : s.end] for n, s in ((found.left, found.left_span), (found.right, found.right_span))
    )
    return one == other or folded_words(one) == folded_words(other)


def _equal(one: _Text, other: _Text) -> bool:
    return bool(len(one.words)) and np.array_equal(one.words.numbers, other.words.numbers)


def _whole(left: int, right: int, texts: Sequence[str], text: _Text) -> SharedText:
    """Two texts of the same words: all of both, with the marks at their ends."""
    spans = Span(0, len(texts[left])), Span(0, len(texts[right]))
    return SharedText(
        left=left,
        right=right,
        shared=len(text.different[0]) if len(text.shingles) else 0,
        left_span=spans[0],
        right_span=spans[1],
        passage_words=len(text.words),
        containment=(1.0, 1.0),
        places=(spans,),
    )


def _compared(left: int, right: int, one: _Text, other: _Text, sent_to_many: bool) -> SharedText | None:
    """What two texts share; None if it is not enough."""
    sizes = [len(text.words) for text in (one, other)]
    fewest = max(min(text.own - (0 if sent_to_many else text.commons) for text in (one, other)), 1)
    first, second, length, counts = _runs(one, other, sent_to_many, needed(fewest))
    if not len(first):
        return None
    counted = sum(counts)
    covered = [_covered(begin, length, size) for begin, size in ((first, sizes[0]), (second, sizes[1]))]
    containment = (float(covered[0].mean()), float(covered[1].mean()))
    # Of what an article has beside its furniture.
    inside = max(
        own.sum() / (text.inner[1] - text.inner[0] + SHINGLE - 1)
        for own, text in zip(covered, (one, other), strict=True)
    )
    if not _is_enough(counts, fewest, float(inside)):
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


def _is_enough(counts: Sequence[int], shingles: int, share: float) -> bool:
    """Whether it is more than a sentence that two texts quote; given are the sequences of each passage.

    `share` is that of the words of an article which stand in passages of the other, the larger one of both.
    """
    counted = sum(counts)
    if shingles < SHORT - SHINGLE + 1:
        return counted >= needed(shingles) and share >= SHORT_SHARE
    if counted >= SHARED or sum(count >= SENTENCE for count in counts) >= LIFTED:
        return True
    return counted >= SHARE * shingles and len(counts) >= SCATTERED


def _spans(words: Words, first: Ints, length: Ints) -> list[Span]:
    return list(map(Span, words.start[first].tolist(), words.end[first + length - 1].tolist()))


def _runs(one: _Text, other: _Text, sent_to_many: bool, least: float) -> tuple[Ints, Ints, Ints, list[int]]:
    """The passages of two texts: where they begin in each, their words; and how many sequences count, of each that has.

    None if there are fewer sequences than `least` in any case.
    """
    nothing = np.zeros(0, dtype=np.int64)
    none: tuple[Ints, Ints, Ints, list[int]] = (nothing, nothing, nothing, [])
    if not len(one.shingles) or not len(other.shingles):
        return none
    different, order, firsts, numbers = other.different
    place = np.searchsorted(different, one.shingles)
    place[place == len(different)] = 0
    here = np.flatnonzero(different[place] == one.shingles)
    if len(here) < max(least, 1):
        return none
    first = place[here]
    if firsts is not None:
        first, number = firsts[first], numbers[first]
        here, nth = np.repeat(here, number), np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
        first = np.repeat(first, number) + nth
    there = order[first]
    inner = (here >= one.inner[0]) & (here < one.inner[1]) & (there >= other.inner[0]) & (there < other.inner[1])
    if not inner.all():
        here, there = here[inner], there[inner]
        if not len(here):
            return none
    # Along a diagonal the places of a passage follow each other.
    diagonal = (here - there + len(other.shingles)) * (len(one.shingles) + 1) + here
    if (diagonal[1:] < diagonal[:-1]).any():
        ranked = np.argsort(diagonal)
        here, there, diagonal = here[ranked], there[ranked], diagonal[ranked]
    begins, length = run_bounds(diagonal - np.arange(len(diagonal)))
    counting = np.ones(len(here), dtype=bool)
    # What one of them says once cannot be counted often.
    if other.beside_refrain is not None and one.beside_refrain is not None:
        counting &= ~(one.beside_refrain[here] | other.beside_refrain[there])
    if not sent_to_many and one.commons and one.common is not None:
        common = one.common[here]
        commons = np.add.reduceat(common, begins, dtype=np.int64)
        looked_at = length if one.looked_at is None else np.add.reduceat(one.looked_at[here], begins, dtype=np.int64)
        # A passage most of which many have is one that many have, unless it is long.
        long = length > LONG - SHINGLE + 1
        kept = long | (commons <= MOSTLY * looked_at)
        counting &= ~common | np.repeat(long, length)
        counting = counting[np.repeat(kept, length)]
        here, there = (ends[np.repeat(kept, length)] for ends in (here, there))
        length = length[kept]
        if not len(length):
            return none
        begins = np.cumsum(length) - length
    counts = (
        _counts(one.shingles[here], counting, begins, length)
        if firsts is not None or np.bincount(there).max() > 1
        else np.add.reduceat(counting, begins, dtype=np.int64).tolist()
    )
    if (here[begins[1:]] < here[begins[:-1]]).any():
        order = np.argsort(here[begins], kind="stable")
        begins, length = begins[order], length[order]
    return here[begins].astype(np.int64), there[begins].astype(np.int64), length + SHINGLE - 1, counts


def _counts(shingles: Numbers, counting: NDArray[np.bool_], begins: Ints, length: Ints) -> list[int]:
    """How many different sequences count of each passage, the longest first; each counts once."""
    seen: set[int] = set()
    counts = []
    for number in np.argsort(-length, kind="stable").tolist():
        part = slice(int(begins[number]), int(begins[number] + length[number]))
        new = set(shingles[part][counting[part]].tolist()) - seen
        seen |= new
        counts += [len(new)] if new else []
    return counts


def _covered(begin: Ints, length: Ints, size: int) -> NDArray[np.bool_]:
    """Which words stand in a passage."""
    steps = np.zeros(size + 1, dtype=np.int64)
    np.add.at(steps, begin, 1)
    np.add.at(steps, begin + length, -1)
    return np.cumsum(steps[:-1]) > 0
