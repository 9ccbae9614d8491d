"""The runs under a folder: a line each, with the command that continues or shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from evalkit.harmless import one_line
from evalkit.predictions.listing import RESULT_ONLY, SCORED, SHARD, UNFINISHED, ListedRun, RunList
from evalkit.report.document import BAD, Column, Document, Line, Lines, Table
from evalkit.report.of.cells import number
from evalkit.showing import number_of

__all__ = ["document"]

SHOWN = (SCORED, RESULT_ONLY)
"""What there is to look at; everything else can be gone on with."""


def document(runs: RunList) -> Document:
    """The table, then how to go on with what is not done, then what cannot be read.

    What all runs have in common, gold and split, stands in the title and has no column.
    """
    tasks = list(dict.fromkeys(task for run in runs.runs for task in run.figures))
    conventions = {task: _conventions(runs, task) for task in tasks}
    apart = [name for name in ("gold", "split") if len({getattr(run, name) for run in runs.runs}) > 1]
    shared = [] if apart or not runs.runs else [runs.runs[0].gold, runs.runs[0].split]
    table = Table(
        columns=(
            Column("run", left=True, folds=True),
            Column("extractor", left=True, folds=True),
            *(Column(name, left=True, folds=True, drops=2 + place) for place, name in enumerate(apart)),
            Column("date (UTC)", left=True, drops=1),
            *(Column(f"{task} F1", drops=5 + place) for place, task in enumerate(tasks)),
            Column("failed", drops=4),
            Column("state", left=True),
        ),
        rows=tuple(_cells(run, apart, tasks) for run in _shown(runs.runs)),
        listing=True,
        caption="; ".join(f"{task}: micro F1 under {name}" for task, name in conventions.items()),
    )
    broken = tuple(Line.of(f"{path}: {one_line(reason)}") for path, reason in runs.broken.items())
    again = list(map(Line.of, dict.fromkeys(run.command for run in runs.runs if run.state not in SHOWN)))
    shown = next((run.command for run in runs.runs if run.state in SHOWN), "")
    blocks = [
        *([table] if runs.runs else [Lines.of("there is nothing that was asked for")]),
        # A line each, so that they can be copied.
        *([Lines(title="to go on with", lines=tuple(again), whole=True)] if again else []),
        *([Lines(title="to look at one", lines=(Line.of(shown),), whole=True)] if shown else []),
        *([Lines(title="cannot be read", tone=BAD, lines=broken, hanging=True)] if broken else []),
    ]
    all_on = f", {'all ' if len(runs.runs) > 1 else ''}on {', split '.join(shared)}" if any(shared) else ""
    besides = number_of(runs.left_out, "run besides was", "runs besides were")
    return Document(
        what="runs",
        title=f"{number_of(len(runs.runs), 'run')} in {runs.folder}{all_on}",
        blocks=tuple(blocks),
        notes=(f"{besides} not asked for",) if runs.left_out else (),
        rows=tuple(runs.rows()),
        data=runs.to_json(),
    )


def _shown(runs: Sequence[ListedRun]) -> list[ListedRun]:
    """The runs, those that are shards of one run and lie in one folder as one: there may be a thousand of them."""
    together: dict[object, list[ListedRun]] = {}
    for run in runs:
        folder = run.path.rpartition("/")[0]
        key = run.path if run.shard is None else (folder, run.extractor, run.gold, run.split, run.shard[1])
        together.setdefault(key, []).append(run)
    return [own[0] if len(own) == 1 else _as_one(own) for own in together.values()]


def _as_one(shards: Sequence[ListedRun]) -> ListedRun:
    of = (shards[0].shard or (0, 0))[1]
    # One that was done twice is one: which of them is merged, whoever merges says.
    whole = Counter(run.shard[0] for run in shards if run.state == SHARD and run.shard is not None)
    twice = sum(number > 1 for number in whole.values())
    return replace(
        shards[0],
        path=shards[0].path.rpartition("/")[0] or ".",
        date=max(run.date for run in shards),
        failed=sum(run.failed for run in shards),
        state=f"{len(whole)} of {number_of(of, 'shard')}" + (f", {twice} of them more than once" if twice else ""),
        shard=None,
    )


def _conventions(runs: RunList, task: str) -> str:
    names = dict.fromkeys(run.figures[task].convention for run in runs.runs if task in run.figures)
    return " or ".join(names)


def _cells(run: ListedRun, apart: list[str], tasks: list[str]) -> tuple[str, ...]:
    state = run.state
    if state == UNFINISHED:
        state = f"{run.kept} of {run.articles}"
    if run.shard is not None:
        part = f"shard {run.shard[0]} of {run.shard[1]}"
        state = part if state == SHARD else f"{state}, {part}"
    figures = (number(run.figures[task].f1) if task in run.figures else "–" for task in tasks)
    date = run.date[:16].replace("T", " ")
    about = (getattr(run, name) for name in apart)
    return (run.path, run.extractor, *about, date, *figures, str(run.failed), state)
