"""One thing that is wrong with a dataset, where, and what to do about it."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Problem", "place_of"]

_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem.

    Attributes:
        article_id: the article, or the file if it could not be read that far.
        place: where in it, such as `entities[3] (e4)`.
        code: a stable name for this kind of problem, such as `offset-out-of-range`.
        message: one line: the value seen, what is wrong, what to do.
    """

    article_id: str
    place: str
    code: str
    message: str

    def __str__(self) -> str:
        """`article: place: code: message`."""
        return f"{self.article_id}: {self.place}: {self.code}: {self.message}"

    def sort_key(self) -> tuple[object, ...]:
        """By article, place (numbers by value), code and message."""
        parts = tuple(part.zfill(9) if part.isdigit() else part for part in _DIGITS.split(self.place))
        return (self.article_id, parts, self.code, self.message)


def place_of(layer: str, index: int, item_id: str) -> str:
    """The place of an item: its layer, its index in the file, its id."""
    return f"{layer}[{index}] ({item_id})"
