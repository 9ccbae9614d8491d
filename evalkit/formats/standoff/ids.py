"""The ids of marks: those that a file gives, and others that are made for the rest, unlike all of them."""

from __future__ import annotations

from collections.abc import Container, Sequence

__all__ = ["own_ids", "unlike"]


def own_ids(given: Sequence[str], wished: Sequence[str]) -> tuple[list[str], list[int]]:
    """The id of each mark, and the numbers of the marks to which a file gives an id that one before them has.

    Args:
        given: the id that the file gives each; empty if it gives none.
        wished: what each is called if the file gives it no id of its own, and none of the others is called so.
    """
    first: dict[str, int] = {}
    for number, name in enumerate(given):
        if name:
            first.setdefault(name, number)
    taken = set(first)
    ids: list[str] = []
    twice: list[int] = []
    for number, (name, wish) in enumerate(zip(given, wished, strict=True)):
        if name and first[name] == number:
            ids.append(name)
            continue
        ids.append(unlike(wish, taken))
        taken.add(ids[-1])
        if name:
            twice.append(number)
    return ids, twice


def unlike(wish: str, taken: Container[str]) -> str:
    """A name that nothing else has: the wished one, or that with a number."""
    name, number = wish, 1
    while name in taken:
        number += 1
        name = f"{wish}-{number}"
    return name
