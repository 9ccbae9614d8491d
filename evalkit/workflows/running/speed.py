"""Measuring speed: timed passes of an extractor over the articles of a split, after one that warms it up.

A pass is timed as a run works: in batches, with as many workers. How long single articles take is timed in passes of
their own, in which each is handed over alone, unless the batches are of one article anyway. Nothing comes from the
cache, and no prediction is kept: what is measured is what the extractor does, not what it says.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Unpack

from evalkit.dataset.gold import GoldDataset
from evalkit.errors import InputError
from evalkit.extractors.base import Extractor, traits_of
from evalkit.options import OptionWords, ReadOptions, Running, options_of
from evalkit.predictions.batches import predict_batch
from evalkit.predictions.executors.local import LocalExecutor
from evalkit.predictions.facts import GoldReference
from evalkit.predictions.jobs import DEFAULT_BATCH, Job, jobs_of, run_jobs
from evalkit.predictions.speed import Speed, articles_hash, machine_name, peak_memory, write_speed
from evalkit.records import Example
from evalkit.secrets import redacted
from evalkit.workflows.inputs import gold_from
from evalkit.workflows.running.systems import announce_work, limit_spending, limit_time, resolved

__all__ = ["measure_speed"]

MOST_PASSES = 1000


def measure_speed(
    extractor: str | Extractor | Callable[..., Any],
    dataset: GoldDataset | Iterable[Example] | str | Path | None = None,
    *,
    passes: int = 5,
    settings: Mapping[str, str] | None = None,
    running: Running | None = None,
    read: ReadOptions | None = None,
    **words: Unpack[OptionWords],
) -> Speed:
    """How fast an extractor is on this machine: times of several passes, of single articles, and its memory.

    Args:
        extractor: a name as on the command line, an extractor object, or a function of one article.
        dataset: gold to run over, examples, or where to load gold from; the bundled gold by default.
        passes: how many are timed; one more warms it up.
        settings: settings of the extractor, such as `device`.
        running: how it is run: batches, workers; told of each pass through `progress`. With `out`, the folder of a run,
            the measurement is added to its `speed.json`.
        read: how files are read, which split, and how many articles.
        words: fields of these records, such as `limit=20` or `batch_size=8`.

    Raises:
        EvalkitError: the extractor is unknown or unusable, the dataset cannot be used, or the file not written.
    """
    options = options_of(words, takes=("running", "read"), running=running, read=read)
    if type(passes) is not int or not 1 <= passes <= MOST_PASSES:
        raise InputError(f"passes must be a whole number from 1 to {MOST_PASSES}, found {passes!r:.40}")
    if options.running.executor != "local":
        raise InputError("the speed of this machine is measured: leave the executor out")
    out = None if options.running.out is None else Path(options.running.out).absolute()
    with resolved(extractor, settings, options.running) as system:
        speed = _measured(system, gold_from(dataset, options.read), passes, options.running)
    if out is not None:
        write_speed(out, speed)
    return speed


def _measured(system: Extractor, gold: GoldDataset, passes: int, running: Running) -> Speed:
    if not len(gold):
        raise InputError("speed cannot be measured over no article; give a split that has some")
    if running.article_timeout is not None:
        limit_time(system, running.article_timeout)
    jobs = list(jobs_of(gold.examples, system))
    limit_spending(system, jobs, running)
    batch = running.batch_size or (1 if traits_of(system).by_article else DEFAULT_BATCH)
    alone = batch == 1 and running.workers == 1
    announce_work(system, [job for job in jobs for _ in range((passes if alone else 2 * passes) + 1)], running)
    steps = passes + 1 + (0 if alone else passes)
    done = 0

    def told() -> None:
        nonlocal done
        if running.progress is not None:
            running.progress(done, steps)
        done += 1

    told()
    warm_up, _ = _together(system, jobs, batch, running.workers)
    told()
    times, singles, failed = [], [], 0
    for _ in range(passes):
        if alone:
            own, failed = _one_by_one(system, jobs)
            singles.append(own)
            times.append(sum(own))
        else:
            seconds, failed = _together(system, jobs, batch, running.workers)
            times.append(seconds)
        told()
    for _ in range(0 if alone else passes):
        own, _ = _one_by_one(system, jobs)
        singles.append(own)
        told()
    return Speed(
        extractor=redacted(system.name),
        gold=GoldReference.of(gold).short,
        split=gold.split,
        passes=tuple(times),
        latencies=tuple(statistics.median(seconds) for seconds in zip(*singles, strict=True)),
        characters=tuple(len(job.article.text) for job in jobs),
        articles=articles_hash({job.article.id: job.article.text for job in jobs}),
        warm_up=round(warm_up, 6),
        batch_size=batch,
        workers=running.workers,
        peak_memory=peak_memory(),
        failed=failed,
        machine=machine_name(),
    )


def _together(system: Extractor, jobs: Sequence[Job], batch: int, workers: int) -> tuple[float, int]:
    """The seconds of a pass in batches, and on how many articles it failed."""
    begun = time.perf_counter()
    predictions = run_jobs(system, jobs, batch_size=batch, executor=LocalExecutor(workers))
    return time.perf_counter() - begun, sum(one.error is not None for one in predictions)


def _one_by_one(system: Extractor, jobs: Sequence[Job]) -> tuple[list[float], int]:
    """The seconds of each article handed over alone, and on how many it failed."""
    layers, seconds, failed = tuple(system.layers), [], 0
    for job in jobs:
        begun = time.perf_counter()
        (prediction,) = predict_batch(system, layers, [job])
        seconds.append(time.perf_counter() - begun)
        failed += prediction.error is not None
    return seconds, failed
