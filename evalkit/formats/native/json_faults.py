"""What is wrong with something that should be JSON: what it is instead, or where it breaks, and what to do."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

import orjson

__all__ = ["Objects", "json_fault", "objects_in", "other_content"]

_MAGIC = (
    (b"\x1f\x8b", "compressed with gzip; unpack it with gunzip"),
    (b"PK\x03\x04", "a zip archive; unpack it with unzip"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\xfd7zXZ\x00", "compressed with xz; unpack it with unxz"),
    (b"BZh", "compressed with bzip2; unpack it with bunzip2"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstandard; unpack it with unzstd"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it"),
    (b"PAR1", "a Parquet file; name it .parquet, or give --format parquet"),
    (b"ARROW1", "an Arrow file; name it .arrow, or give --format arrow"),
    (b"\xff\xff\xff\xff", "an Arrow stream; name it .arrow, or give --format arrow"),
    (b"FEA1", "a Feather file of version 1; write it as version 2"),
    (b"SQLite format 3\x00", "a SQLite database; export its rows as JSON lines"),
    (b"%PDF-", "a PDF; annotations are read from JSON lines"),
    (b"\x80\x02", "a pickle, which is never loaded; write JSON lines"),
    (b"\x80\x03", "a pickle, which is never loaded; write JSON lines"),
    (b"\x80\x04", "a pickle, which is never loaded; write JSON lines"),
    (b"\x80\x05", "a pickle, which is never loaded; write JSON lines"),
    (b"\x93NUMPY", "a NumPy array; write JSON lines"),
    (b"\x89HDF\r\n", "an HDF5 file; write JSON lines"),
    (b"\xff\xfe\x00\x00", "text in UTF-32; save it as UTF-8"),
    (b"\x00\x00\xfe\xff", "text in UTF-32; save it as UTF-8"),
    (b"\xff\xfe", "text in UTF-16; save it as UTF-8"),
    (b"\xfe\xff", "text in UTF-16; save it as UTF-8"),
    (b"version https://git-lfs", "a pointer of Git LFS and not the file itself; fetch it with git lfs pull"),
)
_MARKUP = (
    (re.compile(rb"<!doctype html|<html", re.IGNORECASE), "a web page (HTML); was an error or a login page saved?"),
    (re.compile(rb"<\?xml[^>]*>\s*<xmi:XMI|<xmi:XMI", re.IGNORECASE), "a UIMA CAS in XMI; export it as JSON lines"),
    (re.compile(rb"<\?xml|<[a-z][\w:.-]*[\s>/]", re.IGNORECASE), "XML; write one JSON object an article"),
)
_STRING = re.compile(r'"(?:\\.|[^"\\])*(?:"|\Z)', re.DOTALL)
_PYTHON_WORD = re.compile(r"\b(?:None|True|False|nan|inf)\b")
_SHOWN = 40
_SIGNIFICANT = re.compile(r'\\.|["{}\[\]]', re.DOTALL)
"""What opens and closes in JSON; a mark after a backslash is none."""
_LONG = 1 << 20
"""More letters than this are not looked at one by one."""


def other_content(head: bytes) -> str | None:
    """What a file is instead of text that annotations are read from, by its first bytes, and what to do; or None."""
    for magic, what in _MAGIC:
        if head.startswith(magic):
            return what
    if _is_utf(head, 4):
        return "text in UTF-32; save it as UTF-8"
    if _is_utf(head, 2):
        return "text in UTF-16; save it as UTF-8"
    begin = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:200]
    if b"\x00" in begin[:1]:
        return "nothing but zero bytes here; was it written to the end?"
    return next((what for pattern, what in _MARKUP if pattern.match(begin)), None)


def _is_utf(head: bytes, width: int) -> bool:
    """Whether the first letters stand in so many bytes each, as ASCII does in UTF-16 and UTF-32 without a mark."""
    for zeros in (range(1, width), range(width - 1)):
        letters = [head[at : at + width] for at in range(0, width * 4, width)]
        if all(
            len(letter) == width and [at for at, byte in enumerate(letter) if byte == 0] == list(zeros)
            for letter in letters
        ):
            return True
    return False


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
        pass
    return "nested too deeply; mend it"


def _told_by_error(text: str, error: json.JSONDecodeError) -> str:
    before = text[: error.pos].rstrip()
    near = text[max(0, error.pos - 15) : error.pos + 25]
    if len(text) - error.pos < _SHOWN if len(text) > _LONG else _is_open(text):
        return f"{error.msg.lower()}; it ends in {text[-_SHOWN:]!r}: is the line cut off?"
    if error.msg.startswith("Invalid control character"):
        return f"a raw tab or line break inside a string near {near!r}; write \\t or \\n"
    if before.endswith(",") and text[error.pos : error.pos + 1] in ("}", "]"):
        return f"a comma before the closing {text[error.pos]!r} near {near!r}; leave it out"
    if "trailing comma" in error.msg.lower():
        return f"a comma before a closing bracket near {near!r}; leave it out"
    if not text.startswith(("{", "[")):
        return f"no JSON object but {text[:_SHOWN]!r}; write one JSON object an article"
    return f"{error.msg.lower()} at character {error.pos}, near {near!r}; mend it"


def _has_raw_break(text: str) -> bool:
    """Whether it begins with an object that would be JSON if strings might hold line breaks as they are."""
    try:
        json.JSONDecoder(strict=False).raw_decode(text)
    except (ValueError, RecursionError):
        return False
    return True


def _is_open(text: str) -> bool:
    """Whether a text ends inside a string, or before all its brackets are closed."""
    depth, inside = 0, False
    for found in _SIGNIFICANT.finditer(text):
        sign = found[0]
        if sign == '"':
            inside = not inside
        elif not inside and len(sign) == 1:
            depth += 1 if sign in "{[" else -1
            if depth < 0:
                return False
    return inside or depth > 0
