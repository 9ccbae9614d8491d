"""The diagnosis of a run as tables, for a terminal and as Markdown; counts stand beside every figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evalkit.analysis.calibration import ScoreDiagnosis, Sweep
from evalkit.analysis.diagnosis import Diagnosis, ErrorDiagnosis
from evalkit.analysis.slices import LABEL, SliceRow
from evalkit.records import ZONES
from evalkit.report.plain_text import markdown_text, one_line
from evalkit.report.tables import ReportTable

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["diagnosis_lines", "diagnosis_tables", "print_diagnosis", "render_diagnosis"]

SHOWN_SLICES, SHOWN_CROSSED, SHOWN_HARD, LONGEST = 15, 6, 5, 40
IN_ORDER = ("length", "nested", "seen", "year")


def diagnosis_tables(diagnosis: Diagnosis, *, width: int | None = None) -> list[ReportTable]:
    """The tables; wide ones are parted into portions that fit in `width` columns, if it is given."""
    tables = []
    for task, errors in diagnosis.errors.items():
        if errors.right is None:
            tables.append(_link_table(task, errors))
        else:
            tables += [_error_table(diagnosis, task, errors), *_confusion(task, errors, width)]
    tables += [_hard_table(diagnosis, task) for task in diagnosis.hardest]
    groups: dict[tuple[str, str, str], list[SliceRow]] = {}
    for row in diagnosis.slices:
        groups.setdefault((row.task, row.convention, row.by), []).append(row)
    for (task, convention, by), rows in groups.items():
        title = f"{task} · {convention} · by {'kind' if (task, by) == ('quotes', LABEL) else by}"
        values = _ordered([row for row in rows if not row.label], by)
        tables.append(_slice_table(diagnosis, title, values))
        tables += _crossed(title, values, [row for row in rows if row.label], width)
    for task, scores in diagnosis.scores.items():
        tables += _score_tables(task, scores)
    if diagnosis.detection:
        tables.append(_detection_table(diagnosis))
    return tables


def _error_table(diagnosis: Diagnosis, task: str, errors: ErrorDiagnosis) -> ReportTable:
    rows = [("as it is", str(errors.right), _number(errors.f1), "", "", _number(errors.f1))]
    for rung in errors.ladder:
        interval = f"{rung.ci[0]:+.3f} {rung.ci[1]:+.3f}" if rung.ci else "–"
        cells = (str(rung.errors), _number(rung.f1), f"{rung.gain:+.3f}", interval, _number(rung.cumulative))
        rows.append((rung.kind, *cells))
    return ReportTable(
        title=f"{task} · what each kind of error costs",
        columns=("error", "items", "F1", "gain", _ci(diagnosis), "summed"),
        rows=tuple(rows),
        rules=(1,),
        caption=f"F1 of what is right, if this kind were too; summed: and all kinds above it|ci:{diagnosis.method}",
    )


def _link_table(task: str, errors: ErrorDiagnosis) -> ReportTable:
    rows = [("as it is", _number(errors.f1), "", _number(errors.f1))]
    rows += [(rung.kind, _number(rung.f1), f"{rung.gain:+.3f}", _number(rung.cumulative)) for rung in errors.ladder]
    weakest = max(errors.ladder, key=lambda rung: rung.gain)
    said = f"weakest link: {weakest.kind}" if weakest.gain > 0 else "no link alone makes a difference"
    return ReportTable(
        title=f"{task} · what each link costs",
        columns=("link", "F1", "gain", "summed"),
        rows=tuple(rows),
        rules=(1,),
        caption=f"{said}; F1 if this link were right in what was found; summed: and all above it",
    )


def _confusion(task: str, errors: ErrorDiagnosis, width: int | None) -> list[ReportTable]:
    names, size = [*errors.labels, "missed"], len(errors.labels)
    rows = [
        (label, *(str(count) if count else "·" for count in counts))
        for label, counts in zip([*errors.labels, "spurious"], errors.confusion, strict=True)
    ]
    title = f"{task} · gold label (row) taken for (column)"
    return _portions(ReportTable(title=title, columns=("gold", *names), rows=tuple(rows), rules=(size,)), width)


def _hard_table(diagnosis: Diagnosis, task: str) -> ReportTable:
    rows = diagnosis.hardest[task][:SHOWN_HARD]
    return ReportTable(
        title=f"{task} · hardest articles",
        columns=("article", "missed", "spurious", "gold", "pred", "F1"),
        rows=tuple(
            (one_line(own.article), _credit(own.missed), _credit(own.spurious), str(own.gold), str(own.predicted),
             _number(own.f1))
            for own in rows
        ),
    )  # fmt: skip


def _ordered(rows: Sequence[SliceRow], by: str) -> list[SliceRow]:
    """Zones in page order, lengths and years by name, everything else by support."""
    if by == "zone":
        return sorted(rows, key=lambda row: (ZONES.index(row.value) if row.value in ZONES else len(ZONES), row.value))
    if by in IN_ORDER:
        return sorted(rows, key=lambda row: row.value)
    return sorted(rows, key=lambda row: (-_gold(row), row.value))


def _gold(row: SliceRow) -> int:
    return row.scores.counts.gold if row.scores.counts else 0


def _slice_table(diagnosis: Diagnosis, title: str, rows: Sequence[SliceRow]) -> ReportTable:
    more = len(rows) - SHOWN_SLICES
    lines = [f"{more} smaller slices are not shown"] * (more > 0) + ["by label too with --json"] * (
        len(rows) > SHOWN_CROSSED and rows[0].by != LABEL
    )
    return ReportTable(
        title=title,
        columns=("slice", "P", "R", "F1", _ci(diagnosis), "gold", "pred", "art."),
        rows=tuple(map(_slice_cells, rows[:SHOWN_SLICES])),
        caption="; ".join(lines),
    )


def _slice_cells(row: SliceRow) -> tuple[str, ...]:
    scores, counts = row.scores, row.scores.counts
    interval = "{:.3f}–{:.3f}".format(*scores.ci["f1"]) if "f1" in scores.ci else "–"
    sizes = (str(counts.gold), str(counts.predicted)) if counts else ("", "")
    name = one_line(row.value, LONGEST)
    return (
        name,
        _number(scores.precision),
        _number(scores.recall),
        _number(scores.f1),
        interval,
        *sizes,
        str(row.articles),
    )


def _crossed(title: str, values: Sequence[SliceRow], rows: Sequence[SliceRow], width: int | None) -> list[ReportTable]:
    """F1 of each label (row) in each slice (column), with its gold items in brackets.

    Nothing if either is alone, or where there are many slices.
    """
    labels = sorted({row.label for row in rows})
    if not 2 <= len(values) <= SHOWN_CROSSED or len(labels) < 2:
        return []
    cells = {(row.label, row.value): f"{row.scores.f1:.2f} ({_gold(row)})" for row in rows}
    names = [row.value for row in values]
    grid = ReportTable(
        title=f"{title} and label, F1 (gold items)",
        columns=("label", *(one_line(name, LONGEST // 2) for name in names)),
        rows=tuple((one_line(label), *(cells.get((label, name), "·") for name in names)) for label in labels),
    )
    return _portions(grid, width)


def _portions(table: ReportTable, width: int | None) -> list[ReportTable]:
    """The table with some of its columns at a time, so that each fits; the first column stands in all of them."""
    sizes = [max(len(name), *(len(row[at]) for row in table.rows)) + 3 for at, name in enumerate(table.columns)]
    portions: list[list[int]] = [[]]
    for at in range(1, len(sizes)):
        taken = sizes[0] + 1 + sum(sizes[own] for own in portions[-1])
        if width is not None and portions[-1] and taken + sizes[at] > width:
            portions.append([])
        portions[-1].append(at)
    return [
        ReportTable(
            title=table.title if number == 0 else f"{table.title}, continued",
            columns=tuple(table.columns[at] for at in (0, *own)),
            rows=tuple(tuple(row[at] for at in (0, *own)) for row in table.rows),
            rules=table.rules,
        )
        for number, own in enumerate(portions)
    ]


def _score_tables(task: str, scores: ScoreDiagnosis) -> list[ReportTable]:
    tables = []
    calibration = scores.calibration
    if calibration is not None:
        tables.append(
            ReportTable(
                title=f"{task} · {scores.convention} · are scores probabilities?",
                columns=("score", "items", "mean score", "precision", "gap"),
                rows=tuple(
                    (
                        f"{own.low:.1f}–{own.high:.1f}",
                        str(own.items),
                        _number(own.mean_score),
                        _number(own.precision),
                        f"{own.mean_score - own.precision:+.3f}",
                    )
                    for own in calibration.bins
                ),
                caption=f"expected calibration error {calibration.expected_error:.3f}, largest "
                f"{calibration.largest_error:.3f}, Brier score {calibration.brier:.3f}, {calibration.items} items",
            )
        )
    return [*tables, _sweep_table(task, scores)]


def _sweep_table(task: str, scores: ScoreDiagnosis) -> ReportTable:
    sweep, (threshold, f1) = scores.sweep, scores.sweep.best()
    rows = [("all", *_sweep_cells(sweep, len(sweep.threshold) - 1))]
    if scores.calibration is not None:
        # The last threshold that is not below the tenth keeps exactly the items that are not.
        tenths = [(tenth, int((sweep.threshold >= tenth / 10).sum()) - 1) for tenth in range(1, 10)]
        rows += [(f"≥ {tenth / 10:.1f}", *_sweep_cells(sweep, at)) for tenth, at in tenths if at >= 0]
    rows.append((f"best ≥ {threshold:.3f}", *_sweep_cells(sweep, int((sweep.threshold >= threshold).sum()) - 1)))
    return ReportTable(
        title=f"{task} · {scores.convention} · threshold",
        columns=("kept", "items", "P", "R", "F1"),
        rows=tuple(rows),
        rules=(len(rows) - 1,),
        caption=f"the best threshold would add {f1 - scores.f1:.3f} F1 here; choose it on other articles than these",
    )


def _sweep_cells(sweep: Sweep, at: int) -> tuple[str, ...]:
    figures = (sweep.precision[at], sweep.recall[at], sweep.f1[at])
    return str(int(sweep.kept[at])), *(_number(float(value)) for value in figures)


def _detection_table(diagnosis: Diagnosis) -> ReportTable:
    rows = []
    for own in diagnosis.detection:
        smallest = "–" if own.smallest is None else _number(own.smallest)
        more = "–" if own.more_for_point is None else str(own.more_for_point)
        interval = f"{own.ci[0]:.3f}–{own.ci[1]:.3f}"
        rows.append((f"{own.task} {own.convention}", _number(own.f1), interval, str(own.units), smallest, more))
    unit = "clusters" if "/cluster:" in diagnosis.method else "articles"
    return ReportTable(
        title="what this gold can show",
        columns=("micro F1 of", "F1", _ci(diagnosis), unit, "smallest", "more"),
        rows=tuple(rows),
        caption=f"smallest: the difference to a like run that is found (80 % power, alpha 0.05); more: {unit} to add "
        "to find one of 0.010; two runs are taken to correlate 0.5, evalkit compare measures it",
    )


def _ci(diagnosis: Diagnosis) -> str:
    return f"{100 * diagnosis.level:g} % CI"


def _number(value: float) -> str:
    return f"{value:.3f}"


def _credit(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def diagnosis_lines(diagnosis: Diagnosis) -> list[str]:
    """What was not evaluated or left out, as lines."""
    lines = [f"{task}: not evaluated, {reason}" for task, reason in diagnosis.not_evaluated.items()]
    return [one_line(line) for line in (*lines, *diagnosis.notes)]


def _head(diagnosis: Diagnosis) -> str:
    return one_line(f"{diagnosis.run} on {diagnosis.gold}, {diagnosis.split}: {diagnosis.articles} articles")


def print_diagnosis(diagnosis: Diagnosis, console: Console) -> None:
    """Prints the tables and the notes."""
    from rich.text import Text

    from evalkit.report.terminal import print_table

    console.print(Text(_head(diagnosis), style="bold"))
    for table in diagnosis_tables(diagnosis, width=console.width):
        print_table(table, console)
    for line in diagnosis_lines(diagnosis):
        console.print(Text(f"! {line}", style="yellow"))


def render_diagnosis(diagnosis: Diagnosis) -> str:
    """The diagnosis in Markdown; ends in a line feed."""
    parts = [f"## {markdown_text(_head(diagnosis))}"]
    parts += [_markdown(table) for table in diagnosis_tables(diagnosis)]
    lines = diagnosis_lines(diagnosis)
    parts += ["\n".join(f"* {markdown_text(line)}" for line in lines)] if lines else []
    return "\n\n".join(parts) + "\n"


def _markdown(table: ReportTable) -> str:
    lines = [f"### {markdown_text(table.title)}", ""]
    lines.append("| " + " | ".join(map(markdown_text, table.columns)) + " |")
    lines.append("|---|" + "---:|" * (len(table.columns) - 1))
    lines += ["| " + " | ".join(map(markdown_text, row)) + " |" for row in table.rows]
    return "\n".join([*lines, *(["", markdown_text(table.caption)] if table.caption else [])])
