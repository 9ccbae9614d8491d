"""From what a network finds to the quotes of an article: exact boundaries, paragraphs, kinds, and who is meant."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evalkit.extractors.rules.speakers import Speaker, SpeakerFinder
from evalkit.extractors.shipped.quotes.bounds import Bounds, meet
from evalkit.extractors.shipped.quotes.cue_network import Found
from evalkit.records import Article, Entity, Quote, Span, Zone
from evalkit.text.zones import ZoneIndex

__all__ = ["assemble"]

_UTTERANCE = 3
_BLOCK = 1000
"""Drafts are found by the stretches of so many code points that their content lies in."""
_ARTICLE = re.compile(r"^the\s+", re.I)
_PRONOUN = re.compile(r"(?:she|he|they|it|we|i|you|his|her|their)$", re.I)


@dataclass
class _Draft:
    content: list[Span]
    cue: tuple[Span, ...]
    speaker: Span | None
    score: float | None
    speaker_id: str | None = None


def assemble(
    article: Article,
    entities: Sequence[Entity],
    lines: Sequence[Span],
    found: Sequence[Found],
    rules: Sequence[Quote],
) -> tuple[Quote, ...]:
    """The quotes of an article, in the order of the text.

    What the network finds stands. The rules add quotations that it passed over: those that go on over sentences and
    paragraphs, and those that stand alone.

    Args:
        article: the article, with zones.
        entities: its linked mentions.
        lines: its paragraphs outside boilerplate.
        found: what the network found.
        rules: what the rules found.
    """
    bounds = Bounds(article.text, lines)
    taken = [span for quote in found for span in (quote.cue, quote.speaker) if span is not None]
    indexed = _index(taken) if taken else None
    drafts = [_draft(quote, bounds, indexed) for quote in found]
    direct = [quote for quote in rules if quote.kind == "direct"]
    known = _index(span for quote in direct for span in quote.content)
    # Which quotation without a cue belongs to which other is a matter of marks and paragraphs.
    drafts = [draft for draft in drafts if draft.content and not _said_in_passing(article.text, draft, bounds)]
    joined = _Joined(article.text, bounds)
    for draft in drafts:
        if draft.cue or known.first(draft.content[0]) is None:
            joined.add(draft)
    for quote in direct:
        joined.join(quote)
    drafts = sorted(joined.drafts, key=lambda draft: (draft.content[0].start, -draft.content[-1].end))
    _resolve(drafts, SpeakerFinder(article, entities))
    return tuple(
        Quote(
            id=f"q{number}",
            kind=_kind(article.text, draft.content, bounds),
            content=tuple(draft.content),
            cue=draft.cue,
            speaker=draft.speaker,
            speaker_id=draft.speaker_id,
            score=draft.score,
        )
        for number, draft in enumerate(drafts, 1)
    )


def _index(spans: Iterable[Span]) -> ZoneIndex:
    return ZoneIndex(Zone("", *span) for span in spans)


def _draft(quote: Found, bounds: Bounds, taken: ZoneIndex | None) -> _Draft:
    """A quote of the network with content that begins and ends as the guidelines have it."""
    content: list[Span] = []
    for span in sorted(quote.content):
        tidy = bounds.tidied(span, quote.cue, taken)
        if tidy.start >= tidy.end or (quote.cue and meet(tidy, quote.cue)):
            continue
        if content and tidy.start <= content[-1].end + 1:
            content[-1] = Span(content[-1].start, max(content[-1].end, tidy.end))
        else:
            content.append(tidy)
    return _Draft(content, (quote.cue,) if quote.cue else (), quote.speaker, round(quote.score, 4))


def _said_in_passing(text: str, draft: _Draft, bounds: Bounds) -> bool:
    """Whether a speaker says "I think" or the like inside a quotation, which is no quote inside a quote."""
    if not draft.cue or bounds.around(draft.cue[0].start) is None:
        return False
    return draft.speaker is None or text[draft.speaker.start : draft.speaker.end].lower() in ("i", "we", "you")


class _Joined:
    """Drafts, and what the direct quotes of the rules add to them."""

    def __init__(self, text: str, bounds: Bounds) -> None:
        self.drafts: list[_Draft] = []
        self._text, self._bounds = text, bounds
        self._by_block: dict[int, list[int]] = defaultdict(list)

    def add(self, draft: _Draft) -> None:
        """Take one in as it is."""
        self._note(len(self.drafts), draft.content)
        self.drafts.append(draft)

    def join(self, quote: Quote) -> None:
        """Take in a direct quote of the rules: what it has beyond the network's goes to the draft that it meets."""
        # What is reported inside of a quotation takes nothing from it.
        outer = [
            (number, draft)
            for number, draft in self._near(quote.content)
            if not any(meet(cue, span) for cue in draft.cue for span in quote.content)
        ]
        fresh = [
            span for span in quote.content if not any(meet(span, item) for _, draft in outer for item in draft.content)
        ]
        if not fresh:
            return
        for number, draft in outer:
            touched = any(meet(span, item) for span in quote.content for item in draft.content)
            if touched and all(map(self._bounds.quoted, draft.content)):
                draft.content = sorted([*draft.content, *fresh])
                self._note(number, fresh)
                return
        words = sum(len(self._text[start:end].split()) for start, end in fresh)
        if not quote.cue or words >= _UTTERANCE:
            cue = quote.cue if len(fresh) == len(quote.content) else ()
            self.add(_Draft(fresh, cue, quote.speaker, None, quote.speaker_id))

    def _note(self, number: int, content: Iterable[Span]) -> None:
        for block in _blocks(content):
            self._by_block[block].append(number)

    def _near(self, content: Iterable[Span]) -> list[tuple[int, _Draft]]:
        """The drafts that may share a character with some content, and perhaps others."""
        numbers = {number for block in _blocks(content) for number in self._by_block.get(block, ())}
        return [(number, self.drafts[number]) for number in sorted(numbers)]


