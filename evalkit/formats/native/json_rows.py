"""JSON objects out of a file, in lines or as one list, each with its place for messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson

from evalkit.errors import FormatError
from evalkit.files import read_bytes, unlike_written
from evalkit.formats.contents import other_content
from evalkit.formats.native.json_faults import json_fault, objects_in
from evalkit.formats.native.read_row import ReadRow

__all__ = [
    "BYTE_ORDER_MARK",
    "Typed",
    "json_row",
    "json_value",
    "only_object",
    "only_row",
    "read_rows",
    "read_typed_rows",
]

Row = dict[str, Any]

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

HEAD = 1 << 12
"""How many bytes tell what a file is."""


Typed = Callable[[bytes, str], ReadRow | None]
"""Reads an object by its types at a place, or gives None where that takes a closer look."""


def read_rows(path: Path, *, on_error: Callable[[FormatError], None] | None = None) -> Iterator[tuple[str, Row]]:
    """The JSON objects of a file, each with its place ("file:line") for messages.

    A file that starts with `[` is read as one JSON list, anything else as JSON lines; blank lines are skipped. Objects
    that are spread over lines, or share one, are read as what they are.

    Args:
        path: the file.
        on_error: is told of each line that is no JSON object, and reading goes on; without it the first one raises.

    Raises:
        InputError: the file cannot be read.
        FormatError: a line is no JSON object; says what it is instead, or where it breaks.
    """
    for where, row in read_typed_rows(path, None, on_error=on_error):
        if not isinstance(row, ReadRow):
            yield where, row


def read_typed_rows(
    path: Path, typed: Typed | None, *, on_error: Callable[[FormatError], None] | None = None
) -> Iterator[tuple[str, Row | ReadRow]]:
    """The same, with what can be decoded by types decoded so. Raises what `read_rows` raises."""
    for where, row in _values(read_bytes(path).removeprefix(BYTE_ORDER_MARK), path, typed):
        if isinstance(row, (dict, ReadRow)):
            yield where, row
            continue
        problem = row if isinstance(row, FormatError) else _no_object(where, row)
        if on_error is None:
            raise problem
        on_error(problem)


def _no_object(where: str, value: object) -> FormatError:
    remedy = "write one object a line"
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], dict):
        remedy = "spaCy 2 kept training data so; give --format spacy"
    return FormatError(f"{where}: expected a JSON object, found {type(value).__name__} {str(value)[:40]!r}; {remedy}")


def _values(content: bytes, path: Path, typed: Typed | None) -> Iterator[tuple[str, Any]]:
    """Each value with its place, or what is wrong there."""
    if (other := other_content(content[:HEAD])) is not None:
        yield str(path), FormatError(f"{path}: is {other}")
    elif typed is not None and (row := only_row(content, path, typed)) is not None:
        # An article in a file of its own.
        yield row.claims.where, row
    elif content.lstrip()[:1] == b"[":
        yield from _listed(content, path)
    else:
        yield from _lines(content.split(b"\n"), path, typed)


def only_row(content: bytes, path: Path, typed: Typed) -> ReadRow | None:
    """What the only object of a file says, alone or in a list, if it can be decoded by its types."""
    if content[:1] == b"{":
        return typed(content, f"{path}:1")
    return typed(only_object(content), f"{path}[0]") if content[:1] == b"[" else None


def only_object(content: bytes) -> bytes:
    """The bytes of the only object of a file, alone or in a list; of no use where there are several."""
    return content.strip()[1:-1] if content[:1] == b"[" else content


def _listed(content: bytes, path: Path) -> Iterator[tuple[str, Any]]:
    try:
        rows = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        lines = content.split(b"\n")
        if _is_json(lines[0]):
            yield from _lines(lines, path, None)
            return
        before = content.decode("utf-8", "replace")[: error.pos]
        where = f"{path}:{before.count(chr(10)) + 1}"
        yield where, _no_json(where, content)
        return
    if wrong := unlike_written(content, rows):
        yield str(path), FormatError(f"{path}: {wrong}; mend it")
        return
    for index, row in enumerate(rows):
        yield f"{path}[{index}]", row


def _lines(lines: list[bytes], path: Path, typed: Typed | None) -> Iterator[tuple[str, Any]]:
    number, looked = 0, False
    while number < len(lines):
        line, where = lines[number], f"{path}:{number + 1}"
        number += 1
        if not line.strip():
            continue
        if typed is not None and (row := typed(line, where)) is not None:
            yield where, row
            continue
        try:
            value = orjson.loads(line)
            if wrong := unlike_written(line, value):
                value = FormatError(f"{where}: {wrong}; mend it")
        except orjson.JSONDecodeError:
            if not looked:
                # Once: what is no line of its own may be an object over several lines, and so may be the rest.
                looked = True
                found = objects_in(b"\n".join(lines[number - 1 :]))
                yield from ((f"{path}:{number + after}", row) for after, row in found.objects)
                if found.is_all:
                    return
                if found.goes_on:
                    where = f"{path}:{number + found.line}"
                    yield where, _no_json(where, found.rest)
                    return
                if found.line:
                    number += found.line - 1
                    continue
            value = _no_json(where, line)
        yield where, value


def json_value(text: str, where: str) -> Any:
    """The JSON value of a text; `where` begins a message.

    Raises:
        FormatError: it is none, or some of it would be lost; says where it breaks.
    """
    return _value(text.encode("utf-8", "surrogatepass"), where)


def json_row(content: bytes, where: str) -> Row:
    """The JSON object of a line.

    Raises:
        FormatError: it is none, or some of it would be lost.
    """
    value = _value(content, where)
    if not isinstance(value, dict):
        raise _no_object(where, value)
    return value


def _value(content: bytes, where: str) -> Any:
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise _no_json(where, content) from error
    if wrong := unlike_written(content, value):
        raise FormatError(f"{where}: {wrong}; mend it")
    return value


def _no_json(where: str, content: bytes) -> FormatError:
    return FormatError(f"{where}: not valid JSON: {json_fault(content)}")


def _is_json(line: bytes) -> bool:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True
