"""Annotations whose offsets were counted in another way, in half-open code points; and why offsets do not fit a text.

What cannot be converted exactly is a problem: an offset inside a surrogate pair or a character, or outside the text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from evalkit.dataset.checking.problems import Problem, place_of
from evalkit.dataset.loading.sources import Place
from evalkit.errors import InputError
from evalkit.formats.base import Batch
from evalkit.layers.table import all_layers
from evalkit.options import ReadOptions
from evalkit.records import Annotations, Article, Example, Span, Zone
from evalkit.showing import number_of
from evalkit.text.counting import (
    CODE_POINTS,
    Counting,
    Item,
    Ruler,
    explained_by,
    fitting,
    parse_counting,
    simplest,
    words_of,
)

__all__ = [
    "GOLD",
    "PREDICTED",
    "Evidence",
    "converted_annotations",
    "converted_batch",
    "converted_example",
    "counting_of",
    "likely_cause",
    "moved_annotations",
]

GOLD, PREDICTED = "gold", "predicted"


def counting_of(read: ReadOptions, place: Place) -> Counting:
    """How offsets count in what was read from a place, if options say so.

    Raises:
        InputError: the option cannot be read, or the files of the place hold no offsets.
    """
    if read.offsets is None:
        return CODE_POINTS
    counting = parse_counting(read.offsets)
    if place.format is not None and not place.format.has_offsets:
        raise InputError(
            f"{place.location}: is read as {place.kind}, whose files hold no offsets that may be counted in several "
            "ways; leave out --offsets"
        )
    return CODE_POINTS if place.format is not None and place.format.proves_offsets else counting


def converted_batch(batch: Batch, read: ReadOptions, place: Place) -> tuple[Batch, list[Problem]]:
    """The gold of a batch in code points, and what of it could not be converted. Raises what `counting_of` raises."""
    counting = counting_of(read, place)
    if counting == CODE_POINTS:
        return batch, []
    done = [converted_example(example, counting) for example in batch.examples]
    problems = [problem for _, own in done for problem in own]
    return replace(batch, examples=tuple(example for example, _ in done)), problems


def moved_annotations(annotations: Annotations, move: Callable[[Span], Span]) -> Annotations:
    """The same annotations with every span moved."""
    layers = {layer.name: layer.of(annotations) for layer in all_layers()}
    return Annotations(
        {
            layer.name: [layer.moved(item, move) for item in items]
            for layer in all_layers()
            if (items := layers[layer.name]) is not None
        },
        annotations.scope,
    )


def converted_annotations(
    article: Article, annotations: Annotations, counting: Counting
) -> tuple[Annotations, list[Problem]]:
    """The annotations in code points of the article's text, and the spans that have none, which stay as they are."""
    if counting == CODE_POINTS:
        return annotations, []
    span_of, fault = _converter(article, counting)
    problems = [
        Problem(article.id, place_of(layer.name, index, item.id), "offset-unit", f"{name} {list(span)} {why}")
        for layer in all_layers()
        for index, item in enumerate(layer.of(annotations) or ())
        for name, span in layer.parts(item)
        if (why := fault(span))
    ]
    return moved_annotations(annotations, lambda span: span_of(span) or span), problems


def converted_example(example: Example, counting: Counting) -> tuple[Example, list[Problem]]:
    """The example with annotations and zones in code points, and what could not be converted."""
    if counting == CODE_POINTS:
        return example, []
    article = example.article
    gold, problems = converted_annotations(article, example.gold, counting)
    readings = {}
    for name, reading in example.readings.items():
        readings[name], wrong = converted_annotations(article, reading, counting)
        # Of a reading that is the gold everything is said already.
        if reading != example.gold:
            problems += [replace(one, place=f"readings.{name}.{one.place}") for one in wrong]
    zones = []
    span_of, fault = _converter(article, counting)
    for number, zone in enumerate(article.zones):
        span = Span(zone.start, zone.end)
        if why := fault(span):
            problems.append(Problem(article.id, f"zones[{number}]", "offset-unit", f"zone {list(span)} {why}"))
        zones.append(Zone(zone.kind, *(span_of(span) or span)))
    return replace(example, article=replace(article, zones=tuple(zones)), gold=gold, readings=readings), problems


