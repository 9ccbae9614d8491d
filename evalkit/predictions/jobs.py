"""Runs an extractor over articles: in batches, from the cache where possible, one failed article at a time.

Predictions come out in the order of the articles, whatever the batch size, the workers or what was cached.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from evalkit.dataset.checks import check_spans
from evalkit.errors import EvalkitError, ExtractorError
from evalkit.extractors.base import (
    ArticleFailure,
    Extracted,
    Extractor,
    PairLabeler,
    PairLabels,
    PairsError,
    StancePair,
)
from evalkit.extractors.threads import spread
from evalkit.predictions.cache import PredictionCache, cache_key
from evalkit.records import LAYERS, TOPIC_PREFIX, Annotations, Article, Example, Prediction, Stance

__all__ = ["Job", "jobs_of", "run_jobs"]

DEFAULT_BATCH = 32


@dataclass(frozen=True, slots=True)
class Job:
    """One article to extract from, with the stance pairs to label if the extractor can do that."""

    article: Article
    pairs: tuple[StancePair, ...] | None = None


def jobs_of(examples: Sequence[Example], extractor: Extractor) -> list[Job]:
    """The jobs for gold examples; an extractor that can label given pairs is asked for those of the gold."""
    if not isinstance(extractor, PairLabeler):
        return [Job(example.article) for example in examples]
    return [Job(example.article, _pairs(example) if example.gold.stances is not None else None) for example in examples]


def _pairs(example: Example) -> tuple[StancePair, ...]:
    mentions: dict[str, dict[str, None]] = {}
    for entity in example.gold.entities or ():
        if entity.entity_id is not None:
            surface = " ".join(example.article.text[span.start : span.end] for span in entity.spans)
            mentions.setdefault(entity.entity_id, {})[surface] = None
    pairs = {(stance.holder, stance.target): None for stance in example.gold.stances or ()}
    return tuple(
        StancePair(
            holder=holder,
            target=target,
            holder_mentions=tuple(mentions.get(holder, {})),
            target_mentions=tuple(mentions.get(target, {target.removeprefix(TOPIC_PREFIX).replace("-", " "): None})),
        )
        for holder, target in sorted(pairs)
    )


def run_jobs(
    extractor: Extractor,
    jobs: Sequence[Job],
    *,
    batch_size: int | None = None,
    workers: int = 1,
    cache: PredictionCache | None = None,
    on_done: Callable[[Sequence[Prediction], int], None] | None = None,
) -> list[Prediction]:
    """The prediction for each job, in the order of the jobs.

    Args:
        extractor: the system under test.
        jobs: the articles.
        batch_size: articles handed over at once; 32 by default.
        workers: batches worked on at once, in threads; more than 1 only for an extractor with `thread_safe = True`.
        cache: looked up first and filled; failed articles are not kept.
        on_done: called with each finished batch, in order, and how many of it came from the cache.

    Raises:
        ExtractorError: the extractor as a whole cannot be used (one failed article is a prediction with an error).
    """
    size = batch_size or DEFAULT_BATCH
    batches = [jobs[at : at + size] for at in range(0, len(jobs), size)]
    # Asked once: a claim that grew with the answers would make an article's prediction depend on its batch.
    claimed = tuple(extractor.layers)
    done: list[Prediction] = []
    for batch, cached in _in_order(extractor, claimed, batches, workers, cache):
        done += batch
        if on_done is not None:
            on_done(batch, cached)
    return done


def _in_order(
    extractor: Extractor,
    claimed: Sequence[str],
    batches: Sequence[Sequence[Job]],
    workers: int,
    cache: PredictionCache | None,
) -> Iterator[tuple[list[Prediction], int]]:
    if workers <= 1 or not getattr(extractor, "thread_safe", False):
        for batch in batches:
            yield _run_batch(extractor, claimed, batch, cache)
        return
    with ThreadPoolExecutor(workers) as pool:
        waiting: list[Future[tuple[list[Prediction], int]]] = []
        try:
            for batch in batches:
                waiting.append(pool.submit(_run_batch, extractor, claimed, batch, cache))
                if len(waiting) > 2 * workers:
                    yield waiting.pop(0).result()
            while waiting:
                yield waiting.pop(0).result()
        finally:
            for future in waiting:
                future.cancel()


def _run_batch(
    extractor: Extractor, claimed: Sequence[str], batch: Sequence[Job], cache: PredictionCache | None
) -> tuple[list[Prediction], int]:
    keys = [cache_key(job.article, job.pairs) for job in batch] if cache else []
    found: dict[int, Prediction] = {}
    if cache is not None:
        for at, key in enumerate(keys):
            known = cache.get(key)
            if known is not None:
                found[at] = replace(known, article_id=batch[at].article.id)
    fresh = [at for at in range(len(batch)) if at not in found]
    made = _extract(extractor, claimed, [batch[at] for at in fresh])
    if cache is not None and fresh:
        cache.put(
            (keys[at], prediction) for at, prediction in zip(fresh, made, strict=True) if prediction.error is None
        )
    found.update(zip(fresh, made, strict=True))
    return [found[at] for at in range(len(batch))], len(batch) - len(fresh)


def _extract(extractor: Extractor, claimed: Sequence[str], jobs: Sequence[Job]) -> list[Prediction]:
    if not jobs:
        return []
    begun = time.perf_counter()
    try:
        answers = list(extractor.extract([job.article for job in jobs]))
    except ExtractorError:
        raise
    except Exception as error:  # whatever a system under test raises is its failure, not ours
        if len(jobs) > 1:
            return [prediction for job in jobs for prediction in _extract(extractor, claimed, [job])]
        return [_failed(jobs[0].article.id, _one_line(error))]
    if len(answers) != len(jobs):
        raise ExtractorError(
            f"extractor {extractor.name!r} gave {len(answers)} results for {len(jobs)} articles; "
            "extract() must return one result for each article, in their order"
        )
    seconds = (time.perf_counter() - begun) / len(jobs)

    def made(given: tuple[Job, Annotations | ArticleFailure | Extracted]) -> Prediction:
        return _prediction(extractor, claimed, *given, seconds)

    return spread(made, list(zip(jobs, answers, strict=True)), _threads_for_pairs(extractor))


def _threads_for_pairs(extractor: Extractor) -> int:
    """How many articles are asked about given pairs at once: as many as the extractor reads at once by itself."""
    if isinstance(extractor, PairLabeler) and getattr(extractor, "thread_safe", False):
        return int(getattr(extractor, "threads", 1))
    return 1


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if isinstance(error, EvalkitError) else f"{type(error).__name__}: {text}".removesuffix(": ")


def _failed(article_id: str, message: str) -> Prediction:
    return Prediction(article_id=article_id, annotations=Annotations(), error=message)


def _prediction(
    extractor: Extractor,
    claimed: Sequence[str],
    job: Job,
    answer: Annotations | ArticleFailure | Extracted,
    seconds: float,
) -> Prediction:
    article = job.article
    if isinstance(answer, Extracted):
        made = _prediction(extractor, claimed, job, answer.annotations, seconds)
        return _with_usage(made, answer.usage)
    if isinstance(answer, ArticleFailure):
        return replace(_failed(article.id, answer.message), usage=dict(answer.usage))
    if not isinstance(answer, Annotations):
        return _failed(article.id, f"the extractor returned {type(answer).__name__}, expected Annotations")
    problems = check_spans(article, answer)
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        return _failed(article.id, f"{problems[0].place}: {problems[0].message}{more}")
    extra = [layer for layer in LAYERS if getattr(answer, layer) is not None and layer not in claimed]
    if extra:
        return _failed(
            article.id,
            f"the extractor returned the layer {extra[0]!r}, which it does not claim ({', '.join(claimed)}); "
            "name all its layers in its attribute `layers`",
        )
    if not isinstance(extractor, PairLabeler):
        return Prediction(article_id=article.id, annotations=_claimed(answer, claimed), seconds=seconds)
    # One that labels pairs and gives no stances finds none itself, which is not that there are none.
    filled = [layer for layer in claimed if layer != "stances"]
    prediction = Prediction(article_id=article.id, annotations=_claimed(answer, filled), seconds=seconds)
    return prediction if job.pairs is None else _with_given(extractor, job, prediction)


def _claimed(answer: Annotations, layers: Sequence[str]) -> Annotations:
    """An extractor that claims a layer and gives None for one article found nothing there."""
    empty: Mapping[str, Any] = {layer: () for layer in LAYERS if layer in layers and getattr(answer, layer) is None}
    return replace(answer, **empty) if empty else answer


def _with_given(extractor: PairLabeler, job: Job, prediction: Prediction) -> Prediction:
    pairs = job.pairs or ()
    try:
        answer = extractor.label_pairs(job.article, pairs)
        labels = list(answer)
    except ExtractorError:
        raise
    except PairsError as error:
        return _with_usage(_failed(job.article.id, str(error)), error.usage)
    except Exception as error:  # as above
        return _failed(job.article.id, _one_line(error))
    if len(labels) != len(pairs):
        return _failed(job.article.id, f"label_pairs gave {len(labels)} labels for {len(pairs)} pairs")
    given = tuple(
        Stance(id=f"g{number}", holder=pair.holder, target=pair.target, label=label)
        for number, (pair, label) in enumerate(zip(pairs, labels, strict=True), 1)
    )
    return _with_usage(
        replace(prediction, given=Annotations(stances=given)), answer.usage if isinstance(answer, PairLabels) else {}
    )


def _with_usage(prediction: Prediction, usage: Mapping[str, float]) -> Prediction:
    """The prediction with what was counted added to what it has."""
    total = dict(usage)
    for name, value in prediction.usage.items():
        total[name] = round(total.get(name, 0) + value, 9)
    return replace(prediction, usage=total)
