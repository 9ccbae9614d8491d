"""What the network of `quote-base` reads: passages of hidden states with a few numbers for each word.

A passage is read in two ways. Without a mark the network names the cues in it, and the quotes that have none. With one
cue marked it names what that cue reports and who says so. Training and inference both call `passages` and `features`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from evalkit.records import Entity, Quote, Span
from evalkit.text.quotation_marks import inner_quotations, quotations
from evalkit.text.windows import Window, Words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "CONTENT",
    "CUE",
    "FEATURE_SIZES",
    "HEADS",
    "SPEAKER",
    "Hints",
    "around",
    "features",
    "hints",
    "passages",
    "states_of",
]

HEADS = ("cue", "content", "speaker")
"""What is tagged; the network gives three scores (outside, begin, inside) for each, in this order."""

CUE, CONTENT, SPEAKER = (slice(3 * number, 3 * number + 3) for number in range(len(HEADS)))

FEATURE_SIZES = (3, 7, 8, 6)
"""How many ids each feature has: mark, quotation, entity and hint."""

_UNMARKED, _MARKED = 1, 2
_OUTSIDE, _OPENING, _INSIDE, _CLOSING, _NESTED = range(1, 6)
_ENTITY = {"PER": 2, "ORG": 4}
_OTHER_ENTITY = 6
_NO_HINT, _HINT_FIRST, _HINT_CONTENT, _HINT_CUE, _HINT_SPEAKER = range(1, 6)


class Hints(NamedTuple):
    """What is known of a text before the network reads it: its quotation marks, names, and the quotes of the rules.

    `reach` is where each quote begins and ends with its cue and speaker, [2, quotes].
    """

    marks: NDArray[np.int64]
    entities: NDArray[np.int64]
    quotes: Sequence[Quote]
    reach: NDArray[np.int64]


def hints(text: str, words: Words, lines: Iterable[Span], entities: Sequence[Entity], quotes: Sequence[Quote]) -> Hints:
    """What the features are made from.

    Args:
        text: the text.
        words: its words.
        lines: its paragraphs, in which quotation marks are paired.
        entities: its mentions.
        quotes: the quotes that the rules find in it.
    """
    import numpy as np

    marks = np.full(len(words.forms), _OUTSIDE, dtype=np.int64)
    for line in lines:
        for quotation in quotations(text, line):
            inside = _covered(words, Span(quotation.start, quotation.end))
            marks[inside] = _INSIDE
            marks[inside.start : inside.start + 1] = _OPENING
            if quotation.closed:
                marks[inside.stop - 1 : inside.stop] = _CLOSING
            for inner in inner_quotations(text, quotation):
                marks[_covered(words, Span(inner.start, inner.end))] = _NESTED
    named = np.ones(len(words.forms), dtype=np.int64)
    for entity in sorted(entities, key=lambda entity: entity.spans[0].start - entity.spans[0].end):
        # Outer names first, so that the number of the longest stays.
        at = _covered(words, entity.spans[0])
        if (named[at] == 1).all():
            number = _ENTITY.get(entity.label, _OTHER_ENTITY)
            named[at] = number + 1
            named[at.start : at.start + 1] = number
    spans = [(*quote.content, *quote.cue, *(() if quote.speaker is None else (quote.speaker,))) for quote in quotes]
    reach = [[min(span.start for span in own) for own in spans], [max(span.end for span in own) for own in spans]]
    return Hints(marks, named, quotes, np.array(reach, dtype=np.int64).reshape(2, len(quotes)))


def features(words: Words, known: Hints, place: Window, cue: Span | None = None) -> NDArray[np.int64]:
    """The ids of each word of a passage, [words, 4]: mark, quotation, entity and hint.

    Args:
        words: the words of the text.
        known: what `hints` gave.
        place: the passage.
        cue: the cue that is marked, if one is: then only rule quotes with a cue that meets it are hinted at.
    """
    import numpy as np

    table = np.ones((place.last - place.first, len(FEATURE_SIZES)), dtype=np.int64)
    inside = slice(place.first, place.last)
    table[:, 1], table[:, 2] = known.marks[inside], known.entities[inside]
    hint = np.full(place.last - place.first, _NO_HINT, dtype=np.int64)

    def tell(at: slice, number: int) -> None:
        hint[max(0, at.start - place.first) : max(0, at.stop - place.first)] = number

    low, high = (0, 0) if place.first >= place.last else (words.starts[place.first], words.ends[place.last - 1])
    for index in np.flatnonzero((known.reach[0] < high) & (known.reach[1] > low)).tolist():
        quote = known.quotes[index]
        if cue is not None and not any(_meet(cue, span) for span in quote.cue):
            continue
        for span in quote.content:
            at = _covered(words, span)
            tell(at, _HINT_CONTENT)
            tell(slice(at.start, at.start + 1), _HINT_FIRST)
        for span in quote.cue:
            tell(_covered(words, span), _HINT_CUE)
        if quote.speaker is not None:
            tell(_covered(words, quote.speaker), _HINT_SPEAKER)
    table[:, 3] = hint
    if cue is not None:
        marked = _covered(words, cue)
        table[max(0, marked.start - place.first) : max(0, marked.stop - place.first), 0] = _MARKED
    return table


def passages(words: Words, starts: NDArray[np.int64], lines: Iterable[Span], *, size: int) -> list[Window]:
    """The paragraphs of a text in words; one of more than `size` pieces is cut into parts that overlap by a quarter.

    Args:
        words: the words of the text.
        starts: the first piece of each word and the number of pieces, [words + 1].
        lines: its paragraphs.
        size: how many pieces a passage may have.
    """
    found = []
    for line in lines:
        at = _covered(words, line)
        first, last = at.start, at.stop
        while first < last:
            end = min(last, max(first + 1, int(starts.searchsorted(starts[first] + size, side="right")) - 1))
            found.append(Window(first, end))
            if end == last:
                break
            first = max(first + 1, int(starts.searchsorted(starts[end] - size // 4)))
    return found


def around(words: Words, starts: NDArray[np.int64], line: Span, cue: Span, *, size: int) -> Window:
    """The paragraph of a cue, or the `size` pieces of it around the cue if it is longer."""
    at, marked = _covered(words, line), _covered(words, cue)
    if starts[at.stop] - starts[at.start] <= size:
        return Window(at.start, at.stop)
    low = min(max(int(starts[marked.start]) - size // 2, int(starts[at.start])), int(starts[at.stop]) - size)
    first = int(starts.searchsorted(low))
    last = int(starts.searchsorted(starts[first] + size, side="right")) - 1
    return Window(min(first, marked.start), max(min(last, at.stop), marked.stop))


def states_of(
    states: NDArray[np.float32],
    owner: NDArray[np.int64],
    starts: NDArray[np.int64],
    place: Window,
    table: NDArray[np.int64],
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """What the network takes for a passage: hidden states [1, pieces, width] and features [1, pieces, kinds]."""
    low, high = int(starts[place.first]), int(starts[place.last])
    return states[low:high][None], table[owner[low:high] - place.first][None]


def _covered(words: Words, span: Span) -> slice:
    """The words that a span touches."""
    return slice(
        int(words.ends.searchsorted(span.start, side="right")), int(words.starts.searchsorted(span.end, side="left"))
    )


def _meet(first: Span, second: Span) -> bool:
    return first.start < second.end and second.start < first.end
