"""Quotes of one sentence: which quotation or clause each cue reports, and who says it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from evalkit.extractors.rules.reporting import Cue, Sentence, clause_end, complement, cues
from evalkit.extractors.rules.speakers import NOBODY, Speaker, SpeakerFinder
from evalkit.records import Span
from evalkit.text.quotation_marks import Quotation

__all__ = ["Draft", "drafts_of", "sayable"]

_ACCORDING = ("according to", "in the words of")
_MARKS = "\"”“’‘'»«›‹„"


_SUBJECT = re.compile(
    r"[A-Z]|(?:the|he|she|they|it|we|an?|his|her|its|their|two|three|some|one|police|prosecutors|officials|residents|\w+s)\b"
)


@dataclass
class Draft:
    """A quote in the making; `alone` says that its sentence is nothing but quotation."""

    kind: str
    content: list[Span]
    cue: list[Span] = field(default_factory=list)
    speaker: Speaker = NOBODY
    alone: bool = False
    open: bool = False


def sayable(text: str, quotation: Quotation) -> bool:
    """Whether a quotation is punctuated like an utterance, not like a term in quotation marks."""
    inside = text[quotation.start : quotation.end].rstrip(_MARKS).rstrip()
    return not quotation.closed or inside[-1:] in tuple(",.!?…—–-") or text[quotation.end : quotation.end + 1] == ","


def drafts_of(text: str, sentence: Sentence, finder: SpeakerFinder, *, headline: bool = False) -> list[Draft]:
    """The quotes of a sentence, in the order of their cues.

    Args:
        text: the article's text.
        sentence: the sentence.
        finder: finds speakers in the article.
        headline: whether it is one, where "court hears" needs no article.
    """
    if sentence.quotations and not sentence.bare:
        spans = [Span(q.start, q.end) for q in sentence.quotations]
        return [Draft("direct", spans, alone=True, open=not sentence.quotations[-1].closed)]
    return _Reader(text, sentence, finder, headline).read()


class _Reader:
    """Reads one sentence from cue to cue."""

    def __init__(self, text: str, sentence: Sentence, finder: SpeakerFinder, headline: bool) -> None:
        self.text, self.sentence, self.finder, self.headline = text, sentence, finder, headline
        self.cues = cues(sentence)
        self.used: set[Quotation] = set()
        self.drafts: list[Draft] = []
        self.reach = sentence.start

    def read(self) -> list[Draft]:
        for number, cue in enumerate(self.cues):
            if any(span.start <= cue.start < span.end for draft in self.drafts for span in draft.content):
                continue
            later = self.cues[number + 1 :]
            draft = (
                self._according(cue, later)
                if cue.word in _ACCORDING
                else self._closing(cue)
                or self._opening(cue, later)
                or self._clause(cue, later)
                or self._closing_clause(cue)
            )
            if draft:
                self.drafts.append(draft)
                self.reach = max(cue.end, *(span.end for span in draft.content if span.start >= cue.end), cue.end)
        self._uncued()
        return self.drafts

    def _masked(self, start: int, end: int) -> str:
        return self.sentence.masked[start - self.sentence.start : end - self.sentence.start]

    def _inside(self, start: int, end: int) -> list[Quotation]:
        return [q for q in self.sentence.quotations if start <= q.start and q.end <= end and q not in self.used]

    def _kind(self, start: int, end: int) -> str:
        inside = self._inside(start, end)
        self.used.update(inside)
        if not inside:
            return "indirect"
        return "mixed" if self._masked(start, end).replace("█", "").strip(" ,;") else "direct"

    def _according(self, cue: Cue, later: list[Cue]) -> Draft | None:
        """`CLAUSE, according to X` or `According to X, CLAUSE`."""
        cue_span = [Span(cue.start, cue.end)]
        speaker = self.finder.after(cue.end, self.sentence.end)
        before = self._masked(self.reach, cue.start).strip(" ,")
        if len(before.split()) >= 3 or "█" in before:
            start = self._skip(self.reach)
            end = self.sentence.start + len(self.sentence.masked[: cue.start - self.sentence.start].rstrip(" ,–—-"))
            return Draft(self._kind(start, end), [Span(start, end)], cue_span, speaker)
        comma = self._masked(cue.end, self.sentence.end).find(", ")
        if comma < 0:
            return None
        if speaker.span and cue.end + comma < speaker.span.end:
            return None
        start = cue.end + comma + 2
        end = clause_end(self.sentence, start, later)
        return Draft(self._kind(start, end), [Span(start, end)], cue_span, speaker) if end - start > 8 else None

    def _skip(self, start: int) -> int:
        while start < self.sentence.end and self.text[start] in " \t,;":
            start += 1
        return start

    def _closing(self, cue: Cue) -> Draft | None:
        """`“Content,” she said`, with `, “more.”` behind it or not."""
        before = [q for q in self.sentence.quotations if q.end <= cue.start and q not in self.used]
        if not before or not cue.takes("say", "that", "direct", "told"):
            return None
        last = before[-1]
        between = self._masked(last.end, cue.start)
        lead = self._masked(self.sentence.start, before[0].start).strip(" ,")
        inside = self.text[last.start : last.end].rstrip(_MARKS).rstrip()
        if lead and inside[-1:] not in tuple(",.!?…—–-"):
            return None
        if not sayable(self.text, last) and (lead or len(between.split()) > 5):
            return None
        if len(between.split()) > 14 or any(
            last.end <= other.start < cue.start and complement(self.sentence, other) for other in self.cues
        ):
            return None
        if re.search(r"[.!?;]\s|:\s*$", between) or "█" in between:
            return None
        upcoming = next((q for q in self.sentence.quotations if q.start >= cue.end), None)
        bound = upcoming.start if upcoming else self.sentence.end
        subject = between.strip(" ,–—-")
        speaker = self.finder.before(last.end, cue.start) if subject else self.finder.after(cue.end, bound)
        content = before
        if (
            upcoming
            and self._masked(cue.end, bound).rstrip()[-1:] in (",", ":", "–", "—", "")
            and not any(cue.end <= c.start < bound for c in self.cues)
        ):
            content = [*before, upcoming]
        self.used.update(content)
        return Draft(
            "direct",
            [Span(q.start, q.end) for q in content],
            [Span(cue.start, cue.end)],
            speaker,
            open=not content[-1].closed,
        )

    def _opening(self, cue: Cue, later: list[Cue]) -> Draft | None:
        """`She said: “Content.”`, `he called the offer “an insult”`."""
        upcoming = next((q for q in self.sentence.quotations if q.start >= cue.end and q not in self.used), None)
        if upcoming is None or any(cue.end <= other.start < upcoming.start for other in later):
            return None
        gap = self._masked(cue.end, upcoming.start)
        if re.search(r"\b(?:that|whether|if|how|why|because)\b|[.;]", gap) or len(gap.split()) > 9:
            return None
        lowered = cue.takes("as") and not re.match(r" (?:on|for|in|by|to)\b", gap) and bool(gap.strip())
        immediate = not gap.strip()
        announced = gap.rstrip()[-1:] in (",", ":") or (immediate and sayable(self.text, upcoming))
        starts_big = bool(re.match(r"\W*[A-Z0-9ÀÁÉÍÓÚÄÖÜØÅÇÑŠŽŁĆČ]", self.text[upcoming.start : upcoming.end]))
        speaker = self._speaker(cue)
        if announced and (starts_big or not immediate) and cue.takes("say", "that", "direct", "told"):
            content = [upcoming, *(q for q in self.sentence.quotations if q.start >= upcoming.end)]
            content = content if not later else content[:1]
            self.used.update(content)
            spans = [Span(q.start, q.end) for q in content]
            return Draft("direct", spans, [Span(cue.start, cue.end)], speaker, open=not content[-1].closed)
        if not lowered and not (immediate and cue.takes("say", "that", "direct", "told")):
            return None
        article = re.search(r"\b(?:an?|the) $", gap) if lowered else None
        start = upcoming.start - (len(article[0]) if article else 0)
        end = clause_end(self.sentence, upcoming.start, later)
        rest = self._masked(upcoming.end, end)
        if (
            end < upcoming.end
            or re.match(r"\s*,|\s+(?:and|but|before|after|as (?:he|she|they))\b", rest)
            or sayable(self.text, upcoming)
        ):
            end = upcoming.end
        return Draft(self._kind(start, end), [Span(start, end)], [Span(cue.start, cue.end)], speaker)

    def _clause(self, cue: Cue, later: list[Cue]) -> Draft | None:
        """`She said that …`: an indirect quote, or a mixed one if part of it is in quotation marks."""
        start = complement(self.sentence, cue)
        if start is None:
            return None
        end = clause_end(self.sentence, start, later)
        if end - start < 8:
            return None
        speaker = self._speaker(cue)
        if speaker.span is None:
            return None
        return Draft(self._kind(start, end), [Span(start, end)], [Span(cue.start, cue.end)], speaker)

    def _speaker(self, cue: Cue) -> Speaker:
        found = self.finder.before(self.reach, cue.start)
        if found.span is None and self.drafts:
            return self.drafts[-1].speaker
        return found if found.span else self.finder.before(self.sentence.start, cue.start)

    def _closing_clause(self, cue: Cue) -> Draft | None:
        """`The bridge was safe, she said` and `The bridge, she said, was safe`."""
        if not cue.takes("say", "that", "told") or self.drafts or cue.word.endswith("ing"):
            return None
        before = self._masked(self.sentence.start, cue.start)
        for found in reversed(list(re.finditer(", ", before))):
            subject = before[found.end() :].strip()
            speaker = self._closing_subject(cue, before[: found.start()], subject)
            if speaker.span is not None:
                return self._closed(cue, before[: found.start()], subject, speaker)
        return None

    def _closing_subject(self, cue: Cue, clause: str, subject: str) -> Speaker:
        start = self.sentence.start + len(clause) + 1
        if subject:
            fits = self.headline or _SUBJECT.match(subject)
            return self.finder.before(start, cue.start) if fits else NOBODY
        # ", said Moen": but ", who runs the port, told …" closes a relative clause.
        if cue.takes("nouny", "told") or re.search(r", (?:who|which|whose|\d\d|an?|the)\b", clause):
            return NOBODY
        return self.finder.after(cue.end, self.sentence.end)

    def _closed(self, cue: Cue, clause: str, subject: str, speaker: Speaker) -> Draft | None:
        rest = self._masked(cue.end, self.sentence.end)
        words = len(clause.split())
        opens_adverbial = re.match(r"(?:but|and|when|after|while|if|as|asked|in|on|at)\b", clause, re.I)
        whole = bool(re.match(r"(?:[^,;:█]{0,70})[.!?]?\s*$", rest))
        split = not whole and rest.startswith(", ") and 0 < len(subject.split()) <= 4
        if not (whole or split) or words < (3 if whole else 2) or (opens_adverbial and words < 6):
            return None
        spans = [Span(self.sentence.start, self.sentence.start + len(clause))]
        if split:
            second = cue.end + 2
            spans.append(Span(second, clause_end(self.sentence, second, [])))
        self._kind(spans[0].start, spans[-1].end)
        kind = "mixed" if any("█" in self._masked(*span) for span in spans) else "indirect"
        return Draft(kind, spans, [Span(cue.start, cue.end)], speaker)

    def _uncued(self) -> None:
        """Utterances that no cue reports: behind a colon, or punctuated as sentences."""
        left = [q for q in self.sentence.quotations if q not in self.used and sayable(self.text, q)]
        for quotation in left:
            before = self._masked(self.sentence.start, quotation.start)
            words = len(self.text[quotation.start : quotation.end].split())
            if any(span.start <= quotation.start < span.end for draft in self.drafts for span in draft.content):
                continue
            colon = before.rstrip().endswith(":")
            ended = self.text[quotation.start : quotation.end].rstrip(_MARKS)[-1:] in tuple(".!?…")
            if not colon and (
                words < 5 or not ended or not re.match(r"\W*[A-Z]", self.text[quotation.start : quotation.end])
            ):
                continue
            span = Span(quotation.start, quotation.end)
            if self.drafts and self.drafts[-1].kind == "direct" and not colon:
                self.drafts[-1].content.append(span)
                continue
            self.drafts.append(Draft("direct", [span], alone=not colon, open=not quotation.closed))
