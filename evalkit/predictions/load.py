"""Predictions made elsewhere: from JSON lines, or from a run folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evalkit.dataset.checks import check_spans
from evalkit.errors import InputError, OffsetError
from evalkit.formats.native import prediction_from_row, read_rows
from evalkit.predictions.store import read_run
from evalkit.records import Example, Prediction

__all__ = ["load_predictions"]


def load_predictions(path: Path, examples: Sequence[Example]) -> list[Prediction]:
    """The predictions of a file, checked against the texts where the gold has them.

    Raises:
        InputError: the file cannot be read or holds no prediction.
        FormatError: a line is damaged or a field is wrong.
        OffsetError: a span lies outside its article; names the first and how many more there are.
    """
    if path.is_dir():
        return read_run(path)[1]
    predictions = [prediction_from_row(row, where) for where, row in read_rows(path)]
    if not predictions:
        raise InputError(f"{path}: holds no prediction; one JSON object an article is expected")
    articles = {example.article.id: example.article for example in examples}
    problems = [
        problem
        for prediction in predictions
        if prediction.article_id in articles and articles[prediction.article_id].text
        for problem in check_spans(articles[prediction.article_id], prediction.annotations)
    ]
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise OffsetError(f"{path}: {problems[0]}{more}; offsets are code points of the gold's text")
    return predictions
