"""The zones of an article by their place, and articles that are given some."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import accumulate

from evalkit.records import Article, Span, Zone

__all__ = ["ZoneIndex", "zoned"]


def zoned(article: Article) -> Article:
    """The article with its zones, found by the rules if it has none."""
    if article.zones:
        return article
    # Most gold has zones, and the rules are many patterns, which take long to compile.
    from evalkit.text.zone_rules import find_zones

    return replace(article, zones=find_zones(article.text))


class ZoneIndex:
    """Zones by their place."""

    def __init__(self, zones: Iterable[Zone]) -> None:
        """Sort the zones.

        Args:
            zones: zones of one article, in any order.
        """
        self._zones = sorted(zones, key=lambda zone: zone.start)
        # Zones that overlap are none of ours, and found like others: the furthest end so far never falls.
        self._ends = list(accumulate((zone.end for zone in self._zones), max))

    def first(self, span: Span) -> Zone | None:
        """The first zone that any part of a span lies in.

        Args:
            span: a stretch of the text.
        """
        index = bisect_right(self._ends, span.start)
        return self._zones[index] if index < len(self._zones) and self._zones[index].start < span.end else None

    def outside(self, spans: Sequence[Span]) -> Sequence[Span]:
        """The spans of which no part lies in a zone.

        Args:
            spans: stretches of the text.
        """
        zones, ends = self._zones, self._ends
        if not zones:
            return spans
        following = ((span, bisect_right(ends, span[0])) for span in spans)
        return [span for span, index in following if index == len(zones) or zones[index].start >= span[1]]