def _converter(article: Article, counting: Counting) -> tuple[Callable[[Span], Span | None], Callable[[Span], str]]:
    """What gives the span in code points, and what says why there is none."""
    if article.text:
        ruler = Ruler(article.text, counting)
        return ruler.span, ruler.fault
    if counting.unit != CODE_POINTS.unit:
        raise InputError(
            f"article {article.id!r} has no text, and offsets in {counting.words} cannot be converted without; add it"
        )
    first, longer = int(counting.one_based), int(counting.inclusive)
    # Without a text there is nothing but the numbers.
    return (lambda span: Span(span.start - first, span.end - first + longer)), (lambda span: "")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a file tells besides offsets, to find out how they were counted.

    Attributes:
        surfaces: what it says stands at the spans of items, by layer and index.
        whose: whose annotations these are, for what is to be done: `GOLD`, `PREDICTED` (a file), or an extractor's.
        places: spans of the gold, for predictions.
    """

    surfaces: Mapping[tuple[str, int], str] = field(default_factory=dict)
    whose: str = ""
    places: frozenset[Span] = frozenset()


def likely_cause(article: Article, annotations: Annotations, evidence: Evidence) -> str:
    """How all offsets of an article would fit, if there is a way of counting under which they do; empty if none.

    With surfaces each item must hold its own. Without, a way is named only if under it most spans stand where gold
    items do, or all others begin and end with a word: of those the ones that put most where gold items are, or the
    simplest where no gold is known. A shift is named where it puts more of them there than any way of counting.
    """
    items = list(_items(annotations, evidence.surfaces))
    claimed = sum(claim is not None for _, claim in items)
    hits = 0
    if claimed:
        found = explained_by(article.text, items)
    else:
        likely = _at_words(article.text, items, evidence.places)
        if evidence.places:
            found, hits = _most_hits(article.text, items, evidence.places, likely)
        else:
            found = simplest(likely)
        # That all are inside the text is weak evidence: what merely drops some characters is not named for it.
        found = tuple(one for one in found if one.spelling or one.form in ("crlf", "nfd"))
        if shifted := _shifted(article.text, items, evidence.places, hits if found else 0):
            return shifted
    if not found:
        return ""
    words = words_of(found)
    if claimed:
        holds = f"all {claimed} of the article that give their text hold it" if claimed > 1 else "it holds that text"
        return f"{holds} if offsets are {words}: {_remedy(found, evidence.whose)}"
    return f"all offsets would fit if they are {words}: {_remedy(found, evidence.whose)}"


def _at_words(text: str, items: Sequence[Item], places: frozenset[Span]) -> Iterator[Counting]:
    """The ways of counting that fit and put most spans where gold items are, or cut no word and hold no blank ends."""
    for counting in fitting(text, items):
        ruler = Ruler(text, counting)
        moved = [ruler.span(span) for spans, _ in items for span in spans]
        others = [span for span in moved if span not in places]
        if 2 * len(others) < len(moved) or all(span is not None and _is_whole(text, span) for span in others):
            yield counting


def _is_whole(text: str, span: Span) -> bool:
    """Whether a span begins and ends with words, as far as its script writes blanks between them."""
    inside = text[span.start : span.end]
    return inside == inside.strip() and not any(
        0 < at < len(text) and _in_word(text[at - 1]) and _in_word(text[at]) for at in span
    )


def _in_word(char: str) -> bool:
    return char.isdigit() or (char.isalpha() and char.lower() != char.upper())


def _most_hits(
    text: str, items: Sequence[Item], places: frozenset[Span], likely: Iterable[Counting]
) -> tuple[tuple[Counting, ...], int]:
    """The simplest of those that put most items where gold items are, and how many these are."""
    hits: dict[Counting, int] = {}
    for counting in likely:
        ruler = Ruler(text, counting)
        hits[counting] = sum(ruler.span(span) in places for spans, _ in items for span in spans)
    most = max(hits.values(), default=0)
    best = [own for own, number in hits.items() if number and number == most]
    return tuple(own for own in best if own.oddities == best[0].oddities), most


def _shifted(text: str, items: Sequence[Item], places: frozenset[Span], hits: int) -> str:
    """What is said if one shift puts more items where gold items are, two at least, most of all, and none outside."""
    spans = [span for own, _ in items for span in own]
    shifts = Counter(
        span.start - place.start
        for span in spans
        for place in places
        if span.end - span.start == place.end - place.start and span.start != place.start
    )
    inside = (
        (number, -abs(shift), shift)
        for shift, number in shifts.items()
        if all(0 <= start - shift < end - shift <= len(text) for start, end in spans)
    )
    number, _, shift = max(inside, default=(0, 0, 0))
    if number < max(2, hits + 1) or 2 * number <= len(spans):
        return ""
    lower = f"{abs(shift)} {'lower' if shift > 0 else 'higher'}"
    would = f"{number} of {number_of(len(spans), 'span')} would be where gold items are"
    return f"{would} if all were {lower}: are they about another text?"


def _items(annotations: Annotations, surfaces: Mapping[tuple[str, int], str]) -> Iterator[Item]:
    for layer in all_layers():
        for index, item in enumerate(layer.of(annotations) or ()):
            spans = layer.spans(item)
            if spans:
                yield spans, surfaces.get((layer.name, index)) if layer.shows_text else None
            for name in layer.span_names:
                value = getattr(item, name)
                if name != layer.spans_field and value:
                    yield ([value] if isinstance(value, Span) else value), None


def _remedy(found: Sequence[Counting], whose: str) -> str:
    options = " or ".join(f"--offsets {one.spelling}" for one in found if one.spelling)
    if whose == PREDICTED:
        return f"read them with {options}" if options else "predict on the gold's text"
    if whose == GOLD:
        return f"mend them with `evalkit dataset convert` and {options}" if options else "restore the annotated text"
    return "give half-open code points of the text"
