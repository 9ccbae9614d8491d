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
from evalkit.predictions.admission import Refused
from evalkit.predictions.batches import Job, failed, made_before
from evalkit.predictions.lines import admitted_line, checked_line
from evalkit.records import Article, Prediction

__all__ = [
    "Answer",
    "answer_from_bytes",
    "answer_to_bytes",
    "batches_from_bytes",
    "batches_to_bytes",
    "job_from_row",
    "job_to_row",
]


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
    return answer_line({"batches": [[job_to_row(job) for job in batch] for batch in batches]})


def batches_from_bytes(content: bytes) -> list[list[Job]]:
    """The batches that were sent."""
    return [[job_from_row(row) for row in batch] for batch in json.loads(content)["batches"]]


def answer_to_bytes(answer: Answer) -> bytes:
    """An answer as lines; `answer_from_bytes` reads them."""
    head: dict[str, Any] = {
        "busy": answer.busy,
        "seconds": [[one.seconds for one in group] for group in answer.batches],
    }
    made = [] if answer.stop is None else made_before(answer.stop)
    if answer.stop is not None:
        head |= {"stop": error_to_row(answer.stop), "spending": isinstance(answer.stop, SpendingError)}
        head["made"] = [(one.article_id, one.seconds) for one in made]
    return answer_line(head) + b"".join(checked_line(one) for group in (*answer.batches, made) for one in group)


def answer_from_bytes(
    content: bytes, batches: Sequence[Sequence[Job]], layers: Sequence[str] | None, where: str = "a worker"
) -> Answer:
    """The answer that came; a prediction that cannot be let in fails its article.

    Args:
        content: its lines.
        batches: what was asked for.
        layers: what the extractor claims; None if nobody says.
        where: names the worker in messages.

    Raises:
        FormatError: a line was damaged on the way.
    """
    first, *rest = content.rstrip(b"\n").split(b"\n")
    head, lines = json.loads(first), iter(rest)

    def let_in(article: Article, seconds: float) -> Prediction:
        prediction = admitted_line(next(lines, b""), where, article, layers)
        if isinstance(prediction, Refused):
            return failed(article.id, prediction.reason)
        return replace(prediction, seconds=seconds)

    done = [
        [let_in(job.article, seconds) for job, seconds in zip(batch, group, strict=True)]
        for batch, group in zip(batches, head["seconds"], strict=False)
    ]
    if "stop" not in head:
        return Answer(batches=done, busy=head["busy"])
    articles = {job.article.id: job.article for job in batches[len(done)]}
    made = [let_in(articles[name], seconds) for name, seconds in head["made"]]
    stop = error_from_row(head["stop"])
    if head["spending"]:
        stop = SpendingError(str(stop), made)
    else:
        leave_finished(stop, [(one, one) for one in made])
    return Answer(batches=done, stop=stop, busy=head["busy"])


def job_to_row(job: Job) -> list[Any]:
    """A job as JSON values; `job_from_row` reads them."""
    return [article_to_send(job.article), None if job.pairs is None else pairs_to_row(job.pairs)]


def job_from_row(row: Sequence[Any]) -> Job:
    """The job that was sent."""
    article, pairs = row
    return Job(read_article(article), None if pairs is None else tuple(pairs_from_row(pairs)))
