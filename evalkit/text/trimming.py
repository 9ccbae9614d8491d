"""The ends of names and quotes: what is cut from them before they are compared under the convention `trimmed`."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
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
    while from_front and start < end:
        while start < end and _is_edge(text[start]):
            start += 1
        word = _leading(text, start, end, words.leading if words else (), more)
        if not word:
            break
        start += word
    before = None
    while not from_front and end != before and start < end:
        before = end
        end -= _ending(text, start, end, words.ending if words else (), more)
        while start < end and _is_edge(text[end - 1]):
            end -= 1
    return start, end


# Few characters stand at ends, and what kind they are is asked again with every span.
@lru_cache(maxsize=1 << 12)
def _is_edge(character: str) -> bool:
    return character.isspace() or character in _MARKS or unicodedata.category(character).startswith("P")


def _leading(text: str, start: int, end: int, words: tuple[str, ...], more: bool) -> int:
    """How many characters the word at the front has, if it is one of these and something follows."""
    # No more is looked at than the longest of them and what would make it longer: a quote may be a page long.
    head = text[start : min(end, start + _longest(words) + 1)]
    word = head.split(maxsplit=1)[0] if words and head.strip() else ""
    if word.lower() not in words:
        return 0
    return len(word) if more or (not text[start + len(word) : end].isspace() and start + len(word) < end) else 0


def _ending(text: str, start: int, end: int, endings: tuple[str, ...], more: bool) -> int:
    """How many characters the ending has, if it is one of these and something stands before it."""
    tail = text[max(start, end - _longest(endings)) : end].lower() if endings else ""
    return next((len(one) for one in endings if tail.endswith(one) and (more or end - start > len(one))), 0)


@cache
def _longest(words: tuple[str, ...]) -> int:
    return max(map(len, words), default=0)
