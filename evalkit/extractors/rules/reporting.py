"""Sentences around quotations, cue words in them, and where a reported clause begins and ends."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from evalkit.records import Span
from evalkit.text.quotation_marks import Quotation
from evalkit.text.sentences import sentence_ends
from evalkit.text.word_lists import alternatives, entries

__all__ = ["Cue", "Sentence", "clause_end", "complement", "cues", "may_report", "sentences"]

_DETERMINER = re.compile(
    r"(?:^|\s)(?:the|a|an|this|that|these|those|its|his|her|their|my|our|your|of|no|any|each|"
    r"every|some|such|\w+['’]s|to the|first|official|new|last|press|annual|draft|police|news|media|"
    r"study|be|being|is|been|was|were|are)\s+$",
    re.I,
)
_OBJECT = (
    r"(?: (?!(?:that|whether|if|how|why|what|he|she|it|they|we|had|has|was|were|is|are|would|will|and|but)\b)"
    r"[^\s,;:.█–—]+){1,6}?"
)

# A time or a dateline in front of the first sentence: "15:10 — ", "OSLO, Norway (Wire) - ", "LIVE | ".
_LEAD = re.compile(
    r"\d{1,2}[.:]?\d{0,2} ?(?:[ap]\.?m\.?)?[:,]? ?(?:[—–-] |(?<=[:\d]) )|"
    r"[A-ZÀ-Þ]{2}[^a-z█]{1,30}(?:, [^█()—–]{2,40}?)?(?: \([^)█]+\))? ?[—–-] |LIVE \| "
)


_AUTHOR = re.compile(r"(?:^|[\s,])(?:we|i|you|let us|nobody|no one)(?: \w+ly)? $", re.I)


_WORD = re.compile(r"\w")
_FIRST = re.compile(r"\W*(\w)")


class Sentence(NamedTuple):
    """A sentence: where it is, its quotations, and its text with each quotation blacked out."""

    start: int
    end: int
    quotations: tuple[Quotation, ...]
    masked: str

    @property
    def bare(self) -> str:
        """What stands outside the quotations."""
        return self.masked.replace("█", "").strip(" \t.,;:!?…()–—-")


class Cue(NamedTuple):
    """A cue word, in code points of the article, and its text in lower case."""

    start: int
    end: int
    word: str

    def takes(self, *sections: str) -> bool:
        """Whether one of these lists of cue words holds it."""
        return self.word in entries("reporting", *sections)


def sentences(text: str, line: Span, found: list[Quotation]) -> list[Sentence]:
    """The sentences of one line; a quotation that ends with a stop ends its sentence, unless a cue follows.

    Args:
        text: the article's text.
        line: the line.
        found: its quotations.
    """
    words = _words_behind(text, found, line.end)
    letters: list[str] = []
    black: list[str] = []
    behind = line.start
    for quotation, word in zip(found, words, strict=True):
        length = quotation.end - quotation.start
        first = "Q" if _starts_big(text, quotation) else "q"
        quoted = first + "q" * (length - 1)
        ended = _ends_sentence(text, quotation, line.end, word)
        between = text[behind : quotation.start]
        letters += between, quoted[:-1] + "." if ended else quoted
        black += between, "█" * length
        behind = quotation.end
    rest = text[behind : line.end]
    readable, masked = "".join(letters) + rest, "".join(black) + rest
    result: list[Sentence] = []
    starts = [quotation.start - line.start for quotation in found]
    lead = _LEAD.match(masked)
    start = lead.end() if lead else 0
    for end in sentence_ends(readable, start, len(readable)):
        begin = start + len(masked[start:end]) - len(masked[start:end].lstrip())
        if masked[begin:end].strip():
            inside = tuple(found[bisect_left(starts, begin) : bisect_left(starts, end)])
            result.append(Sentence(line.start + begin, line.start + end, inside, masked[begin:end]))
        start = end
    return result


def _starts_big(text: str, quotation: Quotation) -> bool:
    inside = _FIRST.match(text, quotation.start, quotation.end)
    return bool(inside and (inside[1].isupper() or inside[1].isdigit()))


def _words_behind(text: str, found: Sequence[Quotation], end: int) -> list[int]:
    """Where the first word behind each quotation is; the end of the line if none is."""
    words: list[int] = []
    position, word = end, end
    for quotation in reversed(found):
        nearer = _WORD.search(text, quotation.end, position)
        position, word = quotation.end, nearer.start() if nearer else word
        words.append(word)
    return words[::-1]


def _ends_sentence(text: str, quotation: Quotation, end: int, word: int) -> bool:
    inside = text[quotation.start : quotation.end].rstrip("\"”’'»“‘«›").rstrip()
    if not inside or inside[-1] not in ".!?…":
        return False
    blank = quotation.end < end and text[quotation.end].isspace()
    if not blank or word == end:
        return not text[quotation.end : end].strip()
    if text[word].islower():
        return False
    # “Why?” Ida Moen asked: a cue within a few words keeps the sentence open.
    return inside[-1] == "." or not _cue_follows().match(text, quotation.end, end)


@cache
def _cue_follows() -> re.Pattern[str]:
    return re.compile(rf"\s+(?:[^\s.,]+ ){{1,4}}{alternatives('reporting', 'say', 'direct')}\b")


@cache
def _cue_forms() -> str:
    refusal = r"(?:declin|refus)(?:e|es|ed|ing) to (?:say|reveal|disclose|explain)|would not say|did not say"
    lists = alternatives("reporting", "say", "that", "direct", "told", "whether", "as", "question")
    return rf"(?<![\w-])(?:{refusal}|according to|in the words of|quoted as saying|{lists})"


@cache
def _cue_pattern() -> re.Pattern[str]:
    return re.compile(rf"{_cue_forms()}\b(?!['’-])", re.I)


@cache
def _cue_like() -> re.Pattern[str]:
    return re.compile(_cue_forms(), re.I)


def may_report(text: str, stretch: Span) -> bool:
    """Whether anything in a stretch, quoted or not, looks like a cue; where nothing does, no sentence has one."""
    return _cue_like().search(text, stretch.start, stretch.end) is not None


def cues(sentence: Sentence) -> list[Cue]:
    """The cue words of a sentence that stand outside its quotations, in order."""
    found: list[Cue] = []
    for match in _cue_pattern().finditer(sentence.masked):
        before = sentence.masked[max(0, match.start() - 40) : match.start()]
        if _is_cue(match[0], before, sentence.masked[match.end() : match.end() + 10], opens=match.start() == 0):
            found.append(Cue(sentence.start + match.start(), sentence.start + match.end(), match[0].lower()))
    return found


def _is_cue(form: str, before: str, after: str, *, opens: bool) -> bool:
    """Whether a form is a finite cue here, and not a noun, a name, an infinitive or the author's own "we recall"."""
    word = form.lower()
    passive = word in ("told", "informed", "warned", "assured") and re.search(r"\b(?:was|were|been|be) $", before)
    fixed = word in ("according to", "in the words of", "quoted as saying") or passive
    if not fixed and _DETERMINER.search(before):
        return False
    if re.search(r"\b(?:could|can|cannot|might|to) $", before) and not re.match(r" that\b|:", after):
        return False
    if _AUTHOR.search(before) and word not in ("said", "told", "asked"):
        return False
    if form[0].isupper() and not opens and not before.rstrip().endswith("█"):
        return False
    if opens and word not in ("according to", "asked", "asking"):
        return False
    return not (word.endswith("ed") and after.startswith(" by "))