def _blocks(content: Iterable[Span]) -> set[int]:
    return {block for start, end in content for block in range(start // _BLOCK, end // _BLOCK + 1)}


def _resolve(drafts: Iterable[_Draft], finder: SpeakerFinder) -> None:
    """Say which entity speaks; a quote without a speaker span goes on with whoever spoke last."""
    recent: str | None = None
    for draft in drafts:
        if draft.speaker is None:
            draft.speaker_id = draft.speaker_id or (None if draft.cue else recent)
            continue
        finder.people.recent = recent
        speaker = _speaker(finder, draft.speaker)
        draft.speaker = speaker.span
        draft.speaker_id = finder.resolve(speaker, recent)
        recent = draft.speaker_id or recent


def _speaker(finder: SpeakerFinder, span: Span) -> Speaker:
    """The entity of a name, None for a pronoun, and whoever is behind the role for another noun phrase."""
    inside = finder.people.meeting(span.start, span.end)
    for place, entity in inside:
        if place == span or (place.start <= span.start and span.end <= place.end):
            return Speaker(span, entity.entity_id)
    form = finder.text[span.start : span.end]
    named = Span(span.start + len(form) - len(_ARTICLE.sub("", form)), span.end)
    for place, entity in inside:
        if place == named:
            return Speaker(named, entity.entity_id)
    if _PRONOUN.match(form):
        return Speaker(span, None)
    if inside and inside[-1][0].end == span.end and inside[-1][1].label == "PER":
        return Speaker(span, inside[-1][1].entity_id)
    return Speaker(span, finder.people.behind_role(span.start, span.end))


def _kind(text: str, content: Sequence[Span], bounds: Bounds) -> str:
    """Direct if all letters of the content are in quotation marks, mixed if some are, else indirect."""
    letters = sum(_letters(text, span) for span in content)
    parts = [
        Span(max(span.start, mark.start), min(span.end, mark.end)) for span in content for mark in bounds.meeting(span)
    ]
    inside = sum(_letters(text, part) for part in parts)
    return "direct" if inside == letters and letters else "mixed" if inside else "indirect"


def _letters(text: str, span: Span) -> int:
    return sum(map(str.isalnum, text[span.start : span.end]))
