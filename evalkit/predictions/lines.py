"""Lines of predictions that prove themselves: one that was damaged is never taken for what an extractor said.

A line is a prediction in the native form with one more key at its end: `"check"`, the first 16 digits of the SHA-256 of
the line without it. Lines of earlier versions have none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import orjson

from evalkit.errors import FormatError
from evalkit.formats.native.rows import prediction_from_row, prediction_line
from evalkit.formats.native.typed_rows import run_prediction
from evalkit.predictions.admission import Refused, admit
from evalkit.records import Article, Prediction

__all__ = ["admitted_line", "checked_line", "checksum", "has_check", "prediction_of", "refuse_changed", "sha256_of"]

DIGITS = 16
_BEFORE, _AFTER = b',"check":"', b'"}'
_ADDED = len(_BEFORE) + DIGITS + len(_AFTER)


def checksum(content: bytes) -> bytes:
    """The first digits of the SHA-256, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()[:DIGITS].encode()


def checked_line(prediction: Prediction) -> bytes:
    """A prediction as one line with its check and a line feed: the same bytes whoever writes it."""
    body = prediction_line(prediction)[:-1]
    return body[:-1] + _BEFORE + checksum(body) + _AFTER + b"\n"


def sha256_of(predictions: Iterable[Prediction], line: Callable[[Prediction], bytes] = checked_line) -> str:
    """The SHA-256 of the file that holds some predictions, each as a line."""
    return hashlib.sha256(b"".join(map(line, predictions))).hexdigest()


def has_check(line: bytes) -> bool:
    """Whether a line ends in a check, right or wrong."""
    line = line.rstrip(b"\n")
    return line[-_ADDED:].startswith(_BEFORE) and line.endswith(_AFTER)


def admitted_line(
    line: bytes,
    where: str,
    article: Article | None = None,
    layers: Sequence[str] | None = None,
    *,
    article_id: str | None = None,
) -> Prediction | Refused:
    """The prediction of a line, whose check is right if it has one, let in (see `admit`), or why it cannot be used.

    Args:
        line: the line.
        where: its place, for messages.
        article: what it must be about.
        layers: what its extractor claims.
        article_id: of the article that it is taken for, where it was made for another one of the same text.

    Raises:
        FormatError: the line is damaged or was changed.
    """
    line = line.rstrip(b"\n")
    refuse_changed(line, where)
    typed = run_prediction(line, checked=has_check(line))
    prediction = _read_closely(line, where) if typed is None else typed
    if article_id is not None:
        prediction = replace(prediction, article_id=article_id)
    return admit(prediction, article, layers, plain=typed is not None)


def prediction_of(line: bytes, where: str) -> Prediction:
    """The prediction of a line, whose check is right if it has one.

    Raises:
        FormatError: the line is damaged or was changed.
    """
    line = line.rstrip(b"\n")
    refuse_changed(line, where)
    return run_prediction(line, checked=has_check(line)) or _read_closely(line, where)


def refuse_changed(line: bytes, where: str) -> None:
    """Compares a line with its check, if it has one.

    Raises:
        FormatError: the check is another.
    """
    line = line.rstrip(b"\n")
    if has_check(line):
        body = line[:-_ADDED] + b"}"
        if checksum(body) != line[-_ADDED:][len(_BEFORE) : -len(_AFTER)]:
            raise FormatError(f"{where}: damaged, or changed after it was written (its check is another)")


def _read_closely(line: bytes, where: str) -> Prediction:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise FormatError(f"{where}: damaged ({error})") from error
    if not isinstance(row, dict):
        raise FormatError(f"{where}: damaged, no object")
    if not has_check(line) and any(isinstance(row[key], str) for key in row.keys() - {"id", "article_id", "error"}):
        # Other texts than these were never written: it is a check, of which a letter is another.
        raise FormatError(f"{where}: damaged, or changed after it was written")
    return prediction_from_row(row, where)
