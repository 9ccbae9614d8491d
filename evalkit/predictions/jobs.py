"""Runs an extractor over articles: in batches, from the cache where possible, wherever an executor has them worked on.

Predictions come out in the order of the articles, whatever the batch size, the workers or what was cached.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence

from evalkit.errors import ExtractorError
from evalkit.extractors.base import Extractor, PairLabeler, SpendingError, traits_of
from evalkit.extractors.given_pairs import pairs_of
from evalkit.predictions.batches import Job, made_before
from evalkit.predictions.cache import PredictionCache, cache_key
from evalkit.predictions.executors.base import Executor
from evalkit.predictions.executors.local import LocalExecutor
from evalkit.records import Example, Prediction

__all__ = ["Job", "jobs_of", "run_jobs"]

DEFAULT_BATCH = 32


def jobs_of(examples: Sequence[Example], extractor: Extractor) -> list[Job]:
    """The jobs for gold examples; an extractor that can label given pairs is asked for those of the gold."""
    labels_pairs = isinstance(extractor, PairLabeler) and traits_of(extractor).labels_given
    return [Job(example.article, pairs_of(example) if labels_pairs else None) for example in examples]


def run_jobs(
    extractor: Extractor,
    jobs: Sequence[Job],
    *,
    batch_size: int | None = None,
    executor: Executor | None = None,
    cache: PredictionCache | None = None,
    on_done: Callable[[Sequence[Prediction], int], None] | None = None,
) -> list[Prediction]:
    """The prediction for each job, in the order of the jobs.

    Args:
        extractor: the system under test.
        jobs: the articles.
        batch_size: articles handed over at once; by default 32, or one where it works on one after the other anyway.
        executor: has the batches worked on; by default one after the other, here.
        cache: looked up first and filled; failed articles are not kept.
        on_done: called with each finished batch, in order, and how many of it came from the cache.

    Raises:
        ExtractorError: the extractor as a whole cannot be used (one failed article is a prediction with an error).
        SpendingError: no more may be spent.

    Whatever it ends with, also when somebody interrupts: `on_done` and the cache got what was made by then.
    """
    size = batch_size or (1 if traits_of(extractor).by_article else DEFAULT_BATCH)
    layers = tuple(extractor.layers)
    batches = [_Batch(jobs[start : start + size], cache, layers) for start in range(0, len(jobs), size)]
    finished: list[Prediction] = []
    try:
        for batch in _in_order(extractor, batches, executor or LocalExecutor()):
            predictions = [batch.predictions[number] for number in range(len(batch.jobs))]
            finished += predictions
            if on_done is not None:
                on_done(predictions, len(predictions) - len(batch.missing))
    except (ExtractorError, KeyboardInterrupt) as stop:
        made = made_before(stop)
        for batch in batches:
            batch.keep(made)
        if on_done is not None and made:
            on_done(made, 0)
        if isinstance(stop, SpendingError):
            raise SpendingError(str(stop), [*finished, *made]) from stop
        raise
    return finished


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


def _in_order(extractor: Extractor, batches: Sequence[_Batch], executor: Executor) -> Iterator[_Batch]:
    """The batches when they are complete, each after those before it."""
    asked = [batch for batch in batches if batch.missing]
    jobs = ([batch.jobs[number] for number in batch.missing] for batch in asked)
    waiting = deque(batches)
    for done in executor.map(extractor, jobs):
        # Kept at once: a batch before it may fail and end the run.
        asked[done.number].put(done.predictions)
        while waiting and waiting[0].complete:
            yield waiting.popleft()
    yield from waiting
