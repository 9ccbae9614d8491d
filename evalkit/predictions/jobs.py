"""Runs an extractor over articles: in batches, from the cache where possible, wherever an executor has them worked on.

Predictions come out in the order of the articles, whatever the batch size, the workers or what was cached.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import overload

from evalkit.dataset.gold import picked
from evalkit.errors import ExtractorError
from evalkit.extractors.base import Extractor, PairLabeler, SpendingError, traits_of
from evalkit.extractors.given_pairs import pairs_of
from evalkit.predictions.batches import Job, made_before
from evalkit.predictions.cache import PredictionCache, cache_key
from evalkit.predictions.executors.base import Done, Executor
from evalkit.predictions.executors.local import LocalExecutor
from evalkit.records import Example, Prediction

__all__ = ["Job", "Jobs", "jobs_of", "run_jobs"]

DEFAULT_BATCH = 32


def jobs_of(examples: Sequence[Example], extractor: Extractor) -> Jobs:
    """The jobs for gold examples; an extractor that can label given pairs is asked for those of the gold."""
    return Jobs(examples, labels_pairs=isinstance(extractor, PairLabeler) and traits_of(extractor).labels_given)


class Jobs(Sequence[Job]):
    """Jobs for gold examples, each made when it is asked for: of a million articles only those in work are held."""

    def __init__(self, examples: Sequence[Example], *, labels_pairs: bool) -> None:
        self._examples = examples
        self._labels_pairs = labels_pairs

    def __len__(self) -> int:
        return len(self._examples)

    def __iter__(self) -> Iterator[Job]:
        return map(self._job, self._examples)

    @overload
    def __getitem__(self, place: int) -> Job: ...
    @overload
    def __getitem__(self, place: slice) -> Jobs: ...
    def __getitem__(self, place: int | slice) -> Job | Jobs:
        if isinstance(place, slice):
            return Jobs(self._examples[place], labels_pairs=self._labels_pairs)
        return self._job(self._examples[place])

    def at(self, places: Sequence[int]) -> Jobs:
        """The jobs at some places."""
        if len(places) == len(self):
            return self
        return Jobs(picked(self._examples, places), labels_pairs=self._labels_pairs)

    def _job(self, example: Example) -> Job:
        return Job(example.article, pairs_of(example) if self._labels_pairs else None)


def run_jobs(
    extractor: Extractor,
    jobs: Iterable[Job],
    *,
    batch_size: int | None = None,
    executor: Executor | None = None,
    cache: PredictionCache | None = None,
    on_done: Callable[[Sequence[Prediction], int], None] | None = None,
    keep: bool = True,
) -> list[Prediction]:
    """The prediction for each job, in the order of the jobs.

    Args:
        extractor: the system under test.
        jobs: the articles; taken one by one, no more of them than are in work.
        batch_size: articles handed over at once; by default 32, or one where it works on one after the other anyway.
        executor: has the batches worked on; by default one after the other, here.
        cache: looked up first and filled; failed articles are not kept.
        on_done: called with each finished batch, in order, and how many of it came from the cache.
        keep: whether the predictions are given in the end; whoever takes them as they come needs none, and gets none.

    Raises:
        ExtractorError: the extractor as a whole cannot be used (one failed article is a prediction with an error).
        SpendingError: no more may be spent.

    Whatever it ends with, also when somebody interrupts: `on_done` and the cache got what was made by then.
    """
    size = batch_size or (1 if traits_of(extractor).by_article else DEFAULT_BATCH)
    layers = tuple(extractor.layers)
    finished: list[Prediction] = []

    def deliver(batch: _Batch) -> None:
        predictions = [batch.predictions[number] for number in range(len(batch.jobs))]
        if keep:
            finished.extend(predictions)
        if on_done is not None:
            on_done(predictions, len(predictions) - len(batch.missing))

    batches = (_Batch(some, cache, layers) for some in _cut(jobs, size))
    line = _Line(batches, deliver)
    try:
        for done in (executor or LocalExecutor()).map(extractor, line.asked()):
            # Kept at once: a batch before it may fail and end the run.
            line.put(done)
    except (ExtractorError, KeyboardInterrupt) as stop:
        made = made_before(stop)
        for batch in line.waiting:
            batch.keep(made)
        if on_done is not None and made:
            on_done(made, 0)
        if isinstance(stop, SpendingError):
            raise SpendingError(str(stop), [*finished, *made]) from stop
        raise
    return finished


def _cut(jobs: Iterable[Job], size: int) -> Iterator[list[Job]]:
    rest = iter(jobs)
    while batch := list(islice(rest, size)):
        yield batch


class _Line:
    """Batches in their order: those that the cache has whole pass by, and wait only for those before them.

    Attributes:
        waiting: the batches that were taken and not delivered.
    """

    def __init__(self, batches: Iterable[_Batch], deliver: Callable[[_Batch], None]) -> None:
        self.waiting: deque[_Batch] = deque()
        self._batches = batches
        self._deliver = deliver
        self._open: dict[int, _Batch] = {}

    def asked(self) -> Iterator[list[Job]]:
        """What the cache did not have, batch by batch."""
        number = 0
        for batch in self._batches:
            self.waiting.append(batch)
            if batch.missing:
                self._open[number] = batch
                number += 1
                yield [batch.jobs[place] for place in batch.missing]
            self._advance()

    def put(self, done: Done) -> None:
        """Takes a batch that is finished."""
        self._open.pop(done.number).put(done.predictions)
        self._advance()

    def _advance(self) -> None:
        while self.waiting and self.waiting[0].complete:
            self._deliver(self.waiting.popleft())


class _Batch:
    """Some jobs that are handed over together, with the predictions for them as far as there are any.

    Attributes:
        jobs: the jobs.
        predictions: the number of a job → its prediction.
        missing: the numbers of those that the cache did not have.
    """

    def __init__(self, jobs: Sequence[Job], cache: PredictionCache | None, layers: Sequence[str]) -> None:
        self.jobs = jobs
        self._cache = cache
        self._keys = [] if cache is None else [cache_key(job, layers) for job in jobs]
        self.predictions: dict[int, Prediction] = {}
        for number, key in enumerate(self._keys):
            if cache is not None and (cached := cache.get(key, jobs[number], layers)) is not None:
                self.predictions[number] = cached
        self.missing = [number for number in range(len(jobs)) if number not in self.predictions]

    @property
    def complete(self) -> bool:
        return len(self.predictions) == len(self.jobs)

    def put(self, predictions: Sequence[Prediction]) -> None:
        """Takes the predictions for the jobs that were missing."""
        self.predictions.update(zip(self.missing, predictions, strict=True))
        self.keep(predictions)

    def keep(self, predictions: Sequence[Prediction]) -> None:
        """Keeps those predictions for other runs that are for jobs which were missing; failed ones are not kept."""
        if self._cache is None:
            return
        made = {one.article_id: one for one in predictions if one.error is None}
        missing = {number: self.jobs[number].article.id for number in self.missing}
        if found := [(self._keys[number], made[name]) for number, name in missing.items() if name in made]:
            self._cache.put(found)
