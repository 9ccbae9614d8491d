"""Lines between paragraphs that are no part of the article: what pages and scrapers leave there."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from evalkit.dataset.perturbing.edits import Edit, EditedText
from evalkit.dataset.perturbing.spelling import Draw, line_end
from evalkit.layers.table import load_layer
from evalkit.records import Example, Span, Zone

__all__ = ["boilerplate", "with_boilerplate_zones"]

_LINES = (
    "Advertisement",
    "Share this article",
    "Read more: five things to know this week",
    "Sign up for our morning newsletter. You can unsubscribe at any time.",
    "Related stories",
    "This story is for subscribers. Log in to go on reading.",
    "Listen to this article · 4 min",
    "Most read",
    "Comments are closed on this article.",
    "We use cookies. Accept all or manage your choices.",
    "Story continues below",
    "All rights reserved. No part of this page may be used without permission.",
)
_BREAKS = (re.compile(r"(?<=\S)(?:\r?\n){2,}(?=\S)"), re.compile(r"(?<=\S)\r?\n(?=\S)"))
"""Where paragraphs end: at an empty line or, in a text without any, at every line."""
_OFTEN = 0.4
"""Share of the paragraphs after which something stands."""


def boilerplate(example: Example, draw: Draw) -> Iterator[Edit]:
    """Advertisement, newsletter and links between paragraphs, after one in the article at least and at its end.

    Nothing is put inside an item or the parts of one, as in the middle of a quotation of two paragraphs. Where the
    article has zones, what is put in is one of its own.
    """
    text = example.article.text
    covered = _covered(example)
    end = line_end(text)
    gap, pattern = (2 * end, _BREAKS[0]) if _BREAKS[0].search(text) else (end, _BREAKS[1])
    places = [match.start() for match in pattern.finditer(text)]
    kept = {zone.end for zone in example.article.zones if zone.kind in ("headline", "lead", "byline")}
    free = [place for place in places if place not in kept and not _inside(place, covered)]
    chosen = [place for place in free if draw(f"break {place}") < _OFTEN] or free[:1]
    last = len(text.rstrip())
    for place in [*chosen, *([last] if last and free else [])]:
        line = _LINES[int(draw(f"line {place}") * len(_LINES))]
        yield Edit(place, place, f"{gap}{line}")


def _covered(example: Example) -> list[Span]:
    """From the first to the last letter of every item, with all of its parts, in order."""
    hulls = []
    for own in (example.gold, *example.readings.values()):
        for name, items in own.layers.items():
            layer = load_layer(name)
            for item in items:
                if spans := [span for _, span in layer.parts(item)]:
                    hulls.append(Span(min(span.start for span in spans), max(span.end for span in spans)))
    merged: list[Span] = []
    for hull in sorted(hulls):
        if merged and hull.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(hull.end, merged[-1].end))
        else:
            merged.append(hull)
    return merged


def _inside(place: int, covered: Sequence[Span]) -> bool:
    at = bisect_right(covered, (place, place)) - 1
    return at >= 0 and covered[at].start < place < covered[at].end


def with_boilerplate_zones(zones: Sequence[Zone], edits: Sequence[Edit], edited: EditedText) -> tuple[Zone, ...]:
    """The zones after lines were put in: each line one of its own, and what it parts in two zones of one kind."""
    if not zones:
        return ()
    lines = []
    moved = 0
    for edit in edits:
        start = edit.start + moved
        moved += len(edit.new)
        lines.append(Span(start + len(edit.new) - len(edit.new.lstrip()), start + len(edit.new)))
    parts: list[Zone] = [Zone("boilerplate", *line) for line in lines]
    for zone in zones:
        start = zone.start
        for line in lines:
            if zone.start < line.start and line.end <= zone.end:
                parts += _bare(zone.kind, start, line.start, edited.text)
                start = line.end
        parts += _bare(zone.kind, start, zone.end, edited.text)
    return tuple(sorted(parts, key=lambda zone: (zone.start, zone.end, zone.kind)))


def _bare(kind: str, start: int, end: int, text: str) -> list[Zone]:
    """A zone without blanks at its edges; nothing if there is nothing else in it."""
    words = text[start:end]
    start, end = start + len(words) - len(words.lstrip()), end - (len(words) - len(words.rstrip()))
    return [Zone(kind, start, end)] if start < end else []
