"""What is wrong with something that should be JSON: what it is instead, or where it breaks, and what to do."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

import orjson

from evalkit.formats.contents import other_content

__all__ = ["Objects", "json_fault", "objects_in"]

_STRING = re.compile(r'"(?:\\.|[^"\\])*(?:"|\\?\Z)', re.DOTALL)
_PYTHON_WORD = re.compile(r"\b(?:None|True|False|nan|inf)\b")
_SHOWN = 40
_SIGNIFICANT = re.compile(r'\\.|["{}\[\]]', re.DOTALL)
"""What opens and closes in JSON; a mark after a backslash is none."""
_LONG = 1 << 20
"""More letters than this are not looked at one by one."""


class Objects(NamedTuple):
    """JSON objects that follow each other, however they are spread over lines.

    Attributes:
        objects: each with the number of lines before it.
        line: the number of lines before what is no object, if there is such a thing.
        rest: from there on; empty if everything is an object.
        goes_on: whether that begins as an object over several lines does.
    """

    objects: list[tuple[int, dict[str, Any]]]
    line: int = 0
    rest: bytes = b""
    goes_on: bool = False

    @property
    def is_all(self) -> bool:
        """Whether there is nothing else."""
        return not self.rest


def objects_in(content: bytes) -> Objects:
    """The JSON objects of some lines, up to the first thing that is none."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return Objects([], 0, content)
    decoder = json.JSONDecoder(parse_constant=_refuse)
    found: list[tuple[int, dict[str, Any]]] = []
    position, line, counted = 0, 0, 0
    while (position := _after_blanks(text, position)) < len(text):
        line += text.count("\n", counted, position)
        counted = position
        value = None
        end = text.find("\n", position)
        try:
            _, position = decoder.raw_decode(text, position)
            value = orjson.loads(text[counted:position])
        except json.JSONDecodeError as error:
            position = error.pos
        except (ValueError, RecursionError):
            pass
        if not isinstance(value, dict):
            goes_on = 0 <= end < position or _has_raw_break(text[counted:])
            return Objects(found, line, text[counted:].encode(), goes_on)
        found.append((line, value))
    return Objects(found)


_BLANKS = re.compile(r"[\s\ufeff]*")


def _after_blanks(text: str, position: int) -> int:
    blanks = _BLANKS.match(text, position)
    return blanks.end() if blanks else position


def _refuse(name: str) -> Any:
    raise ValueError(name)


def json_fault(content: bytes) -> str:
    """What is wrong with a line, or a whole list, that is no JSON, in words, and what to do."""
    other = other_content(content)
    if other is not None:
        return f"it is {other}"
    try:
        text = content.decode("utf-8").strip()
    except UnicodeDecodeError as error:
        return f"not UTF-8 at byte {error.start}; save the file as UTF-8"
    if not text:
        return "empty"
    if text.startswith(("//", "#")):
        return f"a comment ({text[:_SHOWN]!r}), which JSON does not have; leave it out"
    if "\x00" in text:
        return "zero bytes in it; was it written to the end?"
    return _told_by_python(text) or _told_by_place(text)


def _told_by_python(text: str) -> str | None:
    """What Python's own readers make of it: JSON with numbers that are none, several values, or Python objects."""
    odd: list[str] = []

    def note(name: str) -> float:
        odd.append(name)
        return 0.0

    try:
        _, end = json.JSONDecoder(parse_constant=note).raw_decode(text)
    except (ValueError, RecursionError):
        pass
    else:
        if odd:
            return f"it holds {odd[0]}, which is no number in JSON; leave the field out, or write null"
        if rest := text[end:].lstrip():
            if rest.startswith(","):
                return "a comma stands after the object; write one object a line, or one list of objects in [ ]"
            return f"after the object follows {rest[:_SHOWN]!r}; write one object a line"
        # Python takes lone halves of letters, numbers without end and the like.
        return "it holds what only Python takes for JSON, such as half a letter (\\ud83d) or a huge number; mend it"
    beside = _STRING.sub("", text)
    return _PYTHON if "'" in beside or _PYTHON_WORD.search(beside) else None


_PYTHON = "a Python object as print shows it (single quotation marks, None, True); write it with json.dumps"


def _told_by_place(text: str) -> str:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return _told_by_error(text, error)
    except RecursionError:
        return "nested too deeply; mend it"
    except ValueError:
        # Python reads no whole numbers of thousands of digits.
        pass
    return "it holds a number of thousands of digits; mend it"


def _told_by_error(text: str, error: json.JSONDecodeError) -> str:
    before = text[: error.pos].rstrip()
    near = text[max(0, error.pos - 15) : error.pos + 25]
    if len(text) - error.pos < _SHOWN if len(text) > _LONG else _is_open(text):
        return f"{error.msg.lower()}; it ends in {text[-_SHOWN:]!r}: is the line cut off?"
    if error.msg.startswith("Invalid control character"):
        return f"a raw tab or line break inside a string near {near!r}; write \\t or \\n"
    # Python 3.13 looks at the comma, earlier ones at the bracket.
    closing = text[error.pos :].removeprefix(",").lstrip()[:1]
    if closing in ("}", "]") and (before.endswith(",") or text[error.pos] == ","):
        return f"a comma before the closing {closing!r} near {near!r}; leave it out"
    if not text.startswith(("{", "[")):
        return f"no JSON object but {text[:_SHOWN]!r}; write one JSON object an article"
    return f"{error.msg.lower()} at character {error.pos}, near {near!r}; mend it"


def _has_raw_break(text: str) -> bool:
    """Whether it begins with an object that would be JSON if strings might hold line breaks as they are."""
    try:
        _, end = json.JSONDecoder(strict=False).raw_decode(text)
    except (ValueError, RecursionError):
        return False
    return "\n" in text[:end]


def _is_open(text: str) -> bool:
    """Whether a text ends inside a string, or before all its brackets are closed."""
    opened, inside = list[str](), False
    for found in _SIGNIFICANT.finditer(text):
        sign = found[0]
        if sign == '"':
            inside = not inside
        elif not inside and len(sign) == 1:
            if sign in "{[":
                opened.append(sign)
            elif not opened or opened.pop() + sign not in ("{}", "[]"):
                return False
    return inside or bool(opened)
