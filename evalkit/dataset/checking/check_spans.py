"""Checks of where things stand: spans against the text, against the text beside them, against each other."""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from math import inf
from operator import lt

from evalkit.dataset.checking.offsets import Evidence, likely_cause
from evalkit.dataset.checking.problems import Problem, place_of
from evalkit.layers.base import surface
from evalkit.layers.table import all_layers, load_layer
from evalkit.records import ZONES, Annotations, Article, Span
from evalkit.showing import number_of
from evalkit.text.difference import same_but_for

__all__ = ["are_possible", "check_overlaps", "check_surfaces", "check_zones", "span_problems"]

UNEXPLAINED = "is it the text that was annotated?"
MOST_CROSSED = 100
"""With so many others a span is said to cross; thousands of long ones would do so with each of the others."""


def span_problems(
    article: Article,
    annotations: Annotations,
    evidence: Evidence,
) -> Iterator[Problem]:
    """Spans that cannot be in the text; where the text is not known they must still be whole stretches of some text.

    Args:
        article: the article.
        annotations: gold or predictions.
        evidence: what else is known, to find the cause.
    """
    limit, cause = _limit(article), ""
    for layer in all_layers():
        items, spans_of = layer.of(annotations) or (), layer.spans
        named = layer.spans_field is None or not layer.needs_spans or all(map(spans_of, items))
        # Most layers of most gold: this is where the time of checking goes.
        if named and are_possible(layer.every_span(items), limit):
            continue
        for index, item in enumerate(items):
            spans = spans_of(item)
            if not spans and layer.spans_field is not None and layer.needs_spans:
                message = f"the {layer.one} has no {layer.span_names[layer.spans_field]}; add [start, end]"
                yield Problem(article.id, place_of(layer.name, index, item.id), "span-missing", message)
            for name, span in layer.parts(item):
                if not 0 <= span.start < span.end <= limit:
                    place = place_of(layer.name, index, item.id)
                    if not cause and article.text:
                        cause = likely_cause(article, annotations, evidence) or UNEXPLAINED
                    yield _impossible(article, place, f"{name} {list(span)}", span, cause)


def are_possible(spans: Sequence[Span], limit: float) -> bool:
    """Whether all spans hold something, and lie before the end of a text."""
    if not spans:
        return True
    starts, ends = zip(*spans, strict=True)
    return min(starts) >= 0 and max(ends) <= limit and all(map(lt, starts, ends))


def _limit(article: Article) -> float:
    """Where the text ends; nowhere if it is not known."""
    return len(article.text) or inf


def _impossible(article: Article, place: str, name: str, span: Span, cause: str) -> Problem:
    known = f"; {cause}" if "--offsets" in cause else ""
    if span.start > span.end:
        message = f"{name} starts after its end; offsets are [start, end), maybe they are swapped"
        return Problem(article.id, place, "span-reversed", message)
    if span.start < 0 and not article.text:
        message = f"{name} begins before the text; count from the start of the text"
        return Problem(article.id, place, "offset-out-of-range", message)
    if span.start < 0 or span.end > _limit(article):
        what = cause or UNEXPLAINED if span.start >= 0 else "count from the start of the text"
        message = f"{name} is outside the text of {number_of(len(article.text), 'code point')}; {what}"
        return Problem(article.id, place, "offset-out-of-range", message)
    message = f"{name} is empty; ends are exclusive: an inclusive end needs 1 added{known}"
    return Problem(article.id, place, "span-empty", message)


def check_surfaces(article: Article, gold: Annotations, evidence: Evidence) -> Iterator[Problem]:
    """Items whose spans do not hold the text that the file gives beside them; none where there is no text to read."""
    if not article.text:
        return
    cause: str | None = None
    shift = 0
    for (name, index), claimed in sorted(evidence.surfaces.items()):
        layer, items = load_layer(name), gold[name] or ()
        if index >= len(items) or not layer.shows_text:
            continue
        spans = layer.spans(items[index])
        found = surface(article.text, spans)
        if not spans or found == claimed:
            continue
        if cause is None:
            cause = likely_cause(article, gold, evidence)
            shift = 0 if cause else _common_shift(article.text, list(_claims(gold, evidence.surfaces)))
        message = (
            f"spans {[list(span) for span in spans]} hold {_shorten(found)}, the file says {_shorten(claimed)}; "
            f"{cause or _cause_of_mismatch(article.text, found, claimed, shift)}"
        )
        yield Problem(article.id, place_of(name, index, items[index].id), "text-mismatch", message)


