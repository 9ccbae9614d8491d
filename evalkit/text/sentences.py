"""Tokens, lines and sentences of an article, for the rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from evalkit.records import Article, Span
from evalkit.text.word_lists import entries
from evalkit.text.zones import ZoneIndex

__all__ = ["Token", "is_title_case", "prose_lines", "sentence_ends", "tokens"]

_TOKEN = re.compile(r"(?:[^\W\d_]\.){2,}|[^\W_]+(?:(?:[-'’&]|\.(?=[a-z0-9]))[^\W_]+)*")
_TAIL = re.compile(
    r"-(?:based|owned|led|born|backed|funded|run|bound|style|era|controlled|held|speaking|made|wide|trained|educated|area|"
    r"listed|friendly|linked|like|built|registered|flagged|brokered|occupied|sponsored|inspired|supported|only|wide|type|raised|to)\b.*$"
)
_OPENED = re.compile(r"[\"“‘«„][(\[]?$|(?:^|\s)'$|:\s+$|•\s*$|\s[–—-]+\s+$|\|\s*$")
_LETTERS = re.compile(r"[^\W\d_]{3}")
_STOP = re.compile(r"[.!?…]++[\"”’'»)\]]*+")
_LONGEST = 5000
"""No sentence is longer: what has no stop for so long is cut at a blank, since rules look at all of a sentence for each
word that may tell."""
_ABBREVIATION = re.compile(
    r"(?:^|[\s(“‘\"'])(?:Mr|Mrs|Ms|Dr|Prof|St|Sen|Rep|Gov|Gen|Col|Capt|Lt|Sgt|Rev|Hon|No|Jr|Sr|vs|approx|Cllr|"
    r"Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec|a\.m|p\.m|e\.g|i\.e|[^\W\d_]|(?:[^\W\d_]\.)+[^\W\d_])$"
)
_CAPITAL = re.compile(r"(?:al|el|d|l|de|mc)?[-'’]?[A-Z]")


class Token(NamedTuple):
    """A word: its text without possessive ending, where it is, and whether a sentence or quotation starts with it."""

    text: str
    start: int
    end: int
    first: bool
    gap: str

    @property
    def capital(self) -> bool:
        """Whether it is written as a name is."""
        return self.text[0].isupper() or ("-" in self.text and _CAPITAL.match(self.text) is not None)


def prose_lines(article: Article) -> list[tuple[Span, str]]:
    """The lines outside boilerplate with the kind of their zone (`body` where no zone is known)."""
    lines: list[tuple[Span, str]] = []
    zones = ZoneIndex(article.zones)
    for found in re.finditer(r"[^\r\n]+", article.text):
        if found[0].isspace():
            continue
        line = Span(found.end() - len(found[0].lstrip()), found.start() + len(found[0].rstrip()))
        zone = zones.first(line)
        kind = zone.kind if zone else "body"
        if kind != "boilerplate":
            lines.append((line, kind))
    return lines


def sentence_ends(text: str, start: int, end: int) -> list[int]:
    """Where the sentences of a stretch end, behind their final stop and closing marks; the last one is `end`."""
    ends: list[int] = []
    for found in _STOP.finditer(text, start, end):
        if found.end() < end and not text[found.end()].isspace():
            continue
        rest = text[found.end() : min(end, found.end() + 60)].lstrip()
        if _ABBREVIATION.search(text[max(start, found.start() - 12) : found.start()]) and found[0] == ".":
            # "p.m." and "U.S." may still end a sentence; a title never does.
            opener = re.match(r"\W*(\w+)", rest)
            dotted = re.search(r"\.\w$", text[max(start, found.start() - 3) : found.start()])
            if not dotted or not opener or opener[1] not in entries("words", "initial"):
                continue
        if rest and not _starts_sentence(rest):
            continue
        ends.append(found.end())
    if not ends or ends[-1] != end:
        ends.append(end)
    return [cut for begin, stop in pairwise([start, *ends]) for cut in (*_cuts(text, begin, stop), stop)]


def _cuts(text: str, start: int, end: int) -> Iterator[int]:
    """Where what is too long for a sentence is cut: before blanks."""
    while end - start > _LONGEST:
        blank = next((place for place in range(start + _LONGEST, end) if text[place].isspace()), end)
        if blank == end:
            return
        yield blank
        start = blank


def _starts_sentence(rest: str) -> bool:
    word = re.match(r"[\s\"“‘'«„(\[—–-]*(\w[\w'’]*)", rest)
    return word is not None and (word[1][0].isupper() or word[1][0].isdigit())


def tokens(text: str, start: int, end: int) -> list[Token]:
    """The words of one line, `gap` being what stands between a word and the one before it."""
    found: list[Token] = []
    ends = [stop for stop in sentence_ends(text, start, end) if stop < end]
    passed = 0
    behind = start
    letters = _LETTERS.search(text, start, end)
    opened = letters.start() if letters else end
    for match in _TOKEN.finditer(text, start, end):
        place = match.start()
        word = _plain(match[0])
        gap = text[behind:place]
        while passed < len(ends) and ends[passed] < behind:
            passed += 1
        ended = passed < len(ends) and ends[passed] <= place
        # Numbers in front, as in "12.30 The court sits", leave a word the first of its line.
        first = ended or place <= opened or (gap != " " and _OPENED.search(gap) is not None)
        behind = place + len(word)
        found.append(Token(word, place, behind, first, gap))
    return found


def _plain(word: str) -> str:
    """A word without possessive ending; "Oslo-based" holds the name Oslo, "Port-au-Prince" is one."""
    if word[-1] == "s" and word[-2:-1] in ("'", "’"):
        word = word[:-2]
    return _TAIL.sub("", word) if "-" in word and word[0].isupper() else word


def is_title_case(words: list[Token]) -> bool:
    """Whether a line is in Title Case or capitals, so that a capital says nothing about a word."""
    long = [word for word in words if len(word.text) > 3 and word.text[0].isalpha()]
    small = entries("words", "month", "day")
    counted = [word for word in long if word.text not in small]
    return len(counted) >= 3 and sum(word.capital for word in counted) > 0.74 * len(counted)
