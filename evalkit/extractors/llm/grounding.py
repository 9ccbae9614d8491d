"""Strings that a model returned, found again in the text: occurrence by occurrence, tolerant of typography only.

What counts as the same string, tried in this order:

1. `exact`: the same code points.
2. `typography`: the same after white space is one space, all quotation marks and apostrophes are one mark, dashes are
   one dash, compatible forms are one (NFKD: ligatures, no-break spaces, composed or decomposed accents), soft hyphens
   and zero-width characters are gone, and a character reference of HTML (`&amp;`) is its character.
3. `case`: the same but for upper and lower case; only for strings of at least four characters of which no other
   occurrence exists, because `US` is not `us`.

A string inside a longer word does not count where it also stands free. The n-th copy of a string stands for its n-th
occurrence that is not taken yet, unless the words before it say which one is meant.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from evalkit.records import Span

__all__ = ["MARKS", "Grounded", "Mention", "Page", "ground_mentions", "nearest", "plain"]

MARKS = "\"'`´‘’‚‛“”„‟‹›«»「」『』＂＇"
"""Quotation marks and apostrophes; they are one mark when strings are compared."""

_DASHES = "-‐‑‒–—―−﹣－"
_GONE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
_HIDDEN = "\0"
_SPACELESS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(rf"[{_SPACELESS}]|(?:(?![{_SPACELESS}])\w)+")
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]\w{1,30});")
_SHORTEST_WITHOUT_CASE = 4


@dataclass(frozen=True, slots=True)
class Mention:
    """A string that should stand in the text, and the words right before it, if the model said so."""

    text: str
    before: str = ""


@dataclass(frozen=True, slots=True)
class Grounded:
    """Where a string stands, and how it was recognised.

    `how` is `exact`, `typography` or `case`; without a span it is `surplus` (every occurrence is taken by another
    copy) or `absent` (it does not stand in the text).
    """

    span: Span | None
    how: str


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the text, folded, and where it stands."""

    folded: str
    start: int
    end: int


def _characters(text: str) -> Iterator[tuple[int, int, str]]:
    """The characters of a text with their places; a reference of HTML is what it stands for."""
    at = 0
    # Each text is looked through several times, and few have any.
    references = _REFERENCE.finditer(text) if "&" in text else iter(())
    for reference in references:
        meant = html.unescape(reference[0])
        if meant == reference[0]:
            continue
        yield from ((place, place + 1, text[place]) for place in range(at, reference.start()))
        for character in meant:
            yield reference.start(), reference.end(), character
        at = reference.end()
    yield from ((place, place + 1, text[place]) for place in range(at, len(text)))


def _fold(character: str, *, case: bool) -> str:
    if character in MARKS:
        return "'"
    if character in _DASHES:
        return "-"
    if character in _GONE:
        return ""
    if character.isspace():
        return " "
    if character.isascii():
        return character.lower() if case else character
    folded = unicodedata.normalize("NFKD", character)
    if " " in folded:
        # A sign such as a free-standing accent, which is no white space.
        folded = unicodedata.normalize("NFD", character)
    return unicodedata.normalize("NFKD", folded.casefold()) if case else folded


