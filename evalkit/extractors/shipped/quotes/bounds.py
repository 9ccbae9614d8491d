"""Where the content of a quote begins and ends, by quotation marks, sentences and punctuation.

A network that tags words is about right; a reader expects whole quotations, no stray words, no stop at the end.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from evalkit.records import Span
from evalkit.text.quotation_marks import Quotation, inner_quotations, quotations
from evalkit.text.sentences import sentence_ends
from evalkit.text.zones import ZoneIndex

__all__ = ["Bounds", "meet"]

_TAIL = re.compile(r"[,;:.?!]+$")
_ABBREVIATED = re.compile(r"(?:\b[A-Za-z]\.)+[A-Za-z]?\.$|\b(?:Inc|Ltd|Co|Corp|Jr|Sr|Mr|Mrs|Ms|Dr|No|St)\.$")
_TIME = re.compile(r"\d{1,2}[.:]\d{2}(?:\s*[ap]\.?m\.?)?(?:\s+[A-Z]{2,4}\b)?[:,]?\s+")
_REST = re.compile(r"(?: [^\s.,;:!?()—–\"“”«»‘’]+){1,4}(?=[.,;!?](?:\s|$)|$)")
_OWN = re.compile(r" (?:and|but|or|while|when|as|after|before|because|although|though|on|at|in|during|who|which)\b")


class Bounds:
    """The boundaries that a text has.

    Attributes:
        marks: its outermost quotations.
    """

    def __init__(self, text: str, lines: Sequence[Span]) -> None:
        """Find the quotations.

        Args:
            text: the text.
            lines: its paragraphs.
        """
        self._text, self._lines = text, lines
        self.marks: list[Quotation] = [mark for line in lines for mark in quotations(text, line)]
        self._starts, self._ends = [mark.start for mark in self.marks], [mark.end for mark in self.marks]
        self._line_starts = [line.start for line in lines]
        self._sentences: dict[Span, list[int]] = {}

    def around(self, place: int) -> Quotation | None:
        """The quotation that a place is in."""
        mark = self.marks[bisect_right(self._starts, place) - 1] if self.marks else None
        return mark if mark is not None and mark.start <= place < mark.end else None

    def meeting(self, span: Span) -> list[Quotation]:
        """The quotations that share a character with a span."""
        return self.marks[bisect_right(self._ends, span.start) : bisect_left(self._starts, span.end)]

    def quoted(self, span: Span) -> bool:
        """Whether a span is all in one quotation."""
        mark = self.around(span.start)
        return mark is not None and span.end <= mark.end

    def tidied(self, span: Span, cue: Span | None, taken: ZoneIndex | None) -> Span:
        """A stretch of content with the ends that a reader would give it; it may come back empty.

        Args:
            span: the stretch.
            cue: the cue that reports it, if there is one.
            taken: cues and speakers, which it does not grow into; None where there are none at all.
        """
        outer = None if cue is None else self.around(cue.start)
        if outer is not None:
            inner = next((mark for mark in inner_quotations(self._text, outer) if _starts_in(span, mark)), None)
            if inner is not None:
                return self._trimmed(Span(inner.start, inner.end), None)
            return self._trimmed(Span(max(span.start, outer.start), min(span.end, outer.end)), None)
        for mark in self.meeting(span):
            span = Span(min(span.start, mark.start), max(span.end, mark.end))
        span = self._timeless(self._in_sentence(span, cue))
        return self._trimmed(span, taken)

    def _in_sentence(self, span: Span, cue: Span | None) -> Span:
        """The part in the sentence of the cue, if the stretch runs on from it into another."""
        line = self._lines[bisect_right(self._line_starts, span.start) - 1] if self._lines else span
        if cue is None or not line.start <= span.start < line.end:
            return span
        if line not in self._sentences:
            ends = sentence_ends(self._text, line.start, line.end)
            self._sentences[line] = [end for end in ends if self.around(end - 1) is None or self.around(end) is None]
        ends = self._sentences[line]
        index = bisect_right(ends, cue.start)
        if cue.start < line.start or index == len(ends):
            return span
        sentence = Span(ends[index - 1] if index else line.start, ends[index])
        return Span(max(span.start, sentence.start), min(span.end, sentence.end)) if meet(span, sentence) else span

    def _timeless(self, span: Span) -> Span:
        """Without the time that opens an entry of a live blog."""
        found = _TIME.match(self._text, span.start, span.end)
        place = bisect_left(self._line_starts, span.start)
        opens = self._line_starts[place : place + 1] == [span.start]
        return Span(found.end(), span.end) if found and opens else span

    def _trimmed(self, span: Span, taken: ZoneIndex | None) -> Span:
        start, end = span
        text = self._text
        while start < end and (text[start].isspace() or text[start] in ",;:"):
            start += 1
        while start < end and text[end - 1].isspace():
            end -= 1
        if taken is not None and start < end and self.around(end - 1) is None:
            rest = _REST.match(text, end)
            if rest and not _OWN.match(rest[0]) and taken.first(Span(end, rest.end())) is None:
                end = rest.end()
        place = bisect_left(self._ends, end)
        if self._ends[place : place + 1] != [end] and not _ABBREVIATED.search(text[start:end]):
            end = start + len(_TAIL.sub("", text[start:end]).rstrip())
        return Span(start, end) if any(map(str.isalnum, text[start:end])) else Span(start, start)


def meet(first: Span, second: Span) -> bool:
    """Whether two spans share a character."""
    return first.start < second.end and second.start < first.end


def _starts_in(span: Span, mark: Quotation) -> bool:
    return mark.start - 1 <= span.start < mark.end
