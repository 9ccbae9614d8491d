"""The lines of a text file, however it is encoded and ended, kept as bytes until somebody looks at one."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from evalkit.errors import FormatError, InputError
from evalkit.files import read_bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["TextLines", "decode_line", "other_columns", "read_lines"]

_HEAD = 4096
_PIECE = 1 << 22
"""So many bytes are decoded at a time."""

_OTHERS = {
    "WebAnno TSV": re.compile(r"#\s*FORMAT\s*=\s*WebAnno", re.IGNORECASE),
    "headless WebAnno TSV": re.compile(r"\d+-\d+(?:\.\d+)?\t\d+-\d+\t"),
    "brat standoff": re.compile(r"T\d+\t\S+ \d+ \d+(?:;\d+ \d+)*\t"),
}
"""How files of other tools begin that have columns too."""

_REMEDIES = {
    "brat standoff": "give --format brat, with its text beside it",
    "WebAnno TSV": "leave out --format, or give --format webanno",
    "headless WebAnno TSV": "export it again with its first line, #FORMAT=WebAnno TSV 3",
}

_OF_NO_TEXT = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "unicode-escape", "raw-unicode-escape"}
"""Encodings by their names in Python that turn characters of a text into others."""


class TextLines(Sequence[str]):
    """Lines without their ends.

    Attributes:
        content: the file in UTF-8, its lines ended by line feeds; a carriage return may go before one.
        starts: where each line begins in it, and where one after the last would.
    """

    def __init__(self, content: bytes) -> None:
        import numpy as np

        self.content = content
        whole = np.frombuffer(content, dtype=np.uint8)
        small = np.dtype(np.int32 if len(content) < 2**31 - _PIECE else np.int64)
        ends = [
            (np.flatnonzero(whole[first : first + _PIECE] == ord("\n")) + (first + 1)).astype(small)
            for first in range(0, len(content), _PIECE)
        ]
        edges = np.array([0, len(content) + 1], dtype=small)
        self.starts: NDArray[Any] = np.concatenate([edges[:1], *ends, edges[1:]])

    def __len__(self) -> int:
        return len(self.starts) - 1

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: Any) -> str | list[str]:
        if isinstance(index, slice):
            first, end, _ = index.indices(len(self))
            return self._between(first, max(first, end))
        first = range(len(self))[index]
        return self._between(first, first + 1)[0]

    def __iter__(self) -> Iterator[str]:
        first = 0
        while first < len(self):
            end = self.after(first, _PIECE)
            yield from self._between(first, end)
            first = end

    def after(self, first: int, size: int) -> int:
        """The line after those that begin within so many bytes from a line, which is one of them."""
        return min(len(self), max(first + 1, int(self.starts.searchsorted(self.starts[first] + size))))

    def _between(self, first: int, end: int) -> list[str]:
        if first >= end:
            return []
        lines = _decoded(self.content[self.starts[first] : self.starts[end] - 1]).split("\n")
        return [line.rstrip("\r") for line in lines]


def _decoded(content: bytes) -> str:
    # Half characters come from encodings that know them.
    return content.decode("utf-8", "surrogatepass")


def read_lines(path: Path, *, encoding: str | None, notes: Counter[str]) -> TextLines:
    """The lines of a file without their ends, however they are encoded and ended.

    Bytes that are not UTF-8 are read as Windows-1252, line by line so that none spoils another, and counted.

    Raises:
        InputError: the file cannot be read, or the encoding is unknown.
        FormatError: it is in another encoding, or a file of a tool that only looks like tag columns.
    """
    content = read_bytes(path)
    if tool := other_columns(content):
        remedy = _REMEDIES[tool]
        raise FormatError(f"{path}: is a {tool} file, which is no file of tag columns; {remedy}")
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") and b"\0" in content:
        encoding = encoding or "utf-16"
    if encoding is not None and not _is_encoding(encoding):
        raise InputError(f"{path}: encoding {encoding!r:.40} is not known as one of texts; try utf-8 or latin-1")
    name = codecs.lookup(encoding or "utf-8-sig").name
    if name.startswith(("utf-16", "utf-32")) and content and b"\0" not in content:
        # Any bytes are some letters to it; but a line feed has a zero byte.
        raise FormatError(f"{path}: is not in {encoding}, as it holds no zero byte; leave out the encoding")
    if name in ("utf-8", "utf-8-sig"):
        damaged = not _is_utf8(content)
        if damaged:
            content = b"\n".join(decode_line(line, notes).encode() for line in content.split(b"\n"))
        if damaged or name == "utf-8-sig":
            content = content.removeprefix(codecs.BOM_UTF8)
    else:
        content = _in_utf8(content, path, encoding or "")
    if b"\0" in content:
        notes["NUL characters removed"] += content.count(b"\0")
        content = content.replace(b"\0", b"")
    if b"\r" in content:
        # Carriage returns before those that go here are left to who looks at a line: there are few such files.
        content = content.replace(b"\r\n", b"\n") if b"\n" in content else content.replace(b"\r", b"\n")
    return TextLines(content)


def _in_utf8(content: bytes, path: Path, encoding: str) -> bytes:
    try:
        return content.decode(encoding).encode("utf-8", "surrogatepass")
    except UnicodeError as error:
        at = f" at byte {error.start}" if isinstance(error, UnicodeDecodeError) else ""
        raise FormatError(f"{path}: is not in {encoding}{at}; name its encoding, or leave it out") from error


def _is_utf8(content: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        if not content.isascii():
            for first in range(0, len(content), _PIECE):
                decoder.decode(content[first : first + _PIECE], final=first + _PIECE >= len(content))
    except UnicodeDecodeError:
        return False
    return True


def _is_encoding(name: str) -> bool:
    """Whether texts are kept in an encoding: Python knows others, of host names, of its own source code, or of none."""
    try:
        known = codecs.lookup(name)
        return known.name not in _OF_NO_TEXT and "a".encode(name).decode(name) == "a"
    except (LookupError, ValueError):
        return False


def other_columns(content: bytes) -> str:
    """The name of the format that only looks like tag columns; empty if there is none such."""
    head = content[:_HEAD]
    encoding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    lines = (line.strip() for line in head.decode(encoding, "replace").splitlines())
    first = next((line for line in lines if line), "")
    return next((name for name, pattern in _OTHERS.items() if pattern.match(first)), "")


def decode_line(line: bytes, notes: Counter[str]) -> str:
    """A line that is mostly UTF-8: as Windows-1252 if it is not, and counted."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        notes["lines not in UTF-8, read as Windows-1252"] += 1
    try:
        return line.decode("cp1252")
    except UnicodeDecodeError:
        return line.decode("latin-1")
