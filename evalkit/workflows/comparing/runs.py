"""Many runs: a list of those under a folder, and one frame over the figures of all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from evalkit.files import path_of
from evalkit.harmless import clean_output
from evalkit.options import listed
from evalkit.predictions.listing import BROKEN, STATES, ListedRun, RunFigure, RunList, found_runs
from evalkit.registry import check_names
from evalkit.results import EvalResult
from evalkit.scoring.tasks.table import check_tasks, main_convention

__all__ = ["ORDERS", "figures_of_result", "list_runs", "runs_to_pandas"]

_WANTED = "folder must be the path of a folder in which runs lie"
_ABOUT = ("path", "state", "date", "gold", "split", "articles", "kept", "failed")
_WHOLE = ("articles", "kept", "failed", "gold_items", "predicted_items", "labels", "label_articles")

_OTHERWISE = {"gold": "gold_items", "predicted": "predicted_items", "articles": "label_articles"}
"""Columns of a result that would have the name of something else here: of the gold itself, and of all articles."""

ORDERS: dict[str, Callable[[ListedRun], Any]] = {
    "path": lambda run: run.path,
    "date": lambda run: run.date,
    "figure": lambda run: [-own.f1 for own in run.figures.values()] or [1.0],
}
"""How a list may be ordered; runs that are equal in that stay in the order of their paths."""


def list_runs(
    folder: str | Path = "runs",
    *,
    model: str = "*",
    gold: str = "*",
    split: str | None = None,
    states: str | Sequence[str] = (),
    failed: bool = False,
    tasks: str | Sequence[str] = (),
    order: str = "path",
) -> RunList:
    """The runs under a folder: what each is, how far it came, its figures, and what continues or shows it.

    Args:
        folder: where they lie, at any depth.
        model: the name of the extractor; `*` and `?` stand for any characters, here and in `gold`.
        gold: the name of the gold, with or without the digits behind it.
        split: the split.
        states: only runs of which one of these is to be said (see `STATES`); `broken` for those that cannot be read.
        failed: only runs with articles on which the extractor failed.
        tasks: only the figures of these tasks.
        order: `path`, `date` (the oldest first) or `figure` (the best first).

    Raises:
        InputError: there is no such folder.
        UnknownNameError: a state, a task or an order does not exist.
    """
    place = path_of(folder, _WANTED)
    wanted = listed(states, wanted="states must be names")
    check_names("state", wanted, STATES)
    check_names("order", [order], ORDERS)
    own_tasks = listed(tasks, wanted="tasks must be names")
    shown_tasks = check_tasks(own_tasks) if own_tasks else None
    runs, broken, left_out = [], {}, 0
    everything = (model, gold, split, failed) == ("*", "*", None, False)
    for path, run in found_runs(place):
        if isinstance(run, str):
            # Nobody can tell what it is, so it is named unless something else was asked for.
            asked = BROKEN in wanted or (not wanted and everything)
            broken.update({path: run} if asked else {})
            left_out += not asked
            continue
        asked = (
            (not wanted or run.state in wanted)
            and fnmatchcase(run.extractor, model)
            and any(fnmatchcase(name, gold) for name in (run.gold, run.gold.rpartition("@")[0]))
            and split in (None, run.split)
            and (run.failed > 0 or not failed)
        )
        left_out += not asked
        if asked:
            runs.append(replace(run, figures=figures_of_result(run.result, shown_tasks)))
    runs.sort(key=ORDERS[order])
    return RunList(folder=place.as_posix(), runs=tuple(runs), broken=broken, left_out=left_out)


def runs_to_pandas(folder: str | Path = "runs") -> Any:
    """One frame over all figures of all runs under a folder.

    A row for each run, task, convention and label, as in `EvalResult.to_pandas`, with what is known of the run before
    it: path, state, date (UTC), gold, split, articles, kept and failed. The items of the gold and the predicted ones
    are `gold_items` and `predicted_items`, the articles in which a label occurs `label_articles`. A run without a
    result has one row without figures, one that cannot be read a row whose `problem` says why.

    Args:
        folder: where the runs lie, at any depth.

    Raises:
        InputError: there is no such folder.
    """
    import pandas as pd

    runs = list_runs(folder)
    frames = []
    for run in runs.runs:
        frame = pd.DataFrame([{"extractor": run.extractor}]) if run.result is None else run.result.to_pandas()
        frame.columns = pd.Index([_OTHERWISE.get(name, name) for name in frame.columns])
        for position, name in enumerate(_ABOUT):
            own = getattr(run, name)
            frame.insert(position, name, clean_output(own) if isinstance(own, str) else own)
        frames.append(frame)
    broken = [
        {"path": clean_output(path), "state": BROKEN, "problem": clean_output(reason)}
        for path, reason in runs.broken.items()
    ]
    frames += [pd.DataFrame(broken)] if broken else []
    if not frames:
        return pd.DataFrame(columns=[*_ABOUT, "extractor", "task", "convention", "label"])
    joined = pd.concat(frames, ignore_index=True)
    return joined.astype({name: "Int64" for name in _WHOLE if name in joined})


def figures_of_result(result: EvalResult | None, tasks: Sequence[str] | None) -> dict[str, RunFigure]:
    """Task → its figure, of these tasks or of all; nothing without a result."""
    figures = {}
    for task, conventions in ({} if result is None else result.tasks).items():
        if tasks is None or task in tasks:
            name = main_convention(task, list(conventions))
            micro = conventions[name].micro
            figures[task] = RunFigure(name, micro.f1, micro.ci.get("f1"))
    return figures
