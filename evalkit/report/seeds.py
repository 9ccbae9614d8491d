"""Repeated runs of one system: mean and spread of each figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evalkit.analysis.seeds import RepeatedRuns, SeedRow
from evalkit.report.plain_text import one_line
from evalkit.report.tables import ReportTable

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["print_repeated", "seed_tables"]


def seed_tables(rows: Sequence[SeedRow], *, method: str) -> list[ReportTable]:
    """One table a task; F1 where a figure does not say otherwise."""
    return [
        _table(task, [row for row in rows if row.task == task], method)
        for task in dict.fromkeys(row.task for row in rows)
    ]


def _table(task: str, rows: Sequence[SeedRow], method: str) -> ReportTable:
    return ReportTable(
        title=f"{task} · {rows[0].runs} runs of one system",
        columns=("figure", "mean", "sd", "min", "max", "95 % CI", "art. sd", "seed"),
        rows=tuple(
            (
                one_line(f"{row.convention} {_name(row)}"),
                *(f"{value:.3f}" for value in (row.mean, row.sd, row.low, row.high)),
                f"{row.ci[0]:.3f}–{row.ci[1]:.3f}",
                f"{row.article_sd:.3f}",
                f"{row.seed_share:.0%}",
            )
            for row in rows
        ),
        caption=f"CI of the mean over seeds on these articles; art. sd: of one run from drawing articles ({method}); "
        "seed: share of sd² in sd² + art. sd²",
    )


def _name(row: SeedRow) -> str:
    return {"label": row.label, "derived": row.score}.get(row.scope, row.scope)


def print_repeated(repeated: RepeatedRuns, console: Console) -> None:
    """Prints the tables and the notes."""
    from rich.text import Text

    from evalkit.report.terminal import print_table

    console.print(Text(one_line(", ".join(repeated.runs)), style="bold"))
    for table in seed_tables(repeated.rows, method=repeated.method):
        print_table(table, console)
    for note in repeated.notes:
        console.print(Text(f"! {one_line(note)}", style="yellow"))
