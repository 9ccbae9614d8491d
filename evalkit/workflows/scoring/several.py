"""Which articles several people read: known of all articles that were met, none of which is kept."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from evalkit.records import Example

__all__ = ["SeveralReadings"]


class SeveralReadings:
    """Which articles several people read, and who they are, as articles are met in order of their ids."""

    def __init__(self, examples: Iterable[Example] = ()) -> None:
        """Of some articles to begin with."""
        self._articles = 0
        self._places: dict[tuple[str, ...], list[int]] = {}
        for example in examples:
            self.add(example)

    def add(self, example: Example) -> None:
        """Takes an article."""
        if len(example.readings) > 1:
            self._places.setdefault(tuple(sorted(example.readings)), []).append(self._articles)
        self._articles += 1

    def __len__(self) -> int:
        return sum(map(len, self._places.values()))

    @property
    def readers(self) -> list[str]:
        """Their names, sorted."""
        return sorted({name for names in self._places for name in names})

    @property
    def places(self) -> list[int]:
        """Where the articles are among all."""
        return sorted(itertools.chain.from_iterable(self._places.values()))

    def of_both(self, one: str, other: str) -> list[int]:
        """Where the articles are that both of two people read."""
        return sorted(place for names, own in self._places.items() if {one, other} <= {*names} for place in own)
