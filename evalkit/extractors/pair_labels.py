"""What an extractor that labels given pairs may say beside the labels: what it counted, and what a failure cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import overload

from evalkit.errors import EvalkitError

__all__ = ["UNLABELLED", "PairLabels", "PairsError"]

UNLABELLED = ""
"""Stands for the label of a pair that got none; it counts as missed."""


class PairLabels(Sequence[str]):
    """A label for each pair.

    Attributes:
        usage: numbers by name, as in `evalkit.extractors.base.Extracted`.
    """

    def __init__(self, labels: Iterable[str], usage: Mapping[str, float] | None = None) -> None:
        """Labels in the order of the pairs, and what was counted on the way."""
        self._labels = tuple(labels)
        self.usage = dict(usage or {})

    def __len__(self) -> int:
        return len(self._labels)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[str, ...]: ...
    def __getitem__(self, at: int | slice) -> str | tuple[str, ...]:
        return self._labels[at]


class PairsError(EvalkitError):
    """The pairs of one article could not be labelled; others may fare better.

    Attributes:
        usage: what was spent on it all the same.
    """

    def __init__(self, message: str, usage: Mapping[str, float] | None = None) -> None:
        """An error with one line, and numbers by name."""
        super().__init__(message)
        self.usage = dict(usage or {})
