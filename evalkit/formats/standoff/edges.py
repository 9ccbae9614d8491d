"""Whether a span begins and ends at the edge of a word: which speaks for offsets whose unit nothing else tells."""

from __future__ import annotations

import re
import unicodedata

from evalkit.records import Span

__all__ = ["are_joined", "is_at_edges"]

_WITH_BLANKS = re.compile("[^\\W_\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\U0010ffff]")
"""A letter or digit of a script that puts blanks between words."""
_JOINER = "\u200d"


def is_at_edges(text: str, span: Span) -> bool:
    """Whether a span begins and ends at the edge of a word, and parts no character."""
    inside = text[span.start : span.end]
    return inside.strip() == inside and not any(
        0 < edge < len(text)
        and (are_joined(*text[edge - 1 : edge + 1]) or all(map(_WITH_BLANKS.match, text[edge - 1 : edge + 1])))
        for edge in span
    )


def are_joined(before: str, letter: str) -> bool:
    """Whether two code points are parts of what readers see as one character."""
    if letter <= "\u02ff":
        return before == "\r" and letter == "\n"
    if letter == _JOINER or "\U0001f3fb" <= letter <= "\U0001f3ff":
        return True
    category = unicodedata.category(letter)
    return category in ("Mn", "Me", "Mc") or (before == _JOINER and category == "So")
