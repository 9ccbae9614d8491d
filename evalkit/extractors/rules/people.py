"""The people of an article: their gender, and who is meant by a pronoun or a role."""

from __future__ import annotations

import re
from collections.abc import Sequence

from evalkit.records import Article, Entity, Span
from evalkit.text.word_lists import alternatives, entries

__all__ = ["People"]

_SPEAKING = frozenset({"PER", "ORG", "GPE", "NORP"})
_ORG_ROLES = re.compile(
    r"\b(?:company|firm|group|party|union|agency|ministry|council|club|charity|airline|bank|board|court|lender|retailer|"
    r"developer|regulator|institute|association|museum|university|police|newspaper|federation|commission|operator)s?$"
)
_PERSON_ENDING = re.compile(r"(?:man|woman|ist|er|or|ian|up|junior|senior|veteran)$")
_SENTENCE_MARKS = (". ", ".” ", '." ', "? ", "! ")


class People:
    """Who is who in one article. `mentions` are the outermost of those that can speak; `recent` spoke last."""

    def __init__(self, article: Article, entities: Sequence[Entity]) -> None:
        """Index the mentions.

        Args:
            article: the article.
            entities: its mentions, linked.
        """
        self.text = article.text
        spans = [(entity.spans[0], entity) for entity in entities if entity.label in _SPEAKING]
        spans.sort(key=lambda item: (item[0].start, -item[0].end))
        self.mentions: list[tuple[Span, Entity]] = []
        for span, entity in spans:
            if not self.mentions or span.start >= self.mentions[-1][0].end:
                self.mentions.append((span, entity))
        self.genders = self._genders()
        self.recent: str | None = None

    def _genders(self) -> dict[str, str]:
        genders: dict[str, str] = {}
        for span, entity in self.mentions:
            key = entity.entity_id
            if entity.label != "PER" or not key:
                continue
            gender = self._gender(span)
            if gender:
                genders.setdefault(key, gender)
        return genders

    def _gender(self, span: Span) -> str:
        before = re.findall(r"[\w.]+", self.text[max(0, span.start - 30) : span.start])[-2:]
        after = re.findall(r"\w+", self.text[span.end : span.end + 40])[:6]
        if before and before[-1] in entries("people", "she-title"):
            return "she"
        if before and before[-1] in entries("people", "he-title"):
            return "he"
        for word in [*before[::-1], *after]:
            if word.lower() in entries("people", "she-role"):
                return "she"
            if word.lower() in entries("people", "he-role"):
                return "he"
        first = re.match(r"\w+", self.text[span.start : span.end])
        if first and " " in self.text[span.start : span.end]:
            if first[0] in entries("people", "female"):
                return "she"
            if first[0] in entries("people", "male"):
                return "he"
        return ""

    def behind_role(self, start: int, end: int) -> str | None:
        """The person or body behind a role: "the minister" is the one whom the text called a minister before.

        Args:
            start: where the noun phrase starts.
            end: where it ends.
        """
        phrase = self.text[start:end]
        if re.search(r"\bspokes(?:man|woman|person)\b", phrase):
            # Nobody in particular speaks for a body that has a name: the body does.
            bodies = [e.entity_id for span, e in self.mentions if start <= span.start < end and e.label == "ORG"]
            if bodies:
                return bodies[-1]
        words = re.findall(r"[\w-]+", re.split(rf"\s{alternatives('reporting', 'preposition')}\s", phrase.lower())[0])
        if not words or not re.match(r"(?:the|its|his|her|their|this)\b|[\w ’'-]+['’]s ", phrase, re.I):
            return None
        head = words[-1]
        if _ORG_ROLES.search(head):
            return self._called(head, start, "ORG") or self._latest(start, {"ORG"})
        known = self._called(head, start, "PER") or self._called(head, len(self.text), "PER")
        if known or not re.match(r"the\b", phrase, re.I):
            return known
        if not entries("people", "role").isdisjoint({head, *head.split("-")}) or _PERSON_ENDING.search(head):
            return self.recent or self._latest(start, {"PER"})
        return None

    def _called(self, role: str, before: int, label: str) -> str | None:
        """The last one of a label who stood beside a word: in front without a comma, or in an apposition."""
        for index in range(len(self.mentions) - 1, -1, -1):
            span, entity = self.mentions[index]
            if entity.label != label or span.start >= before:
                continue
            lead = re.split(r"[,.;:]\s|\n", self.text[max(0, span.start - 50) : span.start])[-1]
            bound = self.mentions[index + 1][0].start if index + 1 < len(self.mentions) else len(self.text)
            tail = re.split(r"[.;]\s|\n", self.text[span.end : max(span.end, min(span.end + 70, bound))])[0]
            # The Secretary-General was introduced as Secretary General, or the other way round.
            if re.search(rf"\b{re.escape(role)}\b".replace(r"\-", r"[-\s]"), f"{lead}|{tail}", re.I):
                return entity.entity_id
        return None

    def _latest(self, before: int, labels: set[str]) -> str | None:
        found = [entity.entity_id for span, entity in self.mentions if span.start < before and entity.label in labels]
        return found[-1] if found else None

    def behind_pronoun(self, span: Span, recent: str | None, outer: str | None) -> str | None:
        """The entity that a pronoun stands for.

        Args:
            span: the pronoun.
            recent: the entity that spoke last, preferred if it fits.
            outer: who speaks around a quote inside a quote: "I" is them, "he" is not.
        """
        pronoun = self.text[span.start : span.end].lower()
        if pronoun == "i":
            return outer
        if pronoun == "it":
            return self._latest(span.start, {"ORG"})
        if pronoun not in ("he", "she", "they", "him", "her"):
            return None
        wanted = {"him": "he", "her": "she"}.get(pronoun, pronoun)
        return self._fitting(wanted, span.start, recent, outer)

    def _fitting(self, wanted: str, before: int, recent: str | None, outer: str | None) -> str | None:
        line = self.text.rfind("\n", 0, before) + 1
        people = [
            (s, e.entity_id)
            for s, e in self.mentions
            if e.label == "PER" and s.start < before and e.entity_id and e.entity_id != outer
        ]
        fits = [(s, key) for s, key in people if wanted == "they" or self.genders.get(key, wanted) == wanted]
        known = [(s, key) for s, key in fits if self.genders.get(key) == wanted]
        near = [(s, key) for s, key in known if s.start >= line] or [(s, key) for s, key in fits if s.start >= line]
        if near:
            # The subject of the sentence before, rather than somebody named later in it.
            sentence = max(self.text.rfind(mark, line, before - 2) for mark in _SENTENCE_MARKS)
            earlier = [(s, key) for s, key in near if s.start < max(sentence, line + 1)] or near
            if recent in [key for _, key in earlier]:
                return recent
            opening = max(self.text.rfind(mark, line, earlier[-1][0].start) for mark in _SENTENCE_MARKS)
            return next(key for s, key in near if s.start >= opening)
        if recent and any(key == recent for _, key in fits):
            return recent
        return fits[-1][1] if fits else None
