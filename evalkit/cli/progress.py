"""How far a command is, on standard error: a bar at a terminal, and a line now and then where there is none."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from evalkit.cli.show import warn
from evalkit.secrets import redacted_command
from evalkit.showing import number_of

if TYPE_CHECKING:
    from evalkit.options import Progress

__all__ = ["shown_progress"]

INTERVAL = 30.0
"""Seconds between two signs of life where nobody sees a bar."""


@contextmanager
def shown_progress(name: str) -> Iterator[Progress]:
    """A function that is told how far the extractor of a name is."""
    (shown,) = redacted_command([name])
    with (_bar if sys.stderr.isatty() else _heartbeat)(shown) as progress:
        yield progress


@contextmanager
def _bar(name: str) -> Iterator[Progress]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from evalkit.harmless import clean
    from evalkit.report.forms.console import clean_streams, make_console

    columns = TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=make_console(stderr=True), transient=True) as bar, clean_streams():
        task = bar.add_task(clean(name), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def _heartbeat(name: str) -> Iterator[Progress]:
    ended = threading.Event()
    done = total = 0

    def tell(now: int, of: int) -> None:
        nonlocal done, total
        done, total = now, of

    def beat() -> None:
        while not ended.wait(INTERVAL):
            warn(_sign_of_life(name, done, total))

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield tell
    finally:
        ended.set()
        # Its last line is not to stand in the middle of the result.
        thread.join()


def _sign_of_life(name: str, done: int, total: int) -> str:
    from evalkit.extractors.underway import articles_under_way

    places = articles_under_way()
    at = []
    for place in places:
        more = f" and {len(place.articles) - 1} more" if len(place.articles) > 1 else ""
        at.append(f"{place.articles[0]}{more} for {time.monotonic() - place.since:.0f} s")
    if not total and not at:
        return f"{name}: at work"
    done += sum(place.before for place in places)
    return f"{name}: {done} of {number_of(total, 'article')} done" + (f", at {', '.join(at)}" if at else "")
