"""An extractor in processes of their own that predict there: what comes back are predictions, and not only answers.

So most of the work on a batch is done by the process that has it. Whatever is doubtful, as a process that is lost, is
left to the runner, which asks for answers article by article (`evalkit.predictions.batches`).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.errors import EvalkitError, ExtractorError
from evalkit.extractors.base import Extractor
from evalkit.extractors.underway import finished_here, under_way
from evalkit.extractors.worker import child
from evalkit.extractors.worker.extractor import WorkerExtractor
from evalkit.extractors.worker.process import started_anew
from evalkit.predictions.batches import Job, predict_batch
from evalkit.predictions.executors.wire import (
    Answer,
    answer_from_bytes,
    answer_to_bytes,
    job_from_row,
    job_to_row,
)
from evalkit.records import Prediction

__all__ = ["ProcessExtractor", "main"]


class ProcessExtractor(WorkerExtractor):
    """An extractor in processes that can be asked for predictions; several threads have a process each."""

    _start_anew = staticmethod(functools.partial(started_anew, __name__))

    def predict(self, layers: Sequence[str], batch: Sequence[Job]) -> list[Prediction] | None:
        """The prediction for each job, in their order; None where the runner has to see for itself.

        Args:
            layers: what the extractor claims.
            batch: the jobs.

        Raises:
            ExtractorError: the extractor cannot be used.
        """
        if self._limit is not None:
            # Each article has its time, which the runner looks at.
            return None
        articles, pairs = zip(*map(job_to_row, batch), strict=True)
        request = {"do": "predict", "articles": articles, "pairs": pairs, "layers": list(layers)}
        with under_way([job.article for job in batch]):
            try:
                row = self._ask(request, told=finished_here, again=False)
                answer = answer_from_bytes(row["lines"].encode(), [batch], layers)
            except EvalkitError:
                return None
        if answer.stop is not None:
            raise answer.stop
        return answer.batches[0]


def main() -> None:
    """Serves the extractor that the first line asks for, in a process of its own."""
    child.main({"predict": _predicted})


def _predicted(extractor: Extractor, request: Mapping[str, Any]) -> Mapping[str, Any]:
    jobs = [job_from_row(row) for row in zip(request["articles"], request["pairs"], strict=True)]
    try:
        answer = Answer(batches=[predict_batch(extractor, request["layers"], jobs)])
    except ExtractorError as stop:
        answer = Answer(stop=stop)
    return {"lines": answer_to_bytes(answer).decode()}
