"""Batches in this process: one after the other, or several at once in threads."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.extractors.base import Extractor, traits_of
from evalkit.extractors.threads import awaited, interrupts_heard
from evalkit.predictions.batches import Job, predict_batch
from evalkit.predictions.executors.base import Done

if TYPE_CHECKING:
    from concurrent.futures import Future

    from evalkit.records import Prediction

__all__ = ["LocalExecutor"]

_MOMENT = 0.5
"""Seconds for which whoever interrupts waits for what is under way."""


@dataclass(frozen=True, slots=True)
class LocalExecutor:
    """Works on batches in as many threads as it has workers, if the extractor says that it is thread-safe."""

    workers: int = 1

    def map(self, extractor: Extractor, batches: Iterable[Sequence[Job]]) -> Iterator[Done]:
        """The batches as they are finished, in their order.

        Raises:
            ExtractorError: the extractor cannot be used at all. What was finished by then is handed out first.
        """
        layers = tuple(extractor.layers)
        if self.workers <= 1 or not traits_of(extractor).thread_safe:
            for number, batch in enumerate(batches):
                yield Done(number, predict_batch(extractor, layers, batch))
            return
        from concurrent.futures import ThreadPoolExecutor, wait

        failure: BaseException | None = None
        hurry: float | None = None
        waiting: deque[tuple[int, Future[list[Prediction]]]] = deque()
        rest = enumerate(batches)
        pool = ThreadPoolExecutor(self.workers)
        try:
            while True:
                # No more than that ahead: what is taken has to be kept until it is finished.
                try:
                    while failure is None and len(waiting) < 2 * self.workers and (item := next(rest, None)):
                        with interrupts_heard():
                            waiting.append((item[0], pool.submit(_predicted, extractor, layers, item[1])))
                except BaseException as error:
                    failure = error
                    if isinstance(error, KeyboardInterrupt):
                        hurry = time.monotonic() + _MOMENT
                if not waiting:
                    break
                number, future = waiting.popleft()
                if failure is not None and future.cancel():
                    continue
                try:
                    with interrupts_heard():
                        if hurry is not None and not wait([future], max(0.0, hurry - time.monotonic())).done:
                            continue
                    predictions = awaited(future)
                except BaseException as error:
                    # What is under way may cost money, so it is handed out before the end; whoever interrupts waits a
                    # moment for that, and does not when doing so twice.
                    if failure is None and not future.done():
                        waiting.appendleft((number, future))
                    if isinstance(error, KeyboardInterrupt):
                        hurry = time.monotonic() + (_MOMENT if failure is None else 0.0)
                    failure = failure or error
                    continue
                yield Done(number, predictions)
        finally:
            # What is still under way is nobody's any more, as somebody has interrupted.
            pool.shutdown(wait=False, cancel_futures=True)
        if failure is not None:
            raise failure


def _predicted(extractor: Extractor, layers: Sequence[str], batch: Sequence[Job]) -> list[Prediction]:
    """The prediction for each job, made in another process where that can make them."""
    from evalkit.predictions.executors.processes import ProcessExtractor

    made = extractor.predict(layers, batch) if isinstance(extractor, ProcessExtractor) else None
    return predict_batch(extractor, layers, batch) if made is None else made
