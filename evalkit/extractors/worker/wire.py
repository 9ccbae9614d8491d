"""What goes between an extractor's process and the one that asks: a line of JSON each way, all of it ASCII.

Foreign code may answer with numbers of NumPy, half a character or its own kind of text. What can be written as JSON
comes over, whatever it is, and is judged where every answer is; what cannot be written fails its article.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Mapping, Sequence
from typing import Any

from evalkit import errors
from evalkit.errors import EvalkitError, FormatError, describe_error, one_line
from evalkit.extractors.base import ArticleFailure, Extracted, PairLabels, PairsError, StancePair
from evalkit.formats.native.rows import annotations_from_row, annotations_to_row, article_from_row, article_to_row
from evalkit.records import Annotations, Article
from evalkit.secrets import redacted

__all__ = [
    "Answer",
    "RaisedError",
    "Row",
    "answer_from_row",
    "answer_line",
    "answer_to_row",
    "article_to_send",
    "enter",
    "error_from_row",
    "error_to_row",
    "is_inside",
    "pairs_from_row",
    "pairs_to_row",
    "read_article",
]

Row = dict[str, Any]


_inside = False


def enter() -> None:
    """Notes that this is the process of an extractor: its module may start a run when it is imported."""
    global _inside
    _inside = True


def is_inside() -> bool:
    """Whether this is the process of an extractor, which starts no other."""
    return _inside


class RaisedError(EvalkitError):
    """What an extractor raised that is no error of evalkit: its kind and what it said."""


Answer = Annotations | Extracted | ArticleFailure


def answer_line(row: Mapping[str, Any]) -> bytes:
    """A line, with numbers of other libraries as plain ones.

    Raises:
        TypeError, ValueError, RecursionError: it cannot be written as JSON.
    """
    return json.dumps(row, default=_number).encode("ascii") + b"\n"


def _number(value: Any) -> int | float:
    if hasattr(value, "__index__"):
        return operator.index(value)
    if hasattr(value, "__float__"):
        return float(value)
    raise TypeError(f"{type(value).__name__} {value!r:.40} is nothing that JSON has")


def article_to_send(article: Article) -> Row:
    """An article as JSON values; `read_article` reads them."""
    return {key: value for key, value in article_to_row(article).items() if key != "text_sha256"}


def read_article(row: Row) -> Article:
    """The article that was sent."""
    return article_from_row(row, "the article")


def pairs_to_row(pairs: Sequence[StancePair]) -> list[Any]:
    """Pairs as JSON values; `pairs_from_row` reads them."""
    return [[pair.holder, pair.target, list(pair.holder_mentions), list(pair.target_mentions)] for pair in pairs]


def pairs_from_row(row: Sequence[Any]) -> list[StancePair]:
    """The pairs that were sent."""
    return [
        StancePair(holder=holder, target=target, holder_mentions=tuple(holders), target_mentions=tuple(targets))
        for holder, target, holders, targets in row
    ]


def answer_to_row(answer: object) -> Row:
    """What an extractor answered for an article, as JSON values; why there is nothing where that cannot be written."""
    try:
        row = _row_of(answer)
        answer_line(row)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return {"failure": f"its answer cannot be written as JSON: {describe_error(error)}"}
    return row


def _row_of(answer: object) -> Row:
    if isinstance(answer, PairLabels):
        return {"labels": list(answer), "usage": dict(answer.usage)}
    if isinstance(answer, ArticleFailure):
        return {"failure": redacted(answer.message), "usage": dict(answer.usage)}
    if isinstance(answer, Extracted):
        own = {"usage": dict(answer.usage), "unanswered": list(answer.unanswered)}
        return {"layers": annotations_to_row(answer.annotations), **own}
    if isinstance(answer, Annotations):
        return {"layers": annotations_to_row(answer)}
    raise TypeError(f"the extractor returned {type(answer).__name__}, expected Annotations")


def answer_from_row(row: Row) -> Answer:
    """The answer that came; one that is no annotations fails its article."""
    if "failure" in row:
        return ArticleFailure(row["failure"], row.get("usage", {}))
    try:
        annotations = annotations_from_row(row["layers"], "the answer")
    except FormatError as error:
        return ArticleFailure(str(error), row.get("usage", {}))
    return Extracted(annotations, row["usage"], tuple(row["unanswered"])) if "usage" in row else annotations


def error_to_row(error: BaseException) -> Row:
    """An error as JSON values, with the message that it would have here.

    An interrupt is one too: whoever interrupts a run does not reach this process, so the extractor has raised it.
    """
    text = redacted(one_line(error))
    if isinstance(error, PairsError):
        return {"raised": "PairsError", "message": text, "usage": dict(error.usage)}
    if isinstance(error, EvalkitError):
        known = next(kind for kind in type(error).__mro__ if kind.__module__ == errors.__name__)
        return {"raised": known.__name__, "message": text}
    return {"raised": "", "message": describe_error(error)}


def error_from_row(row: Row) -> BaseException:
    """The error that was told of: of its class where that is one of evalkit, else with what it said."""
    if row["raised"] == "PairsError":
        return PairsError(row["message"], row["usage"])
    kind = getattr(errors, row["raised"]) if row["raised"] else RaisedError
    made: BaseException = kind(row["message"])
    return made
