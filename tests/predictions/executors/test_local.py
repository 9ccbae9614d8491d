"""Threads of this process: really at once, never far ahead, and nothing that was finished is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

import pytest

from evalkit.errors import ExtractorError
from evalkit.predictions.batches import Job
from evalkit.predictions.executors.base import Done
from evalkit.predictions.executors.local import LocalExecutor
from evalkit.records import Annotations, Article

BATCHES = [[Job(Article(id=f"a{number}", text="Ida Moen"))] for number in range(12)]


class Extractor:
    """Calls a function for each article."""

    name = "double"
    layers = ("entities",)

    def __init__(self, work: Callable[[str], None] = lambda name: None, *, thread_safe: bool = True) -> None:
        self.work = work
        self.thread_safe = thread_safe

    def fingerprint(self) -> str:
        return "double-1"

    def extract(self, articles: Sequence[Article]) -> list[Annotations]:
        for article in articles:
            self.work(article.id)
        return [Annotations(entities=()) for _ in articles]


def names(done: Done) -> list[str]:
    return [prediction.article_id for prediction in done.predictions]


@pytest.mark.parametrize("workers", [1, 2, 50])
@pytest.mark.parametrize("thread_safe", [True, False])
def test_each_batch_is_finished_under_its_number(workers: int, thread_safe: bool) -> None:
    done = list(LocalExecutor(workers).map(Extractor(thread_safe=thread_safe), BATCHES))
    assert {one.number: names(one) for one in done} == {number: [f"a{number}"] for number in range(12)}


def test_two_batches_are_worked_on_at_once() -> None:
    barrier = threading.Barrier(2, timeout=20)
    assert len(list(LocalExecutor(2).map(Extractor(lambda name: barrier.wait() and None), BATCHES))) == 12


def test_who_is_not_thread_safe_is_asked_from_one_thread_only() -> None:
    threads: set[int] = set()
    extractor = Extractor(lambda name: threads.add(threading.get_ident()), thread_safe=False)
    list(LocalExecutor(4).map(extractor, BATCHES))
    assert threads == {threading.get_ident()}


def test_no_more_is_taken_than_can_soon_be_worked_on() -> None:
    taken = []

    def batches() -> Iterator[list[Job]]:
        for batch in BATCHES:
            taken.append(batch)
            yield batch

    next(LocalExecutor(2).map(Extractor(), batches()))
    assert len(taken) == 4


def test_what_was_finished_is_handed_out_before_the_end_is_announced() -> None:
    others = threading.Event()

    def work(name: str) -> None:
        if name == "a0":
            others.wait(20)
            raise ExtractorError("no account")
        others.set()

    done: list[Done] = []
    with pytest.raises(ExtractorError, match="no account"):
        done.extend(LocalExecutor(2).map(Extractor(work), BATCHES))
    # The other thread worked on the next one in the meantime; what nobody had begun is not begun any more.
    assert names(done[0]) == ["a1"]
    assert len(done) < 11


def test_whoever_interrupts_gets_what_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    from evalkit.predictions.executors import local

    interrupted = threading.Event()

    def awaited(future: object) -> object:
        if not interrupted.is_set():
            interrupted.set()
            raise KeyboardInterrupt
        return future.result(20)  # type: ignore[attr-defined]

    def work(name: str) -> None:
        interrupted.wait(20)

    monkeypatch.setattr(local, "awaited", awaited)
    done: list[Done] = []
    with pytest.raises(KeyboardInterrupt):
        done.extend(LocalExecutor(2).map(Extractor(work), BATCHES))
    assert [names(one) for one in done][:2] == [["a0"], ["a1"]]
    assert len(done) < 12


def test_whoever_interrupts_while_work_is_handed_out_does_not_wait_for_it() -> None:
    ended = threading.Event()
    finished: list[str] = []

    def work(name: str) -> None:
        ended.wait(20)
        finished.append(name)

    def batches() -> Iterator[list[Job]]:
        yield BATCHES[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(LocalExecutor(2).map(Extractor(work), batches()))
    assert not finished
    ended.set()
