"""Which articles may share text: a join on the five-word sequences that few articles have.

MinHash, as it is used for corpora, compares whole articles and finds neither a brief inside a longer text nor three
lifted sentences. A join on rare sequences finds whatever shares enough of them, at about the same cost: each sequence
becomes a number that also holds its article, the numbers are sorted, and equal neighbours are pairs.

What many articles have is no copy of one from another: a footer, a way to say goodbye. How many are many depends on how
many there are (`commonness`). A text that is little else than such sequences, or has more of them than furniture is
long (`LONG`), was sent to many, so those articles are compared all the same, each with the first of them.

Large sets are sampled: of the sequences those whose number is below a bound, the same ones in every article (Broder
1997, modulo sampling).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.dataset.leakage.words import SHINGLE, Ints, Numbers, run_bounds, shingles_of, text_batches

__all__ = ["SAMPLED", "Joined", "commonness", "join_texts", "needed"]

SHARED = 30
"""Different sequences that two articles share at least if one has text of the other."""
SHARE = 0.1
"""Share of the sequences of the shorter article that is enough where this is fewer."""
SHORT = 200
"""Words under which a text is short …"""
SHORT_SHARE = 0.25
"""… and must share this much of itself."""

SAMPLED = 4
"""Of so many sequences one is looked at in large sets."""
MOST_SAMPLED = 100
"""Beyond this hardly any sequence of an article is looked at."""
EXACT_CHARACTERS = 100_000_000
"""Characters of all texts up to which every sequence is looked at."""
MOSTLY = 0.5
"""Share of common sequences from which a whole text was sent to many."""
LONG = 120
"""Words of a passage up to which it may be furniture, as the foot of a page; a longer one that many have is wire."""
LIFTED, SENTENCE = 3, 8
"""So many passages of so many sequences each, that is of a sentence of twelve words, are no accident either."""
FEW = 4
"""Articles of one outlet that have the same beginning or end from which on that is furniture."""
_PAIRS_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Joined:
    """Pairs of texts that may share a passage.

    Attributes:
        pairs: shape (pairs, 2), positions of texts, the lower first, ascending.
        common: numbers of the sequences that many articles have, ascending, without their last `bits` bits.
        bits: how many bits of a sequence are not kept.
        sampled: one of so many sequences was looked at; 1 for all.
        several: numbers of those that `FEW` articles of one outlet have, likewise.
        limit: articles up to which a sequence is rare.
        sent_to_many: which texts are little else than common sequences.
        articles_with_common: in how many texts common sequences stand.
    """

    pairs: Ints
    common: Numbers
    several: Numbers
    bits: int
    sampled: int
    limit: int
    sent_to_many: NDArray[np.bool_]
    articles_with_common: int

    def looked_at(self, shingles: Numbers) -> NDArray[np.bool_]:
        """Which sequences are in the sample."""
        return shingles <= np.uint64(_bound(self.sampled))

    def are_common(self, shingles: Numbers) -> NDArray[np.bool_]:
        """Which sequences of the sample many articles have."""
        return self._among(self.common, shingles)

    def have_several(self, shingles: Numbers) -> NDArray[np.bool_]:
        """Which sequences of the sample several articles of one outlet have."""
        return self._among(self.several, shingles)

    def _among(self, these: Numbers, shingles: Numbers) -> NDArray[np.bool_]:
        if not len(these):
            return np.zeros(len(shingles), dtype=bool)
        kept = shingles >> np.uint64(self.bits)
        place = np.minimum(np.searchsorted(these, kept), len(these) - 1)
        return np.asarray(these[place] == kept)


def commonness(articles: int) -> int:
    """In how many articles a sequence may stand and still name a pair: a tenth of them, at least 5 and at most 50."""
    return min(max(articles // 10, 5), 50)


def needed(shingles: float) -> float:
    """How many of its sequences a text must share with another one at least, by how many it has."""
    if shingles < SHORT - SHINGLE + 1:
        return max(SHORT_SHARE * shingles, 1.0)
    return min(LIFTED * SENTENCE, SHARE * shingles)


def _bound(sampled: int) -> int:
    return (1 << 64) // sampled - 1


def join_texts(
    texts: Sequence[str],
    sides: Sequence[int] | None = None,
    *,
    outlets: Sequence[str] | None = None,
    sampled: int | None = None,
) -> Joined:
    """The pairs of texts that may share a passage.

    Args:
        texts: the texts.
        sides: a number for each; only texts of different ones are paired. None pairs all.
        outlets: the source of each; None for texts of one.
        sampled: look at one of so many sequences; by default at all up to `EXACT_CHARACTERS`, then at one of `SAMPLED`.
    """
    if sampled is None:
        sampled = 1 if sum(map(len, texts)) <= EXACT_CHARACTERS else SAMPLED
    side = np.arange(len(texts)) if sides is None else np.asarray(sides, dtype=np.int64)
    bits, limit = max(len(texts).bit_length(), 1), commonness(len(texts))
    keys, whole = _keys(texts, bits, sampled)
    article = (keys & np.uint64((1 << bits) - 1)).astype(np.int64)
    keys >>= np.uint64(bits)
    begins, sizes = run_bounds(keys)
    common = np.flatnonzero(sizes > limit)
    in_common = _members(begins[common], sizes[common])
    total = np.bincount(article, minlength=len(texts))
    of_common = np.bincount(article[in_common], minlength=len(texts))
    sent_to_many = of_common > MOSTLY * total
    counts = _Counts(side)
    several = np.flatnonzero((sizes > 1) & (sizes <= limit))
    for size in np.unique(sizes[several]).tolist():
        counts.add_runs(article, begins[several[sizes[several] == size]], size)
    # A passage of a text that is longer than furniture was sent to many, too; a sample is off by chance.
    long = of_common * sampled >= LONG - SHINGLE + 1 + 2 * (LONG * (sampled - 1)) ** 0.5
    reduced = in_common[(sent_to_many | long)[article[in_common]]]
    counts.add_stars(keys[reduced], article[reduced])
    # Of a text that was sent to many all sequences count, of another one the rare ones.
    own = np.where(sent_to_many, total, total - of_common)
    several = begins[_of_one_outlet(article, begins, sizes, outlets)]
    return Joined(
        pairs=np.unique(np.concatenate([counts.enough(own, sampled), _equal(whole, side)]), axis=0),
        common=keys[begins[common]],
        several=keys[several],
        bits=bits,
        sampled=sampled,
        limit=limit,
        sent_to_many=sent_to_many,
        articles_with_common=int((of_common > 0).sum()),
    )


def _keys(texts: Sequence[str], bits: int, sampled: int) -> tuple[Numbers, Numbers]:
    """Every sequence with its article in the last bits, ascending; and a number for each text, 0 without words."""
    parts = []
    whole = np.zeros(len(texts), dtype=np.uint64)
    cleared, bound = ~np.uint64((1 << bits) - 1), np.uint64(_bound(sampled))
    for first, numbers, counts in text_batches(texts):
        filled = np.flatnonzero(counts)
        if not len(filled):
            continue
        ends = np.cumsum(counts)
        # Texts of the same words in another order have it, too, and are told apart where they are compared.
        whole[first + filled] = np.add.reduceat(numbers, (ends - counts)[filled]) | np.uint64(1)
        shingles = shingles_of(numbers)
        own = np.repeat(np.arange(len(counts)), counts)
        # Not those that reach into the next text.
        chosen = own[: len(shingles)] == own[SHINGLE - 1 :]
        if sampled > 1:
            chosen &= shingles <= bound
        shingles, own = shingles[chosen], own[: len(shingles)][chosen]
        shingles &= cleared
        shingles |= (own + first).astype(np.uint64)
        parts.append(shingles)
    keys = np.concatenate(parts) if parts else np.zeros(0, dtype=np.uint64)
    del parts
    keys.sort()
    return keys[run_bounds(keys)[0]], whole


def _of_one_outlet(article: Ints, begins: Ints, sizes: Ints, outlets: Sequence[str] | None) -> Ints:
    """The runs of equal sequences in which `FEW` articles of one outlet are; those without a source count as one."""
    several = np.flatnonzero(sizes >= FEW)
    if outlets is None or len(set(outlets)) == 1 or not len(several):
        return several
    known = {name: number for number, name in enumerate(sorted(set(outlets)))}
    outlet = np.array([known[name] for name in outlets], dtype=np.int64)
    run = np.repeat(np.arange(len(several)), sizes[several])
    codes = run * len(known) + outlet[article[_members(begins[several], sizes[several])]]
    codes.sort()
    first, number = run_bounds(codes)
    return several[np.unique(codes[first[number >= FEW]] // len(known))]


def _members(begins: Ints, sizes: Ints) -> Ints:
    """The positions in runs that begin somewhere and have some size."""
    if not len(begins):
        return np.zeros(0, dtype=np.int64)
    before = np.cumsum(sizes) - sizes
    return np.asarray(np.arange(int(sizes.sum())) + np.repeat(begins - before, sizes))


class _Counts:
    """How many sequences pairs of texts share."""

    def __init__(self, side: Ints) -> None:
        self.side = side
        self.codes = np.zeros(0, dtype=np.int64)
        self.numbers = np.zeros(0, dtype=np.int64)
        self._waiting: list[Ints] = []

    def add_runs(self, article: Ints, begins: Ints, size: int) -> None:
        """Every two of each run of so many articles."""
        one, other = np.triu_indices(size, 1)
        step = max(1, _PAIRS_AT_ONCE // len(one))
        for begin in range(0, len(begins), step):
            members = article[begins[begin : begin + step, None] + np.arange(size)]
            self._add(members[:, one].ravel(), members[:, other].ravel())

    def add_stars(self, keys: Numbers, article: Ints) -> None:
        """The first of each run of equal keys with all of other sides, those of its side with the first of another."""
        if not len(keys):
            return
        begins, sizes = run_bounds(keys)
        first = np.repeat(article[begins], sizes)
        self._add(first, article)
        place = np.where(self.side[article] != self.side[first], np.arange(len(keys)), len(keys))
        other = np.repeat(np.minimum.reduceat(place, begins), sizes)
        alike = (other < len(keys)) & (self.side[article] == self.side[first]) & (article != first)
        self._add(article[alike], article[other[alike]])

    def _add(self, one: Ints, other: Ints) -> None:
        apart = self.side[one] != self.side[other]
        one, other = one[apart], other[apart]
        self._waiting.append(np.minimum(one, other) * len(self.side) + np.maximum(one, other))
        if sum(map(len, self._waiting)) > _PAIRS_AT_ONCE:
            self._settle()

    def _settle(self) -> None:
        waiting = np.concatenate([np.zeros(0, dtype=np.int64), *self._waiting])
        self._waiting = []
        codes, numbers = np.unique(waiting, return_counts=True)
        together = np.concatenate([self.codes, codes])
        self.codes, place = np.unique(together, return_inverse=True)
        self.numbers = np.bincount(place, weights=np.concatenate([self.numbers, numbers])).astype(np.int64)

    def enough(self, shingles: Ints, sampled: int) -> Ints:
        """The pairs that share enough, by how many sequences each text has; of samples those that may, shape (n, 2)."""
        self._settle()
        pairs = np.stack(np.divmod(self.codes, len(self.side)), axis=1) if len(self.codes) else np.zeros((0, 2), int)
        fewer = shingles[pairs].min(axis=1) * sampled
        least = np.where(
            fewer < SHORT - SHINGLE + 1,
            np.maximum(SHORT_SHARE * fewer, 1),
            # Of a sample, fewer would ask for every pair that quotes a sentence.
            np.minimum(LIFTED * SENTENCE if sampled == 1 else SHARED, SHARE * fewer),
        )
        if sampled > 1:
            # A sample of a share p of n has p·n of them, give or take √(n·p·(1-p)).
            share = 1 / sampled
            least = np.maximum(share * least - 1.5 * np.sqrt(least * share * (1 - share)), 1)
        return np.asarray(pairs[self.numbers >= least])


def _equal(whole: Numbers, side: Ints) -> Ints:
    """Pairs of texts of the same words, however short: each with the first one of another side."""
    order = np.argsort(whole, kind="stable")
    order = order[whole[order] != 0]
    counts = _Counts(side)
    counts.add_stars(whole[order], order.astype(np.int64))
    return counts.enough(np.zeros(len(whole), dtype=np.int64), 1)
