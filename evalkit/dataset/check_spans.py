"""Checks of where things stand: spans against the text, against the text beside them, against each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import inf

from evalkit.dataset.problems import Problem, place_of
from evalkit.layers.base import surface
from evalkit.layers.table import all_layers, load_layer
from evalkit.records import ZONES, Annotations, Article, Span

__all__ = ["check_overlaps", "check_surfaces", "check_zones", "span_problems"]


def span_problems(article: Article, annotations: Annotations) -> Iterator[Problem]:
    """Spans that cannot be in the text; where the text is not known they must still be whole stretches of some text."""
    limit = _limit(article)
    for layer in all_layers():
        items, spans_of = layer.of(annotations) or (), layer.spans
        only = len(layer.span_names) == 1 and layer.spans_field is not None
        for index, item in enumerate(items):
            spans = spans_of(item)
            # Most items of most gold: this is where the time of checking goes.
            if spans and only and all(0 <= start < end <= limit for start, end in spans):
                continue
            if not spans and layer.spans_field is not None and layer.needs_spans:
                message = f"the {layer.one} has no {layer.span_names[layer.spans_field]}; add [start, end]"
                yield Problem(article.id, place_of(layer.name, index, item.id), "span-missing", message)
            for name, span in layer.parts(item):
                if not 0 <= span.start < span.end <= limit:
                    place = place_of(layer.name, index, item.id)
                    yield _impossible(article, place, f"{name} {list(span)}", span, _furthest(annotations))


def _limit(article: Article) -> float:
    """Where the text ends; nowhere if it is not known."""
    return len(article.text) or inf


def _impossible(article: Article, place: str, name: str, span: Span, furthest: int) -> Problem:
    if span.start > span.end:
        message = f"{name} starts after its end; offsets are [start, end), maybe they are swapped"
        return Problem(article.id, place, "span-reversed", message)
    if span.start < 0 and not article.text:
        message = f"{name} begins before the text; count from the start of the text"
        return Problem(article.id, place, "offset-out-of-range", message)
    if span.start < 0 or span.end > _limit(article):
        cause = _cause_of_range(article.text, furthest) if span.start >= 0 else "count from the start of the text"
        message = f"{name} is outside the text of {len(article.text)} code points; {cause}"
        return Problem(article.id, place, "offset-out-of-range", message)
    message = f"{name} is empty; ends are exclusive: an inclusive end needs 1 added"
    return Problem(article.id, place, "span-empty", message)


def _furthest(annotations: Annotations) -> int:
    items = ((layer, item) for layer in all_layers() for item in layer.of(annotations) or ())
    return max((span.end for layer, item in items for _, span in layer.parts(item)), default=0)


def _cause_of_range(text: str, furthest: int) -> str:
    """The unit in which all offsets of the article would fit, if counting in it makes the text longer."""
    units = {
        "UTF-16 code units": len(text.encode("utf-16-le", "surrogatepass")) // 2,
        "UTF-8 bytes": len(text.encode("utf-8", "surrogatepass")),
        "characters of a text with CRLF line ends": len(text) + text.count("\n"),
    }
    for name, length in units.items():
        if len(text) < furthest <= length:
            return f"all offsets would fit if they count {name} (length {length}): convert them to code points"
    return "is it the text that was annotated?"


def check_surfaces(article: Article, gold: Annotations, surfaces: Mapping[tuple[str, int], str]) -> Iterator[Problem]:
    """Items whose spans do not hold the text that the file gives beside them; none where there is no text to read."""
    if not article.text:
        return
    for (name, index), claimed in sorted(surfaces.items()):
        layer, items = load_layer(name), gold[name] or ()
        if index >= len(items) or not layer.shows_text:
            continue
        spans = layer.spans(items[index])
        found = surface(article.text, spans)
        if not spans or found == claimed:
            continue
        message = (
            f"spans {[list(span) for span in spans]} hold {_shorten(found)}, the file says {_shorten(claimed)}; "
            f"{_cause_of_mismatch(article.text, spans, claimed)}"
        )
        yield Problem(article.id, place_of(name, index, items[index].id), "text-mismatch", message)


def _shorten(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:28]} … {text[-28:]}")


def _cause_of_mismatch(text: str, spans: Sequence[Span], claimed: str) -> str:
    """The way of counting under which the spans hold what the file claims, if there is one."""
    for name, read in _COUNTING.items():
        if " … ".join(read(text, span) for span in spans) == claimed:
            return f"they hold it if the offsets are {name}: convert them to half-open code points"
    place = text.find(claimed)
    if place >= 0 and claimed:
        return f"that text stands at [{place}, {place + len(claimed)}]"
    return "that text is nowhere in the article: is it the text that was annotated?"


def _by_utf16(text: str, span: Span) -> str:
    units = text.encode("utf-16-le", "surrogatepass")
    return units[2 * max(span.start, 0) : 2 * max(span.end, 0)].decode("utf-16-le", "replace")


def _by_utf8(text: str, span: Span) -> str:
    return text.encode("utf-8", "surrogatepass")[max(span.start, 0) : max(span.end, 0)].decode("utf-8", "replace")


def _by_crlf(text: str, span: Span) -> str:
    return text.replace("\n", "\r\n")[max(span.start, 0) : max(span.end, 0)].replace("\r\n", "\n")


_COUNTING: dict[str, Callable[[str, Span], str]] = {
    "UTF-16 code units": _by_utf16,
    "UTF-8 bytes": _by_utf8,
    "inclusive ends": lambda text, span: text[max(span.start, 0) : max(span.end + 1, 0)],
    "counted from 1": lambda text, span: text[max(span.start - 1, 0) : max(span.end - 1, 0)],
    "counted from 1 with inclusive ends": lambda text, span: text[max(span.start - 1, 0) : max(span.end, 0)],
    "counted in a text with CRLF line ends": _by_crlf,
}


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
            yield _impossible(article, place, f"zone {list(span)}", span, span.end)
        elif previous is not None and span.start < previous.end:
            message = f"zone {list(span)} overlaps the zone {list(previous)}; a place is in one zone"
            yield Problem(article.id, place, "zone-overlap", message)
        if previous is None or span.end > previous.end:
            previous = span


def check_overlaps(article: Article, gold: Annotations) -> Iterator[Problem]:
    """Items that cross each other, in layers whose items are inside each other or apart."""
    for layer in all_layers():
        if not layer.may_cross:
            items = enumerate(layer.of(gold) or ())
            spans = [(span, index, item.id) for index, item in items for span in layer.spans(item)]
            yield from _crossings(article, layer.name, spans)


def _crossings(article: Article, layer: str, spans: list[tuple[Span, int, str]]) -> Iterator[Problem]:
    reported: set[tuple[int, int]] = set()
    open_spans: list[tuple[Span, int, str]] = []
    for span, index, name in sorted(spans, key=lambda entry: (entry[0].start, -entry[0].end, entry[1])):
        open_spans = [other for other in open_spans if other[0].end > span.start]
        for other, other_index, other_name in open_spans:
            if other.start < span.start < other.end < span.end and (other_index, index) not in reported:
                reported.add((other_index, index))
                where = place_of(layer, other_index, other_name)
                message = f"{list(span)} crosses {list(other)} of {where}; nest or part them"
                yield Problem(article.id, place_of(layer, index, name), "spans-cross", message)
        open_spans.append((span, index, name))
