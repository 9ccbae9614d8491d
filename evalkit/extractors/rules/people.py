"""The people of an article: their gender, and who is meant by a pronoun or a role."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import groupby

from evalkit.records import Article, Entity, Span
from evalkit.text.word_lists import alternatives, entries

__all__ = ["People"]

_SPEAKING = frozenset({"PER", "ORG", "GPE", "NORP"})
_ORG_ROLES = re.compile(
    r"\b(?:company|firm|group|party|union|agency|ministry|council|club|charity|airline|bank|board|court|lender|retailer|"
    r"developer|regulator|institute|association|museum|university|police|newspaper|federation|commission|operator)s?$"
)
_PERSON_ENDING = re.compile(r"(?:man|woman|ist|er|or|ian|up|junior|senior|veteran)$")
_DOTTED = re.compile(r"[\w.]+")
_WORD = re.compile(r"\w+")
_BREAK = re.compile(r"[,.;:]\s|\n")
_STOP = re.compile(r"[.;]\s|\n")
_SENTENCE_MARK = re.compile(r"""[.?!] |\.[”"] """)


class _Named:
    """Mentions in the order of the text, and who is named by them."""

    def __init__(self, mentions: Iterable[tuple[Span, Entity]]) -> None:
        self._starts: list[int] = []
        self._keys: list[str | None] = []
        self._places: dict[str | None, list[int]] = defaultdict(list)
        for span, entity in mentions:
            self._starts.append(span.start)
            self._keys.append(entity.entity_id)
            self._places[entity.entity_id].append(span.start)
        # Where those of one entity that follow each other begin and end: who leaves it out steps over them at once.
        self._runs: list[tuple[int, int]] = []
        for _, run in groupby(self._keys):
            first, count = len(self._runs), len(list(run))
            self._runs += [(first, first + count)] * count

    def last(self, start: int, end: int, without: str | None = None) -> tuple[int, str | None] | None:
        """The last that begins in a stretch and names somebody else than `without`."""
        index = bisect_left(self._starts, end) - 1
        if index >= 0 and without is not None and self._keys[index] == without:
            index = self._runs[index][0] - 1
        return (self._starts[index], self._keys[index]) if index >= 0 and self._starts[index] >= start else None

    def first(self, start: int, without: str | None = None) -> str | None:
        """Whom the first one from a place on names, other than `without`."""
        index = bisect_left(self._starts, start)
        if index < len(self._keys) and without is not None and self._keys[index] == without:
            index = self._runs[index][1]
        return self._keys[index] if index < len(self._keys) else None

    def has(self, key: str | None, start: int, end: int) -> bool:
        """Whether one that begins in a stretch names a certain entity."""
        places = self._places.get(key, [])
        index = bisect_left(places, start)
        return index < len(places) and places[index] < end


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
        self._starts = [span.start for span, _ in self.mentions]
        self._ends = [span.end for span, _ in self.mentions]
        self.genders = self._genders()
        self.recent: str | None = None
        self._surroundings: dict[int, str] = {}
        self._introduced: dict[tuple[str, str], _Named] = {}

    def within(self, start: int, end: int) -> list[tuple[Span, Entity]]:
        """The mentions that lie in a stretch."""
        return self.mentions[bisect_left(self._starts, start) : bisect_right(self._ends, end)]

    def meeting(self, start: int, end: int) -> list[tuple[Span, Entity]]:
        """The mentions that overlap a stretch."""
        return self.mentions[bisect_right(self._ends, start) : bisect_left(self._starts, end)]

    def beginning_in(self, start: int, end: int) -> list[tuple[Span, Entity]]:
        """The mentions that begin in a stretch."""
        return self.mentions[bisect_left(self._starts, start) : bisect_left(self._starts, end)]

    def _genders(self) -> dict[str, str]:
        genders: dict[str, str] = {}
        for span, entity in self.mentions:
            key = entity.entity_id
            if entity.label != "PER" or not key or key in genders:
                continue
            gender = self._gender(span)
            if gender:
                genders[key] = gender
        return genders

    def _gender(self, span: Span) -> str:
        before = _DOTTED.findall(self.text, max(0, span.start - 30), span.start)[-2:]
        after = _WORD.findall(self.text, span.end, span.end + 40)[:6]
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
            body = self._labelled["ORG"].last(start, end)
            if body:
                return body[1]
        words = re.findall(r"[\w-]+", re.split(rf"\s{alternatives('reporting', 'preposition')}\s", phrase.lower())[0])
        if not words or not re.match(r"(?:the|its|his|her|their|this)\b|[\w ’'-]+['’]s ", phrase, re.I):
            return None
        head = words[-1]
        if _ORG_ROLES.search(head):
            return self._called(head, start, "ORG") or self._latest(start, "ORG")
        known = self._called(head, start, "PER") or self._called(head, len(self.text), "PER")
        if known or not re.match(r"the\b", phrase, re.I):
            return known
        if not entries("people", "role").isdisjoint({head, *head.split("-")}) or _PERSON_ENDING.search(head):
            return self.recent or self._latest(start, "PER")
        return None

    def _called(self, role: str, before: int, label: str) -> str | None:
        """The last one of a label who stood beside a word: in front without a comma, or in an apposition."""
        if (role, label) not in self._introduced:
            # The Secretary-General was introduced as Secretary General, or the other way round.
            pattern = re.compile(rf"\b{re.escape(role)}\b".replace(r"\-", r"[-\s]"), re.I)
            places = [self._beside.get((label, _folded(word)), []) for word in ["", *re.findall(r"\w+", role)]]
            rarest = [index for index in min(places, key=len) if pattern.search(self._around(index))]
            self._introduced[role, label] = _Named(self.mentions[index] for index in rarest)
        last = self._introduced[role, label].last(0, before)
        return last[1] if last else None

    @cached_property
    def _beside(self) -> dict[tuple[str, str], list[int]]:
        """The mentions of a label beside which a word stands; all of the label for the empty word."""
        beside: dict[tuple[str, str], list[int]] = defaultdict(list)
        for index, (_, entity) in enumerate(self.mentions):
            for word in {"", *map(_folded, _WORD.findall(self._around(index)))}:
                beside[entity.label, word].append(index)
        return beside

    def _around(self, index: int) -> str:
        if index not in self._surroundings:
            self._surroundings[index] = self._read_around(index)
        return self._surroundings[index]

    def _read_around(self, index: int) -> str:
        span = self.mentions[index][0]
        lead = _BREAK.split(self.text[max(0, span.start - 50) : span.start])[-1]
        bound = self.mentions[index + 1][0].start if index + 1 < len(self.mentions) else len(self.text)
        tail = _STOP.split(self.text[span.end : max(span.end, min(span.end + 70, bound))], maxsplit=1)[0]
        return f"{lead}|{tail}"

    @cached_property
    def _labelled(self) -> dict[str, _Named]:
        return {label: _Named(item for item in self.mentions if item[1].label == label) for label in ("PER", "ORG")}

    def _latest(self, before: int, label: str) -> str | None:
        last = self._labelled[label].last(0, before)
        return last[1] if last else None

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
            return self._latest(span.start, "ORG")
        if pronoun not in ("he", "she", "they", "him", "her"):
            return None
        wanted = {"him": "he", "her": "she"}.get(pronoun, pronoun)
        return self._fitting(wanted, span.start, recent, outer)

    @cached_property
    def _of_gender(self) -> dict[str, tuple[_Named, _Named]]:
        """For each pronoun the mentions of people who are known to be meant by it, and those who may be."""
        people = [
            (span, e, self.genders.get(e.entity_id)) for span, e in self.mentions if e.label == "PER" and e.entity_id
        ]
        return {
            wanted: (
                _Named((span, e) for span, e, gender in people if gender == wanted),
                _Named((span, e) for span, e, gender in people if wanted == "they" or gender in (None, wanted)),
            )
            for wanted in ("he", "she", "they")
        }

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(end.end() for end in re.finditer("\n", self.text))]

    @cached_property
    def _sentence_marks(self) -> list[tuple[int, int]]:
        """Where what ends sentences ends and begins."""
        return [(mark.end(), mark.start()) for mark in _SENTENCE_MARK.finditer(self.text)]

    def _last_mark(self, start: int, end: int) -> int:
        """Where the last sentence that ends in a stretch has its stop; -1 if none does."""
        index = bisect_right(self._sentence_marks, (end, end)) - 1
        return self._sentence_marks[index][1] if index >= 0 and self._sentence_marks[index][1] >= start else -1

    def _fitting(self, wanted: str, before: int, recent: str | None, outer: str | None) -> str | None:
        line = self._line_starts[bisect_right(self._line_starts, before) - 1]
        known, fitting = self._of_gender[wanted]
        near = next((people for people in (known, fitting) if people.last(line, before, outer)), None)
        wanted_recent = recent if recent != outer else None
        if near:
            # The subject of the sentence before, rather than somebody named later in it.
            sentence = max(self._last_mark(line, before - 2), line + 1)
            last = near.last(line, sentence, outer)
            end = sentence if last else before
            if wanted_recent and near.has(wanted_recent, line, end):
                return recent
            last = last or near.last(line, before, outer)
            opening = self._last_mark(line, last[0] if last else before)
            return near.first(max(opening, line), outer)
        if wanted_recent and fitting.has(wanted_recent, 0, before):
            return recent
        last = fitting.last(0, before, outer)
        return last[1] if last else None


def _folded(word: str) -> str:
    # As a pattern that ignores case compares them.
    if word.isascii():
        return word.lower()
    return word.casefold().replace("i̇", "i").replace("ı", "i")