@cache
def _complement_pattern() -> re.Pattern[str]:
    after = alternatives("reporting", "after")
    calm = r"(?:(?! (?:he|she|it|they|we|I|had|has|was|were|is|are|would|will|and|but)\b)[^,;:.█])"
    aside = rf"(?: (?:{after}|\w+day)\b{calm}{{0,60}}?|, [^,;:.█]{{2,70}},|{_OBJECT})"
    return re.compile(
        rf"(?P<gap>{aside}?{aside}?),? (?P<content>(?:that|whether|if|how|why|what|when|where|which|who)\b)"
    )


_LISTENER = r"(?: (?:me|him|her|us|them|reporters|journalists|jurors|lawmakers|investors|analysts|[A-Z][\w-]+)\b)"


def complement(sentence: Sentence, cue: Cue) -> int | None:
    """Where the clause that a cue reports begins, or None if it takes none there."""
    rest = sentence.masked[cue.end - sentence.start :]
    found = _complement_pattern().match(rest)
    if found:
        word = found["content"]
        asks = cue.takes("question", "whether") or " to say" in cue.word or " to " in cue.word or " not " in cue.word
        if found["gap"] and (word in ("who", "which", "where", "when") or cue.takes("nouny")):
            return None
        if (word == "that" and cue.takes("say", "that", "told", "whether")) or (word != "that" and asks):
            return cue.end + found.start("content")
    if cue.takes("told") and not cue.takes("bare"):
        object_ = re.match(rf"{_LISTENER} (?=(?:he|she|they|it|we|the|his|her|their|there)\b)", rest)
        return cue.end + object_.end() if object_ else None
    if cue.takes("bare") and not cue.takes("nouny"):
        return _bare_clause(rest, cue)
    return None


