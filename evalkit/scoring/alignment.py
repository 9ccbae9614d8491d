"""Which gold thing a predicted entity_id, speaker or holder means.

Entity ids of an extractor may be its own names, so they are compared through mentions. A predicted id stands for the
gold id of the same name if the two share a mention, else for the gold id that shares the most mentions with it (equal
spans count before overlapping ones). An id whose mentions meet none of the gold is compared by name.
"""

from __future__ import annotations

import bisect
import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from evalkit.layers.table import all_layers
from evalkit.records import AUTHOR, TOPIC_PREFIX, Annotations, Span

__all__ = ["Alignment", "align", "aligned_alike", "any_overlap", "plain_name"]

EQUAL_VOTES = 1000


@dataclass(frozen=True)
class Alignment:
    """The predicted names of one article in terms of the gold.

    Attributes:
        ids: predicted entity_id → gold entity_id, for those that share a mention with one.
        mentions: gold entity_id → the spans that mean it, in whatever layer they stand.
    """

    ids: dict[str, str]
    mentions: dict[str, tuple[Span, ...]]

    def gold_id(self, name: str) -> str:
        """The gold name of a predicted holder, target or speaker; its own name if it meets nobody in the gold."""
        if name == AUTHOR:
            return name
        if name.startswith(TOPIC_PREFIX):
            return TOPIC_PREFIX + _plain(name.removeprefix(TOPIC_PREFIX))
        return self.ids.get(name, name)

    def means(self, span: Span, gold_id: str) -> bool:
        """Whether a span overlaps a mention of a gold entity."""
        return any(_overlap(span, mention) for mention in self.mentions.get(gold_id, ()))


def plain_name(name: str) -> str:
    """A gold holder or target in the form in which `Alignment.gold_id` gives it back."""
    return TOPIC_PREFIX + _plain(name.removeprefix(TOPIC_PREFIX)) if name.startswith(TOPIC_PREFIX) else name


def align(gold: Annotations, predicted: Annotations) -> Alignment:
    """The alignment of one article."""
    mentions = _mentions(gold)
    votes = _Votes(mentions)
    meant = {name: votes.best(name, spans) for name, spans in _mentions(predicted).items()}
    return Alignment({name: best for name, best in meant.items() if best is not None}, mentions)


def aligned_alike(gold: Annotations, ours: Annotations, theirs: Annotations, names: Collection[str]) -> bool:
    """Whether some names mean the same in two predictions of one article (`Alignment.gold_id`)."""
    sides = _mentions(ours, names), _mentions(theirs, names)
    if sides[0] == sides[1]:
        return True
    votes = _Votes(_mentions(gold))
    return all(
        votes.best(name, sides[0].get(name, ())) == votes.best(name, sides[1].get(name, ()))
        for name in {*sides[0], *sides[1]}
        if sides[0].get(name) != sides[1].get(name)
    )


class _Votes:
    """The mentions of the gold in an article, and whom they speak for."""

    def __init__(self, mentions: Mapping[str, Iterable[Span]]) -> None:
        self._ours = sorted([(span, name) for name, spans in mentions.items() for span in spans])
        self._starts = [span.start for span, _ in self._ours]
        self._reach = list(itertools.accumulate((span.end for span, _ in self._ours), max))

    def best(self, name: str, spans: Iterable[Span]) -> str | None:
        """The gold name that a predicted one with some mentions means; None if these meet none of the gold."""
        vote: Counter[str] = Counter()
        for span in spans:
            near = self._ours[bisect.bisect_right(self._reach, span.start) : bisect.bisect_left(self._starts, span.end)]
            for other, match in near:
                if _overlap(span, other):
                    vote[match] += EQUAL_VOTES if span == other else 1
        return _best(name, vote) if vote else None


def _best(name: str, vote: Counter[str]) -> str:
    return name if name in vote else min(vote, key=lambda other: (-vote[other], other))


def _mentions(annotations: Annotations, names: Collection[str] | None = None) -> dict[str, tuple[Span, ...]]:
    by_id: defaultdict[str, set[Span]] = defaultdict(set)
    for layer in all_layers():
        items = layer.of(annotations) or ()
        for name, spans in zip(*layer.named_spans(items), strict=True):
            if spans and name is not None and (names is None or name in names):
                by_id[name].update(spans)
    return {name: tuple(sorted(spans)) for name, spans in sorted(by_id.items())}


def _overlap(first: Span, second: Span) -> bool:
    return first.start < second.end and second.start < first.end


def any_overlap(first: Iterable[tuple[int, int]], second: Iterable[tuple[int, int]]) -> bool:
    """Whether any span of one side overlaps any span of the other."""
    others = sorted(second)
    if not others:
        return False
    # A span meets one of those that start before its end if any of these reaches beyond its start.
    starts = [start for start, _ in others]
    reach = list(itertools.accumulate((end for _, end in others), max))
    return any(
        before > 0 and reach[before - 1] > start
        for start, end in first
        for before in (bisect.bisect_left(starts, end),)
    )


# The names of a few topics are asked for again with every pair of stances.
@lru_cache(maxsize=1 << 12)
def _plain(topic: str) -> str:
    return re.sub(r"[\W_]+", "-", topic.casefold()).strip("-")
