"""Who speaks: the mention that a cue's grammar points to, and the entity behind a pronoun or a role."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from evalkit.extractors.rules.people import People
from evalkit.records import Article, Entity, Span
from evalkit.text.word_lists import alternatives

__all__ = ["NOBODY", "Speaker", "SpeakerFinder"]

_TRAILING = " ,;:–—-\t\u00a0"
_PRONOUN = re.compile(r"(?:she|he|they|it|we|i|you)\b(?!['’])", re.I)


_PHRASE_END = re.compile(
    r"[,;:()█–—!?]|\.(?=\s|$)| - | (?:who|which|that)\b| in (?:a|an|his|her|its|the)\b| (?:on )?\w+day\b|"
    r" (?:while|when|after|before|as|during|once|and then|and)\b| by (?:phone|telephone|email)\b"
)
_LEAD = re.compile(
    r"[\s“”‘’\"'»«]*(?:(?:and|but|so|yet|then|also|still|however|while|though|because|when|as)\s+)*", re.I
)
_VERB = re.compile(
    r"(?<=\w) (?:\w{3,}ed|put|puts|takes?|took|is|are|was|were|had|has|lists?|looks?|sat|stood|came|went|got|and) "
)
_BEHIND_TIME = re.compile(
    r".*(?:day|night|week|month|year|morning|evening|[A-Z]\w+|\d{4}) "
    r"((?:an?|the|one|his|her|their|its|two|some) .*)$"
)


class Speaker(NamedTuple):
    """The span of a speaker and the entity meant, either may be unknown."""

    span: Span | None
    entity_id: str | None


NOBODY = Speaker(None, None)
"""No speaker found."""


@cache
def _auxiliaries() -> re.Pattern[str]:
    words = alternatives("reporting", "auxiliary")
    return re.compile(rf"(?:(?:^|\s)(?:{words}|\w+ly|[Mm]onday|[A-Z]\w+day))+\s*$")


@cache
def _preposition() -> re.Pattern[str]:
    return re.compile(rf"\b{alternatives('reporting', 'preposition')}\b", re.I)


@cache
def _adverbial() -> re.Pattern[str]:
    return re.compile(
        rf"{alternatives('reporting', 'adverbial')}\b|\w+ly\b|[A-Z]\w+day\b|(?:reached|contacted|giving|writing)\b",
        re.I,
    )


class SpeakerFinder:
    """Finds speakers in one article."""

    def __init__(self, article: Article, entities: Sequence[Entity]) -> None:
        """Index the mentions.

        Args:
            article: the article.
            entities: its mentions, linked.
        """
        self.text = article.text
        self.people = People(article, entities)
        self.entities = dict(self.people.mentions)

    def resolve(self, speaker: Speaker, recent: str | None, *, outer: str | None = None) -> str | None:
        """The entity behind a speaker span.

        Args:
            speaker: what `before` or `after` found.
            recent: the entity that spoke last, preferred for a pronoun that fits.
            outer: who speaks around a quote inside a quote: "I" is them, "he" is not.
        """
        if speaker.entity_id or speaker.span is None:
            return speaker.entity_id
        return self.people.behind_pronoun(speaker.span, recent, outer)

    def before(self, start: int, cue: int) -> Speaker:
        """The subject of a verb at `cue`, looked for from `start` (the start of its clause) on."""
        clause = self.text[start:cue]
        tail = _auxiliaries().search(clause)
        # Auxiliaries belong to the verb, a name at the very end does not.
        end = start + (tail.start() if tail and not self._mention_at(start + tail.start(), cue) else len(clause))
        return self._subject(start, max(end, start))

    def _mention_at(self, start: int, end: int) -> bool:
        return bool(self.people.within(start, end))

    def after(self, start: int, end: int) -> Speaker:
        """The noun phrase that begins at `start`, as in "said Ida Moen, who …" and "according to the firm"."""
        while start < end and self.text[start].isspace():
            start += 1
        return self._phrase(start, self._phrase_end(start, end))

    def _phrase_end(self, start: int, end: int) -> int:
        position = start
        inside = [span for span, _ in self.people.beginning_in(start, end)]
        while found := _PHRASE_END.search(self.text, position, end):
            if any(span.start <= found.start() < span.end for span in inside):
                position = found.end()
                continue
            return found.start()
        return end

    def _subject(self, start: int, end: int) -> Speaker:
        parts = self._parts(start, end)
        while (
            len(parts) > 1
            and _adverbial().match(self.text, parts[0][0])
            and not self._mention_at(parts[0][0], parts[0][0] + 1)
        ):
            parts = parts[1:]
        if not parts:
            return NOBODY
        first = self._phrase(*parts[0])
        if first.entity_id is None or not self._is_name(first):
            # "The port director, Ida Moen, said": the name is nearer.
            for part in parts[1:]:
                later = self._phrase(*part)
                if self._is_name(later) and self._label(later) == "PER":
                    return later
        return first

    def _is_name(self, speaker: Speaker) -> bool:
        return speaker.span in self.entities

    def _label(self, speaker: Speaker) -> str:
        return self.entities[speaker.span].label if speaker.span in self.entities else ""

    def _parts(self, start: int, end: int) -> list[tuple[int, int]]:
        parts: list[tuple[int, int]] = []
        position = start
        for found in [*re.finditer(r"[,;:()█]+| [–—-] ", self.text[start:end]), None]:
            stop = start + found.start() if found else end
            if self.text[position:stop].strip(" \t“”‘’\"'»«"):
                lead = _LEAD.match(self.text, position, stop)
                begin = lead.end() if lead else position
                if self.text[begin:stop].strip():
                    if re.match(r"\s*(?:but|while|though|so|yet)\s", self.text[position:stop]):
                        parts.clear()
                    parts.append((begin, stop))
            position = start + found.end() if found else end
        return parts

    def _phrase(self, start: int, end: int) -> Speaker:
        """The speaker in a noun phrase: its name if the head is one, else a pronoun, else the whole phrase."""
        raw = self.text[start:end]
        start += len(raw) - len(raw.lstrip())
        end = start + len(self.text[start:end].rstrip(_TRAILING))
        phrase = self.text[start:end]
        if not phrase:
            return NOBODY
        pronoun = _PRONOUN.match(phrase)
        if pronoun:
            return Speaker(Span(start, start + pronoun.end()), None)
        relative = re.search(r",? (?:who|which|whose|that)\b", phrase)
        if relative:
            end = start + relative.start()
        named = self._head_name(start, end)
        if named:
            return named
        if _adverbial().match(phrase):
            return self._behind_adverbial(start, end)
        verb = _VERB.search(phrase + " ")
        if verb and len(phrase.split()) > 3:
            end = start + verb.start()
        stop = self._verb_free_end(start, end)
        return Speaker(Span(start, stop), self.people.behind_role(start, stop)) if stop > start else NOBODY

    def _behind_adverbial(self, start: int, end: int) -> Speaker:
        """The subject behind an adverbial without a comma: "In February he", "At the hustings Ida Moen"."""
        phrase = self.text[start:end]
        pronoun = re.search(r"(?:^|\s)(she|he|they|it|we)$", phrase)
        if pronoun:
            return Speaker(Span(start + pronoun.start(1), start + pronoun.end(1)), None)
        inside = self.people.within(start, end)
        last = [(span, entity) for span, entity in inside if span.end == end]
        last = last or [(span, entity) for span, entity in inside if entity.label == "PER"]
        if last and last[-1][1].label in ("PER", "ORG"):
            return Speaker(last[-1][0], last[-1][1].entity_id)
        noun = _BEHIND_TIME.match(phrase)
        if noun:
            return Speaker(Span(start + noun.start(1), end), self.people.behind_role(start + noun.start(1), end))
        return NOBODY

    def _head_name(self, start: int, end: int) -> Speaker | None:
        inside = self.people.within(start, end)
        for span, entity in inside:
            between = self.text[start : span.start]
            following = self.text[span.end : end]
            if re.match(r"-\w", following) or any(o.start == span.end + 3 for o, _ in inside):
                # "Oslo-based analyst Ida Moen", "Norway's Ministry of Health": another name is the head.
                continue
            if _preposition().search(between) or re.match(r"['’]s?\s", following) or re.match(r"[’']$", following):
                return None
            lower = re.match(r"\s+\(?[a-z-]+", following) and not _preposition().match(following.strip())
            if lower and not re.match(r"\s+(?:and|himself|herself|itself|also|then|later|has|had|who)\b", following):
                # "Bergen police", "SO leader Ida Moen": the name is not the head.
                continue
            if re.match(r"\s+[A-Z]", following) and entity.label != "PER" and any(o.label == "PER" for _, o in inside):
                continue
            if entity.label == "NORP":
                continue
            return Speaker(span, entity.entity_id)
        return None

    def _verb_free_end(self, start: int, end: int) -> int:
        tail = _auxiliaries().search(self.text[start:end])
        return start + tail.start() if tail and tail.start() > 0 else end