_NO_SUBJECT = (
    "of|so|yes|no|goodbye|nothing|for|with|about|little|much|more|and|or|but|until|that|because|when|as|what|who"
)
_ODD_SUBJECT = re.compile(
    r"(?:no|nothing|last|more|late|in \w+ |after)\s?[^,.]{2,30} (?:had|has|was|were|would|will|is|are)\b"
)


def _bare_clause(rest: str, cue: Cue) -> int | None:
    """A clause without "that": a noun phrase and something like a verb, after an adverbial at most."""
    after = alternatives("reporting", "after")
    lead = re.match(
        r" (?:(?:late |last |on |in )*(?:\w+day|night|week|month|year|evening|morning)s?\b ?(?:that )?)?", rest
    )
    begin = lead.end() if lead else 1
    clause = rest[begin:]
    closed = not clause[:1].strip() or re.match(rf"(?:{after}|{_NO_SUBJECT})\b", clause)
    if closed and not _ODD_SUBJECT.match(clause):
        return None
    if not _FINITE.search(clause[:160]):
        return None
    return cue.end + begin


_FINITE = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|will|would|can|could|may|might|must|should|do|does|did|won['’]t|isn['’]t|"
    r"came|comes|went|goes|got|gets|took|takes|made|makes|gave|gives|saw|sees|knew|knows|left|lost|felt|kept|ran|runs|cost|costs|"
    r"needs?|wants?|expects?|stays?|remains?|means?|pays?|\w+ed|\w{3,}s)\b"
)


_INDEPENDENT = re.compile(r";|, (?:and|but) (?:he|she|they|it|its|his|her|their|nobody)\b")


def clause_end(sentence: Sentence, start: int, following: list[Cue]) -> int:
    """Where a reported clause ends: before the final stop, or before what belongs to another cue.

    Args:
        sentence: its sentence.
        start: where the clause starts.
        following: the cues behind it in the sentence.
    """
    end = sentence.end
    for cue in following:
        if cue.start <= start:
            continue
        between = sentence.masked[start - sentence.start : cue.start - sentence.start]
        if _INDEPENDENT.search(between):
            break
        # "…, adding that …", "… but warned that …", "…, according to …"
        breaks = list(re.finditer(r",? (?:and|but|while|though|although|then)\b|[,;–—] ?", between))
        if not breaks or not _reports(sentence, cue):
            continue
        found = breaks[-1]
        gap = between[found.end() :]
        limit = 6 if found[0].strip() in ("but", ", but", ";", "while", ", while") else 1
        if len(gap.split()) <= limit or cue.word == "according to":
            end = start + found.start()
            break
    # What follows a semicolon, or "and" with a subject of its own, is the author's again.
    broken = _INDEPENDENT.search(sentence.masked[start - sentence.start : end - sentence.start])
    if broken:
        end = start + broken.start()
    stretch = sentence.masked[start - sentence.start : end - sentence.start]
    trimmed = stretch.rstrip()
    if not re.search(r"\b(?:[A-Za-z]\.)+[A-Za-z]\.$|\b(?:Inc|Ltd|Co|Jr)\.$", trimmed):
        trimmed = trimmed.rstrip(".!?…;:, ")
    return start + len(trimmed)


def _reports(sentence: Sentence, cue: Cue) -> bool:
    """Whether a cue reports something of its own behind it, or closes what stands before it."""
    rest = sentence.masked[cue.end - sentence.start :]
    if cue.word in ("according to", "in the words of") or complement(sentence, cue) is not None:
        return True
    return bool(re.match(r"\s*,?:?\s*(?:\w+ ){0,4}█", rest))
