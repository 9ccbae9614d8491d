r"""White space in MISC: `SpaceAfter=No`, and `SpacesAfter=\s\n` with its relatives, which say it exactly.

UDPipe's escapes are read and written: `\s` a blank, `\t`, `\n`, `\r`, `\p` a bar, `\\`. Any other white space or
character that a cell cannot hold is written as `\u2028`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["escaped", "is_cell", "unescaped"]

_MEANS = {"s": " ", "t": "\t", "n": "\n", "r": "\r", "p": "|", "\\": "\\"}
_WRITTEN = {char: f"\\{letter}" for letter, char in _MEANS.items()}
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ODD = re.compile(r"[\\|\x00-\x20\x7f-\xa0]|(?![ -~])\s")
_NO_CELL = re.compile(r"[\x00-\x20\x7f-\x9f]|\s")


def unescaped(value: str) -> str:
    """What an escaped value stands for; an escape that nobody knows stays as it is."""
    return _ESCAPE.sub(_meaning, value) if "\\" in value else value


def _meaning(found: re.Match[str]) -> str:
    code = found[1]
    if len(code) == 5 and not 0xD800 <= int(code[1:], 16) < 0xE000:
        return chr(int(code[1:], 16))
    return _MEANS.get(code, found[0])


def escaped(text: str) -> str:
    """Any text so that it can be the value of a key in MISC."""
    return _ODD.sub(lambda found: _WRITTEN.get(found[0]) or f"\\u{ord(found[0]):04x}", text)


def is_cell(form: str) -> bool:
    """Whether a token can stand in a cell as it is."""
    return _NO_CELL.search(form) is None


def gap(pairs: Mapping[str, str]) -> str | None:
    """The white space that MISC says to follow a token; None if it says nothing."""
    if "SpacesAfter" in pairs:
        return unescaped(pairs["SpacesAfter"])
    return "" if pairs.get("SpaceAfter") == "No" else None
