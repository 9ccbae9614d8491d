"""Where quotation marks open and close: straight, curly, single, low, angle, typewritten, nested, over lines.

Single marks are apostrophes too. One opens where no letter stands before it and one follows, and no letters are left
out there (`'90s`, `'n'`, `'em`); it closes where no letter follows, and a plural owner (`the workers' hall`) is no end
if there is a better one.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from evalkit.records import Span

__all__ = ["Quotation", "inner_quotations", "kinds_by_marks", "quotations"]

_CLOSING = {"“": "”", "„": "“”", "«": "»", "»": "«", "‹": "›", '"': '"', "‘": "’", "'": "'"}
_LONGEST_SINGLE = 3000
_TYPED, _TYPED_END = "``", "''"
_BLANKS = re.compile(r"\s*")
_OWNER = re.compile(r"(?<=s)[’'] [a-z]")
"""What ends `the workers’` in "the workers’ hall"."""
_ELIDED = re.compile(r"['‘’](?:\d\ds?\b(?!['’])|n['’]|em\b)", re.IGNORECASE)
_LINE = re.compile(r"[^\r\n]+")
_DOUBLE = re.compile(r"[\"“„«»]|``")
_OPENING = re.compile(_TYPED + "|[" + "".join(_CLOSING) + "]")


class Quotation(NamedTuple):
    """What stands in quotation marks, marks included; `closed` is false where the line ends first."""

    start: int
    end: int
    closed: bool


def quotations(text: str, line: Span) -> list[Quotation]:
    """The outermost quotations of one line, in order.

    Args:
        text: the article's text.
        line: the line; a quotation that does not close in it ends with it.
    """
    return _scan(text, line.start, line.end, may_stay_open=True)


def inner_quotations(text: str, outer: Quotation) -> list[Quotation]:
    """The quotations directly inside another one, those that close."""
    end = outer.end - 1 if outer.closed else outer.end
    return _scan(text, outer.start + 1, end, may_stay_open=False)


def kinds_by_marks(text: str, contents: Iterable[Sequence[Span]]) -> list[str]:
    """The kinds of quotes by the marks round them, where nobody says them.

    A quote is direct if all letters of its content stand in quotation marks, indirect if none does, else mixed.
    """
    inside = bytearray(len(text))
    for line in _LINE.finditer(text):
        for start, end, _ in quotations(text, Span(*line.span())):
            inside[start:end] = b"\1" * (end - start)
    kinds = []
    for spans in contents:
        letters = [place for start, end in spans for place in range(start, end) if text[place].isalnum()]
        marked = sum(inside[place] for place in letters)
        kinds.append("direct" if marked == len(letters) else "mixed" if marked else "indirect")
    return kinds


def _scan(text: str, start: int, end: int, *, may_stay_open: bool) -> list[Quotation]:
    found: list[Quotation] = []
    closings = _Closings(text, start, end)
    position = start
    while match := _OPENING.search(text, position, end):
        at = match.start()
        position = at + len(match[0])
        if match[0] != _TYPED and not _opens(text, at, start, end):
            continue
        close = closings.of_typed(position) if match[0] == _TYPED else closings.of(at)
        if close is not None:
            found.append(Quotation(at, close + 1, True))
            position = close + 1
        elif may_stay_open and _may_stay_open(text, at, start, end):
            found.append(Quotation(at, end, False))
            break
    return found


def _opens(text: str, at: int, start: int, end: int) -> bool:
    mark = text[at]
    before = text[at - 1] if at > start else " "
    after = text[at + 1] if at + 1 < end else " "
    if after.isspace():
        return mark == "«" and not before.isalnum()
    if mark in "“„«‹":
        return True
    if mark == "»":
        # »so« is the other way round of «so».
        return before.isspace()
    if mark in "'‘":
        # Most are apostrophes inside a word.
        if before.isalnum() or before in "’'" or _ELIDED.match(text, at, end):
            return False
        return after.isalnum() or after in '"“…—–$£€[('
    return before.isspace() or before in "([{—–-/:‘'“>"


def _may_stay_open(text: str, at: int, start: int, end: int) -> bool:
    """A double mark may wait for the next paragraph; a single one only if it opens the line or a long sentence."""
    if text[at] in '“„«"' or text.startswith(_TYPED, at):
        return True
    opens_line = _after_blanks(text, start) == at
    if text[at] == "'":
        # A paragraph of speech that goes on in the next, which opens again, on a page that knows no other marks.
        goes_on = opens_line and text[at + 1].isupper() and text.startswith("'", _after_blanks(text, end))
        return goes_on and not _has_double(text)
    return text[at] == "‘" and (opens_line or (text[at + 1].isupper() and end - at > 40))


def _after_blanks(text: str, position: int) -> int:
    blanks = _BLANKS.match(text, position)
    return blanks.end() if blanks else position


@lru_cache(maxsize=8)
def _has_double(text: str) -> bool:
    return _DOUBLE.search(text) is not None


class _Closings:
    """Where quotations close in a stretch of a text.

    Each kind of mark is looked for once, not once for each mark that opens: most of them may do so in vain.
    """

    def __init__(self, text: str, start: int, end: int) -> None:
        self._text, self._start, self._end = text, start, end
        self._found: dict[str, list[int]] = {}
        self._partners: dict[str, dict[int, int]] = {}

    def of(self, at: int) -> int | None:
        """The mark that closes what one character opens."""
        mark = self._text[at]
        if mark in "'‘":
            return self._of_single(at)
        if mark in "“«‹":
            return self._pairs(mark).get(at)
        close = _next(self._places(f"[{_CLOSING[mark]}]"), at + 1, self._end)
        return None if mark == '"' and close is not None and _opens(self._text, close, at, self._end) else close

    def of_typed(self, position: int) -> int | None:
        """The last of the two apostrophes that close what two grave accents opened, as in typewritten text."""
        close = _next(self._places(f"(?={_TYPED_END})"), position, self._end)
        return None if close is None else close + len(_TYPED_END) - 1

    def _places(self, pattern: str) -> list[int]:
        if pattern not in self._found:
            places = re.compile(pattern).finditer(self._text, self._start, self._end)
            self._found[pattern] = [place.start() for place in places]
        return self._found[pattern]

    def _pairs(self, mark: str) -> dict[int, int]:
        """The closing mark of each opening one, where quotations of one kind stand inside each other."""
        if mark not in self._partners:
            pairs: dict[int, int] = {}
            opened: list[int] = []
            for place in self._places(f"[{mark}{_CLOSING[mark]}]"):
                if self._text[place] == mark:
                    opened.append(place)
                elif opened:
                    pairs[opened.pop()] = place
            self._partners[mark] = pairs
        return self._partners[mark]

    def _of_single(self, at: int) -> int | None:
        """The end of a quotation in single marks, told from apostrophes by what stands on both sides."""
        mark, limit = self._text[at], min(self._end, at + _LONGEST_SINGLE)
        close = _next(self._single_ends(_CLOSING[mark], plain=True), at + 1, limit)
        # "the workers’ hall": a plural owner looks like an end unless a better one follows.
        owner = _next(self._single_ends(_CLOSING[mark], plain=False), at + 1, limit)
        if owner is None or (close is not None and close < owner):
            return close
        if mark == "‘":
            opens_again = _next(self._places(r"(?<![^\W_])‘"), owner + 1, limit)
            if opens_again is not None and (close is None or opens_again < close):
                return owner
        return owner if close is None else close

    def _single_ends(self, mark: str, *, plain: bool) -> list[int]:
        key = f"{mark} {plain}"
        if key not in self._found:
            ends = [place for place in self._places(mark) if not self._letter_follows(place)]
            owners = [place for place in ends if _OWNER.match(self._text, place)]
            known = set(owners)
            plain_ends = [place for place in ends if place not in known and not self._text[place - 1].isspace()]
            self._found |= {f"{mark} True": plain_ends, f"{mark} False": owners}
        return self._found[key]

    def _letter_follows(self, place: int) -> bool:
        return place + 1 < self._end and self._text[place + 1].isalnum()


def _next(places: Sequence[int], position: int, limit: int) -> int | None:
    """The first of some ascending places from a position on, before a limit."""
    index = bisect_left(places, position)
    return places[index] if index < len(places) and places[index] < limit else None
