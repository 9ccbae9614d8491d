"""Several runs side by side: one table a task and pair, and what the order of the runs depends on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from evalkit.analysis.comparison import ComparedRow, Comparison
from evalkit.analysis.power import fewest_units
from evalkit.report.document import FAINT, Block, Chart, Document, Lines, Table, figure_columns
from evalkit.report.of.cells import change, flat, interval_heading, number
from evalkit.report.of.charts import bounded, forest
from evalkit.report.of.differing import differing_tables
from evalkit.report.of.run_names import RunName, legend, run_names
from evalkit.report.of.speed import speed_table
from evalkit.showing import number_of

__all__ = ["document"]

MARKS = "* q < .05, ** q < .01, *** q < .001 (Benjamini-Hochberg over all rows that can be tested)"


DIFFERENCES = 10
SIGNIFICANT = 0.05


def document(comparison: Comparison, *, differences: int = DIFFERENCES) -> Document:
    """The tables, whether the order of the runs depends on the convention, and what the gold can show.

    Runs with long names, and more than two, are called by letters, which a list at the top explains.

    Args:
        comparison: the comparison.
        differences: how many items on which two runs differ are shown for each pair and task; the rest is counted.
    """
    names = run_names(comparison.runs)
    lines = [*_order_lines(comparison, names), *_detection_lines(comparison, names)]
    marks = [MARKS] if any(not row.identical for row in comparison.rows) else []
    return Document(
        what="comparison",
        title=f"{comparison.gold}, split {comparison.split}",
        blocks=(
            *legend(names),
            *_tables(comparison, names, differences),
            *_speeds(comparison, names),
            Lines.of(*marks, tone=FAINT, key=True),
            Lines.of(*lines),
        ),
        notes=comparison.notes,
        rows=tuple(flat(comparison.values_of(row)) for row in comparison.rows),
        data=comparison.to_json(),
    )


def _speeds(comparison: Comparison, names: Mapping[str, RunName]) -> list[Table]:
    heads = {name: own.head for name, own in names.items()}
    return [speed_table(comparison.speeds, heads)] if comparison.speeds else []


def _tables(comparison: Comparison, names: Mapping[str, RunName], differences: int) -> Iterator[Block]:
    """For each task a table of every pair of runs with the items on which they differ, and one of all runs before."""
    for task in dict.fromkeys(row.task for row in comparison.rows):
        rows = comparison.select(task=task)
        if len(comparison.runs) > 2:
            yield _overview(task, rows, comparison, names)
        for first, second in dict.fromkeys((row.first, row.second) for row in rows):
            pair = [row for row in rows if (row.first, row.second) == (first, second)]
            yield _differences(_pair_table(task, pair, comparison, names), pair, comparison, names)
            items = [
                item for item in comparison.differing if (item.task, item.first, item.second) == (task, first, second)
            ]
            yield from differing_tables(items, names, differences)


def _pair_table(task: str, rows: Sequence[ComparedRow], comparison: Comparison, names: Mapping[str, RunName]) -> Table:
    first, second, method = rows[0].first, rows[0].second, comparison.method
    above = ["ceiling"] * (task in comparison.ceiling)
    captions = [_ceiling_caption(comparison, task)] if above else []
    captions += _identical_caption([row for row in rows if row.identical])
    return Table(
        title=f"{task}: {names[first].head} → {names[second].head}",
        columns=figure_columns(
            *("figure", names[first].head, names[second].head, *above, "diff.", interval_heading(method)),
            *("p", "q", "W/T/L"),
        ),
        rows=tuple(
            (
                _figure_name(row),
                number(row.first_value),
                number(row.second_value),
                *([_ceiling(comparison, row)] if above else []),
                f"{row.difference:+.3f}",
                change(row.ci),
                number(row.p_randomization),
                number(row.q) + row.mark,
                f"{row.wins}/{row.ties}/{row.losses}",
            )
            for row in rows
            if not row.identical
        ),
        signature=f"{task}|{first}|{second}|{method}",
        caption="; ".join(captions),
    )


def _differences(
    table: Table, rows: Sequence[ComparedRow], comparison: Comparison, names: Mapping[str, RunName]
) -> Chart:
    """The differences of a pair with their intervals around 0, and marks behind the names of those that are sure."""
    tested = [row for row in rows if not row.identical]
    figures = bounded(
        "difference",
        [row.difference for row in tested],
        [row.ci for row in tested],
        interval_heading(comparison.method),
    )
    marked = [f"{_figure_name(row)} {row.mark}".strip() for row in tested]
    x = f"{names[rows[0].second].head} minus {names[rows[0].first].head}"
    return forest(table, marked, figures, x=x, signed=True)


def _identical_caption(rows: Sequence[ComparedRow]) -> Iterator[str]:
    """Which figures have no row of their own, with what they are in both runs."""
    if rows:
        told = ", ".join(f"{_figure_name(row)} {number(row.first_value)}" for row in rows)
        yield f"the same in every article, so nothing to test: {told}"


def _ceiling(comparison: Comparison, row: ComparedRow) -> str:
    value = comparison.ceiling_of(row)
    return "–" if value is None else number(value)


def _ceiling_caption(comparison: Comparison, task: str) -> str:
    """What the ceiling is, and over how many articles: those may be fewer than were compared."""
    articles = {own.micro.articles for own in comparison.ceiling[task].values() if own.micro.articles is not None}
    over = f", over {number_of(max(articles), 'article')}" if articles else ""
    return f"ceiling: readers of the same articles against each other{over}"


def _overview(task: str, rows: Sequence[ComparedRow], comparison: Comparison, names: Mapping[str, RunName]) -> Table:
    """Every run under every figure, with the letters of the runs that it is surely better than."""
    runs, above = comparison.runs, task in comparison.ceiling
    ceilings = {_figure_name(row): _ceiling(comparison, row) for row in rows}
    values: dict[str, dict[str, str]] = {}
    better: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        figure = _figure_name(row)
        values.setdefault(figure, {}).update({row.first: number(row.first_value), row.second: number(row.second_value)})
        if row.q < SIGNIFICANT:
            ahead, behind = (row.second, row.first) if row.difference > 0 else (row.first, row.second)
            better.setdefault((figure, ahead), []).append(names[behind].raised)
    first = names[runs[0]].letter
    told = [f"a raised letter: better than that run, q < {SIGNIFICANT:g}; every run was tested against {first} alone"]
    return Table(
        title=f"{task}: all runs",
        columns=figure_columns("figure", *(names[run].head for run in runs), *["ceiling"] * above),
        rows=tuple(
            (
                figure,
                *(line.get(run, "–") + "".join(better.get((figure, run), ())) for run in runs),
                *[ceilings[figure]] * above,
            )
            for figure, line in values.items()
        ),
        caption="; ".join([*told, *([_ceiling_caption(comparison, task)] if above else [])]),
    )


def _figure_name(row: ComparedRow) -> str:
    """What a row is about: the convention and the label, micro, macro or derived score."""
    # A label may be called as an average is.
    label = f"label {row.label}" if row.label in ("micro", "macro") else row.label
    name = {"label": label, "derived": row.score}.get(row.scope, row.scope)
    return f"{row.convention} {name}" + ("" if row.score == "f1" or row.scope == "derived" else f" {row.score}")


def _order_lines(comparison: Comparison, names: Mapping[str, RunName]) -> Iterator[str]:
    for order in comparison.order_changes:
        ahead, behind = ", ".join(order.first_better), ", ".join(order.second_better)
        yield (
            f"{order.task}: the order changes. {names[order.first].head} is better under {ahead}; "
            f"{names[order.second].head} is better under {behind}"
        )
    if comparison.multiverse:
        changed = {order.task for order in comparison.order_changes}
        steady = {task: count for task, count in comparison.figures_compared.items() if task not in changed}
        yield from (f"{task}: the order is the same under {_all(count)}" for task, count in steady.items())


def _all(figures: int) -> str:
    return "the only figure" if figures == 1 else f"all {figures} figures"


def _detection_lines(comparison: Comparison, names: Mapping[str, RunName]) -> Iterator[str]:
    """The smallest difference that the gold can show for each task and pair, and what would show the one seen."""
    unit = "cluster" if "/cluster:" in comparison.method else "article"
    for seen in comparison.detectable:
        pair = f"{seen.task}, {names[seen.first].head} and {names[seen.second].head}"
        score = f"{seen.convention} micro F1"
        if seen.smallest is None and not seen.differing:
            yield f"{pair}: nothing differs, {score} is the same in every article"
            continue
        if seen.smallest is not None:
            shown = f"differences of {score} from {seen.smallest:.3f} on (80 % power, alpha 0.05)"
        elif seen.units < fewest_units():
            shown = f"no difference of {score}, however large (alpha 0.05)"
        else:
            shown = f"the same difference of {score} each, which says nothing of smaller ones"
        more = (
            f"; {number_of(seen.more, f'more {unit}')} would show one of {abs(seen.difference):.3f}"
            if seen.more
            else ""
        )
        yield f"{pair}: {number_of(seen.units, f'{unit} shows', f'{unit}s show')} {shown}{more}"
