"""Stored results back as scored tables, and several runs laid over the same articles and labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from evalkit.errors import InputError
from evalkit.results import EvalResult, TaskResult
from evalkit.scoring.tasks.table import ScoredTable, is_additive, stored_table

__all__ = ["Runs", "check_same_gold", "named_runs", "same_labels", "scored_table_of", "shared_conventions", "uses_more"]

Runs = Mapping[str, EvalResult]


def named_runs(results: Runs | Sequence[EvalResult]) -> dict[str, EvalResult]:
    """Runs by name; in a sequence a run is called by its extractor, and a repeated name gets a number."""
    if isinstance(results, Mapping):
        return dict(results)
    names: dict[str, EvalResult] = {}
    for result in results:
        name, number = result.extractor, 1
        while name in names:
            number += 1
            name = f"{result.extractor}#{number}"
        names[name] = result
    return names


def scored_table_of(result: TaskResult) -> ScoredTable:
    """The table that `task_result` stored, with its derived scores.

    Raises:
        InputError: the result was written without its table.
    """
    if result.table is None:
        raise InputError(
            f"{result.task} under {result.convention}: the result has no counts by article; score the run again"
        )
    return stored_table(result.task, result.convention, result.table, result.scores)


def uses_more(result: TaskResult) -> bool:
    """Whether a convention was told by what it used besides its name, such as lists of words or a file of weights."""
    return bool(_used(result))


def _used(result: TaskResult) -> str:
    """What it used, as its signature says it: `a1b2c3d` of `entities|weighted:w.toml[a1b2c3d,5 of 6 weights met]|…`."""
    convention = result.signature.partition("|")[2].partition("|")[0]
    return convention.removeprefix(result.convention).strip("[]").partition(",")[0]


def check_same_gold(runs: Runs, *, least: int = 2) -> None:
    """Refuses runs that were not scored against the same gold.

    Raises:
        InputError: fewer than `least` runs, or another gold fingerprint or split.
    """
    if len(runs) < least:
        raise InputError(f"a comparison needs at least {least} runs, found {len(runs)}")
    (first, ours), *others = runs.items()
    for name, theirs in others:
        if (ours.gold, ours.split) != (theirs.gold, theirs.split):
            raise InputError(
                f"run {name!r} was scored on {theirs.gold!r} split {theirs.split!r}, run {first!r} on {ours.gold!r} "
                f"split {ours.split!r}; score both against the same gold"
            )


def shared_conventions(
    runs: Runs, *, tasks: Sequence[str] | None = None, conventions: Sequence[str] | None = None
) -> list[tuple[str, str]]:
    """Tasks and conventions that every run has, in the order of the first run, limited to those wanted.

    Conventions whose figures are no sums over articles are left out: there is no test of them.

    Raises:
        InputError: none is left, or a file that runs were scored by said something else for one than for the other.
    """
    first, *others = runs.values()
    shared = [
        (task, name)
        for task, conventions_of_task in first.tasks.items()
        for name in conventions_of_task
        if all(name in other.tasks.get(task, {}) for other in others)
        and (not tasks or task in tasks)
        and (not conventions or name in conventions)
    ]
    _check_maps(runs)
    for task, name in shared:
        _check_used(runs, task, name)
    tested = [(task, name) for task, name in shared if is_additive(task, name)]
    if shared and not tested:
        raise InputError(
            f"convention {shared[0][1]!r} counts over the whole split, so articles cannot be drawn and runs not be "
            "tested under it; `evalkit score` gives its figures"
        )
    if not shared:
        raise InputError(
            f"the runs {', '.join(map(repr, runs))} have no task and convention in common"
            + (f" among {', '.join([*(tasks or ()), *(conventions or ())])}" if tasks or conventions else "")
            + "; score them with the same --task and --convention"
        )
    return tested


def _check_maps(runs: Runs) -> None:
    """Refuses runs whose label maps of one name said something else."""
    (first, ours), *others = runs.items()
    said = ours.run.get("maps", {})
    for name, theirs in others:
        theirs_said = theirs.run.get("maps", {})
        if changed := [one for one in said if said[one] != theirs_said.get(one, said[one])]:
            raise InputError(
                f"the label map {changed[0]!r} said something else when run {name!r} was scored than when {first!r} "
                "was; score both again"
            )


def _check_used(runs: Runs, task: str, convention: str) -> None:
    """Refuses runs that were scored under a convention by files of one name that said something else."""
    (first, ours), *others = [(name, _used(run.tasks[task][convention])) for name, run in runs.items()]
    for name, theirs in others:
        if ours != theirs:
            raise InputError(
                f"{task} {convention}: run {name!r} was scored by {theirs!r}, run {first!r} by {ours!r}: what it reads "
                "has changed; score both again"
            )


def same_labels(tables: Mapping[str, ScoredTable], where: str) -> dict[str, ScoredTable]:
    """The tables over the union of their labels.

    Raises:
        InputError: they are not about the same articles.
    """
    (first, ours), *others = tables.items()
    for name, theirs in others:
        if theirs.table.articles != ours.table.articles:
            odd = sorted({*theirs.table.articles} ^ {*ours.table.articles})
            example = f", for example {odd[0]!r} is in one of them only" if odd else ""
            raise InputError(f"{where}: runs {first!r} and {name!r} are not about the same articles{example}")
    labels = {label for scored in tables.values() for label in scored.table.labels}
    groups = {group for scored in tables.values() for group in scored.table.groups}
    return {
        name: replace(scored, table=scored.table.with_labels(sorted(labels), sorted(groups)), items=None)
        for name, scored in tables.items()
    }
