"""What happens to a run while it is made, told to whoever asked for it: trackers, dashboards, logs.

A callback is any function of one `RunEvent`, given as `Running.callbacks`. What it raises costs no run: it is said, and
the callback is told nothing more.

::

    def tell(event):
        if event.kind == "ended":
            print(event.run.extractor, len(event.run.failed))

    run_extractor("rules", callbacks=[tell])
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from evalkit.errors import EvalkitError, describe_error, guarded
from evalkit.options import Running
from evalkit.predictions.run import Run
from evalkit.secrets import redacted

__all__ = [
    "BEGUN",
    "ENDED",
    "FAILED",
    "PROGRESS",
    "SUITE_BEGUN",
    "SUITE_ENDED",
    "Followed",
    "RunCallback",
    "RunEvent",
    "followed",
    "followed_suite",
]

BEGUN, PROGRESS, ENDED, FAILED = "begun", "progress", "ended", "failed"
SUITE_BEGUN, SUITE_ENDED = "suite begun", "suite ended"

_log = logging.getLogger("evalkit.callbacks")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEvent:
    """Something that happened.

    Attributes:
        kind: "begun" (before the first article), "progress" (after each batch), "ended" (with the result, if it was
            scored), "failed" (an error or an interruption ended it), "suite begun" and "suite ended".
        run: the run; before it has ended without predictions. None of a suite.
        done: articles that are finished.
        total: all of them.
        error: what ended it, in one line.
        suite: the name of the suite that is told of.
    """

    kind: str
    run: Run | None = None
    done: int = 0
    total: int = 0
    error: str = ""
    suite: str = ""


class RunCallback(Protocol):
    """Who is told: a function, or an object with `__call__`."""

    def __call__(self, event: RunEvent, /) -> None:
        """Is told of something, in the order in which it happens; progress may come from another thread."""


@dataclass
class Followed:
    """A run that somebody follows.

    Attributes:
        running: as it was given, with a progress that is told, too.
        planned: the run before it was made.
        lost: what is to be said of callbacks that failed.
    """

    running: Running
    planned: Run
    callbacks: list[Callable[[RunEvent], None]]
    lost: list[str] = field(default_factory=list)

    def end(self, run: Run) -> Run:
        """Tells that the run is made; gives it with what is to be said of callbacks that failed."""
        _tell(
            self.callbacks,
            RunEvent(kind=ENDED, run=run, done=len(run.predictions), total=len(run.predictions)),
            self.lost,
        )
        return replace(run, asides=(*run.asides, *self.lost)) if self.lost else run


def _tell(callbacks: list[Callable[[RunEvent], None]], event: RunEvent, lost: list[str]) -> None:
    for callback in tuple(callbacks):
        name = getattr(callback, "__qualname__", type(callback).__qualname__)
        try:
            with guarded(f"callback {name} failed at {event.kind!r}", remedy="the run went on without it"):
                callback(event)
        except EvalkitError as error:
            callbacks.remove(callback)
            lost.append(str(error))
            _log.warning("%s", error)


@contextmanager
def followed(planned: Run, running: Running) -> Iterator[Followed]:
    """A run is made inside; whoever follows it is told that it begins, how far it is, and that an error ended it.

    That it was made, `Followed.end` tells.

    Args:
        planned: the run before anything is extracted.
        running: how it is run, with its callbacks.
    """
    callbacks = list[Callable[[RunEvent], None]](running.callbacks)
    if not callbacks:
        yield Followed(running, planned, callbacks)
        return
    lost: list[str] = []

    def progress(done: int, total: int) -> None:
        if running.progress is not None:
            running.progress(done, total)
        _tell(callbacks, RunEvent(kind=PROGRESS, run=planned, done=done, total=total), lost)

    _tell(callbacks, RunEvent(kind=BEGUN, run=planned, total=len(planned.dataset or ())), lost)
    try:
        yield Followed(replace(running, progress=progress), planned, callbacks, lost)
    except BaseException as error:
        said = str(error) if isinstance(error, EvalkitError) else redacted(describe_error(error))
        _tell(callbacks, RunEvent(kind=FAILED, run=planned, error=said), lost)
        raise


@contextmanager
def followed_suite(name: str, callbacks: Sequence[Callable[[Any], None]]) -> Iterator[None]:
    """The runs of a suite are made inside: whoever follows them is told that it begins and that it has ended."""
    told, lost = list[Callable[[RunEvent], None]](callbacks), list[str]()
    _tell(told, RunEvent(kind=SUITE_BEGUN, suite=name), lost)
    try:
        yield
    finally:
        _tell(told, RunEvent(kind=SUITE_ENDED, suite=name), lost)
