"""Several runs side by side: one table a task, and what the order of the runs depends on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from evalkit.analysis.comparison import ComparedRow, Comparison
from evalkit.analysis.power import power_of_row
from evalkit.analysis.ranking import RankingChange
from evalkit.report.plain_text import one_line
from evalkit.report.tables import ReportTable
from evalkit.scoring.tasks.table import main_convention

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["comparison_tables", "detection_lines", "main_row", "print_comparison", "ranking_lines"]


def comparison_tables(comparison: Comparison) -> list[ReportTable]:
    """For each task a table of every pair of runs, and with more than two runs one of all of them before."""
    tables = []
    for task in dict.fromkeys(row.task for row in comparison.rows):
        rows = comparison.select(task=task)
        pairs = list(dict.fromkeys((row.first, row.second) for row in rows))
        if len(comparison.runs) > 2:
            tables.append(_overview(task, rows, comparison.runs))
        for first, second in pairs:
            own = [row for row in rows if (row.first, row.second) == (first, second)]
            tables.append(_pair_table(task, own, comparison.method))
    return tables


def _pair_table(task: str, rows: Sequence[ComparedRow], method: str) -> ReportTable:
    first, second = rows[0].first, rows[0].second
    return ReportTable(
        title=f"{task}: {first} → {second}",
        columns=("figure", first, second, "difference", "95 % CI", "p", "q", "W/T/L", ""),
        rows=tuple(
            (
                figure_name(row),
                f"{row.first_value:.3f}",
                f"{row.second_value:.3f}",
                f"{row.difference:+.3f}",
                f"{row.ci[0]:+.3f} {row.ci[1]:+.3f}",
                f"{row.p_randomization:.3f}",
                f"{row.q:.3f}",
                f"{row.wins}/{row.ties}/{row.losses}",
                row.mark,
            )
            for row in rows
        ),
        caption=f"{task}|{first}|{second}|{method}",
    )


def _overview(task: str, rows: Sequence[ComparedRow], runs: Sequence[str]) -> ReportTable:
    values: dict[str, dict[str, str]] = {}
    for row in rows:
        if row.first == runs[0]:
            line = values.setdefault(figure_name(row), {runs[0]: f"{row.first_value:.3f}"})
            line[row.second] = f"{row.second_value:.3f}{row.mark}"
    return ReportTable(
        title=f"{task}: all runs, marks against {runs[0]}",
        columns=("figure", *runs),
        rows=tuple((name, *(line.get(run, "–") for run in runs)) for name, line in values.items()),
    )


def figure_name(row: ComparedRow) -> str:
    """What a row is about: the convention and the label, micro, macro or derived score."""
    name = {"label": row.label, "derived": row.score}.get(row.scope, row.scope)
    return f"{row.convention} {name}" + ("" if row.score == "f1" or row.scope == "derived" else f" {row.score}")


def main_row(rows: Sequence[ComparedRow], task: str) -> ComparedRow | None:
    """Micro F1 under the main convention of a task, or under the first one that there is."""
    micro = [row for row in rows if row.task == task and row.scope == "micro" and row.score == "f1"]
    main = main_convention(task, [row.convention for row in micro]) if micro else ""
    return next((row for row in micro if row.convention == main), None)


def detection_lines(comparison: Comparison) -> list[str]:
    """The smallest difference that the gold can show for each task and pair, and what would show the one found."""
    lines = []
    pairs = dict.fromkeys((row.task, row.first, row.second) for row in comparison.rows)
    for task, first, second in pairs:
        row = main_row(comparison.select(task=task, first=first, second=second), task)
        if row is None:
            continue
        power = power_of_row(row)
        line = (
            f"{task}, {first} and {second}: {row.units} articles show differences of {figure_name(row)} F1 "
            f"from {power.smallest:.3f} on (80 % power, alpha 0.05)"
        )
        if abs(row.difference) > 1e-9 and power.more_units_for(row.difference):
            more = power.more_units_for(row.difference)
            line += f"; {more} more articles would show one of {abs(row.difference):.3f}"
        lines.append(line)
    return lines


def ranking_lines(changes: Sequence[RankingChange], compared: Mapping[str, int]) -> list[str]:
    """Whether the order of the runs depends on the convention.

    Args:
        changes: the pairs of runs whose order does.
        compared: task → number of figures that were compared.
    """
    lines = []
    for change in changes:
        ahead, behind = (", ".join(own) for own in (change.first_better, change.second_better))
        lines.append(
            f"{change.task}: the order changes. {change.first} is better under {ahead}; "
            f"{change.second} is better under {behind}"
        )
    steady = [task for task in compared if task not in {change.task for change in changes}]
    lines += [f"{task}: the order is the same under all {compared[task]} figures" for task in steady]
    return lines


def print_comparison(comparison: Comparison, console: Console) -> None:
    """Prints the tables, then the lines."""
    from rich.text import Text

    from evalkit.report.terminal import print_table

    console.print(Text(one_line(f"{comparison.gold}, split {comparison.split}")))
    for table in comparison_tables(comparison):
        print_table(table, console)
    console.print(Text("* q < .05, ** q < .01, *** q < .001 (Benjamini-Hochberg over all rows)", style="dim"))
    figures = comparison.figures_compared if comparison.multiverse else {}
    for line in (*ranking_lines(comparison.order_changes, figures), *detection_lines(comparison)):
        console.print(Text(line))
