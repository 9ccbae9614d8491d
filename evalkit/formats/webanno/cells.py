r"""The cells of WebAnno TSV: escapes, stacked values, and the numbers that tell annotations apart.

::

    PER[1]|ORG[2]     two annotations, number 1 and number 2
    a\|b              one, whose value is a|b
    *                 one without a value
    _                 none
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

__all__ = ["EMPTY", "NONE", "Part", "parts_of", "slots_of", "unescaped", "values_of"]

KEPT = 4096
"""So many cells are kept as they were taken apart: an annotation of several tokens has the same in each row."""

NONE, EMPTY = "_", "*"
"""No annotation; an annotation without a value."""

_ESCAPE = re.compile(r"\\(->|[\s\S])")
_LETTERS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "b": "\b"}
_NUMBER = re.compile(r"\[([0-9]{1,9}(?:_[0-9]{1,9})?)\]$")


class Part(NamedTuple):
    """One of the stacked values of a cell: as it is written without the number behind it, the number, and with it."""

    written: str
    number: str = ""
    whole: str = ""


def unescaped(written: str) -> str:
    """A value, or a text, without its escapes."""
    if "\\" not in written:
        return written
    return _ESCAPE.sub(lambda found: _LETTERS.get(found[1], found[1]), written)


@lru_cache(maxsize=KEPT)
def parts_of(cell: str) -> tuple[Part, ...]:
    """The stacked values of a cell; none if it says that nothing is annotated."""
    return () if cell in (NONE, "") else tuple(_part(written) for written in _split(cell, "|"))


def slots_of(written: str) -> list[Part]:
    """The slots of one annotation: their roles, which stand in one column, or what fills them, from the next."""
    return [] if written in (NONE, "") else [_part(slot) for slot in _split(written, ";")]


def values_of(written: str) -> list[str]:
    """The values of a feature that may have several; none if it has none."""
    return [] if written in (NONE, EMPTY, "") else [unescaped(one) for one in _split(written, ";")]


def _part(written: str) -> Part:
    number = _NUMBER.search(written) if written.endswith("]") else None
    if number is None or _is_escaped(written, number.end() - 1):
        return Part(written, "", written)
    return Part(written[: number.start()], number[1], written)


def _is_escaped(text: str, place: int) -> bool:
    before = len(text[:place]) - len(text[:place].rstrip("\\"))
    return before % 2 == 1


def _split(text: str, separator: str) -> Iterator[str]:
    """The pieces between separators that are not escaped."""
    if separator not in text:
        yield text
        return
    begin, place = 0, 0
    while place < len(text):
        if text[place] == "\\":
            place += 2
            continue
        if text[place] == separator:
            yield text[begin:place]
            begin = place + 1
        place += 1
    yield text[begin:]
