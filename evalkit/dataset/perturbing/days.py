"""Dates changed: another day of the week, month and year, the same change throughout an article, in the same form."""

from __future__ import annotations

import re
from collections.abc import Iterator

from evalkit.dataset.perturbing.edits import Edit
from evalkit.dataset.perturbing.spelling import Draw
from evalkit.layers.table import all_layers
from evalkit.records import Example, Span

__all__ = ["other_days"]

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_SHORT = tuple(name[:3] for name in _MONTHS)
_LONGEST = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DAY_OF_WEEK = re.compile(rf"\b(?:{'|'.join(_DAYS)})\b")
_MONTH = rf"(?P<month>{'|'.join(_MONTHS)}|(?:{'|'.join(_SHORT)})\b\.?)"
_DAY = r"(?P<day>[0-3]?\d)(?P<th>st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_BEFORE = r"(?:in|since|by|until|till|from|of|last|next|early|late|mid|this|between|through|during)"
_DATES = (
    re.compile(rf"\b{_YEAR}-(?P<number>[01]\d)-(?P<day>[0-3]\d)\b"),
    re.compile(rf"\b{_DAY} {_MONTH}(?:,? {_YEAR})?(?!\w)"),
    re.compile(rf"\b{_MONTH} {_DAY}\b(?:,? {_YEAR})?(?!\w)"),
    re.compile(rf"\b{_MONTH},? {_YEAR}(?!\w)"),
    re.compile(rf"\b{_BEFORE}[ -]{_MONTH}(?!\w)"),
    re.compile(rf"\b{_BEFORE} {_YEAR}(?!\w|[.,]\d| [a-z]+s\b)"),
)
"""Months are told from names by the numbers and words round them, numbers from years likewise."""
_TH = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}


def other_days(example: Example, draw: Draw) -> Iterator[Edit]:
    """Other dates. Names that hold one, such as Black Friday, stay, and so does when the article was published."""
    text = example.article.text
    weekday, month, year = 1 + int(draw("weekday") * 6), 1 + int(draw("month") * 11), 1 + int(draw("year") * 9)
    named = _names(example)
    edits: dict[int, Edit] = {}
    for match in _DAY_OF_WEEK.finditer(text):
        new = _DAYS[(_DAYS.index(match[0]) + weekday) % 7]
        edits[match.start()] = Edit(*match.span(), new)
    for pattern in _DATES:
        for match in pattern.finditer(text):
            for edit in _dated(match, month, year):
                edits.setdefault(edit.start, edit)
    for edit in edits.values():
        if not any(start < edit.end and edit.start < end for start, end in named):
            yield edit


def _dated(match: re.Match[str], month: int, year: int) -> Iterator[Edit]:
    found = match.groupdict()
    place = -1
    if found.get("month"):
        spelt = found["month"].rstrip(".")
        names = _MONTHS if spelt in _MONTHS else _SHORT
        place = (names.index(spelt) + month) % 12
        dot = "." if found["month"].endswith(".") else ""
        yield Edit(*match.span("month"), names[place] + dot)
    elif found.get("number"):
        place = (int(found["number"]) - 1 + month) % 12
        yield Edit(*match.span("number"), f"{place + 1:02}")
    if found.get("day") and int(found["day"]) > _LONGEST[place]:
        day = _LONGEST[place]
        yield Edit(*match.span("day"), str(day))
        if found.get("th"):
            yield Edit(*match.span("th"), _TH.get(day, "th"))
    if found.get("year"):
        yield Edit(*match.span("year"), str(int(found["year"]) - year))


def _names(example: Example) -> list[Span]:
    """Where items that name a thing stand, but for those that are dates throughout."""
    text = example.article.text
    spans = {
        span
        for layer in all_layers()
        if layer.labels is None
        for item in layer.of(example.settled) or ()
        for span in layer.spans(item)
    }
    dates = {*_DAYS, *_MONTHS, *_SHORT}
    return sorted(
        span
        for span in spans
        if any(word not in dates for word in re.findall(r"\b[A-Z]\w*", text[span.start : span.end]))
    )
