"""Text of others made harmless, once: what steers a terminal, turns the direction of writing or breaks a line.

Documents clean every text that is put into them (see `evalkit.report.document`); what is markup in one form only, that
form escapes.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

__all__ = ["clean", "clean_fields", "clean_text", "one_line"]

JOINERS = "\u200c\u200d"
"""Not printable for Python, and part of words (Persian, Hindi) and of emoji."""


def clean(text: str) -> str:
    """The text on one line; what steers a terminal or turns the direction of writing is shown as `�`."""
    if text.isprintable():
        return text
    return "".join(map(_harmless, text))


def clean_text(text: str) -> str:
    """The same for a text of several lines: line feeds and tabs stay, and so does every offset."""
    if text.isprintable():
        return text
    return "".join(character if character in "\n\t" else _harmless(character) for character in text)


def _harmless(character: str) -> str:
    if character.isprintable() or character in JOINERS:
        return character
    return " " if character.isspace() else "�"


def clean_fields(record: Any) -> None:
    """Cleans every text in a frozen record that was just made, those in tuples too."""
    for field in fields(record):
        object.__setattr__(record, field.name, _cleaned(getattr(record, field.name)))


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    return tuple(map(_cleaned, value)) if type(value) is tuple else value


def one_line(text: str, limit: int = 0) -> str:
    """The text on one line with single spaces, cut in the middle if it is longer than `limit`."""
    words = clean(" ".join(text.split()))
    if not limit or len(words) <= limit:
        return words
    head = (limit - 1) * 2 // 3
    return f"{words[:head]}…{words[len(words) - (limit - 1 - head) :]}"
