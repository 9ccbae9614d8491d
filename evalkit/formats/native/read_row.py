"""What a row of a native file says, however it was read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from evalkit.formats.base import Claims

__all__ = ["EMPTY_TEXT", "ReadRow"]

EMPTY_TEXT = "predicted with an empty 'text', which is compared with nothing"
"""A note on predictions."""


class ReadRow(NamedTuple):
    """What an object says.

    Attributes:
        item: an example or a prediction.
        claims: what it claims besides.
        split: the split that it names.
        notes: what is to be said about it.
        unknown: how many objects it has under names that are no layer.
    """

    item: Any
    claims: Claims
    split: Any = None
    notes: tuple[str, ...] = ()
    unknown: Mapping[str, int] = {}
