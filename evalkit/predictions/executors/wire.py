"""What goes between a run and a worker elsewhere: batches as JSON, predictions as lines that prove themselves.

An answer is a head, which counts what follows and tells what ended the work, and then one line for each prediction.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from evalkit.extractors.base import SpendingError
from evalkit.extractors.threads import leave_finished
from evalkit.extractors.worker.wire import (
    answer_line,
    article_to_send,
    error_from_row,
    error_to_row,
    pairs_from_row,
    pairs_to_row,
    read_article,
)
from evalkit.predictions.batches import Job, made_before
from evalkit.predictions.lines import checked_line, prediction_of
from evalkit.records import Prediction

__all__ = ["Answer", "answer_from_bytes", "answer_to_bytes", "batches_from_bytes", "batches_to_bytes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of some batches.

    Attributes:
        batches: the predictions for those that were finished, in their order.
        stop: what ended the work on the next one, with what had been made of it (`made_before`); None if nothing did.
        busy: seconds that it all took.
    """

    batches: list[list[Prediction]] = field(default_factory=list)
    stop: BaseException | None = None
    busy: float = 0.0


def batches_to_bytes(batches: Sequence[Sequence[Job]]) -> bytes:
    """Batches as a line of JSON; `batches_from_bytes` reads them."""
    return answer_line({"batches": [[_job_to_row(job) for job in batch] for batch in batches]})


def batches_from_bytes(content: bytes) -> list[list[Job]]:
    """The batches that were sent."""
    return [[_job_from_row(row) for row in batch] for batch in json.loads(content)["batches"]]


def answer_to_bytes(answer: Answer) -> bytes:
    """An answer as lines; `answer_from_bytes` reads them."""
    groups = list(answer.batches)
    head: dict[str, Any] = {"busy": answer.busy}
    if answer.stop is not None:
        head |= {"stop": error_to_row(answer.stop), "spending": isinstance(answer.stop, SpendingError)}
        groups.append(made_before(answer.stop))
    head["seconds"] = [[one.seconds for one in group] for group in groups]
    return answer_line(head) + b"".join(checked_line(one) for group in groups for one in group)


def answer_from_bytes(content: bytes, where: str) -> Answer:
    """The answer that came.

    Args:
        content: its lines.
        where: names the worker in messages.

    Raises:
        FormatError: a line was damaged on the way.
    """
    first, *lines = content.rstrip(b"\n").split(b"\n")
    head = json.loads(first)
    rest = (prediction_of(line, where) for line in lines)
    groups = [[replace(next(rest), seconds=one) for one in group] for group in head["seconds"]]
    if "stop" not in head:
        return Answer(batches=groups, busy=head["busy"])
    made = groups.pop()
    stop = error_from_row(head["stop"])
    if head["spending"]:
        stop = SpendingError(str(stop), made)
    else:
        leave_finished(stop, [(one, one) for one in made])
    return Answer(batches=groups, stop=stop, busy=head["busy"])


def _job_to_row(job: Job) -> list[Any]:
    return [article_to_send(job.article), None if job.pairs is None else pairs_to_row(job.pairs)]


def _job_from_row(row: Sequence[Any]) -> Job:
    article, pairs = row
    return Job(read_article(article), None if pairs is None else tuple(pairs_from_row(pairs)))
