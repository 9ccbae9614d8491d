"""Batches that shrink when memory runs out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

__all__ = ["halving", "is_memory_error"]

Given = TypeVar("Given")
Made = TypeVar("Made")
_log = logging.getLogger("evalkit.extractors")
_SIGNS = ("out of memory", "not enough memory", "can't allocate memory", "failed to allocate", "alloc_failed")


def is_memory_error(error: BaseException) -> bool:
    """Whether memory ran out, on whatever device: the libraries have no error in common, so its words decide."""
    said = str(error).lower()
    return isinstance(error, MemoryError) or any(sign in said for sign in _SIGNS)


def halving(
    function: Callable[[Sequence[Given]], Sequence[Made]],
    items: Sequence[Given],
    *,
    batch: int,
    told: Callable[[int], None] = lambda done: None,
) -> tuple[list[Made], int]:
    """What `function` makes of all items, called with at most `batch` at once, and the batch size reached.

    `told` is told how many are made by then.

    When memory runs out, the same items are tried again, half as many at once.

    Raises:
        Exception: whatever `function` raises, memory errors only for a single item.
    """
    made: list[Made] = []
    while len(made) < len(items):
        part = items[len(made) : len(made) + batch]
        try:
            done = function(part)
        except Exception as error:
            if not is_memory_error(error) or len(part) == 1:
                raise
            batch = (len(part) + 1) // 2
            _log.warning("out of memory with %d windows at once; going on with %d", len(part), batch)
            continue
        made += done
        told(len(made))
    return made, batch
