"""What each line of a scraped news page is: headline, lead, byline, caption, body or boilerplate.

A page reads from top to bottom: what the site puts first, the headline, a standfirst, who wrote it and when, a picture
with its caption, the headline again, the article, what the site puts last. The rules look at one line at a time and
at how far down the page it is; anything they do not know is body.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from evalkit.records import Span, Zone

__all__ = ["find_zones"]


@dataclass(frozen=True, slots=True)
class _Line:
    """One line with text, without the white space at its ends; `folded` is the text as case is ignored."""

    text: str
    span: Span
    words: int
    folded: str

    @classmethod
    def of(cls, raw: str, start: int) -> _Line:
        """The line in some text that begins at `start`."""
        stripped = raw.strip()
        start += len(raw) - len(raw.lstrip())
        folded = stripped.casefold().replace("i̇", "i").replace("ı", "i")
        return cls(stripped, Span(start, start + len(stripped)), len(stripped.split()), folded)


class _Telling(NamedTuple):
    """A pattern that takes its time, and words of which at least one stands in all that it finds."""

    words: tuple[str, ...]
    pattern: re.Pattern[str]

    def search(self, line: _Line) -> re.Match[str] | None:
        """What the pattern finds in a line."""
        return self.pattern.search(line.text) if any(word in line.folded for word in self.words) else None


def _telling(words: str, pattern: str) -> _Telling:
    return _Telling(tuple(words.split("|")), re.compile(pattern, re.I))


_LINE = re.compile(r"[^\r\n]+")
_LINE_END = re.compile(r"\r\n|[\r\n]")
_WIDEST = 100
"""No text that was wrapped has longer lines."""
_LONGEST = 5000
"""No line of a site, byline or caption is longer; some patterns for them read a line again from each of its words."""
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_DATE = (
    rf"(?:{_DAY} {_MONTH}\.?,?(?: \d{{4}})?|{_MONTH}\.? {_DAY},?(?: \d{{4}})?|\d{{4}}-\d\d-\d\d|"
    r"\d{1,2}[./]\d{1,2}[./]\d{2,4})"
)
_CLOCK = r"\d{1,2}[:.]\d\d ?(?:[ap]\.?m\.?)?"
_DATED = re.compile(rf"{_DATE}|\b{_CLOCK}\b", re.I)
_DIGIT = re.compile(r"\d")

_ADDRESS = re.compile(r"^(?:https?://|www\.)\S+$", re.I)
_SITE_TAIL = re.compile(r"^[\w .&'’]{2,40} [-–—]$")
_SEPARATOR = re.compile(r"\s+[|·•›»/>]\s+|\s{2,}|\s+[—–]\s+(?=\S+(?:\s+\S+){0,3}\s+[|·/])")
_FURNITURE = re.compile(
    r"""^(?:sign\ (?:in|up)|log\ ?in|search$|skip\ to|home$|comments?(?:\ \(\d+\))?$
    |print$|save$|e-?mail$|read\ (?:also|more|next)\b|also\ read|see\ also
    |more:|most\ (?:read|popular)|you\ (?:may|might)\ (?:also\ )?like
    |don[’']t\ miss|watch:|listen:|tags?:|topics?:|filed\ under|follow\ (?:us|@|\W)|like\ us
    |join\ (?:us|our)|find\ us|download\ (?:our|the)|get\ (?:our|the\ latest|[\w ]+alerts)
    |(?:this|our)\ (?:site|website|page)\ (?:uses|is|refreshes)|we\ (?:use|value)\ [\w ]*(?:cookies|privacy)
    |accept\ (?:all\ )?cookies|©|\(c\)\ |all\ rights\ reserved|terms\ (?:of|and)|contact\ us
    |about\ us|got\ a\ (?:story|tip)|have\ (?:a\ story|you)|tip-offs|if\ you\ enjoyed
    |tip\ (?:the|our)\ (?:newsroom|desk|editors?)\b
    |like\ what\ you|this\ article\ appears|our\ standards|send\ (?:us|your)|back\ to\ top|live\ updates:
    |read\ [\w.\ -]+\ (?:news|stories)\ (?:on|in)\b|read\ us\b|turn\ on\ (?:alerts|notifications)|click\ here
    |continue\ reading|load\ more|next\ (?:story|article)|\#\w+(?:\s+\#\w+)*$|https?://\S+$|www\.\S+$)""",
    re.I | re.X,
)
_BUTTON = re.compile(
    r"^(?:subscribe|register|menu|newsletters?|share|tweet|advertisement|sponsored|more (?:from|on)|related|"
    r"recommended|trending|categories|follow|cookies?|privacy|copyright|corrections|support (?:us|our))\b",
    re.I,
)
"""What begins a button or a heading of a site, and many a headline and sentence too."""
_BUTTON_ENDS = re.compile(
    r"\b(?:now|here|today|us|our|your?|this|via|policy|settings|notice|clarifications|newsletters?|stories|articles)\b|"
    r"\bon (?:facebook|twitter|x|whatsapp|telegram|instagram)\b",
    re.I,
)
_FURNITURE_SENTENCE = re.compile(
    r"^(?:read (?:also|more|next)\b|also read|©|sign up|subscribe to|follow us|got a (?:story|tip)|have a story|"
    r"(?:this|our) (?:site|website|page) (?:uses|requires|refreshes|is (?:updated|refreshed|protected|no longer))|"
    r"this article appears|support (?:us|our (?:work|journalism|reporting|newsroom|paper))\b|if you enjoyed|"
    r"like what you|we (?:use|value) [\w ]*(?:cookies|privacy)|download our|join us|you can follow|send (?:us )?your|"
    r"read [\w.\ -]+ (?:news|stories) on\b)",
    re.I,
)
_NETWORK = r"\b(?:facebook|whatsapp|telegram|bluesky|mastodon|instagram|email|youtube|twitter)\b"
_NETWORKS = _telling(
    "facebook|whatsapp|telegram|bluesky|mastodon|instagram|email|youtube|twitter|on social",
    rf"{_NETWORK}[^.]{{0,20}}(?:{_NETWORK}|\bX\b)|on social networks",
)
_ADDRESSED = re.compile(
    r"^(?:follow|read|share|find|join|like|watch|listen|get|send|tell|contact|visit|see|also|more)\b|"
    r"\b(?:us|our|you|your)\b|(?-i:\b(?:Share|Follow|Find|Join)\b)",
    re.I,
)
"""Words to the reader: an invitation, no report."""
_FURNITURE_INSIDE = _telling(
    "reserved|©|sign in|log in|subscribe|newsletter|follow us|share on|with us|cookie|alert",
    r"all rights reserved|©|(?-i:\b(?:Sign|Log) in\b|\bSubscribe (?:to|now)\b)|our newsletter|follow us|"
    r"share on (?:facebook|whatsapp|x)\b|advertise with us|cookies?\b.*\b(?:accept|policy|consent)|turn on alerts",
)
_REPORTS = re.compile(r"\b(?:said|says|told|tells|added|adds|wrote|writes|according to)\b", re.I)
_CREDIT = _telling(
    "photo|pic|image|illustration|graphic|video|credit|caption|shutterstock|handout|/",
    r"^(?:(?:file )?photo(?:graph|s)?|pictures?|images?|pic|illustration|graphic|video|credit|caption)"
    r"(?: by| credit)? ?[:–—|/] ?\S|^image (?:caption|source|credit)\b|"
    r"\b(?:photo(?:graph)?|picture|image|pic|illustration|credit)(?: by)?: ?\S|\bphoto by \w|"
    r"(?:Getty Images|Shutterstock|Handout)\W*$|\([^()]{2,40}/[^()]{2,40}\)\W*$|^File (?:photo|picture)\b",
)
_BY = re.compile(
    r"^(?:by|words(?: by)?|words:|interview(?: by)?:|text:|reported by|reporting by|report:|story by|written by|"
    r"updates by|live (?:blog )?by|compiled by) +(?-i:[^\W\d_a-zß-ÿ])",
    re.I,
)
_STAMP_NOISE = re.compile(
    r"\b(?:GMT|BST|UTC|[A-Z]{2,4}T|[ap]\.?m\.?|at|on|updated?|published|posted|[A-Z][a-z]{2,8}day|Mon|Tue|Wed|Thu|Fri|"
    r"Sat|Sun|\d{4}|\d+ (?:hours?|minutes?) ago)\b|[\W\d_]",
    re.I,
)
_STAMP = re.compile(
    r"^(?:first |last )?(?:published|updated?|posted|modified|created|date|time)\b(?: on| at)?:? ?\S", re.I
)
_REPORTING = re.compile(r"^\(?(?:additional )?(?:reporting|editing|writing|compiled)\b.* by\b", re.I)
_NAME = re.compile(
    r"^(?:[^\W\d_][\w.'’-]*)(?: (?:[^\W\d_a-zß-ÿ][\w.'’-]*|de|da|van|von|der|den|al|bin|del|la|le|and))*$"
)
_ROLE = re.compile(
    r"\b(?:correspondent|reporter|editor|newsroom|staff|desk|columnist|writer|translated from|newspaper|weekly|news|"
    r"post)\b",
    re.I,
)


def find_zones(text: str) -> tuple[Zone, ...]:
    """The zones of a page, sorted, apart from each other, each line with text in exactly one.

    Lines of one kind that follow each other make one zone, headlines excepted: each time that a headline is given
    is a zone of its own.

    Args:
        text: the page as plain text, one paragraph a line; line ends may be of any kind.
    """
    lines = _lines(text)
    zones: list[Zone] = []
    for line, kind in zip(lines, _kinds(lines), strict=True):
        if zones and zones[-1].kind == kind and kind != "headline":
            zones[-1] = Zone(kind, zones[-1].start, line.span.end)
        else:
            zones.append(Zone(kind, line.span.start, line.span.end))
    return tuple(zones)


def _lines(text: str) -> list[_Line]:
    """The lines with text; of text that is wrapped to a width, the paragraphs."""
    lines = [_Line.of(found[0], found.start()) for found in _LINE.finditer(text) if found[0].strip()]
    if not _is_wrapped(text, lines):
        return lines
    blocks: list[Span] = []
    for line in lines:
        if blocks and len(_LINE_END.findall(text[blocks[-1].end : line.span.start])) == 1:
            blocks[-1] = Span(blocks[-1].start, line.span.end)
        else:
            blocks.append(line.span)
    return [_Line.of(text[block.start : block.end], block.start) for block in blocks]


def _is_wrapped(text: str, lines: Sequence[_Line]) -> bool:
    """Whether line ends stand where a line was full and not where something ended: most lines go on in the next."""
    width = max((len(line.text) for line in lines), default=0)
    if len(lines) < 4 or width > _WIDEST:
        return False
    go_on = [
        len(upper.text) > width / 2
        and not re.search(r"[.!?:][\"”’'»)]*$", upper.text)
        and len(_LINE_END.findall(text[upper.span.end : lower.span.start])) == 1
        for upper, lower in pairwise(lines)
    ]
    return sum(go_on) * 2 > len(go_on)


def _kinds(lines: Sequence[_Line]) -> list[str]:
    if len(lines) < 2:
        # What is all there is belongs to no page around it, but for an address alone.
        return ["boilerplate" if _ADDRESS.match(line.text) else "body" for line in lines]
    kinds = ["" for _ in lines]
    first = _headline(lines)
    last = _bottom(lines, kinds, first)
    for index in range(first):
        kinds[index] = "boilerplate"
    if first == len(lines) or _is_prose(lines[first]):
        # Plain text: paragraphs and nothing else.
        return [kind or _plain(line) for line, kind in zip(lines, kinds, strict=True)]
    kinds[first] = "headline"
    headline = lines[first].text.casefold()
    top, lead = True, False
    for index in range(first + 1, last):
        line = lines[index]
        kind = _furnished(line, headline, top)
        if kind is None:
            kind = "body" if lead else "lead"
            # A standfirst leaves the top open: byline and picture may still come.
            top = top and kind == "lead" and not _is_article(line)
            lead = True
            if kind == "lead" and index + 1 < last and _closes_top(lines[index + 1 : index + 4], headline):
                top = True
        kinds[index] = kind
    return kinds


def _plain(line: _Line) -> str:
    return "boilerplate" if _is_furniture(line) and not _is_prose(line) else "body"


def _headline(lines: Sequence[_Line]) -> int:
    """Index of the first line that is none of what a site puts on top; all of them if there is none."""
    texts = [line.text for line in lines]
    for index, line in enumerate(lines[:8]):
        # What is given twice on top is the headline, whatever stands above it.
        if (
            3 <= line.words <= 30
            and line.text in texts[index + 1 : index + 8]
            and not _is_furniture(line)
            and not _is_prose(line)
        ):
            return index
    for index, line in enumerate(lines[:12]):
        if _is_furniture(line) or _is_byline(line.text, strict=True):
            continue
        # A site's name, written in capitals above its menu, is no headline.
        masthead = (
            line.words <= 4 and line.text.isupper() and index + 1 < len(lines) and _is_furniture(lines[index + 1])
        )
        if masthead and line.text not in texts[index + 1 :]:
            continue
        return index
    return 0


def _bottom(lines: Sequence[_Line], kinds: list[str], first: int) -> int:
    """Index behind the last line of the article; what is below is marked."""
    index = len(lines)
    while index > first + 1:
        line = lines[index - 1]
        if _REPORTING.match(line.text):
            kinds[index - 1] = "byline"
        elif _is_furniture(line) or _is_list_of_links(lines, kinds, index - 1):
            kinds[index - 1] = "boilerplate"
        else:
            break
        index -= 1
    return index


def _is_list_of_links(lines: Sequence[_Line], kinds: Sequence[str], index: int) -> bool:
    """A numbered or short unpunctuated line between furniture: "1. Mall sold" under "Most read"."""
    line = lines[index]
    below = index + 1 == len(lines) or kinds[index + 1] == "boilerplate"
    above = any(_is_furniture(other) for other in lines[max(0, index - 5) : index])
    return below and above and line.words <= 12 and not re.search(r"[.!?\"”’]$", line.text)


def _furnished(line: _Line, headline: str, top: bool) -> str | None:
    if top and line.text.casefold() == headline:
        return "headline"
    if _is_caption(line):
        return "caption"
    if _REPORTING.match(line.text) or (_is_byline(line.text, strict=not top) and line.words <= 40):
        return "byline"
    if _is_furniture(line):
        return "boilerplate"
    return None


def _closes_top(following: Sequence[_Line], headline: str) -> bool:
    return any(_furnished(line, headline, True) in ("headline", "byline", "caption") for line in following)


def _is_prose(line: _Line) -> bool:
    return line.words > 28 or (line.words >= 8 and bool(re.search(r"[.!?…][\"”’'»)]*$", line.text)))


def _is_article(line: _Line) -> bool:
    return line.words > 35


def _is_caption(line: _Line) -> bool:
    if line.words > 60 or len(line.text) > _LONGEST:
        return False
    return _CREDIT.search(line) is not None and not re.match(r"^[\"“‘]", line.text)


def _is_furniture(line: _Line) -> bool:
    if line.words > 45 or len(line.text) > _LONGEST:
        return False
    if line.words >= 3 and re.search(r"[.!?][\"”’)]*$", line.text):
        # "Share prices fell on Monday." is no button, and what somebody says is no invitation.
        marked = _FURNITURE_SENTENCE.match(line.text) or _invites(line)
        return bool(marked) and line.words <= 25 and not _REPORTS.search(line.text)
    if _SITE_TAIL.match(line.text) or (_FURNITURE.match(line.text) and line.words <= 30) or _is_button(line):
        return True
    if line.words <= 25 and _invites(line):
        return True
    parts = [part for part in _SEPARATOR.split(line.text) if part]
    menu = len(parts) >= 3 and all(len(part.split()) <= 5 for part in parts) and not _DATED.search(line.text)
    # Where two spaces stand between sentences, the parts are ends of these.
    return menu and not any(re.search(r"[.!?,;]$", part) for part in parts)


def _is_button(line: _Line) -> bool:
    """What a site puts on a button or over its links.

    "Share", "Related: Farmers protest", "Subscribe now for 1 euro a week"; not "Share prices fall in Oslo".
    """
    button = _BUTTON.match(line.text)
    if button is None or line.words > 30:
        return False
    if line.text[button.end() :].startswith(":"):
        return True
    return not _REPORTS.search(line.text) and (line.words <= 3 or bool(_BUTTON_ENDS.search(line.text)))


def _invites(line: _Line) -> bool:
    """Whether the reader is asked to follow, to share, to sign in or to agree."""
    if _FURNITURE_INSIDE.search(line):
        return True
    if not _NETWORKS.search(line):
        return False
    # A bar of networks says little else.
    bar = 2 * len(re.findall(_NETWORK, line.text, re.I)) >= line.words
    return bar or bool(_ADDRESSED.search(line.text))


def _is_byline(text: str, *, strict: bool) -> bool:
    """Who wrote it or when: "By Jane Doe", "Published: …", a date alone; at the top a bare name too."""
    if len(text) > _LONGEST or len(text.split()) > 30:
        return False
    if _BY.match(text) and not re.search(r"[!?…]$|\b(?:is|was|are|were|has|had|will|said)\b", text):
        return len(text.split()) <= (5 if text.endswith(".") else 25)
    if _STAMP.match(text) and _DATED.search(text):
        return True
    bare = _DATED.sub("", text) if _DIGIT.search(text) else text
    if re.search(r"[·|•] (?:posted|published|updated)\b", text, re.I):
        return True
    if strict:
        return False
    if bare != text and len(_STAMP_NOISE.sub("", bare)) <= 2:
        return True
    parts = [part for part in re.split(r" [|·•] |, | in ", bare.strip(" ,|·—-")) if part]
    named = bool(parts) and all(_NAME.match(part) or _ROLE.search(part) or len(part) < 3 for part in parts)
    short = len(text.split()) <= 14 and not re.search(r"[!?:]$", text)
    return (
        short and named and (len(parts) > 1 or bare != text or 2 <= len(text.split()) <= 5) and not text.endswith(".")
    )
