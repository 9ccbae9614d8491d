"""The pages that nobody writes: made from code, or taken from elsewhere in the repository."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from manual_site import python
from manual_site.places import ROOT, TAKEN

__all__ = ["made_names", "made_pages"]

MADE: Mapping[str, Callable[[], str]] = {
    "reference/python.md": python.verbs_page,
    "reference/types.md": python.types_page,
    "reference/extending.md": python.extending_page,
}
"""Page → what makes its text."""


def made_names() -> list[str]:
    """The paths of all pages that are made."""
    return [*MADE, *TAKEN.values()]


def made_pages() -> dict[str, str]:
    """The texts of all pages that are made, by path."""
    taken = {name: _taken(path) for path, name in TAKEN.items()}
    return {name: make() for name, make in MADE.items()} | taken


def _taken(path: str) -> str:
    """A file as a page, without the front matter that is for others."""
    text = (ROOT / path).read_text(encoding="utf-8")
    return text.split("\n---\n", 1)[1] if text.startswith("---\n") else text
