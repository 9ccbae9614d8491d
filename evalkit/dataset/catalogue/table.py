"""The catalogue of public corpora: a file an entry."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.registry import unknown_name

if TYPE_CHECKING:
    from evalkit.dataset.catalogue.entry import Entry

__all__ = ["ENTRIES", "corpus_names", "find_entry", "is_corpus"]

ENTRIES = Path(__file__).parent / "entries"


def corpus_names() -> list[str]:
    """The names of all entries, in order."""
    return sorted(path.stem for path in ENTRIES.glob("*.toml"))


def is_corpus(name: str) -> bool:
    """Whether a name is that of an entry."""
    return name in corpus_names()


@cache
def find_entry(name: str) -> Entry:
    """The entry of that name.

    Raises:
        UnknownNameError: there is none; a near match is named.
    """
    # Most commands ask for names only.
    from evalkit.dataset.catalogue.entry import read_entry

    if not is_corpus(name):
        raise unknown_name("dataset", name, corpus_names())
    return read_entry(ENTRIES / f"{name}.toml")
