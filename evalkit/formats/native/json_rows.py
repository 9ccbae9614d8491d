"""JSON objects out of a file, in lines or as one list, each with its place for messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from evalkit.errors import FormatError
from evalkit.files import read_bytes

__all__ = ["read_rows"]

Row = dict[str, Any]


def read_rows(path: Path, *, on_error: Callable[[FormatError], None] | None = None) -> Iterator[tuple[str, Row]]:
    """The JSON objects of a file, each with its place ("file:line") for messages.

    A file that starts with `[` is read as one JSON list, anything else as JSON lines; blank lines are skipped.

    Args:
        path: the file.
        on_error: is told of each line that is no JSON object, and reading goes on; without it the first one raises.

    Raises:
        InputError: the file cannot be read.
        FormatError: a line is no JSON object (a truncated last line is the usual cause).
    """
    for where, load in _values(read_bytes(path).removeprefix(b"\xef\xbb\xbf"), path, on_error):
        try:
            row = load()
            if not isinstance(row, dict):
                raise FormatError(
                    f"{where}: expected a JSON object, found {type(row).__name__} {str(row)[:40]!r}; "
                    "write one object a line"
                )
        except FormatError as error:
            if on_error is None:
                raise
            on_error(error)
            continue
        yield where, row


def _values(
    content: bytes, path: Path, on_error: Callable[[FormatError], None] | None
) -> Iterator[tuple[str, Callable[[], Any]]]:
    if content.lstrip()[:1] == b"[":
        try:
            rows = _loads(content, str(path))
        except FormatError as error:
            if on_error is None:
                raise
            on_error(error)
            return
        for index, row in enumerate(rows):
            yield f"{path}[{index}]", partial(_itself, row)
        return
    for number, line in enumerate(content.split(b"\n"), 1):
        if line.strip():
            where = f"{path}:{number}"
            yield where, partial(_loads, line, where)


def _loads(content: bytes, where: str) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        end = content.rstrip()[-40:].decode("utf-8", "replace")
        raise FormatError(f"{where}: not valid JSON ({error}); it ends in {end!r}: is the line cut off?") from error


def _itself(value: Any) -> Any:
    return value
