"""On which line of a file something stands, for whoever shows a problem at its place."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from evalkit.errors import EvalkitError
from evalkit.files import read_text

__all__ = ["place_in_files"]

_LISTED = re.compile(r"(?P<file>.+)\[(?P<index>\d{1,9})\]", re.DOTALL)
_LINED = re.compile(r"(?P<file>.+?):(?P<line>\d{1,9})(:\d+)?", re.DOTALL)
_STEP = re.compile(r"([^\W\d][\w-]*)(?:\[(\d{1,9})\])?")
_BLANK = re.compile(r"\s*")


def place_in_files(where: str, place: str = "") -> tuple[str, int]:
    """The file and the line, counted from 1; 0 where no line can be told, and no file where there is none.

    Args:
        where: an article, as `file[index]` in a list or `file:line`, or a file.
        place: what is meant in it, such as `entities[3] (e4)` or `readings.ida.quotes[0] (q1)`.
    """
    if Path(where).is_file():
        return where, 0
    if (lined := _LINED.fullmatch(where)) and Path(lined["file"]).is_file():
        return lined["file"], int(lined["line"])
    listed = _LISTED.fullmatch(where)
    if listed is None or not Path(listed["file"]).is_file():
        return "", 0
    try:
        text = read_text(Path(listed["file"]))
    except EvalkitError:
        return listed["file"], 0
    steps: list[str | int] = [int(listed["index"])]
    for name, index in _STEP.findall(place.partition(" ")[0]):
        steps += [name, int(index)] if index else [name]
    return listed["file"], text.count("\n", 0, _offset(text, steps)) + 1


def _offset(text: str, steps: Sequence[str | int]) -> int:
    """Where what the steps lead to begins; where they lead no further, the last thing that they led to."""
    decoder, at = json.JSONDecoder(strict=False), _after_blank(text, 0)
    try:
        for step in steps:
            found = _inside(text, at, step, decoder)
            if found is None:
                break
            at = found
    except (ValueError, IndexError, RecursionError):
        pass
    return at


def _inside(text: str, at: int, step: str | int, decoder: json.JSONDecoder) -> int | None:
    """Where a member of an object or a list begins: of an object its name, behind which its value is found."""
    if text[at] not in '[{"' or ((text[at] == "[") != isinstance(step, int) and text[at] != '"'):
        return None
    if text[at] == '"':
        # The name of a member: its value stands behind it.
        _, end = decoder.raw_decode(text, at)
        return _inside(text, _after_blank(text, _after_blank(text, end) + 1), step, decoder)
    closing, number, at = "}" if text[at] == "{" else "]", 0, _after_blank(text, at + 1)
    while text[at] != closing:
        name, end = decoder.raw_decode(text, at)
        if step == (number if closing == "]" else name):
            return at
        if closing == "}":
            _, end = decoder.raw_decode(text, _after_blank(text, _after_blank(text, end) + 1))
        at = _after_blank(text, end)
        at = _after_blank(text, at + 1) if text[at] == "," else at
        number += 1
    return None


def _after_blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return at if found is None else found.end()
