"""Markdown of the pages that are made: tables whose cells are texts as they are, and blocks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from textwrap import dedent

__all__ = ["code", "docstring", "facts", "listed", "plain", "table", "text_block"]

_ALIVE = re.compile(r"([\\`*_{}\[\]<>|#~])")


def plain(text: str) -> str:
    """A text of one line that shows as it is; what stands in backticks is code."""
    parts = " ".join(text.split()).split("`")
    if len(parts) % 2 == 0:
        return _inert("`".join(parts))
    return "".join(code(part) if number % 2 else _inert(part) for number, part in enumerate(parts))


def _inert(text: str) -> str:
    return _ALIVE.sub(r"\\\1", text)


def code(text: str) -> str:
    """A text as code, in a cell too (a bar within code parts no cells); nothing of nothing."""
    return "`{}`".format(text.replace("`", "'")) if text else ""


def listed(names: Iterable[str]) -> str:
    """Names as code, one after the other."""
    return " ".join(map(code, names))


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; its cells are Markdown. Columns of which no cell says anything are left out."""
    cells = [list(row) for row in rows]
    kept = [number for number in range(len(heads)) if any(row[number] for row in cells)]
    lines = [[heads[number] for number in kept], ["---"] * len(kept)]
    lines += [[row[number] for number in kept] for row in cells]
    return "\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """A list of what something is, leaving out what does not apply; the second of each is Markdown."""
    return "\n" + "".join(f"* {plain(name)}: {value}\n" for name, value in rows if value)


def docstring(text: str) -> str:
    """A docstring as paragraphs, lists and blocks of what is indented."""
    parts = []
    for paragraph in re.split(r"\n\s*\n", text.strip("\n")):
        lines = paragraph.split("\n")
        if all(line.startswith("    ") for line in lines):
            parts.append(text_block(dedent(paragraph)))
        elif lines[0].startswith("* "):
            items = re.split(r"^\* ", paragraph, flags=re.MULTILINE)[1:]
            parts.append("\n" + "".join(f"* {plain(item)}\n" for item in items))
        else:
            parts.append(f"\n{plain(paragraph)}\n")
    return "".join(parts)


def text_block(text: str) -> str:
    """A text as it is, every line of it."""
    return f"\n```text\n{text.strip()}\n```\n"
