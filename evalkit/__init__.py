"""Measures how well extractors find entities, quotes and stance in news articles.

Everything for Python is here; a name is imported when it is first used, so that `import evalkit` costs nothing.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evalkit.analysis.compare import compare_runs
    from evalkit.dataset.gold import GoldDataset
    from evalkit.dataset.load import load_dataset
    from evalkit.errors import (
        EvalkitError,
        ExtractorError,
        FormatError,
        InputError,
        LabelError,
        MissingExtraError,
        OffsetError,
        OutputError,
        UnknownNameError,
    )
    from evalkit.extractors.base import ArticleFailure
    from evalkit.records import (
        Annotations,
        Article,
        Entity,
        Example,
        Prediction,
        Quote,
        Scope,
        Span,
        Stance,
        Zone,
    )
    from evalkit.report.table import render_report
    from evalkit.results import PRF, Counts, EvalResult, Score, TaskResult
    from evalkit.version import __version__
    from evalkit.workflows.diagnosing import Diagnosis, diagnose
    from evalkit.workflows.gating import check_gate
    from evalkit.workflows.runs import Run, run_extractor
    from evalkit.workflows.score import score_predictions

__all__ = [
    "PRF",
    "Annotations",
    "Article",
    "ArticleFailure",
    "Counts",
    "Diagnosis",
    "Entity",
    "EvalResult",
    "EvalkitError",
    "Example",
    "ExtractorError",
    "FormatError",
    "GoldDataset",
    "InputError",
    "LabelError",
    "MissingExtraError",
    "OffsetError",
    "OutputError",
    "Prediction",
    "Quote",
    "Run",
    "Scope",
    "Score",
    "Span",
    "Stance",
    "TaskResult",
    "UnknownNameError",
    "Zone",
    "__version__",
    "check_gate",
    "compare_runs",
    "diagnose",
    "load_dataset",
    "render_report",
    "run_extractor",
    "score_predictions",
]

_HOMES = {
    "evalkit.analysis.compare": ("compare_runs",),
    "evalkit.workflows.score": ("score_predictions",),
    "evalkit.dataset.gold": ("GoldDataset",),
    "evalkit.dataset.load": ("load_dataset",),
    "evalkit.workflows.diagnosing": ("Diagnosis", "diagnose"),
    "evalkit.errors": (
        *("EvalkitError", "ExtractorError", "FormatError", "InputError", "LabelError"),
        *("MissingExtraError", "OffsetError", "OutputError", "UnknownNameError"),
    ),
    "evalkit.extractors.base": ("ArticleFailure",),
    "evalkit.workflows.gating": ("check_gate",),
    "evalkit.records": (
        *("Annotations", "Article", "Entity", "Example", "Prediction", "Quote", "Scope", "Span", "Stance", "Zone"),
    ),
    "evalkit.report.table": ("render_report",),
    "evalkit.results": ("PRF", "Counts", "EvalResult", "Score", "TaskResult"),
    "evalkit.workflows.runs": ("Run", "run_extractor"),
    "evalkit.version": ("__version__",),
}
"""Where each public name lives; the same as the imports above, which only type checkers read."""


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            from importlib import import_module

            return getattr(import_module(module), name)
    raise AttributeError(f"module 'evalkit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
