"""The Python reference: every public name of `evalkit`, and the records with which others add to it."""

from __future__ import annotations

import inspect
from collections.abc import Iterable

import evalkit

__all__ = ["extending_page", "gold_results_page", "run_results_page", "types_page", "verbs_page"]

_VERBS_INTRO = """\
# Python: the verbs

Each command is a function, and more are (`from evalkit import …`). A run or gold is given as a path, a name or an
object. Options travel in the records `Scoring`, `Intervals`, `ReadOptions` and `Running` ([records and
options](types.md)) or as keywords of the same names. What comes back is a [result of runs](run_results.md) or a
[result about gold](gold_results.md).
"""
_TYPES_INTRO = """\
# Records, options, errors

What a verb takes, and what it raises. Records are frozen. An extractor of yours is an
[extension point](extending.md).
"""
_RESULTS_INTRO = """\
# {title}

A result has `to_json()`, `to_pandas()` where it has rows, and shows itself in a notebook.
"""
_EXTENDING_INTRO = """\
# Extension points

What a package of yours fills in to bring an extractor, a format, a layer, a task, a convention or a form.
[Contributing](../contributing.md) has each of them in a few lines, with the entry point.
"""

_VERBS = {
    "Runs and scores": ("run_", "score_predictions", "extract_articles", "write_suggestions", "measure_speed"),
    "What a run is worth": ("compare_", "explain_", "diagnose", "fit_", "measure_robustness"),
    "Many runs": ("merge_", "runs_", "list_runs", "rank_runs", "run_suite"),
    "To look at and to pass on": ("view_", "write_view", "render_", "write_report", "list_items"),
    "Gates and pull requests": ("check_gate", "update_baseline", "render_comment", "review_", "init_project"),
    "Gold": (
        "load_",
        "find_articles",
        "get_",
        "list_",
        "init_",
        "build_",
        "validate_",
        "describe_",
        "convert_",
        "draft_",
        "push_",
    ),
    "Trust in gold": (
        *("split_", "check_split", "find_", "measure_agreement", "adjudicate_", "diff_", "patch_", "apply_"),
        *("perturb_", "read_corrections", "write_suspects", "rank_", "replay_"),
    ),
}
"""Heading → how the verbs below it begin; a verb that fits nowhere stands under "More"."""

_ABOUT_GOLD = ("evalkit.dataset.", *(f"evalkit.analysis.{room}" for room in ("adjudication.", "agreement.")))
_ABOUT_GOLD += ("evalkit.analysis.differences.", "evalkit.analysis.review", "evalkit.analysis.suspects.")
"""How the modules begin whose results are about gold; all others are about runs."""

_EXTENDING = {
    "Extractors": ("evalkit.extractors.base", ("Extractor", "Extracted", "Traits", "ArticleFailure")),
    "Formats": ("evalkit.formats.base", ("Format", "Source", "Batch", "Losses")),
    "Layers": ("evalkit.layers.base", ("Layer",)),
    "Tasks and conventions": ("evalkit.scoring.tasks.base", ("Task", "Convention", "Parameter", "Property")),
    "Forms": ("evalkit.report.document", ("Document",)),
}


def verbs_page() -> str:
    """Every public function, under the heading that it belongs to."""
    verbs = [name for name in evalkit.__all__ if inspect.isfunction(getattr(evalkit, name))]
    sections: dict[str, list[str]] = {heading: [] for heading in [*_VERBS, "More"]}
    for name in verbs:
        fitting = [
            (len(start), heading) for heading, starts in _VERBS.items() for start in starts if name.startswith(start)
        ]
        sections[max(fitting)[1] if fitting else "More"].append(name)
    return _VERBS_INTRO + "".join(_section(heading, names) for heading, names in sections.items() if names)


def types_page() -> str:
    """The public classes that a verb takes or raises."""
    sections = ((kind, _classes(kind)) for kind in ("Records", "Options", "Errors"))
    return _TYPES_INTRO + "".join(_section(heading, names) for heading, names in sections)


def run_results_page() -> str:
    """What verbs give that are about runs."""
    return _RESULTS_INTRO.format(title="Results of runs") + _section("Of runs", _classes("Of runs"))


def gold_results_page() -> str:
    """What verbs give that are about gold."""
    return _RESULTS_INTRO.format(title="Results about gold") + _section("About gold", _classes("About gold"))


def _classes(kind: str) -> list[str]:
    """The public classes of a kind; those that others fill in are extension points and stand there."""
    extending = {f"{module}.{name}" for module, names in _EXTENDING.values() for name in names}
    classes = (name for name in evalkit.__all__ if inspect.isclass(getattr(evalkit, name)))
    return [name for name in classes if _path(name) not in extending and _kind(name) == kind]


def _kind(name: str) -> str:
    home = evalkit._MODULES[name]
    kinds = {"evalkit.errors": "Errors", "evalkit.options": "Options", "evalkit.records": "Records"}
    return kinds.get(home) or ("About gold" if home.startswith(_ABOUT_GOLD) else "Of runs")


def _path(name: str) -> str:
    return f"{evalkit._MODULES[name]}.{name}"


def extending_page() -> str:
    """The records with which other packages add extractors, formats, layers, tasks, conventions and forms."""
    parts = []
    for heading, (module, names) in _EXTENDING.items():
        parts.append(f"\n## {heading}\n" + "".join(f"\n::: {module}.{name}\n" for name in names))
    return _EXTENDING_INTRO + "".join(parts)


def _section(heading: str, names: Iterable[str]) -> str:
    return f"\n## {heading}\n" + "".join(f"\n::: {_path(name)}\n" for name in names)
