"""The runs of a suite: a line each with its figures, what failed, and what to do with them."""

from __future__ import annotations

import shlex

from evalkit.harmless import one_line
from evalkit.predictions.suites.cells import SuiteResult, SuiteRun
from evalkit.report.document import BAD, Block, Column, Document, Line, Lines, Table
from evalkit.report.of.cells import number
from evalkit.showing import number_of

__all__ = ["document"]


def document(suite: SuiteResult) -> Document:
    """The table, what failed with the reason, and the command that ranks the runs."""
    tasks = list(dict.fromkeys(task for run in suite.runs for task in run.figures))
    variants = any(run.variant for run in suite.runs)
    table = Table(
        columns=(
            Column("dataset", left=True, folds=True),
            Column("model", left=True, folds=True),
            *([Column("variant", left=True, folds=True)] if variants else []),
            *(Column(f"{task} F1", drops=2 + place) for place, task in enumerate(tasks)),
            Column("articles", drops=1),
            Column("failed"),
        ),
        rows=tuple(_cells(run, tasks, variants) for run in suite.runs),
        listing=True,
        caption="; ".join(f"{task}: micro F1 under {_conventions(suite, task)}" for task in tasks),
    )
    wrong = tuple(Line.of(f"{one_line(run.path)}: {one_line(run.problem)}") for run in suite.runs if run.problem)
    blocks: list[Block] = [
        table,
        *([Lines(title="no run to go by", tone=BAD, lines=wrong, hanging=True)] if wrong else []),
        Lines.of(shlex.join(["evalkit", "leaderboard", suite.out]), whole=True),
    ]
    return Document(
        what="suite",
        title=f"suite {suite.name}: {number_of(len(suite.runs), 'run')} in {suite.out}",
        blocks=tuple(blocks),
        notes=suite.asides,
        rows=tuple(suite.rows()),
        data=suite.to_json(),
    )


def _conventions(suite: SuiteResult, task: str) -> str:
    return " or ".join(dict.fromkeys(run.figures[task].convention for run in suite.runs if task in run.figures))


def _cells(run: SuiteRun, tasks: list[str], variants: bool) -> tuple[str, ...]:
    figures = (number(run.figures[task].f1) if task in run.figures else "–" for task in tasks)
    numbers = (str(run.articles), str(run.failed)) if not run.problem or run.articles else ("–", "–")
    return (run.dataset, run.model, *([run.variant] if variants else []), *figures, *numbers)
