"""The one reader of TOML: what would take it minutes or more stack than there is, is refused before it is parsed.

The parser of Python goes down into brackets by calling itself, and needs time that grows with the square of a dotted
key. So one pass over the words of the text looks at their sizes first.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.errors import FormatError
from evalkit.files import read_text

__all__ = ["TomlPlaces", "parse_toml", "read_toml", "toml_text"]

LARGEST, DEEPEST, LONGEST, MOST_PARTS = 1_000_000, 32, 100, 16
"""Characters of a text, brackets in one another, characters of a number or bare key, parts of a dotted key."""

_WORDS = re.compile(
    r"""(?P<comment>\#[^\n]*+)
    | (?P<long>\"{3}(?:[^"\\]|\\.|\"(?!\"\"))*+\"{3,5} | '{3}(?:[^']|'(?!''))*+'{3,5})
    | (?P<endless>\"{3}|'{3})
    | (?P<text>\"(?:[^"\\\n]|\\.)*+\"|'[^'\n]*+')
    | (?P<bare>[\w.+-]++)
    | (?P<open>[\[{]) | (?P<close>[\]}])
    | (?P<parts>[=,\n])""",
    re.VERBOSE | re.DOTALL,
)
_PLACE = re.compile(r" \(at (?:line (?P<line>\d+), column \d+|end of document)\)$")


def read_toml(path: Path, *, remedy: str = "check the path") -> dict[str, Any]:
    """The tables of a file; `remedy` ends the message if it cannot be read.

    Raises:
        InputError: the file cannot be read.
        FormatError: it is no TOML in UTF-8, or larger or deeper than anybody writes; names the line.
    """
    return parse_toml(read_text(path, remedy=remedy), path)


def parse_toml(text: str, where: Path | str) -> dict[str, Any]:
    """The tables of a text; `where` begins the message.

    Raises:
        FormatError: it is no TOML, or larger or deeper than anybody writes; names the line.
    """
    text = text.removeprefix("\ufeff")
    _check_sizes(text, where)
    try:
        return tomllib.loads(text)
    except ValueError as error:
        place = _PLACE.search(str(error))
        said = str(error)[: place.start()] if place else str(error)
        line = int(place["line"]) if place and place["line"] else text.rstrip().count("\n") + 1
        raise FormatError(f"{where}:{line}: not valid TOML ({said[:200]}); mend that line") from error


def _check_sizes(text: str, where: Path | str) -> None:
    if len(text) > LARGEST:
        raise FormatError(f"{where}: {len(text)} characters of TOML, more than {LARGEST}; give a smaller file")
    depth = parts = 0
    for word in _WORDS.finditer(text):
        kind, size = word.lastgroup, word.end() - word.start()
        wrong = ""
        if kind == "bare":
            parts += word[0].count(".")
            if size > LONGEST and max(map(len, word[0].split("."))) > LONGEST:
                wrong = f"a number or key of {size} characters, more than {LONGEST}"
            elif parts >= MOST_PARTS:
                wrong = f"a key of more than {MOST_PARTS} parts"
        elif kind in ("open", "close", "parts"):
            depth += (kind == "open") - (kind == "close")
            parts = 0
            if depth > DEEPEST:
                wrong = f"more than {DEEPEST} brackets in one another"
        elif kind == "endless":
            wrong = f"a text that begins with {word[0]} and does not end"
        if wrong:
            line = text.count("\n", 0, word.start()) + 1
            raise FormatError(f"{where}:{line}: {wrong}; mend that line")


@dataclass(frozen=True)
class TomlPlaces:
    """Where fields stand; the TOML reader does not say, so lines are looked up."""

    path: Path
    text: str

    def of(self, key: str, number: int | None = None, table: str = "rule") -> str:
        """`file:line` of a field of the `[[table]]` with this number (from 0), or outside of any of these."""
        lines = self.text.splitlines()
        header = re.compile(rf"\s*\[\[\s*{re.escape(table)}\s*\]\]")
        headers = [at for at, line in enumerate(lines, 1) if header.match(line)]
        first = 1 if number is None or number >= len(headers) else headers[number]
        for at, line in enumerate(lines[first - 1 :], first):
            if re.match(rf"""\s*\[*\s*["']?{re.escape(key)}\b""", line):
                return f"{self.path}:{at}"
        return f"{self.path}:{first}"


def toml_text(tables: Mapping[str, Any]) -> str:
    """Tables of text, numbers, flags, lists of these and tables as TOML, in their order."""
    return "\n".join(_lines(tables, ())) + "\n"


def _lines(table: Mapping[str, Any], path: tuple[str, ...], *, several: bool = False) -> Iterator[str]:
    inner = {key: value for key, value in table.items() if isinstance(value, Mapping) or _is_tables(value)}
    own = {key: value for key, value in table.items() if key not in inner}
    name = ".".join(map(_key, path))
    if path and (own or not inner or several):
        yield f"[[{name}]]" if several else f"[{name}]"
    for key, value in own.items():
        yield f"{_key(key)} = {_value(value)}"
    if own or (path and not inner):
        yield ""
    for key, value in inner.items():
        for one in [value] if isinstance(value, Mapping) else value:
            yield from _lines(one, (*path, key), several=one is not value)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) for one in value)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _value(key)


def _value(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_value, value))}]"
    # What JSON may write as it is and TOML may not.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
