"""Suggestions: what a system predicted, written for an annotation tool, for people to correct."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from evalkit.errors import InputError
from evalkit.files import path_of
from evalkit.options import ReadOptions
from evalkit.predictions.extraction import Extraction
from evalkit.predictions.run import Run
from evalkit.predictions.suggestions import Suggestions, suggested
from evalkit.workflows.inputs import finished_run, gold_of

__all__ = ["write_suggestions"]


def write_suggestions(
    predictions: Extraction | Run | str | Path,
    destination: str | Path,
    *,
    to: str,
    profile: str | Path | None = None,
    settings: Mapping[str, str] | None = None,
) -> Suggestions:
    """Writes what a system predicted for people to correct in an annotation tool.

    Args:
        predictions: what `extract_articles` gave, a run, or the path of one.
        destination: a new file or folder; nothing is overwritten.
        to: the name of a format, such as `labelstudio` or `brat`. A tool that knows suggestions gets them as such.
        profile: how layers are said by the tool's types, relations and attributes; that of the format by default.
        settings: settings with which the format is written.

    Raises:
        UnknownNameError: there is no such format.
        InputError: the format is only read, the run is not finished, or nothing was predicted.
        OutputError: the destination exists, or cannot be written.
    """
    target = path_of(destination, "the destination must be the path of a new file or folder")
    write = ReadOptions(profile=profile, values=settings or {})
    if isinstance(predictions, Extraction):
        return suggested(
            predictions.articles,
            predictions.predictions,
            target,
            to=to,
            extractor=predictions.extractor,
            write=write,
            notes=predictions.notes,
        )
    if not isinstance(predictions, (Run, str, Path)):
        found = f"{type(predictions).__name__} {str(predictions)[:40]!r}"
        raise InputError(f"predictions must be an Extraction (from extract_articles), a Run or its path, found {found}")
    run = finished_run(predictions)
    articles = [example.article for example in gold_of(run)]
    return suggested(articles, run.predictions, target, to=to, extractor=run.extractor, write=write)
