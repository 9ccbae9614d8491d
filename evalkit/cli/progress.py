"""How far a command is, on standard error: a bar at a terminal, and a line now and then where there is none.

Both count articles: also those of a batch that is still going on, as far as the extractor says so.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from evalkit.cli.show import warn
from evalkit.secrets import redacted_command
from evalkit.showing import number_of

if TYPE_CHECKING:
    from evalkit.extractors.underway import UnderWay

__all__ = ["Watched", "shown_progress"]

INTERVAL = 30.0
"""Seconds between two signs of life where nobody sees a bar."""

_FEW = 3
"""Failed articles that a line names."""


@dataclass
class Watched:
    """What somebody who looks on is shown: how many articles are done, what failed, and how good it is so far.

    Attributes:
        name: the extractor.
        done: articles that are finished and kept.
        total: all of them.
        failed: article id → error.
        figures: task with its convention → F1 so far.
    """

    name: str
    done: int = 0
    total: int = 0
    failed: Mapping[str, str] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)

    def progress(self, done: int, total: int) -> None:
        """Is told how far it is, before the first batch and after each."""
        self.done, self.total = done, total

    def standing(self, failed: Mapping[str, str], figures: Mapping[str, float]) -> None:
        """Is told how it stands."""
        self.failed, self.figures = failed, dict(figures)

    def finished(self, places: list[UnderWay]) -> int:
        """How many articles are done, with those of the batches that are under way."""
        return min(self.done + sum(place.before for place in places), max(self.total, self.done))

    def standing_now(self) -> str:
        """What failed so far, and the figures, in a few words; empty if there is nothing to say."""
        words = [f"{name} F1 {value:.3f}".replace(" 0.", " .") for name, value in self.figures.items()]
        if self.failed:
            # More may fail while this looks.
            *before, last = list(self.failed)
            named = ", ".join([last, *reversed(before[-_FEW + 1 :])])
            more = f" and {len(self.failed) - _FEW} more" if len(self.failed) > _FEW else ""
            words.append(f"{len(self.failed)} failed: {named}{more} ({self.failed[last]})")
        return "; ".join(words)


@contextmanager
def shown_progress(name: str) -> Iterator[Watched]:
    """What is to be told how far the extractor of a name is."""
    (shown,) = redacted_command([name])
    watched = Watched(shown)
    with (_bar if sys.stderr.isatty() else _heartbeat)(watched):
        yield watched


@contextmanager
def _bar(watched: Watched) -> Iterator[None]:
    from rich.console import RenderableType
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.text import Text

    from evalkit.extractors.underway import articles_under_way
    from evalkit.harmless import clean
    from evalkit.report.forms.console import clean_streams, make_console

    class Bar(Progress):
        """Looks for itself how far it is, each time that it is drawn."""

        def get_renderables(self) -> Iterator[RenderableType]:
            for task in self.tasks:
                if watched.total:
                    done = watched.finished(articles_under_way())
                    self.update(task.id, completed=done, total=watched.total)
            yield from super().get_renderables()
            if said := watched.standing_now():
                yield Text(clean(said), no_wrap=True, overflow="ellipsis")

    columns = TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Bar(*columns, console=make_console(stderr=True), transient=True) as bar, clean_streams():
        bar.add_task(clean(watched.name), total=None)
        yield


@contextmanager
def _heartbeat(watched: Watched) -> Iterator[None]:
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(INTERVAL):
            warn(_sign_of_life(watched))

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        # Its last line is not to stand in the middle of the result.
        thread.join()


def _sign_of_life(watched: Watched) -> str:
    from evalkit.extractors.underway import articles_under_way

    places = articles_under_way()
    at = []
    for place in places:
        rest = len(place.articles) - (place.before if len(place.articles) > 1 else 0)
        first = place.articles[len(place.articles) - max(rest, 1)]
        more = f" and {rest - 1} more" if rest > 1 else ""
        at.append(f"{first}{more} for {time.monotonic() - place.since:.0f} s")
    if not watched.total and not at:
        return f"{watched.name}: at work"
    words = [f"{watched.name}: {watched.finished(places)} of {number_of(watched.total, 'article')} done"]
    words += [f"at {', '.join(at)}"] if at else []
    standing = watched.standing_now()
    return ", ".join(words) + (f"; {standing}" if standing else "")
