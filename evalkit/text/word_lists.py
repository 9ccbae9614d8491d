"""The word lists of the rules: small text files beside this module, read once, when first asked for.

A file has `# comments`, `[section]` lines and entries apart from each other by commas or line ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

__all__ = ["FOLDER", "alternatives", "any_of", "entries", "longest_match"]

FOLDER = Path(__file__).parent / "lexicons"
DATA_FILES = tuple(sorted(FOLDER.glob("*.txt")))
"""Where the word lists are."""


@cache
def _sections(file: str) -> dict[str, frozenset[str]]:
    sections: dict[str, set[str]] = {}
    section = ""
    for line in (FOLDER / f"{file}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#") or not line.strip():
            continue
        if line.startswith("["):
            section = line.strip("[] ")
            continue
        sections.setdefault(section, set()).update(entry.strip() for entry in line.split(",") if entry.strip())
    return {name: frozenset(words) for name, words in sections.items()}


@cache
def entries(file: str, *sections: str) -> frozenset[str]:
    """The entries of one or more sections of a file, as they are spelt there.

    Args:
        file: name of the file without folder and ending, such as `places`.
        sections: names of sections; all of them if none is given.
    """
    found = _sections(file)
    return frozenset().union(*(found[name] for name in (sections or found)))


@cache
def alternatives(file: str, *sections: str) -> str:
    """A regular expression source that matches any entry of the sections, the longest first."""
    return any_of(entries(file, *sections))


def any_of(words: Iterable[str]) -> str:
    """A regular expression source that matches any of some words, the longest first.

    Words that begin alike share their beginning, so that a text is compared with each letter once and not with each
    word.
    """
    following: dict[str, set[str]] = {}
    for word in words:
        following.setdefault(word[:1], set()).add(word[1:])
    ends = following.pop("", None) is not None
    branches = [_literal(letter) + any_of(rests) for letter, rests in sorted(following.items())]
    if not branches:
        return ""
    if len(branches) == 1 and not ends:
        return branches[0]
    return f"(?:{'|'.join(branches)})" + "?" * ends


def _literal(letter: str) -> str:
    return letter if letter == " " else re.escape(letter)


@cache
def _place_labels() -> dict[str, str]:
    labels = dict.fromkeys(entries("places", "demonym"), "NORP")
    labels |= {f"{name}s": "NORP" for name in entries("places", "demonym")}
    labels |= {name: name_label for section, name_label in _LABELS for name in entries(*section)}
    return labels


_LABELS = (
    (("names", "work"), "WORK"),
    (("names", "fac"), "FAC"),
    (("names", "event"), "EVENT"),
    (("names", "org"), "ORG"),
    (("places", "loc"), "LOC"),
    (("places", "country", "state", "city"), "GPE"),
)


def longest_match(words: list[str]) -> tuple[int, str]:
    """How many of the words, from the first on, make up a listed name, and its label; `(0, "")` if none do."""
    labels = _place_labels()
    for count in range(min(len(words), 6), 0, -1):
        label = labels.get(" ".join(words[:count]))
        if label:
            return count, label
    return 0, ""
