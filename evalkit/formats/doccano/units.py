"""In which unit the offsets of doccano count, which its files do not say.

Its pages count UTF-16 code units, or graphemes if the project is set so; what a program imported comes back as the
program counted, mostly in code points. Where that makes a difference, the unit is taken in which every span of a text
begins and ends at the edge of a word: the one that does so in all texts, or else in this one. Where code points and
UTF-16 code units give different spans and neither or both do, the text is refused.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from evalkit.errors import FormatError
from evalkit.formats.standoff.edges import are_joined, is_at_edges
from evalkit.records import Span
from evalkit.showing import number_of
from evalkit.text.counting import Counting, Ruler

__all__ = ["UNITS", "Placed", "in_code_points", "in_unit", "units_differ", "utf16_offsets"]

UNITS = {"utf-16": "UTF-16 code units", "codepoint": "code points", "grapheme": "graphemes"}
"""What the offsets may count; those of doccano's pages first."""

Spans = tuple[Span, ...]

_PLAIN = re.compile("(?:[\x00-\x0c\x0e-\u02ff]|\r(?!\n))*")
"""A text in which all units are the same."""


class Placed(NamedTuple):
    """The offsets of one line: its place, its text, the offsets, and their unit if the line says it."""

    where: str
    text: str
    offsets: tuple[tuple[int, int], ...]
    unit: str = ""


def in_code_points(lines: Sequence[Placed], problems: list[FormatError], notes: Counter[str]) -> list[Spans | None]:
    """The spans of each line; None for one whose offsets cannot be understood, of which a problem tells."""
    readings = [_readings(line) for line in lines]
    fitting = [
        {unit for unit, spans in own.items() if all(is_at_edges(line.text, span) for span in spans)}
        for line, own in zip(lines, readings, strict=True)
    ]
    everywhere = set(UNITS).intersection(
        *(units for units, own in zip(fitting, readings, strict=True) if len(set(own.values())) > 1)
    )
    found: list[Spans | None] = []
    for line, own, units in zip(lines, readings, fitting, strict=True):
        unit = _decided(own, everywhere & own.keys(), units)
        if unit is None:
            problems.append(_refusal(line, own))
        elif len(set(own.values())) > 1:
            notes[f"texts whose offsets were taken to count {UNITS[unit]}"] += 1
        found.append(None if unit is None else own[unit])
    return found


def in_unit(line: Placed, counting: Counting, problems: list[FormatError]) -> Spans | None:
    """The spans of a line whose offsets count as somebody says; None if they do not, of which a problem tells."""
    ruler = Ruler(line.text, counting)
    spans = []
    for start, end in line.offsets:
        span = ruler.span(Span(start, end))
        if span is None:
            fault = ruler.fault(Span(start, end))
            problems.append(FormatError(f"{line.where}: {start} to {end} {fault}; mend it, or count otherwise"))
            return None
        spans.append(span)
    return tuple(spans)


def units_differ(text: str) -> bool:
    """Whether it makes a difference for a text what its offsets count."""
    if _PLAIN.fullmatch(text):
        return False
    return max(text) > "\uffff" or sum(1 for _ in _grapheme_starts(text)) < len(text)


def utf16_offsets(text: str, spans: Sequence[Span]) -> list[tuple[int, int]]:
    """Spans as doccano's pages count them."""
    offsets = range(len(text) + 1) if _PLAIN.fullmatch(text) else [*accumulate(_utf16_widths(text), initial=0)]
    return [(offsets[start], offsets[end]) for start, end in spans]


def _readings(line: Placed) -> dict[str, Spans]:
    """The spans in each unit in which all offsets are some of the text."""
    units = [line.unit] if line.unit in UNITS else [*UNITS]
    if not line.offsets or _PLAIN.fullmatch(line.text):
        units = ["codepoint"]
    readings: dict[str, Spans] = {}
    for unit in units:
        boundaries = _boundaries(line.text, unit)
        spans = [Span(boundaries.get(start, -1), boundaries.get(end, -1)) for start, end in line.offsets]
        if all(0 <= start < end for start, end in spans):
            readings[unit] = tuple(spans)
    return readings


def _decided(own: dict[str, Spans], everywhere: set[str], units: set[str]) -> str | None:
    """The unit of a line, if there is one way to understand it."""
    if len(set(own.values())) == 1:
        return next(iter(own))
    for several in (everywhere, units):
        if len({own[unit] for unit in several}) == 1:
            return next(unit for unit in own if unit in several)
    usual = {own[unit] for unit in ("utf-16", "codepoint") if unit in own}
    return "utf-16" if len(usual) == 1 and "utf-16" in own else None


def _refusal(line: Placed, own: dict[str, Spans]) -> FormatError:
    if not own:
        start, end = max(line.offsets, key=lambda offsets: offsets[1])
        length = number_of(len(line.text), "character")
        return FormatError(f"{line.where}: {start} to {end} is no span of its text of {length}; was the text changed?")
    for spans in zip(*own.values(), strict=True):
        if len(set(spans)) > 1:
            told = ", or ".join(
                f"{line.text[slice(*span)]!r:.40} in {UNITS[unit]}" for unit, span in zip(own, spans, strict=True)
            )
            break
    remedy = "say it with --offsets utf-16 or --offsets codepoint"
    return FormatError(f"{line.where}: nothing says what its offsets count: a span is {told}; {remedy}")


def _boundaries(text: str, unit: str) -> dict[int, int]:
    """The code point at each offset in a unit."""
    if unit == "grapheme":
        return dict(enumerate([*_grapheme_starts(text), len(text)]))
    widths = _utf16_widths(text) if unit == "utf-16" else (1 for _ in text)
    return {offset: at for at, offset in enumerate(accumulate(widths, initial=0))}


def _utf16_widths(text: str) -> Iterator[int]:
    return (2 if letter > "\uffff" else 1 for letter in text)


def _grapheme_starts(text: str) -> Iterator[int]:
    """Where each grapheme begins, as far as marks, emoji, flags and line ends go."""
    before, flags = "", 0
    for at, letter in enumerate(text):
        flags = flags + 1 if _is_flag(letter) else 0
        if not before or not (are_joined(before, letter) or (flags and flags % 2 == 0)):
            yield at
        before = letter


def _is_flag(letter: str) -> bool:
    return "\U0001f1e6" <= letter <= "\U0001f1ff"
