"""Which of two articles that share text is likely the original, and what says so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from evalkit.dataset.leakage.passages import SharedText
from evalkit.records import Article

__all__ = ["AGENCY", "BY_ID", "CONTAINED", "CREDITED", "EARLIER", "Original", "original_of"]

EARLIER, CREDITED, AGENCY, CONTAINED, BY_ID = "earlier", "credited", "agency", "contained", "first by id"
"""What says so: it was published earlier, the other credits its source, its source is a news agency, nearly all of it
stands in the other, or nothing."""

_AGENCIES = re.compile(
    r"reuters|(?:the )?associated press|ap|afp|agence france[- ]presse|dpa|efe|ansa|apa|belga|anp|ntb|ritzau|stt|tt"
    r"|lusa|pap|tass|xinhua|kyodo|yonhap|pti|press trust of india|ians|bernama|aap|pa media|press association"
    r"|(?:the )?canadian press|upi|keystone-sda|interfax|ukrinform",
    re.I,
)
_WHOLE, _CLEARLY = 0.8, 0.1
"""Share of an article from which it is contained, and by how much that of the other must be lower."""
_DAY, _SECOND = 10, 19
"""Characters of an ISO date, and of one with its time without a zone."""
_SHORTEST_NAME = 3


class Original(NamedTuple):
    """The likely original: 0 for the left one, 1 for the right one, and what says so."""

    side: int
    because: str


def original_of(articles: Sequence[Article], shared: SharedText) -> Original:
    """The likely original of a pair: dates are asked first, then credits, then lengths."""
    both = articles[shared.left], articles[shared.right]
    one, other = both
    if (order := _order(one.published, other.published)) != 0:
        return Original(int(order > 0), EARLIER)
    credits = [_credits(both[side], both[1 - side].source) for side in (0, 1)]
    if credits[0] != credits[1]:
        return Original(int(credits[0]), CREDITED)
    of_agency = [bool(_AGENCIES.fullmatch(article.source.strip())) for article in both]
    if of_agency[0] != of_agency[1]:
        return Original(int(of_agency[1]), AGENCY)
    left, right = shared.containment
    if max(left, right) >= _WHOLE and abs(left - right) >= _CLEARLY:
        return Original(int(right > left), CONTAINED)
    return Original(int(other.id < one.id), BY_ID)


def _order(one: str, other: str) -> int:
    """-1 if the first date is the earlier one, 1 if it is the later one, 0 if they do not tell."""
    if not one or not other:
        return 0
    for length in (_DAY, _SECOND):
        # Times of day can be compared in one zone only.
        if length == _SECOND and one[_SECOND:] != other[_SECOND:]:
            return 0
        before, after = one[:length], other[:length]
        if len(before) != len(after):
            return 0
        if before != after:
            return -1 if before < after else 1
    return 0


def _credits(article: Article, source: str) -> bool:
    """Whether an article names the source of another one, which is not its own."""
    name = source.strip()
    if len(name) < _SHORTEST_NAME or name.casefold() == article.source.strip().casefold():
        return False
    return bool(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", article.text))
