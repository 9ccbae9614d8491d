"""The sections of the manual: those of mkdocs.yml, with the pages that are there and no others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from manual_site.pages import made_names
from manual_site.places import DOCS

__all__ = ["unplaced", "whole_navigation"]

MORE = "More"


def written_names() -> set[str]:
    """The pages of docs/, by their path in it."""
    return {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md") if "manual_site" not in path.parts}


def whole_navigation(sections: list[Any]) -> list[Any]:
    """The sections without pages that are not there; pages that no section names stand under "More" at the end."""
    there = written_names() | set(made_names())
    kept = [section for one in sections if (section := _kept(one, there)) is not None]
    rest = unplaced(sections)
    return [*kept, {MORE: rest}] if rest else kept


def unplaced(sections: list[Any]) -> list[str]:
    """The pages of docs/ that no section names."""
    return sorted(written_names() - set(_named(sections)))


def _kept(entry: Any, there: set[str]) -> Any:
    if isinstance(entry, str):
        return entry if entry in there else None
    ((title, below),) = entry.items()
    if isinstance(below, str):
        return entry if below in there else None
    own = [one for part in below if (one := _kept(part, there)) is not None]
    return {title: own} if own else None


def _named(entry: Any) -> Iterator[str]:
    if isinstance(entry, str):
        yield entry
    for below in entry.values() if isinstance(entry, dict) else entry if isinstance(entry, list) else ():
        yield from _named(below)
