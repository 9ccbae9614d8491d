"""What an extractor does to its own state while it works: that makes it no other extractor.

One may count its calls, remember what it was asked, or load its model when it needs it. In another process it begins
anew; in this one, such as a notebook in which a cell is run again, it is known by the state that it was left in.
"""

from __future__ import annotations

import contextlib
import weakref

from evalkit.extractors.identity.reach import Reached

__all__ = ["before_work", "note_work"]

_LEFT: dict[int, tuple[weakref.ref[object], dict[str, Reached]]] = {}
"""For each function or object: the states that its work has left it in, by hash, with the one that it began in."""


def before_work(target: object, reached: Reached) -> Reached:
    """The state that a function or object began its work in, if nothing but that work has changed it since."""
    known = _LEFT.get(id(target))
    if known is None or known[0]() is not target:
        return reached
    return known[1].get(reached.sha256, reached)


def note_work(target: object, before: Reached, after: Reached) -> None:
    """Remembers in which state the work of a function or object has left it."""
    key = id(target)
    known = _LEFT.get(key)
    if known is not None and known[0]() is target:
        known[1][after.sha256] = before
        return
    # What cannot be told from a later object at its place in memory is taken for a new one.
    with contextlib.suppress(TypeError):
        _LEFT[key] = weakref.ref(target, lambda _: _LEFT.pop(key, None)), {after.sha256: before}
