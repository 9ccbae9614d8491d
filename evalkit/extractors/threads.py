"""Several articles at once, in the order given, and what they share made once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from evalkit.errors import InputError, interruption_of
from evalkit.extractors.underway import place_here

if TYPE_CHECKING:
    from concurrent.futures import Future

__all__ = ["Once", "awaited", "finished_before", "interrupts_heard", "leave_finished", "spread", "thread_count"]

_LISTENING = 0.1
_MOMENT = 0.5

Item = TypeVar("Item")
Result = TypeVar("Result")
Made = TypeVar("Made")


def thread_count(asked: int | None) -> int:
    """How many articles are read at once: what was asked for, or one for each core that this process may use.

    Raises:
        InputError: fewer than one was asked for.
    """
    if asked is not None:
        if asked < 1:
            raise InputError(f"option threads={asked} must be 1 or more; leave it out to use every core")
        return asked
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def spread(
    function: Callable[[Item], Result], items: Sequence[Item], threads: int, *, stop: Callable[[], None] | None = None
) -> list[Result]:
    """The results of a function for each item, in their order, from as many threads.

    Args:
        function: what is called with each item.
        items: the items.
        threads: how many calls there are at once.
        stop: tells the calls that are under way to end; called when one raises, as all of them are waited for, or when
            somebody interrupts, who waits a moment for them.

    Whatever it ends with, what was finished by then is not lost: see `finished_before`. Where articles are under way in
    this thread, each that is finished counts there as done.
    """
    function = _counted(function)
    if threads < 2 or len(items) < 2:
        results: list[Result] = []
        try:
            for item in items:
                results.append(function(item))
        except BaseException as error:
            leave_finished(error, zip(items, results, strict=False))
            raise
        return results
    from concurrent.futures import ThreadPoolExecutor, wait

    pool = ThreadPoolExecutor(min(threads, len(items)))
    futures: list[Future[Result]] = []
    interrupted = False
    try:
        with interrupts_heard():
            futures += (pool.submit(function, item) for item in items)
        return [awaited(future) for future in futures]
    except BaseException as error:
        interrupted = isinstance(error, KeyboardInterrupt)
        pool.shutdown(wait=False, cancel_futures=True)
        # Before they are told: what ends because of that is not finished.
        finished = [(item, one) for item, one in zip(items, futures, strict=False) if _is_well(one)]
        leave_finished(error, [(item, one.result()) for item, one in finished])
        if stop is not None:
            stop()
        if interrupted:
            wait(futures, _MOMENT)
        raise
    finally:
        pool.shutdown(wait=not interrupted)


def _counted(function: Callable[[Item], Result]) -> Callable[[Item], Result]:
    """The function, telling the place of this thread of each item that is done, whichever thread does it."""
    place = place_here()
    if place is None:
        return function

    def counted(item: Item) -> Result:
        result = function(item)
        place.add()
        return result

    return counted


def leave_finished(error: BaseException, finished: Iterable[tuple[object, object]]) -> None:
    """Notes on what ends some work what of it was finished, so that it can be kept."""
    vars(error)["finished"] = tuple(finished)


def finished_before(error: BaseException) -> tuple[tuple[Any, Any], ...]:
    """Each item with its result that was finished before an error or an interruption, as far as somebody noted that."""
    return getattr(error, "finished", ())


def _is_well(future: Future[Any]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


def awaited(future: Future[Result]) -> Result:
    """The result of a future, once it is there; an interrupt is heard in the meantime.

    A signal that comes just before a thread begins to wait is seen only when it wakes up. So it wakes up often.
    """
    from concurrent.futures import wait

    with interrupts_heard():
        while not wait([future], timeout=_LISTENING).done:
            pass
    return future.result()


@contextmanager
def interrupts_heard() -> Iterator[None]:
    """Has an interrupt come out of what waits for locks as what it is, not as what the lock says of it."""
    try:
        yield
    except Exception as error:
        if (interrupt := interruption_of(error)) is not None:
            raise interrupt from None
        raise


class Once(Generic[Made]):
    """Something that is made when it is first asked for, and only once, whichever threads ask."""

    def __init__(self, make: Callable[[], Made]) -> None:
        """Prepare; if `make` raises, so does the call, and the next call tries again."""
        self._make = make
        self._lock = Lock()
        self._made: list[Made] = []

    def __call__(self) -> Made:
        """What was made."""
        with self._lock:
            if not self._made:
                self._made.append(self._make())
            return self._made[0]
