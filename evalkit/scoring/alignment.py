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
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from evalkit.layers.table import all_layers
from evalkit.records import AUTHOR, TOPIC_PREFIX, Annotations, Span

__all__ = ["Alignment", "align", "any_overlap", "plain_name"]

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
    ours = sorted((span, name) for name, spans in mentions.items() for span in spans)
    starts = [span.start for span, _ in ours]
    reach = list(itertools.accumulate((span.end for span, _ in ours), max))
    ids = {}
    for name, spans in _mentions(predicted).items():
        vote: Counter[str] = Counter()
        for span in spans:
            near = ours[bisect.bisect_right(reach, span.start) : bisect.bisect_left(starts, span.end)]
            for other, match in near:
                if _overlap(span, other):
                    vote[match] += EQUAL_VOTES if span == other else 1
        if vote:
            ids[name] = _best(name, vote)
    return Alignment(ids, mentions)


def _best(name: str, vote: Counter[str]) -> str:
    return name if name in vote else min(vote, key=lambda other: (-vote[other], other))


def _mentions(annotations: Annotations) -> dict[str, tuple[Span, ...]]:
    by_id: defaultdict[str, set[Span]] = defaultdict(set)
    for layer in all_layers():
        for item in layer.of(annotations) or ():
            for entity_id, spans in layer.mentions(item):
                by_id[entity_id].update(spans)
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
