"""Quotes by rules: quotation marks, cue words and the clauses that they report, with their speakers.

Direct quotes come from quotation marks with a cue in the sentence, or standing as sentences of their own; quotation
marks around a term are left alone. Indirect and mixed quotes are the clause behind a cue (`said that …`), before it
(`…, she said`) or beside "according to".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from heapq import heappop, heappush
from itertools import takewhile

from evalkit.extractors.rules.drafts import Draft, drafts_of
from evalkit.extractors.rules.reporting import cues, may_report, sentences
from evalkit.extractors.rules.speakers import Speaker, SpeakerFinder
from evalkit.records import Article, Entity, Quote, Span
from evalkit.text.quotation_marks import Quotation, inner_quotations, quotations
from evalkit.text.sentences import prose_lines

__all__ = ["find_quotes"]


def find_quotes(article: Article, entities: Sequence[Entity]) -> tuple[Quote, ...]:
    """The quotes outside boilerplate, in the order of the text.

    Args:
        article: the article.
        entities: its linked mentions, from the rules or from a model.
    """
    finder = SpeakerFinder(article, entities)
    state = _State(article.text, finder)
    for line, kind in prose_lines(article):
        state.read(line, kind)
    for draft, _ in state.drafts:
        # White space of any kind may stand between a clause and its cue.
        draft.content = [span for span in map(state.trimmed, draft.content) if span.start < span.end]
    spoken = [item for item in state.drafts if item[0].content]
    drafts = sorted(spoken, key=lambda draft: (draft[0].content[0].start, -draft[0].content[-1].end))
    return tuple(
        Quote(
            id=f"q{number}",
            kind=draft.kind,
            content=tuple(sorted(draft.content)),
            cue=tuple(draft.cue),
            speaker=draft.speaker.span and state.trimmed(draft.speaker.span),
            speaker_id=entity_id,
        )
        for number, (draft, entity_id) in enumerate(drafts, 1)
    )


class _State:
    """What reading one paragraph leaves behind for the next: who spoke last, which quotation is still open."""

    def __init__(self, text: str, finder: SpeakerFinder) -> None:
        self.text, self.finder = text, finder
        self.drafts: list[tuple[Draft, str | None]] = []
        self.recent: str | None = None
        self.open: tuple[Draft, str | None] | None = None

    def trimmed(self, span: Span) -> Span:
        """The span without white space at its ends."""
        inside = self.text[span.start : span.end]
        start = span.start + len(inside) - len(inside.lstrip())
        return Span(start, start + len(inside.strip()))

    def read(self, line: Span, kind: str) -> None:
        """Take in one paragraph.

        Args:
            line: where it is.
            kind: its zone.
        """
        found = quotations(self.text, line)
        if kind == "headline" and self._announced(line, found):
            return
        paragraph: list[Draft] = []
        before: list[Span] = []
        for sentence in sentences(self.text, line, found):
            for draft in drafts_of(self.text, sentence, self.finder, headline=kind == "headline"):
                self._merge(paragraph, draft, before)
            if not sentence.quotations or sentence.bare:
                before.append(Span(sentence.start, sentence.end))
        continued = self._continue(paragraph, line)
        finished = len(self.drafts) - continued
        for draft in paragraph:
            self._finish(draft, paragraph)
            self.finder.people.recent = self.recent
        for quotation, speaker_id in _spoken(line, found, self.drafts[finished:]):
            self._nested(quotation, speaker_id)

    def _announced(self, line: Span, found: list[Quotation]) -> bool:
        """A headline `Moen: Bridge is safe` quotes without a cue."""
        for span, entity in self.finder.people.beginning_in(line.start, line.start + 1):
            if entity.label == "PER" and self.text[span.end : span.end + 2] == ": ":
                content = Span(span.end + 2, line.end)
                marks = [q for q in found if q.start >= content.start]
                whole = len(marks) == 1 and marks[0].start == content.start and marks[0].end == content.end
                kind = "direct" if whole else "mixed" if marks else "indirect"
                self.drafts.append((Draft(kind, [content], [], Speaker(span, entity.entity_id)), entity.entity_id))
                return True
        if found and found[0].start == line.start and self.text[found[0].end : found[0].end + 1] == ":":
            people = [e.entity_id for _, e in self.finder.people.beginning_in(line.start, line.end) if e.label == "PER"]
            self.drafts.append((Draft("direct", [Span(found[0].start, found[0].end)]), people[0] if people else None))
            return True
        return False

    def _merge(self, paragraph: list[Draft], draft: Draft, before: list[Span]) -> None:
        """One quote is what one speaker says in one paragraph with one cue."""
        last = paragraph[-1] if paragraph else None
        if draft.kind == "direct" and not draft.cue:
            if last and last.kind == "direct" and (draft.alone or not last.cue):
                last.content += draft.content
                last.open = draft.open
                return
            if last:
                draft.speaker = last.speaker
            elif before:
                draft.speaker = self._subject(before[-1], draft)
        elif draft.kind == "direct" and last and last.alone and not last.cue and not before:
            last.content += draft.content
            last.cue, last.speaker, last.open = draft.cue, draft.speaker, draft.open
            return
        paragraph.append(draft)

    def _subject(self, sentence: Span, draft: Draft) -> Speaker:
        """Who acts in the sentence before a quotation without a cue: its first person, named or not."""
        end = min(sentence.end, draft.content[0].start)
        for span, entity in self.finder.people.beginning_in(sentence.start, end):
            if entity.label == "PER":
                return Speaker(span, entity.entity_id)
        pronoun = re.match(r"(?:She|He|They)\b", self.text[sentence.start : end])
        return Speaker(Span(sentence.start, sentence.start + pronoun.end()), None) if pronoun else Speaker(None, None)

    def _continue(self, paragraph: list[Draft], line: Span) -> bool:
        """A paragraph that begins with a quotation goes on with one that the paragraph before left open, its last."""
        if self.open is None:
            return False
        draft, entity_id = self.open
        self.open = None
        if not paragraph or paragraph[0].kind != "direct" or paragraph[0].content[0].start != line.start:
            return False
        first = paragraph.pop(0)
        draft.content += first.content
        if not draft.cue and first.cue:
            draft.cue, draft.speaker = first.cue, first.speaker
            entity_id = self._id(first)
        place = next(index for index in range(len(self.drafts) - 1, -1, -1) if self.drafts[index][0] is draft)
        del self.drafts[place]
        self.drafts.append((draft, entity_id))
        self.recent = entity_id or self.recent
        if first.open:
            self.open = (draft, entity_id)
        return True

    def _id(self, draft: Draft) -> str | None:
        return self.finder.resolve(draft.speaker, self.recent)

    def _finish(self, draft: Draft, paragraph: list[Draft]) -> None:
        entity_id = self._id(draft)
        if draft.speaker.span is None and draft.kind == "direct" and len(paragraph) == 1:
            entity_id = self.recent
        self.drafts.append((draft, entity_id))
        if draft.speaker.span is not None:
            self.recent = entity_id
        if draft.open:
            self.open = (draft, entity_id)

    def _nested(self, quotation: Quotation, outer: str | None) -> None:
        """What a speaker reports of others: quotations and clauses with a cue, inside a quotation."""
        end = quotation.end - 1 if quotation.closed else quotation.end
        inside = Span(quotation.start + 1, end)
        if not may_report(self.text, inside):
            return
        for sentence in sentences(self.text, inside, inner_quotations(self.text, quotation)):
            if not any(cue.takes("nested") for cue in cues(sentence)):
                continue
            for draft in drafts_of(self.text, sentence, self.finder):
                span = draft.speaker.span
                said = span and draft.cue and (draft.kind != "indirect" or self.text[span.start : span.end] != "I")
                if said:
                    entity_id = self.finder.resolve(draft.speaker, None, outer=outer)
                    self.drafts.append((draft, entity_id))


def _spoken(
    line: Span, found: Iterable[Quotation], drafts: Sequence[tuple[Draft, str | None]]
) -> Iterator[tuple[Quotation, str | None]]:
    """The quotations of a line that are said by somebody in it, each with the last who does."""
    stretches: list[tuple[Span, int]] = []
    for number, (draft, _) in enumerate(drafts):
        # What goes on from lines before may be long.
        here = takewhile(lambda content: content.start >= line.start, reversed(draft.content))
        stretches += [(content, number) for content in here]
    stretches.sort()
    around: list[tuple[int, int]] = []
    following = 0
    for quotation in found:
        while following < len(stretches) and stretches[following][0].start <= quotation.start:
            content, number = stretches[following]
            heappush(around, (-number, content.end))
            following += 1
        while around and around[0][1] <= quotation.start:
            heappop(around)
        if around:
            yield quotation, drafts[-around[0][0]][1]
