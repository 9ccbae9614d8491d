"""Predictions made elsewhere: from JSON lines, or from a run folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalkit.dataset.check_spans import check_surfaces
from evalkit.dataset.checks import check_spans
from evalkit.dataset.problems import Problem
from evalkit.errors import InputError, OffsetError
from evalkit.formats.collection import without_collection
from evalkit.formats.native.rows import claimed_surfaces, prediction_from_row, read_rows
from evalkit.predictions.store import read_run
from evalkit.records import Annotations, Article, Example, Prediction

__all__ = ["LoadedPredictions", "load_predictions"]

Surfaces = Mapping[tuple[str, int], str]
"""The texts that a file claims to stand at the spans of its items, by layer and index."""


@dataclass(frozen=True, kw_only=True)
class LoadedPredictions:
    """Predictions and what is known about who made them.

    Attributes:
        predictions: in the order of the file.
        extractor: the name to show: that of the run's extractor, else that of the file.
        layers: the layers that the extractor claims, or None if only the predictions tell.
        predicted_map: the label map that the extractor needs for its gold, if any.
        facts: what `run.json` says, for a run.
    """

    predictions: tuple[Prediction, ...]
    extractor: str = "predictions"
    layers: tuple[str, ...] | None = None
    predicted_map: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@without_collection()
def load_predictions(path: Path, examples: Sequence[Example]) -> LoadedPredictions:
    """The predictions of a file or a run folder, checked against the texts where the gold has them.

    Raises:
        InputError: the file cannot be read or holds no prediction.
        FormatError: a line is damaged or a field is wrong.
        OffsetError: a span lies outside its article, or does not hold the text that the file gives beside it; names
            the first and how many more there are.
    """
    found, surfaces = (_run(path), {}) if path.is_dir() else _file(path)
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


def _file(path: Path) -> tuple[LoadedPredictions, dict[int, Surfaces]]:
    predictions: list[Prediction] = []
    surfaces: dict[int, Surfaces] = {}
    for number, (where, row) in enumerate(read_rows(path)):
        predictions.append(prediction_from_row(row, where))
        surfaces[number] = claimed_surfaces(row)
    return LoadedPredictions(predictions=tuple(predictions), extractor=path.stem), surfaces


def _run(path: Path) -> LoadedPredictions:
    facts, predictions = read_run(path)
    layers = facts.get("layers")
    return LoadedPredictions(
        predictions=tuple(predictions),
        extractor=facts.get("extractor", path.name),
        layers=None if layers is None else tuple(layers),
        predicted_map=facts.get("predicted_map"),
        facts={name: value for name, value in facts.items() if name not in ("format", "key", "complete")},
    )
