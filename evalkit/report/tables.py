"""The tables of a result, once, for every way of showing them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evalkit.results import PRF, EvalResult, TaskResult
from evalkit.scoring.tasks.table import main_convention

__all__ = ["ReportTable", "failed_lines", "notes_of", "result_tables"]


LEVEL = re.compile(r"\|ci:[^|]*/level([0-9.]+)")


@dataclass(frozen=True)
class ReportTable:
    """Cells as text, ready to be laid out.

    Attributes:
        title: task and convention.
        columns: headings; the first column holds names, the others numbers.
        rows: one text for each column.
        rules: positions of the rows before which a line is drawn.
        caption: the signature line, or "".
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    rules: tuple[int, ...] = ()
    caption: str = ""


def result_tables(result: EvalResult) -> list[ReportTable]:
    """The tables of a result: for each task its labels under the main convention, then the other conventions."""
    tables = []
    for task, conventions in result.tasks.items():
        floors = result.floor.get(task, {})
        main = conventions[main_convention(task, tuple(conventions))]
        tables.append(_label_table(main, floors.get(main.convention)))
        others = [other for other in conventions.values() if other is not main]
        if others:
            tables.append(_convention_table(task, others, floors))
        scores = _score_table(task, tuple(conventions.values()), floors)
        if scores is not None:
            tables.append(scores)
    return tables


def _label_table(result: TaskResult, floor: TaskResult | None) -> ReportTable:
    floors: Mapping[str, PRF] = {} if floor is None else {**floor.labels, "micro": floor.micro, "macro": floor.macro}
    rows = [(label, prf) for label, prf in result.labels.items()]
    named = [*rows, ("micro", result.micro), ("macro", result.macro)]
    columns = ["label", "P", "R", "F1", _interval_heading(result), "gold", "pred"]
    return ReportTable(
        title=f"{result.task} · {result.convention}",
        columns=(*columns, "floor F1") if floor is not None else tuple(columns),
        rows=tuple(
            (*_cells(name, prf), *([_number(floors[name].f1) if name in floors else "–"] if floor is not None else []))
            for name, prf in named
        ),
        rules=(len(rows),),
        caption=result.signature,
    )


def _convention_table(task: str, others: Sequence[TaskResult], floors: Mapping[str, TaskResult]) -> ReportTable:
    rows = []
    for other in others:
        floor = floors.get(other.convention)
        below = [_number(floor.micro.f1) if floor else "–"] if floors else []
        rows.append((*_cells(other.convention, other.micro), *below))
    columns = ("convention", "P", "R", "F1", _interval_heading(*others), "gold", "pred")
    return ReportTable(
        title=f"{task} · other conventions, micro",
        columns=(*columns, "floor F1") if floors else columns,
        rows=tuple(rows),
    )


def _score_table(task: str, results: Sequence[TaskResult], floors: Mapping[str, TaskResult]) -> ReportTable | None:
    rows = []
    for result in results:
        floor = floors.get(result.convention)
        for name, score in result.scores.items():
            below = [_number(floor.scores[name].value) if floor and name in floor.scores else "–"] if floors else []
            interval = _interval(score.ci) if score.ci else "–"
            rows.append((f"{result.convention}: {name}", _number(score.value), interval, *below))
    if not rows:
        return None
    columns = ("score", "value", _interval_heading(*results))
    return ReportTable(
        title=f"{task} · derived scores", columns=(*columns, "floor") if floors else columns, rows=tuple(rows)
    )


def _interval_heading(*results: TaskResult) -> str:
    """The level of the intervals, which the signature names if it is not the usual one."""
    found = next((match for own in results if (match := LEVEL.search(own.signature))), None)
    return f"{100 * float(found[1]) if found else 95:g} % CI"


def _cells(name: str, prf: PRF) -> tuple[str, ...]:
    interval = _interval(prf.ci["f1"]) if "f1" in prf.ci else "–"
    sizes = ("", "") if prf.counts is None else (str(prf.counts.gold), str(prf.counts.predicted))
    return name, _number(prf.precision), _number(prf.recall), _number(prf.f1), interval, *sizes


def _number(value: float) -> str:
    return f"{value:.3f}"


def _interval(bounds: tuple[float, float]) -> str:
    return f"{bounds[0]:.3f}–{bounds[1]:.3f}"


def notes_of(result: EvalResult) -> list[str]:
    """What was not evaluated, set aside or failed, as lines."""
    lines = [f"{task}: not evaluated, {reason}" for task, reason in result.not_evaluated.items()]
    return [*lines, *result.notes, *failed_lines(result)]


def failed_lines(result: EvalResult, most: int = 10) -> list[str]:
    """One line for each failed article, up to `most`, and how many more there are."""
    lines = [f"failed, counted as missed: {name}: {error}" for name, error in list(result.failed.items())[:most]]
    if len(result.failed) > most:
        lines.append(f"… and {len(result.failed) - most} more failed articles, all in result.json")
    return lines
