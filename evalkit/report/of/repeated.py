"""Repeated runs of one system: mean and spread of each figure."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.analysis.seeds import RepeatedRuns, SeedRow
from evalkit.harmless import one_line
from evalkit.report.document import Chart, Document, Series, Table, figure_columns
from evalkit.report.of.cells import flat, interval, interval_heading, number
from evalkit.report.of.charts import bounded, forest

__all__ = ["document"]


def document(repeated: RepeatedRuns) -> Document:
    """One table a task; F1 where a figure does not say otherwise."""
    by_task: dict[str, list[SeedRow]] = {}
    for row in repeated.rows:
        by_task.setdefault(row.task, []).append(row)
    return Document(
        what="repeated runs",
        title=", ".join(repeated.runs),
        blocks=tuple(_table(task, rows, repeated.method) for task, rows in by_task.items()),
        notes=repeated.notes,
        rows=tuple(flat(row.to_json()) for row in repeated.rows),
        data=repeated.to_json(),
    )


def _table(task: str, rows: Sequence[SeedRow], method: str) -> Chart:
    table = Table(
        title=f"{task} · {rows[0].runs} runs of one system",
        columns=figure_columns("figure", "mean", "sd", "min", "max", interval_heading(method), "art. sd", "seed"),
        rows=tuple(
            (
                one_line(f"{row.convention} {_name(row)}"),
                *(number(value) for value in (row.mean, row.sd, row.low, row.high)),
                interval(row.ci),
                number(row.article_sd),
                f"{row.seed_share:.0%}",
            )
            for row in rows
        ),
        caption=f"CI of the mean over seeds on these articles; art. sd: of one run from drawing articles ({method}); "
        "seed: share of sd² in sd² + art. sd²",
    )
    heading = interval_heading(method)
    means = bounded("mean", [row.mean for row in rows], [row.ci for row in rows], heading)
    ends = [
        Series(name, tuple(getattr(row, field) for row in rows), reference=True)
        for name, field in (("lowest run", "low"), ("highest run", "high"))
    ]
    return forest(table, [row[0] for row in table.rows], means, *ends, x=f"mean of {rows[0].runs} runs")


def _name(row: SeedRow) -> str:
    return {"label": row.label, "derived": row.score}.get(row.scope, row.scope)
