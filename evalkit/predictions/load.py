"""Predictions made elsewhere: from JSON lines, or from a run folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from evalkit.dataset.check_spans import check_surfaces
from evalkit.dataset.checks import check_spans
from evalkit.dataset.problems import Problem
from evalkit.errors import InputError, OffsetError
from evalkit.formats.collection import without_collection
from evalkit.formats.native.rows import claimed_surfaces, prediction_from_row, read_rows
from evalkit.predictions.run import Run
from evalkit.records import Annotations, Article, Example, Prediction

__all__ = ["load_predictions"]

Surfaces = Mapping[tuple[str, int], str]
"""The texts that a file claims to stand at the spans of its items, by layer and index."""


@without_collection()
def load_predictions(path: Path, examples: Sequence[Example]) -> Run:
    """The predictions of a file or a run folder, checked against the texts where the gold has them.

    Raises:
        InputError: the file cannot be read or holds no prediction.
        FormatError: a line is damaged or a field is wrong.
        OffsetError: a span lies outside its article, or does not hold the text that the file gives beside it; names
            the first and how many more there are.
    """
    found, surfaces = (Run.load(path, result=False), {}) if path.is_dir() else _file(path)
    if not found.predictions:
        raise InputError(f"{path}: holds no prediction; one JSON object an article is expected")
    articles = {example.article.id: example.article for example in examples if example.article.text}
    problems = [
        problem
        for number, prediction in enumerate(found.predictions)
        if (article := articles.get(prediction.article_id)) is not None
        for problem in _problems(article, prediction.annotations, surfaces.get(number, {}))
    ]
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise OffsetError(f"{path}: {problems[0]}{more}; offsets are code points of the gold's text")
    return found


def _problems(article: Article, predicted: Annotations, surfaces: Surfaces) -> list[Problem]:
    return check_spans(article, predicted) or list(check_surfaces(article, predicted, surfaces))


def _file(path: Path) -> tuple[Run, dict[int, Surfaces]]:
    predictions: list[Prediction] = []
    surfaces: dict[int, Surfaces] = {}
    for number, (where, row) in enumerate(read_rows(path)):
        predictions.append(prediction_from_row(row, where))
        surfaces[number] = claimed_surfaces(row)
    return Run(extractor=path.stem, predictions=tuple(predictions), path=path), surfaces
