"""The articles that are being extracted from right now, for whoever wants to say so."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from evalkit.records import Article

__all__ = ["UnderWay", "articles_under_way", "under_way"]


class UnderWay(NamedTuple):
    """What one thread is at.

    Attributes:
        articles: the ids of the articles that it handed over together.
        since: when that was, as `time.monotonic` counts.
        before: how many of those that were handed to it together are done, where it takes one after the other.
    """

    articles: tuple[str, ...]
    since: float
    before: int = 0


_now: dict[int, UnderWay] = {}


@contextmanager
def under_way(articles: Sequence[Article]) -> Iterator[None]:
    """Notes that this thread is at some articles; inside it may be at single ones of them."""
    thread = threading.get_ident()
    around = _now.get(thread)
    ids = tuple(article.id for article in articles)
    before = around.articles.index(ids[0]) if around is not None and ids and ids[0] in around.articles else 0
    _now[thread] = UnderWay(ids, time.monotonic(), before)
    try:
        yield
    finally:
        if around is None:
            _now.pop(thread, None)
        else:
            _now[thread] = around


def articles_under_way() -> list[UnderWay]:
    """What each thread is at, what was begun first first."""
    return sorted(_now.values(), key=lambda one: one.since)
