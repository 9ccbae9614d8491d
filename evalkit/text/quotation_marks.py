"""Where quotation marks open and close: straight, curly, single, low, angle, typewritten, nested, over lines.

Single marks are apostrophes too. One opens where no letter stands before it and one follows, and no letters are left
out there (`'90s`, `'n'`, `'em`); it closes where no letter follows, and a plural owner (`the workers' hall`) is no end
if there is a better one.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from evalkit.records import Span

__all__ = ["Quotation", "inner_quotations", "quotations"]

_CLOSING = {"“": "”", "„": "“”", "«": "»", "»": "«", "‹": "›", '"': '"', "‘": "’", "'": "'"}
_LONGEST_SINGLE = 3000
_TYPED, _TYPED_END = "``", "''"
_ELIDED = re.compile(r"['‘’](?:\d\ds?\b(?!['’])|n['’]|em\b)", re.IGNORECASE)
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


def _scan(text: str, start: int, end: int, *, may_stay_open: bool) -> list[Quotation]:
    found: list[Quotation] = []
    position = start
    while match := _OPENING.search(text, position, end):
        at = match.start()
        position = at + len(match[0])
        if match[0] != _TYPED and not _opens(text, at, start, end):
            continue
        close = _close_typed(text, position, end) if match[0] == _TYPED else _close(text, at, end)
        if close is not None:
            found.append(Quotation(at, close + 1, True))
            position = close + 1
        elif may_stay_open and _may_stay_open(text, at, start, end):
            found.append(Quotation(at, end, False))
            break
    return found


def _close_typed(text: str, position: int, end: int) -> int | None:
    """The last character of the two apostrophes that close what two grave accents opened, as in typewritten text."""
    close = text.find(_TYPED_END, position, end)
    return None if close < 0 else close + len(_TYPED_END) - 1


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
        if _ELIDED.match(text, at, end):
            return False
        return not before.isalnum() and before not in "’'" and (after.isalnum() or after in '"“…—–$£€[(')
    return before.isspace() or before in "([{—–-/:‘'“>"


def _may_stay_open(text: str, at: int, start: int, end: int) -> bool:
    """A double mark may wait for the next paragraph; a single one only if it opens the line or a long sentence."""
    if text[at] in '“„«"' or text.startswith(_TYPED, at):
        return True
    if text[at] == "'":
        # A paragraph of speech that goes on in the next, which opens again, on a page that knows no other marks.
        opens_line = not text[start:at].strip() and text[at + 1].isupper()
        return opens_line and text[end:].lstrip()[:1] == "'" and _DOUBLE.search(text) is None
    return text[at] == "‘" and (not text[start:at].strip() or (text[at + 1].isupper() and end - at > 40))


def _close(text: str, at: int, end: int) -> int | None:
    mark = text[at]
    if mark in "'‘":
        return _close_single(text, at, end)
    closing = _CLOSING[mark]
    depth = 0
    for position in range(at + 1, end):
        character = text[position]
        if character == mark and mark in "“«‹":
            depth += 1
        elif character in closing:
            if mark == '"' and _opens(text, position, at, end):
                return None
            if depth == 0:
                return position
            depth -= 1
    return None


def _close_single(text: str, at: int, end: int) -> int | None:
    """The end of a quotation in single marks, told from apostrophes by what stands on both sides."""
    closing = _CLOSING[text[at]]
    doubtful: int | None = None
    if text.find(closing[0], at + 1, min(end, at + _LONGEST_SINGLE)) < 0:
        return None
    for position in range(at + 1, min(end, at + _LONGEST_SINGLE)):
        character = text[position]
        if character == text[at] and text[at] == "‘" and not text[position - 1].isalnum() and doubtful is not None:
            return doubtful
        if character not in closing:
            continue
        before = text[position - 1]
        after = text[position + 1] if position + 1 < end else " "
        if after.isalnum():
            continue
        # "the workers’ hall": a plural owner looks like an end unless a better one follows.
        owner = before == "s" and bool(re.match(r" [a-z]", text[position + 1 : position + 3]))
        if not owner and not before.isspace():
            return position
        if doubtful is None and not before.isspace():
            doubtful = position
    return doubtful
