"""Several articles at once: in order, really at once, on as many cores as there are, and loaded once."""

from __future__ import annotations

import concurrent.futures
import os
import threading
import time

import pytest

from evalkit.errors import InputError
from evalkit.extractors.shipped.ner import NerExtractor
from evalkit.extractors.shipped.news import NewsExtractor
from evalkit.extractors.shipped.quotes.quote_base import QuoteExtractor
from evalkit.extractors.shipped.stances.stance_base import StanceExtractor
from evalkit.extractors.threads import Once, awaited, finished_before, spread, thread_count


def test_by_default_there_is_a_thread_for_each_usable_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3, 5}, raising=False)
    assert thread_count(None) == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert thread_count(None) == 1


@pytest.mark.parametrize("kind", [NerExtractor, QuoteExtractor, StanceExtractor, NewsExtractor])
def test_all_shipped_models_use_every_core(
    kind: type[NerExtractor | QuoteExtractor | StanceExtractor | NewsExtractor],
) -> None:
    assert kind().threads == thread_count(None)
    assert kind(threads=5).threads == 5
    with pytest.raises(InputError, match="option threads=0 must be 1 or more"):
        kind(threads=0)


@pytest.mark.parametrize("threads", [1, 2, 50])
def test_results_are_in_the_order_of_the_items(threads: int) -> None:
    def waiting(number: int) -> int:
        time.sleep(0.002 * (number % 3))
        return -number

    assert spread(waiting, range(20), threads) == [-number for number in range(20)]


def test_two_items_are_worked_on_at_once() -> None:
    # Each waits until the other has begun; one after the other would break the barrier.
    barrier = threading.Barrier(2, timeout=20)
    assert sorted(spread(lambda _: barrier.wait(), "ab", 2)) == [0, 1]


def test_an_error_of_one_item_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        spread(lambda number: 1 / number, [2, 1, 0], 2)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError()], ids=["interrupted", "failed"])
def test_what_was_finished_is_not_lost_by_what_ends_it(threads: int, error: BaseException) -> None:
    def work(number: int) -> int:
        if number == 2:
            raise error
        return -number

    with pytest.raises(type(error)):
        spread(work, [0, 1, 2], threads)
    assert finished_before(error) == ((0, 0), (1, -1))


def test_whoever_is_under_way_when_one_fails_is_told_to_stop() -> None:
    over, begun = threading.Event(), threading.Event()

    def work(number: int) -> bool:
        if number == 0:
            begun.wait(20)
            raise ZeroDivisionError
        begun.set()
        return over.wait(20)

    with pytest.raises(ZeroDivisionError):
        spread(work, range(2), 2, stop=over.set)
    assert over.is_set()


def test_many_threads_that_ask_at_once_share_what_was_made_once() -> None:
    made: list[object] = []

    def make() -> object:
        time.sleep(0.01)
        made.append(object())
        return made[-1]

    once, barrier = Once(make), threading.Barrier(4, timeout=20)

    def ask(_: int) -> object:
        barrier.wait()
        return once()

    assert spread(ask, range(4), 4) == [made[0]] * 4
    assert len(made) == 1


def test_after_a_failure_it_is_tried_again() -> None:
    answers = iter([1, 0])
    once = Once(lambda: 10 // (1 - next(answers)))
    with pytest.raises(ZeroDivisionError):
        once()
    assert (once(), once()) == (10, 10)


def test_an_interrupt_of_a_lock_is_an_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    # As threading.Condition does when the signal comes just after it let go of its lock.
    def interrupted(*_: object, **__: object) -> None:
        lock = threading.Lock()
        with lock:
            lock.release()
            raise KeyboardInterrupt

    monkeypatch.setattr(concurrent.futures, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        awaited(concurrent.futures.Future())


def test_what_no_interrupt_caused_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(concurrent.futures, "wait", broken)
    with pytest.raises(RuntimeError, match="new thread"):
        awaited(concurrent.futures.Future())