def _claims(gold: Annotations, surfaces: Mapping[tuple[str, int], str]) -> Iterator[tuple[Sequence[Span], str]]:
    for (name, index), claimed in sorted(surfaces.items()):
        layer, items = load_layer(name), gold[name] or ()
        if index < len(items) and layer.shows_text and layer.spans(items[index]):
            yield layer.spans(items[index]), claimed


def _shorten(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:28]} … {text[-28:]}")


def _cause_of_mismatch(text: str, found: str, claimed: str, shift: int) -> str:
    """What can be said of an item where no way of counting explains all of its article."""
    if shift:
        far = number_of(abs(shift), "character")
        return f"every item of the article holds its text {far} {'before' if shift < 0 else 'after'}"
    if words := same_but_for(claimed, found):
        return f"of these texts {words}"
    place = text.find(claimed)
    if place >= 0 and claimed:
        return f"that text stands at [{place}, {place + len(claimed)}]"
    return "that text is nowhere in the article: is it the text that was annotated?"


def _common_shift(text: str, entries: Sequence[tuple[Sequence[Span], str]]) -> int:
    """By how much all spans of two or more items are off; 0 if there is no one number, or there are several."""
    common: set[int] | None = None
    for spans, claimed in entries:
        if len(spans) != 1 or not claimed:
            return 0
        own = {match.start() - spans[0].start for match in re.finditer(f"(?={re.escape(claimed)})", text)}
        common = own if common is None else common & own
        if not common:
            return 0
    return common.pop() if common and len(common) == 1 and len(entries) > 1 else 0


def check_zones(article: Article) -> Iterator[Problem]:
    """Zones of unknown kind, outside the text, empty or overlapping."""
    ordered = sorted(enumerate(article.zones), key=lambda entry: (entry[1].start, entry[1].end))
    previous = None
    for index, zone in ordered:
        place = f"zones[{index}] ({zone.kind})"
        if zone.kind not in ZONES:
            message = f"zone kind {zone.kind!r} is unknown; use one of {', '.join(ZONES)}"
            yield Problem(article.id, place, "zone-unknown", message)
        span = Span(zone.start, zone.end)
        if not 0 <= span.start < span.end <= _limit(article):
            yield _impossible(article, place, f"zone {list(span)}", span, "")
        elif previous is not None and span.start < previous.end:
            message = f"zone {list(span)} overlaps the zone {list(previous)}; a place is in one zone"
            yield Problem(article.id, place, "zone-overlap", message)
        if previous is None or span.end > previous.end:
            previous = span


def check_overlaps(article: Article, gold: Annotations) -> Iterator[Problem]:
    """Items that cross each other, in layers whose items are inside each other or apart."""
    for layer in all_layers():
        items = layer.of(gold) or ()
        if not layer.may_cross and not _are_nested(chain.from_iterable(map(layer.spans, items))):
            spans = [(span, index, item.id) for index, item in enumerate(items) for span in layer.spans(item)]
            yield from _crossings(article, layer.name, spans)


def _are_nested(spans: Iterable[Span]) -> bool:
    """Whether spans that can be are inside each other or apart, and none crosses another."""
    open_ends: list[int] = []
    for start, end in sorted(spans, key=_longer_first):
        while open_ends and open_ends[-1] <= start:
            open_ends.pop()
        if start >= end or (open_ends and open_ends[-1] < end):
            return False
        open_ends.append(end)
    return True


def _longer_first(span: Span) -> tuple[int, int]:
    return span[0], -span[1]


def _crossings(article: Article, layer: str, spans: list[tuple[Span, int, str]]) -> Iterator[Problem]:
    reported: set[tuple[int, int]] = set()
    ordered = sorted(spans, key=lambda entry: (entry[0][0], -entry[0][1], entry[1]))
    # Those that are still open, by their end: of spans inside each other none is looked at.
    open_spans: list[tuple[int, int]] = []
    for number, (span, index, name) in enumerate(ordered):
        del open_spans[: bisect_left(open_spans, (span.start + 1, 0))]
        crossed = open_spans[: min(bisect_left(open_spans, (span.end, 0)), MOST_CROSSED)]
        for earlier in sorted(place for _, place in crossed):
            other, other_index, other_name = ordered[earlier]
            if other.start < span.start and (other_index, index) not in reported:
                reported.add((other_index, index))
                where = place_of(layer, other_index, other_name)
                message = f"{list(span)} crosses {list(other)} of {where}; nest or part them"
                yield Problem(article.id, place_of(layer, index, name), "spans-cross", message)
        insort(open_spans, (span.end, number))
