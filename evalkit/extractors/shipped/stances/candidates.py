"""Which passages of an article tell what a holder thinks of a target: the holder's quotes, or sentences about both.

A passage is made of whole sentences, with the mentions of the target in it marked.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from evalkit.extractors.base import StancePair
from evalkit.extractors.shipped.stances.encoding import Passage
from evalkit.records import AUTHOR, Article, Entity, Quote, Span
from evalkit.text.sentences import prose_lines, sentence_ends

__all__ = ["pair_passages", "passage", "sentences", "widened"]

_MOST_PASSAGES = 6
_WORD = re.compile(r"\w{4,}")


def sentences(article: Article) -> list[Span]:
    """The sentences outside boilerplate, without the white space around them."""
    text = article.text
    found = []
    for line, _ in prose_lines(article):
        start = line.start
        for end in sentence_ends(text, line.start, line.end):
            start += len(text[start:end]) - len(text[start:end].lstrip())
            if start < end:
                found.append(Span(start, end))
            start = end
    return found


def widened(stretch: Span, known: Sequence[Span]) -> Span:
    """A stretch with the whole of each sentence that it touches; sentences are in the order of the text."""
    first = bisect_right(known, stretch.start, key=lambda sentence: sentence.end)
    last = bisect_left(known, stretch.end, key=lambda sentence: sentence.start)
    touched = known[first:last]
    return Span(min(stretch.start, touched[0].start), max(stretch.end, touched[-1].end)) if touched else stretch


def passage(text: str, place: Span, mentions: Iterable[Span], name: str) -> Passage:
    """The passage at `place`, with those of the target's mentions that lie in it."""
    inside = tuple(
        Span(start - place.start, end - place.start)
        for start, end in sorted(mentions)
        if place.start <= start and end <= place.end
    )
    return Passage(text[place.start : place.end], inside, name, place.start)


def pair_passages(
    article: Article, entities: Sequence[Entity], quotes: Sequence[Quote], pair: StancePair
) -> list[Passage]:
    """The passages that tell most about a pair; none if the article names neither the holder nor the target.

    The first of these that there is: what the holder says about the target, sentences (for the author: outside
    quotes) that name the target and the holder, all that the holder says, sentences that name the target.

    Args:
        article: the article, with zones.
        entities: its linked mentions.
        quotes: its quotes, with speakers.
        pair: holder and target with their surface forms; a topic counts as named where a word of its name is.
    """
    text = article.text
    known = sentences(article)
    targets = _places(text, pair.target_mentions)
    near = targets or _word_places(text, pair.target_mentions)
    if pair.holder == AUTHOR:
        said = _outside(known, [span for quote in quotes for span in quote.content])
        choices = [_naming(said, near), _naming(known, near)]
    else:
        spoken = [
            widened(Span(quote.content[0].start, quote.content[-1].end), known)
            for quote in _quotes_of(text, entities, quotes, pair)
        ]
        both = _naming(_naming(known, _places(text, pair.holder_mentions)), near)
        choices = [_naming(spoken, near), both, spoken, _naming(known, near)]
    chosen = next((found for found in choices if found), [])
    name = max(pair.target_mentions, key=lambda form: (len(form), form), default="")
    places = sorted(set(chosen))[:_MOST_PASSAGES]
    return [passage(text, place, targets, name) for place in places]


def _quotes_of(text: str, entities: Sequence[Entity], quotes: Sequence[Quote], pair: StancePair) -> list[Quote]:
    """The quotes whose speaker has one of the names of the pair's holder."""
    ids = {e.entity_id for e in entities if text[e.spans[0].start : e.spans[-1].end] in pair.holder_mentions}
    return [quote for quote in quotes if quote.speaker_id is not None and quote.speaker_id in ids]


def _places(text: str, names: Iterable[str]) -> list[Span]:
    """Where one of the names stands as words of its own."""
    forms = sorted({name for name in names if name.strip()}, key=lambda form: (-len(form), form))
    if not forms:
        return []
    pattern = r"(?<!\w)(?:" + "|".join(map(re.escape, forms)) + r")(?!\w)"
    return [Span(*found.span()) for found in re.finditer(pattern, text)]


def _word_places(text: str, names: Iterable[str]) -> list[Span]:
    """Where a longer word of one of the names stands, in any case."""
    words = sorted({word for name in names for word in _WORD.findall(name.lower())})
    if not words:
        return []
    return [Span(*found.span()) for found in re.finditer(r"\b(?:" + "|".join(words) + r")", text, re.I)]


def _naming(places: Iterable[Span], names: Sequence[Span]) -> list[Span]:
    return [place for place in places if any(place.start <= start and end <= place.end for start, end in names)]


def _outside(places: Iterable[Span], closed: Sequence[Span]) -> list[Span]:
    return [place for place in places if not any(start < place.end and place.start < end for start, end in closed)]
