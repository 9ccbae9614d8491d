"""What the network is trained on: passages of texts as hidden states, features and tags."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from corpus import Marked, Sentence
from evalkit.extractors.rules.extractor import find_quotes
from evalkit.extractors.shipped.ner import NerExtractor
from evalkit.extractors.shipped.quotes import passages
from evalkit.records import Article, Span
from evalkit.text.sentences import prose_lines
from evalkit.text.windows import Window, Words
from evalkit.text.zones import zoned

IGNORED = -100


class Sample(NamedTuple):
    """One passage: hidden states [pieces, width], features [pieces, kinds], tags [pieces, heads]."""

    hidden: np.ndarray
    features: np.ndarray
    tags: np.ndarray


def samples_of(sentences: Iterable[Sentence], ner: NerExtractor, *, size: int) -> Iterator[Sample]:
    """The samples of some texts, the unmarked passages of each before those with a marked cue."""
    for sentence in sentences:
        article = zoned(Article(id="training", text=sentence.text, lang="en"))
        found, reading = ner.read(article)
        if reading is None:
            continue
        entities = found["entities"] or ()
        lines = [line for line, _ in prose_lines(article)]
        words, starts, states = reading.words, reading.starts, reading.states.astype(np.float16)
        known = passages.hints(article.text, words, lines, entities, find_quotes(article, entities))
        for place, cue, tags in _tasks(words, starts, lines, sentence.quotes, size):
            table = passages.features(words, known, place, cue)
            hidden, kinds = passages.states_of(states, reading.owner, starts, place, table)
            yield Sample(hidden[0], kinds[0].astype(np.int8), _at_pieces(tags, starts, place))


def _tasks(
    words: Words, starts: np.ndarray, lines: list[Span], quotes: tuple[Marked, ...], size: int
) -> Iterator[tuple[Window, Span | None, np.ndarray]]:
    """Passages with their tags for each word of the text, [words, heads]."""
    plain = np.zeros((len(words.forms), len(passages.HEADS)), dtype=np.int64)
    for quote in quotes:
        for span in quote.cue:
            _tag(plain[:, 0], words, span)
        if not quote.cue:
            _tag_quote(plain, words, quote)
    for place in passages.passages(words, starts, lines, size=size):
        yield place, None, plain
    for cue in sorted({quote.cue[0] for quote in quotes if quote.cue}):
        line = next((line for line in lines if line.start <= cue.start < line.end), None)
        if line is None:
            continue
        tags = np.zeros_like(plain)
        tags[:, 0] = IGNORED
        for quote in quotes:
            if quote.cue and quote.cue[0] == cue:
                _tag_quote(tags, words, quote)
        yield passages.around(words, starts, line, cue, size=size), cue, tags


def _tag_quote(tags: np.ndarray, words: Words, quote: Marked) -> None:
    for span in quote.content:
        _tag(tags[:, 1], words, span)
    if quote.speaker is not None:
        _tag(tags[:, 2], words, quote.speaker)


def _tag(column: np.ndarray, words: Words, span: Span) -> None:
    first = int(words.ends.searchsorted(span.start, side="right"))
    last = int(words.starts.searchsorted(span.end, side="left"))
    column[first:last] = 2
    column[first : first + 1] = 1


def _at_pieces(tags: np.ndarray, starts: np.ndarray, place: Window) -> np.ndarray:
    """Tags at the first piece of each word of a passage, the others ignored."""
    low, high = int(starts[place.first]), int(starts[place.last])
    found = np.full((high - low, tags.shape[1]), IGNORED, dtype=np.int8)
    inside = np.arange(place.first, place.last)
    inside = inside[starts[inside] < starts[inside + 1]]
    found[starts[inside] - low] = tags[inside]
    return found
