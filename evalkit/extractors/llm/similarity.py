"""The stretch of a text that is most like some words, by `difflib.SequenceMatcher`.

The similarity is twice the characters in common over the characters of both, of folded words with a space between.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from evalkit.extractors.llm.grounding import Word

__all__ = ["NEAR", "most_similar"]

NEAR = 0.8
"""The similarity from which on a stretch is an altered copy and no invention."""


def most_similar(words: Sequence[Word], wanted: Sequence[str]) -> tuple[int, int] | None:
    """The first word and the number of words of the stretch that is most like the wanted words.

    Of several the shortest, then the first. None if none has a similarity of at least `NEAR`.
    """
    best: tuple[float, int, int] | None = None
    for first, behind in _candidates(words, wanted):
        there = " ".join(word.folded for word in words[first:behind])
        matcher = SequenceMatcher(None, there, " ".join(wanted), autojunk=False)
        if matcher.quick_ratio() < NEAR:
            continue
        rank = (matcher.ratio(), first - behind, -first)
        best = rank if best is None else max(best, rank)
    return None if best is None or best[0] < NEAR else (-best[2], -best[1])


def _candidates(words: Sequence[Word], wanted: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Stretches of the text, as the first word and the one behind the last, that have most words in common."""
    for window in _densest(words, wanted):
        low, high = max(window - 3, 0), min(window + len(wanted) + 3, len(words))
        there = [word.folded for word in words[low:high]]
        blocks = SequenceMatcher(None, there, wanted, autojunk=False).get_matching_blocks()[:-1]
        if not blocks:
            continue
        head, tail = blocks[0], blocks[-1]
        # What the model changed at the ends is as many words of the text, or none.
        firsts = {low + head.a, max(low + head.a - head.b, 0)}
        behind = low + tail.a + tail.size
        lasts = {behind, min(behind + len(wanted) - tail.b - tail.size, len(words))}
        yield from sorted((first, last) for first in firsts for last in lasts if first < last)


def _densest(words: Sequence[Word], wanted: Sequence[str]) -> list[int]:
    """Where the windows of that many words start that have most of them, at most four."""
    size, lacking, common = len(wanted), Counter(wanted), 0
    shared: list[int] = []
    for at, word in enumerate(words):
        common += lacking[word.folded] > 0
        lacking[word.folded] -= 1
        if at >= size:
            gone = words[at - size].folded
            lacking[gone] += 1
            common -= lacking[gone] > 0
        shared.append(common)
    most = max(shared, default=0)
    ends = [at for at, number in enumerate(shared) if number == most and most]
    return [max(at - size + 1, 0) for at in ends[:4]]
