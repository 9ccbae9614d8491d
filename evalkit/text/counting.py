"""Ways of counting offsets, and what an offset that was counted in one of them is in code points of the text.

A way has a unit (code points, UTF-16 code units, UTF-8 bytes), ends that are exclusive or inclusive, a first character
that is 0 or 1, and a form of the text that was counted: as it is, with other line ends, in another Unicode form, with
blanks stripped. The first three have a spelling (`utf-16,inclusive`, see `parse_counting`) and are converted where
somebody says so; all of them are tried where offsets do not fit, to name a cause (`explained_by`).
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from evalkit.errors import InputError
from evalkit.records import Span
from evalkit.registry import near_match

__all__ = [
    "CODE_POINTS",
    "COUNTINGS",
    "CP1252",
    "Counting",
    "Item",
    "Ruler",
    "as_mojibake",
    "explained_by",
    "fitting",
    "parse_counting",
    "simplest",
    "words_of",
]

KEPT = 64
"""So many texts are kept as they were counted: many ways of counting share them."""

UNITS = {
    "codepoint": "",
    "utf-16": "UTF-16 code units",
    "utf-8": "UTF-8 bytes (or characters of UTF-8 that was read as Latin-1)",
}
INCLUSIVE, ONE_BASED = "inclusive", "one-based"

Pieces = Iterator[tuple[str, str]]
"""A text cut up: each piece as it is, and as it was where offsets were counted."""


@dataclass(frozen=True, slots=True)
class Counting:
    """One way of counting.

    Attributes:
        unit: what is counted, one of `UNITS`.
        inclusive: whether an end is the last character of its span, not the one after it.
        one_based: whether the first character is 1.
        form: the form of the text that was counted, one of `FORMS`; the text as it is if empty.
    """

    unit: str = "codepoint"
    inclusive: bool = False
    one_based: bool = False
    form: str = ""

    @property
    def spelling(self) -> str:
        """As `parse_counting` reads it; empty if it has none."""
        unit = [self.unit] if self.unit != "codepoint" else []
        words = [*unit, *([INCLUSIVE] * self.inclusive), *([ONE_BASED] * self.one_based)]
        return "" if self.form else ",".join(words) or "codepoint"

    @property
    def words(self) -> str:
        """What the offsets are, in words."""
        told = [
            UNITS[self.unit],
            "inclusive ends" * self.inclusive,
            "counted from 1 (one-based, or after a BOM)" * self.one_based,
        ]
        told.append(f"counted in {FORMS[self.form].words}" if self.form else "")
        return " and ".join(filter(None, told)) or "code points"

    @property
    def told(self) -> str:
        """How offsets were counted, in words: "counted as …" or "counted in …"."""
        words = " and ".join(part.removeprefix("counted ") for part in self.words.split(" and "))
        return f"counted {words}" if words.startswith(("in ", "from ")) else f"counted as {words}"

    @property
    def oddities(self) -> int:
        """In how many ways it differs from the usual one."""
        return (self.unit != "codepoint") + self.inclusive + self.one_based + bool(self.form)


CODE_POINTS = Counting()
"""The way in which evalkit counts: half-open code points from 0."""


@dataclass(frozen=True)
class Form:
    """A form in which a text may have been counted.

    Attributes:
        words: what such a text is called.
        pieces: cuts the text up.
        counts: the unit in which the text as it is has the same offsets.
    """

    words: str
    pieces: Callable[[str], Pieces]
    counts: str = ""


def _by_pattern(pattern: str, changed: Callable[[re.Match[str]], str]) -> Callable[[str], Pieces]:
    """Pieces where some places of the text read otherwise."""
    compiled = re.compile(pattern)

    def pieces(text: str) -> Pieces:
        done = 0
        for match in compiled.finditer(text):
            yield text[done : match.start()], text[done : match.start()]
            yield match[0], changed(match)
            done = match.end()
        yield text[done:], text[done:]

    return pieces


_CHANGING = re.compile("[\x00-\u02ff]?[\u0300-\U0010ffff]+|[\x80-\u02ff]")


def _normalized(form: str) -> Callable[[str], Pieces]:
    def pieces(text: str) -> Pieces:
        if unicodedata.is_normalized(form, text):  # type: ignore[arg-type]
            yield text, text
            return
        done = 0
        # Nothing below U+0300 joins what stands before it, and ASCII changes only by what follows it.
        for match in _CHANGING.finditer(text):
            yield text[done : match.start()], text[done : match.start()]
            done = match.end()
            piece = ""
            for letter in match[0]:
                if piece and _apart(form, piece, letter):
                    yield piece, unicodedata.normalize(form, piece)  # type: ignore[arg-type]
                    piece = ""
                piece += letter
            yield piece, unicodedata.normalize(form, piece)  # type: ignore[arg-type]
        yield text[done:], text[done:]

    return pieces


def _apart(form: str, piece: str, letter: str) -> bool:
    """Whether a letter begins a piece that is normalized for itself."""
    if unicodedata.combining(letter):
        return False
    both, one, other = (unicodedata.normalize(form, text) for text in (piece + letter, piece, letter))  # type: ignore[arg-type]
    return both == one + other and not unicodedata.combining(other[0])


def as_mojibake(text: str) -> str:
    """A text whose UTF-8 bytes were read as Windows-1252, and as Latin-1 where that has no character."""
    return "".join([CP1252[byte] for byte in text.encode("utf-8", "surrogatepass")])


def _cp1252(byte: int) -> str:
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)


CP1252 = tuple(map(_cp1252, range(256)))
"""The character that Windows-1252, and else Latin-1, has for each byte."""


def _latin1(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


def _without_mark(text: str) -> Pieces:
    kept = text.removeprefix("\ufeff")
    yield text[: len(text) - len(kept)], ""
    yield kept, kept


_RUN = r"(?!\r\n(?!\s))\s{2,}"
"""More blanks than one; a line end is one."""

_OTHERS = r"[^\x00-\x7f]"

FORMS: dict[str, Form] = {
    "lf": Form("a text with LF line ends where this one has CR LF", _by_pattern(r"\r\n?", lambda _: "\n")),
    "crlf": Form("a text with CR LF line ends where this one has LF", _by_pattern(r"(?<!\r)\n", lambda _: "\r\n")),
    "nfc": Form("a text in Unicode form NFC", _normalized("NFC")),
    "nfd": Form("a text in Unicode form NFD", _normalized("NFD")),
    "nfkc": Form("a text in Unicode form NFKC", _normalized("NFKC")),
    "nfkd": Form("a text in Unicode form NFKD", _normalized("NFKD")),
    "no-bom": Form("a text without its byte order mark (BOM)", _without_mark),
    "stripped": Form("a text whose blanks at both ends were stripped", _by_pattern(r"\A\s+|\s+\Z", lambda _: "")),
    "collapsed": Form("a text whose runs of blanks were collapsed", _by_pattern(rf"{_RUN}", lambda _: " ")),
    "squeezed": Form(
        "a text whose blanks were stripped at both ends and collapsed",
        _by_pattern(
            rf"\A\s+|\s+\Z|{_RUN}", lambda match: " " if match.start() and match.end() < len(match.string) else ""
        ),
    ),
    "mojibake": Form(
        "UTF-8 read as Windows-1252 (mojibake)", _by_pattern(_OTHERS, lambda m: as_mojibake(m[0])), "utf-8"
    ),
    "latin-1": Form("UTF-8 read as Latin-1 (mojibake)", _by_pattern(_OTHERS, lambda m: _latin1(m[0])), "utf-8"),
}
"""What may have happened to a text before it was counted. The first of two that give one text is named."""


@dataclass(frozen=True)
class _Formed:
    """A text as it was counted.

    Attributes:
        text: the text.
        first: for each of its boundaries the first boundary of the text as it is that it stands for; -1 for one inside
            what reads otherwise.
        last: the last one.
    """

    text: str
    first: Sequence[int]
    last: Sequence[int]


@lru_cache(maxsize=KEPT)
def _formed(text: str, form: str) -> _Formed:
    if not form:
        return _Formed(text, range(len(text) + 1), range(len(text) + 1))
    parts: list[str] = []
    first, last = [0], [0]
    place = 0
    for old, new in FORMS[form].pieces(text):
        if not old and not new:
            continue
        parts.append(new)
        if old == new:
            own = range(place + 1, place + len(old) + 1)
            first += own
            last += own
        elif new:
            inside = [-1] * (len(new) - 1)
            first += [*inside, place + len(old)]
            last += [*inside, place + len(old)]
        else:
            last[-1] = place + len(old)
        place += len(old)
    return _Formed("".join(parts), first, last)


def _width(unit: str) -> Callable[[str], int]:
    if unit == "utf-16":
        return lambda letter: 2 if letter > "\uffff" else 1
    return lambda letter: 1 if letter < "\x80" else 2 if letter < "\u0800" else 3 if letter <= "\uffff" else 4


@lru_cache(maxsize=KEPT)
def _boundaries_of(text: str, unit: str) -> dict[int, int] | None:
    """The boundary of a text at each offset in a unit; None if every offset is one."""
    if unit == "codepoint" or text.isascii() or (unit == "utf-16" and max(text) <= "\uffff"):
        return None
    return {offset: number for number, offset in enumerate(itertools.accumulate(map(_width(unit), text), initial=0))}


@dataclass(frozen=True)
class Ruler:
    """Offsets of one text that were counted in one way.

    Attributes:
        text: the text as it is.
        counting: how offsets were counted.
    """

    text: str
    counting: Counting = field(default=CODE_POINTS)

    @cached_property
    def formed(self) -> _Formed:
        """The text as it was counted."""
        return _formed(self.text, self.counting.form)

    @cached_property
    def _boundaries(self) -> dict[int, int] | None:
        """The boundary of the counted text at each offset; None if every offset is one."""
        return _boundaries_of(self.formed.text, self.counting.unit)

    @cached_property
    def is_idle(self) -> bool:
        """Whether unit and form of the text make no difference for it."""
        return self.formed.text == self.text and self._boundaries is None

    def _inside(self, span: Span) -> tuple[int, int] | None:
        """Start and end in the counted text; None if they are no boundaries of it, or out of order."""
        base, longer = int(self.counting.one_based), int(self.counting.inclusive)
        start, end = span.start - base, span.end - base + longer
        if self._boundaries is not None:
            start, end = self._boundaries.get(start, -1), self._boundaries.get(end, -1)
        return (start, end) if 0 <= start < end <= len(self.formed.text) else None

    def span(self, span: Span) -> Span | None:
        """The same characters in half-open code points; None if it is no span of the text, or parts a character."""
        inside = self._inside(span)
        if inside is None:
            return None
        start, end = self.formed.last[inside[0]], self.formed.first[inside[1]]
        return Span(start, end) if 0 <= start < end else None

    def fault(self, span: Span) -> str:
        """Why there is no such span of the text, in words; empty if there is one."""
        if self.span(span) is not None:
            return ""
        base, longer = int(self.counting.one_based), int(self.counting.inclusive)
        start, end = span.start - base, span.end - base + longer
        length = len(self.formed.text) if self._boundaries is None else max(self._boundaries)
        if start < 0:
            return f"begins before the text, {self.counting.told}"
        if end > length:
            return f"ends after the text, which has {length} {UNITS[self.counting.unit] or 'code points'}"
        if start >= end:
            return f"is empty or ends before it starts, {self.counting.told}"
        inside = next((offset for offset in (start, end) if offset not in (self._boundaries or {})), start)
        at = max(own for offset, own in (self._boundaries or {0: 0}).items() if offset <= inside)
        return (
            f"parts the character {self.formed.text[at : at + 1]!r} at code point {at}: no {self.counting.words} of it"
        )

    def shown(self, span: Span) -> str:
        """What stands at a span in the text as it was counted; empty if it is no span of it."""
        inside = self._inside(span)
        return "" if inside is None else self.formed.text[slice(*inside)]


def _all_countings() -> list[Counting]:
    found = [
        Counting(unit, inclusive, one_based, form)
        for unit in UNITS
        for inclusive in (False, True)
        for one_based in (False, True)
        for form in ("", *FORMS)
    ]
    return sorted((one for one in found if 0 < one.oddities < 4), key=lambda one: (one.oddities, bool(one.form)))


COUNTINGS = tuple(_all_countings())
"""The ways in which offsets are counted elsewhere, those with the fewest oddities first."""

Item = tuple[Sequence[Span], str | None]
"""Spans that belong together, and what a file says stands at them, if it says so."""


def fitting(text: str, items: Sequence[Item]) -> Iterator[Counting]:
    """The ways of counting under which all spans are in the text and hold what is said to stand at them.

    The simplest come first. Those that make no difference for this text are left out, and of several that were counted
    in one and the same text only the first is given.
    """
    found: list[Counting] = []
    texts: dict[tuple[str, bool, bool, str], str] = {}
    for counting in COUNTINGS:
        ruler = Ruler(text, counting)
        if not all(_fits(ruler, spans, claimed) for spans, claimed in items):
            continue
        unit = FORMS[counting.form].counts if counting.form else ""
        if unit and replace(counting, unit=unit, form="") in found:
            continue
        if _makes_a_difference(ruler) and texts.setdefault(_same(ruler), counting.form) == counting.form:
            found.append(counting)
            yield counting


def explained_by(text: str, items: Sequence[Item]) -> tuple[Counting, ...]:
    """The simplest of the ways of counting that fit; nothing if no way explains every item."""
    return simplest(fitting(text, items))


def simplest(found: Iterator[Counting]) -> tuple[Counting, ...]:
    """Of ways of counting, the simplest first, those that are as simple as the first."""
    first = next(found, None)
    if first is None:
        return ()
    return (first, *itertools.takewhile(lambda own: own.oddities == first.oddities, found))


def _same(ruler: Ruler) -> tuple[str, bool, bool, str]:
    own = ruler.counting
    return own.unit, own.inclusive, own.one_based, ruler.formed.text


def _makes_a_difference(ruler: Ruler) -> bool:
    """Whether each of its oddities does."""
    own = ruler.counting
    if own.form and ruler.formed.text == ruler.text:
        return False
    return own.unit == "codepoint" or not Ruler(ruler.formed.text, Counting(own.unit)).is_idle


def _fits(ruler: Ruler, spans: Sequence[Span], claimed: str | None) -> bool:
    moved = [ruler.span(span) for span in spans]
    if None in moved:
        return False
    if claimed is None:
        return True
    here = " … ".join([ruler.text[span.start : span.end] for span in moved if span is not None])
    return claimed in (here, " … ".join(map(ruler.shown, spans)))


def words_of(countings: Iterable[Counting]) -> str:
    """Several ways of counting in words."""
    return ", or ".join(counting.words for counting in countings)


def parse_counting(text: str) -> Counting:
    """The way of counting that an option says: `utf-16`, or several words with commas as `utf-16,inclusive`.

    Raises:
        InputError: a word is unknown, or two units are named.
    """
    known = {**{unit.replace("-", ""): unit for unit in UNITS}, "inclusive": INCLUSIVE, "onebased": ONE_BASED}
    known |= {"codepoints": "codepoint"}
    words: list[str] = []
    for word in filter(None, map(str.strip, text.split(","))):
        named = known.get(word.lower().replace("-", "").replace("_", ""))
        if named is None:
            near = near_match(word, [*UNITS, INCLUSIVE, ONE_BASED])
            hint = f"did you mean {near!r}?" if near else f"there are {', '.join([*UNITS, INCLUSIVE, ONE_BASED])}"
            raise InputError(f"offsets {text!r}: {word!r} is no way of counting; {hint}")
        words.append(named)
    units = [word for word in dict.fromkeys(words) if word in UNITS]
    if not words or len(units) > 1:
        raise InputError(f"offsets {text!r}: name one unit of {', '.join(UNITS)}, and inclusive or one-based if so")
    return Counting(units[0] if units else "codepoint", INCLUSIVE in words, ONE_BASED in words)
