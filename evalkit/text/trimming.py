"""The ends of names and quotes: what is cut from them before they are compared under the convention `trimmed`."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from evalkit.toml import parse_toml

__all__ = ["EdgeWords", "edge_lists", "trim"]

Pieces = tuple[tuple[int, int], ...]

_MARKS = frozenset("`´")
"""Used as quotation marks, and no punctuation to Unicode."""


@dataclass(frozen=True, slots=True)
class EdgeWords:
    """The words of one language, in lower case."""

    leading: tuple[str, ...]
    ending: tuple[str, ...]


@cache
def edge_lists() -> Mapping[str, EdgeWords]:
    """Language → its words; a language that is not here has none."""
    words = files("evalkit.text") / "lexicons" / "edge_words.toml"
    tables = parse_toml(words.read_text(encoding="utf-8"), words.name)
    return {name: EdgeWords(tuple(table["leading"]), tuple(table["ending"])) for name, table in tables.items()}


def trim(text: str, pieces: Pieces, words: EdgeWords | None = None) -> Pieces:
    """Ascending stretches of a text without what stands at their outer ends; as they are if nothing would be left.

    Args:
        text: the whole text.
        pieces: start and end of each stretch.
        words: what is cut besides white space, punctuation and quotation marks.
    """
    left = list(pieces)
    while left:
        start, end = _cut(text, *left[0], words, from_front=True, more=len(left) > 1)
        if start < end:
            left[0] = start, end
            break
        del left[0]
    while left:
        start, end = _cut(text, *left[-1], words, from_front=False, more=len(left) > 1)
        if start < end:
            left[-1] = start, end
            break
        del left[-1]
    return tuple(left) or pieces


def _cut(text: str, start: int, end: int, words: EdgeWords | None, *, from_front: bool, more: bool) -> tuple[int, int]:
    """One stretch, cut from one side until nothing more is to be cut; all of it may go where there are more."""
    before = None
    while (start, end) != before and start < end:
        before = start, end
        if from_front:
            while start < end and _is_edge(text[start]):
                start += 1
            start += _leading(text[start:end], words.leading if words else (), more)
        else:
            end -= _ending(text[start:end], words.ending if words else (), more)
            while start < end and _is_edge(text[end - 1]):
                end -= 1
    return start, end


def _is_edge(character: str) -> bool:
    return character.isspace() or character in _MARKS or unicodedata.category(character).startswith("P")


def _leading(stretch: str, words: Sequence[str], more: bool) -> int:
    """How many characters the word at the front has, if it is one of these and something follows."""
    word = stretch.split(maxsplit=1)[0] if stretch.strip() else ""
    follows = more or len(word) < len(stretch.rstrip())
    return len(word) if word and follows and word.lower() in words else 0


def _ending(stretch: str, endings: Sequence[str], more: bool) -> int:
    """How many characters the ending has, if it is one of these and something stands before it."""
    long_enough = (one for one in endings if more or len(stretch) > len(one))
    return next((len(one) for one in long_enough if stretch.lower().endswith(one)), 0)
