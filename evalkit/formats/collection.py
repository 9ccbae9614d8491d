"""Reading without the search for reference cycles, which takes longer than the reading itself where files are large."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["without_collection"]


@contextmanager
def without_collection() -> Iterator[None]:
    """Pauses the collector; also a decorator. What is read has no cycles, and the collector would look for them in it.

    Each new batch of objects makes it look through all that there are already. It goes on afterwards if it was on.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
