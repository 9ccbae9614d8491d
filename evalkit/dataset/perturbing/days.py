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
_PLACES = {
    **{name: place for place, name in enumerate(_MONTHS)},
    **{name: place for place, name in enumerate(_SHORT)},
    "Sept": 8,
}
"""Spelling of a month → its place in the year; all of them also stand in capital letters."""
_LONGEST = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DAY_OF_WEEK = re.compile(rf"\b(?:{'|'.join([*_DAYS, *map(str.upper, _DAYS)])})\b")
_FULL, _CUT = ("|".join([*names, *map(str.upper, names)]) for names in (_MONTHS, (*_SHORT, "Sept")))
_MONTH = rf"(?P<month>{_FULL}|(?:{_CUT})\b\.?)"
_DAY = r"(?P<day>[0-3]?\d)(?P<th>st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_LAST_YEAR = r"(?P<last_year>(?:19|20)\d\d)"
_BEFORE = r"(?i:in|since|by|until|till|from|of|last|next|early|late|mid|this|between|through|during|before|after)"
_NO_NUMBER = r"(?!\w|[.,]\d| [a-z]+s\b)"
_DATES = (
    re.compile(rf"\b{_YEAR}-(?P<number>[01]\d)-(?P<day>[0-3]\d)(?!\d)"),
    re.compile(rf"(?<![\w.,]){_YEAR}\s?[-–—/]\s?{_LAST_YEAR}(?!\w|[.,]\d)"),
    re.compile(rf"(?<![\w.,]){_YEAR}[-–/](?P<short_year>1[3-9]|[2-9]\d)(?!\w|[.,/-]\d)"),
    re.compile(rf"\b{_BEFORE} {_YEAR},? (?:to|and|or|until|till|through) {_LAST_YEAR}{_NO_NUMBER}"),
    re.compile(rf"\b{_DAY} {_MONTH}(?:,? {_YEAR})?(?!\w)"),
    re.compile(rf"\b{_MONTH} {_DAY}\b(?:,? {_YEAR})?(?!\w)"),
    re.compile(rf"\b{_MONTH},? {_YEAR}(?!\w)"),
    re.compile(rf"\b{_BEFORE}[ -]{_MONTH}(?!\w)"),
    re.compile(rf"\b{_BEFORE} {_YEAR}{_NO_NUMBER}"),
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
        new = _DAYS[(_DAYS.index(match[0].capitalize()) + weekday) % 7]
        edits[match.start()] = Edit(*match.span(), new.upper() if match[0].isupper() else new)
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
        names = _MONTHS if spelt.capitalize() in _MONTHS else _SHORT
        place = (_PLACES[spelt.capitalize()] + month) % 12
        dot = "." if found["month"].endswith(".") else ""
        yield Edit(*match.span("month"), (names[place].upper() if spelt.isupper() else names[place]) + dot)
    elif found.get("number"):
        place = (int(found["number"]) - 1 + month) % 12
        yield Edit(*match.span("number"), f"{place + 1:02}")
    if found.get("day") and int(found["day"]) > _LONGEST[place]:
        day = _LONGEST[place]
        yield Edit(*match.span("day"), str(day))
        if found.get("th"):
            yield Edit(*match.span("th"), _TH.get(day, "th"))
    for name in ("year", "last_year"):
        if found.get(name):
            yield Edit(*match.span(name), str(int(found[name]) - year))
    if found.get("short_year"):
        yield Edit(*match.span("short_year"), f"{(int(found['short_year']) - year) % 100:02}")


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
    dates = {*_DAYS, *_PLACES}
    return sorted(
        span
        for span in spans
        if any(word.capitalize() not in dates for word in re.findall(r"\b[A-Z]\w*", text[span.start : span.end]))
    )
