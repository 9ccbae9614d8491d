"""What an executor elsewhere needs: the spec of an extractor, and batches."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed

import pytest

from evalkit.errors import ExtractorError
from evalkit.extractors.base import Extractor, ExtractorSpec, spec_of
from evalkit.extractors.callable import as_extractor
from evalkit.extractors.table import load_extractor
from evalkit.predictions.batches import Job, predict_batch
from evalkit.predictions.executors.base import Done
from evalkit.predictions.jobs import jobs_of, run_jobs
from evalkit.records import Annotations, Article, Entity, Example, Prediction, Span, Stance


def predicted(spec: ExtractorSpec, layers: Sequence[str], jobs: Sequence[Job]) -> list[Prediction]:
    return predict_batch(load_extractor(spec), layers, jobs)


class Processes:
    """Batches in processes that share nothing with this one."""

    def map(self, extractor: Extractor, batches: Iterable[Sequence[Job]]) -> Iterator[Done]:
        spec, layers = spec_of(extractor), tuple(extractor.layers)
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
            futures = {pool.submit(predicted, spec, layers, batch): number for number, batch in enumerate(batches)}
            for future in as_completed(futures):
                yield Done(futures[future], future.result())


def example(number: int) -> Example:
    gold = Annotations(
        entities=[Entity(id="e1", spans=(Span(0, 8),), label="PER", entity_id="moen")],
        stances=[Stance(id="s1", holder="moen", target="topic:port", label="favor")],
    )
    return Example(
        article=Article(id=f"a{number}", text=f"Ida Moen said: “We will keep the port {number}.”"), gold=gold
    )


def test_processes_predict_what_this_one_does() -> None:
    extractor = load_extractor("rules")
    jobs = jobs_of([example(number) for number in range(5)], extractor)
    here, there = run_jobs(extractor, jobs), run_jobs(extractor, jobs, batch_size=2, executor=Processes())
    assert [(one.article_id, one.annotations, one.given) for one in there] == [
        (one.article_id, one.annotations, one.given) for one in here
    ]


def test_what_was_made_from_an_object_cannot_be_sent_there() -> None:
    with pytest.raises(ExtractorError, match="was made from an object"):
        run_jobs(as_extractor(lambda article: []), [Job(Article(id="a", text=""))], executor=Processes())
