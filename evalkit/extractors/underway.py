"""The articles that are being extracted from right now, and how many of them are done, for whoever wants to say so."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, TypeVar

from evalkit.records import Article

__all__ = ["Place", "UnderWay", "articles_under_way", "as_they_come", "finished_here", "place_here", "under_way"]

Answer = TypeVar("Answer")


class UnderWay(NamedTuple):
    """What one thread is at.

    Attributes:
        articles: the ids of the articles that it handed over together.
        since: when that was, as `time.monotonic` counts.
        before: how many of those that were handed to it together are done, as far as that can be told.
    """

    articles: tuple[str, ...]
    since: float
    before: int = 0


class Place:
    """Where a thread is: articles that were handed over together, of which more and more are done."""

    def __init__(self, articles: Sequence[Article], before: int = 0) -> None:
        """Articles, of which none is done; `before` others that were handed over with them are."""
        self.articles = tuple(article.id for article in articles)
        self.since = time.monotonic()
        self.finished = before
        self._lock = threading.Lock()

    def add(self) -> None:
        """One more is done; called from whichever thread did it."""
        with self._lock:
            self.finished += 1


_now: dict[int, Place] = {}


@contextmanager
def under_way(articles: Sequence[Article]) -> Iterator[Place]:
    """Notes that this thread is at some articles; inside it may be at single ones of them."""
    thread = threading.get_ident()
    around = _now.get(thread)
    first = articles[0].id if articles else ""
    before = around.articles.index(first) if around is not None and first in around.articles else 0
    place = _now[thread] = Place(articles, before)
    try:
        yield place
    finally:
        if around is None:
            _now.pop(thread, None)
        else:
            _now[thread] = around


def place_here() -> Place | None:
    """Where this thread is."""
    return _now.get(threading.get_ident())


def finished_here(number: int) -> None:
    """Notes how many of the articles that this thread handed over together are done; fewer than before change nothing.

    Of one article that is handed over alone there is nothing to say before it is done.
    """
    place = place_here()
    if place is not None and len(place.articles) > 1:
        place.finished = max(place.finished, min(number, len(place.articles)))


def as_they_come(answers: Iterable[Answer]) -> Iterator[Answer]:
    """The answers for the articles that this thread is at, each of which is noted as done when it is there."""
    for number, answer in enumerate(answers, 1):
        finished_here(number)
        yield answer


def articles_under_way() -> list[UnderWay]:
    """What each thread is at, what was begun first first."""
    places = [UnderWay(one.articles, one.since, one.finished) for one in list(_now.values())]
    return sorted(places, key=lambda one: one.since)