@dataclass(frozen=True, slots=True)
class _View:
    """A folded text; `starts` and `ends` say for each of its characters which one of the text it comes from."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    @classmethod
    def of(cls, text: str, *, case: bool) -> _View:
        folded: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        for at, end, character in _characters(text):
            for part in _fold(character, case=case):
                if part == " " and folded and folded[-1] == " ":
                    continue
                folded.append(part)
                starts.append(at)
                ends.append(end)
        return cls("".join(folded), starts, ends)

    def find(self, needle: str) -> list[Span]:
        """Every place where the needle stands, by whole characters of the text."""
        found = []
        at = self.text.find(needle) if needle else -1
        while at >= 0:
            end = at + len(needle)
            if self._whole(at, end):
                found.append(Span(self.starts[at], self.ends[end - 1]))
            at = self.text.find(needle, at + 1)
        return found

    def _whole(self, start: int, end: int) -> bool:
        # Not `e` where an accent follows, and no part of what one character was taken apart to.
        if start and self.starts[start - 1] == self.starts[start]:
            return False
        return end == len(self.text) or (
            self.starts[end] != self.starts[end - 1] and not unicodedata.combining(self.text[end])
        )


def plain(string: str, *, case: bool = False) -> str:
    """The string as it is compared: folded, without white space at the ends."""
    return _View.of(string, case=case).text.strip()


class Page:
    """A text in which strings are looked for.

    Attributes:
        text: the whole text, to which all spans refer; what is hidden is blotted out.
    """

    def __init__(self, text: str, hidden: Iterable[Span] = ()) -> None:
        """A page of which nothing is found inside `hidden`."""
        for span in hidden:
            text = text[: span.start] + _HIDDEN * (span.end - span.start) + text[span.end :]
        self.text = text

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """The words in order; signs of scripts without spaces are words of their own."""
        runs = _RUN.finditer(self.text)
        return tuple(Word(plain(run.group(), case=True), run.start(), run.end()) for run in runs)

    @cached_property
    def _typography(self) -> _View:
        return _View.of(self.text, case=False)

    @cached_property
    def _caseless(self) -> _View:
        return _View.of(self.text, case=True)

    def occurrences(self, string: str) -> list[Grounded]:
        """Where the string stands: exact occurrences first, then those that differ in typography, else in case."""
        string = string.strip()
        folded = plain(string)
        if not folded or _HIDDEN in string:
            return []
        exact = self._free(_find_exact(self.text, string))
        typography = self._free(self._typography.find(folded))
        found = [Grounded(span, "exact") for span in exact]
        found += [Grounded(span, "typography") for span in typography if span not in set(exact)]
        if found or len(folded) < _SHORTEST_WITHOUT_CASE:
            return found
        return [Grounded(span, "case") for span in self._free(self._caseless.find(plain(string, case=True)))]

    def _free(self, spans: Sequence[Span]) -> Sequence[Span]:
        """Those that are no part of a longer word, or all of them where none stands free."""
        free = [span for span in spans if not (self._joined(span.start) or self._joined(span.end))]
        return free or spans

    def _joined(self, at: int) -> bool:
        around = self.text[max(at - 1, 0) : at + 1]
        run = _RUN.match(around)
        return 0 < at < len(self.text) and run is not None and run.end() == len(around) == 2

    def follows(self, before: str, span: Span) -> bool:
        """Whether the words of `before` stand right before the span."""
        wanted = "".join(run for run in _RUN.findall(plain(before, case=True)))
        there = self.text[max(span.start - 2 * len(before) - 40, 0) : span.start]
        return bool(wanted) and "".join(_RUN.findall(plain(there, case=True))).endswith(wanted)


def _find_exact(text: str, string: str) -> list[Span]:
    found = []
    at = text.find(string)
    while at >= 0:
        found.append(Span(at, at + len(string)))
        at = text.find(string, at + 1)
    # An accent that follows belongs to the last letter.
    return [span for span in found if span.end == len(text) or not unicodedata.combining(text[span.end])]


def ground_mentions(page: Page, mentions: Sequence[Mention]) -> list[Grounded]:
    """Where each mention stands, in the order given; no two at the same place.

    Those whose words before them agree with the text choose first. Then longer strings choose before shorter ones, and
    the n-th copy of a string gets its n-th occurrence that is left: those inside a longer mention come last.
    """
    known = [page.occurrences(mention.text) for mention in mentions]
    placed: dict[int, Grounded] = {}
    used: set[Span] = set()
    for number, mention in enumerate(mentions):
        fitting = [one for one in known[number] if one.span is not None and page.follows(mention.before, one.span)]
        _take(number, [one for one in fitting if one.span not in used], placed, used)
    for number in sorted(range(len(mentions)), key=lambda number: -len(plain(mentions[number].text))):
        if number not in placed:
            left = [one for one in known[number] if one.span not in used]
            _take(number, sorted(left, key=lambda one: _inside(one.span, used)), placed, used)
    missing = [Grounded(None, "surplus" if occurrences else "absent") for occurrences in known]
    return [placed.get(number, missing[number]) for number in range(len(mentions))]


def _take(number: int, left: Sequence[Grounded], placed: dict[int, Grounded], used: set[Span]) -> None:
    for one in left[:1]:
        placed[number] = one
        used.update([one.span] if one.span is not None else [])


def _inside(span: Span | None, others: Iterable[Span]) -> bool:
    return span is not None and any(other.start <= span.start and span.end <= other.end for other in others)


def nearest(page: Page, string: str, anchors: Sequence[Span]) -> Grounded:
    """The occurrence of the string that is nearest to one of the anchors; of two as near, the first.

    One that overlaps an anchor comes after all that do not.
    """
    found = [one for one in page.occurrences(string) if one.span is not None]
    if not found:
        return Grounded(None, "absent")
    return min(found, key=lambda one: min((_distance(one.span, anchor) for anchor in anchors), default=(0, 0)))


def _distance(span: Span | None, anchor: Span) -> tuple[int, int]:
    if span is None:
        return 2, 0
    if span.start < anchor.end and anchor.start < span.end:
        return 1, 0
    return 0, max(span.start - anchor.end, anchor.start - span.end)
