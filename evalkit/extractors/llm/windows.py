"""Articles that are too long for one request, cut into windows of whole sentences, of which neighbours share some."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from evalkit.extractors.llm.grounding import Page
from evalkit.records import Article, Span
from evalkit.text.sentences import sentence_ends

__all__ = ["Window", "cut_windows"]

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A part of an article.

    Attributes:
        start: where it begins, in code points of the text.
        own: the part of the text that counts from this window: what neighbours share is divided in the middle.
        shown: its text without boilerplate.
        page: its text for looking up strings; offsets in it are those in the text of the article less `start`.
    """

    start: int
    own: Span
    shown: str
    page: Page


def cut_windows(article: Article, size: int, overlap: int) -> list[Window]:
    """The windows of an article in order, together all of it; one if it is not too long.

    Args:
        article: the article, with zones.
        size: how many characters outside boilerplate a window may have; 0 is no limit.
        overlap: how many of them it shares with the next, at most.
    """
    text, whole = article.text, Span(0, len(article.text))
    hidden = sorted(Span(zone.start, zone.end) for zone in article.zones if zone.kind == "boilerplate")
    if not size or len(_visible(text, hidden, whole).strip()) <= size:
        return [_window(text, hidden, whole, whole)]
    units = list(_units(text, size))
    runs = _runs([len(_visible(text, hidden, unit)) for unit in units], size, overlap)
    middles = [units[(before[1] + after[0]) // 2].start for before, after in pairwise(runs)]
    owned = [Span(*edges) for edges in pairwise([0, *middles, len(text)])]
    places = [Span(units[first].start, units[behind - 1].end) for first, behind in runs]
    windows = [_window(text, hidden, place, own) for place, own in zip(places, owned, strict=True)]
    return [window for window in windows if window.shown.strip()]


def _visible(text: str, hidden: Sequence[Span], place: Span) -> str:
    """The text of a place, what is hidden left out."""
    shown, at = [], place.start
    for span in hidden:
        shown.append(text[at : max(at, min(span.start, place.end))])
        at = max(at, min(span.end, place.end))
    shown.append(text[at : place.end])
    return "".join(shown)


def _window(text: str, hidden: Sequence[Span], place: Span, own: Span) -> Window:
    inside = [
        Span(max(span.start, place.start) - place.start, min(span.end, place.end) - place.start)
        for span in hidden
        if span.start < place.end and place.start < span.end
    ]
    page = Page(text[place.start : place.end], inside)
    return Window(start=place.start, own=own, shown=_visible(text, hidden, place), page=page)


def _units(text: str, size: int) -> Iterator[Span]:
    """The sentences of the text, in order and without a gap; those longer than half a window in parts."""
    most = max(size // 2, 1)
    for line in _LINE.finditer(text):
        start = line.start()
        inner = [end for end in sentence_ends(text, start, line.end()) if text[end : line.end()].strip()]
        for end in [*inner, line.end()]:
            while end - start > most:
                gap = text.rfind(" ", start, start + most)
                cut = gap + 1 if gap > start else start + most
                yield Span(start, cut)
                start = cut
            if start < end:
                yield Span(start, end)
                start = end


def _runs(lengths: Sequence[int], size: int, overlap: int) -> list[tuple[int, int]]:
    """Runs of units of these lengths that fit into a window, as the first and the one behind the last."""
    runs: list[tuple[int, int]] = []
    first = 0
    while True:
        behind, room = first, size
        while behind < len(lengths) and (behind == first or lengths[behind] <= room):
            room -= lengths[behind]
            behind += 1
        runs.append((first, behind))
        if behind == len(lengths):
            return runs
        following, room = behind, overlap
        while following - 1 > first and lengths[following - 1] <= room:
            following -= 1
            room -= lengths[following]
        first = following
