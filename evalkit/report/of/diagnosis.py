"""What is wrong with a run; counts stand beside every figure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evalkit.analysis.calibration import Calibration, ScoreDiagnosis, Sweep
from evalkit.analysis.diagnosis import Diagnosis, ErrorDiagnosis
from evalkit.analysis.slices import LABEL, LEAKED, SliceRow
from evalkit.harmless import one_line
from evalkit.layers.table import load_layer
from evalkit.records import ZONES
from evalkit.report.document import BAR, LINE, MATRIX, Block, Chart, Document, Series, Table, figure_columns
from evalkit.report.of.cells import change, interval, number
from evalkit.report.of.charts import bounded, forest
from evalkit.report.of.result import not_evaluated_lines
from evalkit.scoring.tasks.base import MISSED, RIGHT, SPURIOUS
from evalkit.scoring.tasks.table import load_task, task_names
from evalkit.showing import number_of

__all__ = ["document"]

SHOWN_LABELS = 25
"""Of a matrix of labels; of more nobody sees the whole."""
SHOWN_SLICES, SHOWN_CROSSED, SHOWN_HARD, LONGEST, DRAWN = 15, 6, 5, 40, 300
HARD = (
    "a pair counts once; lost: credit that gold and predicted items did not earn; evalkit explain RUN ARTICLE shows "
    "every item of one"
)
IN_ORDER = ("length", "nested", "seen", "year")


def document(diagnosis: Diagnosis) -> Document:
    """Kinds of errors and their price, hard articles, slices, what the gold can show, what scores are worth."""
    missing = list(not_evaluated_lines(diagnosis.not_evaluated))
    return Document(
        what="diagnosis",
        title=one_line(
            f"{diagnosis.run} on {diagnosis.gold}, {diagnosis.split}: {number_of(diagnosis.articles, 'article')}"
        ),
        blocks=tuple(_blocks(diagnosis)),
        notes=tuple(map(one_line, (*missing, *diagnosis.notes))),
        rows=tuple(_rows(diagnosis)),
        data=diagnosis.to_json(),
    )


def _blocks(diagnosis: Diagnosis) -> Iterator[Block]:
    for task, errors in diagnosis.errors.items():
        if errors.right is None:
            yield _link_table(task, errors)
        else:
            yield _error_table(diagnosis, task, errors)
            yield _confusion(task, errors)
    yield from (_hard_table(diagnosis, task) for task in diagnosis.hardest)
    groups: dict[tuple[str, str, str], list[SliceRow]] = {}
    for row in diagnosis.slices:
        groups.setdefault((row.task, row.convention, row.by), []).append(row)
    for (task, convention, by), rows in groups.items():
        title = f"{task} · {convention} · {_sliced_by(task, by)}"
        values = _ordered([row for row in rows if not row.label], by)
        yield _slice_table(diagnosis, title, values)
        yield from _crossed(title, values, [row for row in rows if row.label])
    for task, scores in diagnosis.scores.items():
        if scores.calibration is not None:
            yield _calibration(f"{task} · {scores.convention}", scores.calibration)
        yield _sweep(f"{task} · {scores.convention}", scores)
    if diagnosis.detection:
        yield _detection_table(diagnosis)


def _sliced_by(task: str, by: str) -> str:
    if by == LEAKED:
        return "with and without what leaked"
    return f"by {_label_word(task) if by == LABEL else by}"


def _label_word(task: str) -> str:
    """What the labels of a task are called, such as the kind of a quote."""
    return load_layer(load_task(task).layer).label_field if task in task_names() else LABEL


def _judged(task: str) -> str:
    """A task with the convention whose F1 is the first of its ladder; alone if it is not installed here."""
    known = load_task(task) if task in task_names() else None
    return task if known is None else f"{task} · {known.judged or known.main}"


def _error_table(diagnosis: Diagnosis, task: str, errors: ErrorDiagnosis) -> Chart:
    rows = [("as it is", str(errors.right), number(errors.f1), "", "", number(errors.f1))]
    for rung in errors.ladder:
        cells = (str(rung.errors), number(rung.f1), f"{rung.gain:+.3f}", change(rung.ci), number(rung.cumulative))
        rows.append((rung.kind, *cells))
    table = Table(
        title=f"{_judged(task)} · what each kind of error costs",
        columns=figure_columns("error", "items", "F1", "gain", _ci(diagnosis), "summed"),
        rows=tuple(rows),
        rules=(1,),
        caption=f"F1 of what is right, if this kind were too; summed: and all kinds above it|ci:{diagnosis.method}",
    )
    return _prices(table, errors, _ci(diagnosis))


def _prices(table: Table, errors: ErrorDiagnosis, heading: str) -> Chart:
    """What F1 would gain as bars."""
    gains = bounded("gain", [rung.gain for rung in errors.ladder], [rung.ci for rung in errors.ladder], heading)
    names = tuple(rung.kind for rung in errors.ladder)
    return Chart(kind=BAR, table=table, series=(gains,), x="gain of F1", names=names, signed=True)


def _link_table(task: str, errors: ErrorDiagnosis) -> Chart:
    base = number(errors.f1)
    links = [(rung.kind, number(rung.f1), f"{rung.gain:+.3f}", number(rung.cumulative)) for rung in errors.ladder]
    weakest = max(errors.ladder, key=lambda rung: rung.gain)
    verdict = f"weakest link: {weakest.kind}" if weakest.gain > 0 else "no link alone makes a difference"
    table = Table(
        title=f"{_judged(task)} · what each link costs",
        columns=figure_columns("link", "F1", "gain", "summed"),
        rows=(("as it is", base, "", base), *links),
        rules=(1,),
        caption=f"{verdict}; F1 if this link were right in what was found; summed: and all above it",
    )
    return _prices(table, errors, "")


def _confusion(task: str, errors: ErrorDiagnosis) -> Chart:
    """The matrix, of the labels with most errors where there are many: cells grow with the square of the labels."""
    kept = _most_confused(errors)
    labels, places = [errors.labels[place] for place in kept], (*kept, len(errors.labels))
    # Where an axis ends with what is on one side only, a label of that name is another thing.
    columns, heads = (*labels, _unlike(MISSED, labels)), (*labels, _unlike(SPURIOUS, labels))
    counted = [tuple(errors.confusion[row][column] for column in places) for row in places]
    table = Table(
        title=f"{task} · gold label (row) taken for (column)",
        columns=figure_columns("gold", *columns),
        rows=tuple(
            (head, *(str(count) if count else "·" for count in counts))
            for head, counts in zip(heads, counted, strict=True)
        ),
        rules=(len(labels),),
        fixed=1,
        caption=f"{len(labels)} of {number_of(len(errors.labels), 'label')}, those with most errors; --json has all"
        if len(labels) < len(errors.labels)
        else "",
    )
    series = tuple(map(Series, heads, counted))
    return Chart(kind=MATRIX, table=table, series=series, x="predicted", y="gold", names=columns)


def _most_confused(errors: ErrorDiagnosis) -> list[int]:
    """The places of the labels that are shown, in their order."""
    counts, places = errors.confusion, range(len(errors.labels))
    wrong = [
        sum(row for at, row in enumerate(counts[place]) if at != place)
        + sum(row[place] for at, row in enumerate(counts) if at != place)
        for place in places
    ]
    return sorted(sorted(places, key=lambda place: -wrong[place])[:SHOWN_LABELS])


def _unlike(word: str, labels: Sequence[str]) -> str:
    """The word for what has no label, told apart from a label that is called so."""
    return f"({word})" if word in labels else word


def _hard_table(diagnosis: Diagnosis, task: str) -> Table:
    """Items by kind, as an explanation of the article counts them."""
    shown = diagnosis.hardest[task][:SHOWN_HARD]
    kinds = [kind for kind in shown[0].kinds if kind == RIGHT or any(hard.kinds[kind] for hard in shown)]
    convention = next((f" · {row.convention}" for row in diagnosis.slices if row.task == task), "")
    return Table(
        title=f"{task}{convention} · hardest articles",
        columns=figure_columns("article", *kinds, "gold", "pred", "F1", "lost"),
        rows=tuple(
            (
                one_line(hard.article),
                *(str(hard.kinds[kind]) for kind in kinds),
                str(hard.gold),
                str(hard.predicted),
                number(hard.f1),
                _credit(hard.lost),
            )
            for hard in shown
        ),
        caption=HARD if task == list(diagnosis.hardest)[-1] else "",
    )


def _ordered(rows: Sequence[SliceRow], by: str) -> list[SliceRow]:
    """Zones in page order, lengths and years by name, everything else by support."""
    if by == "zone":
        return sorted(rows, key=lambda row: (ZONES.index(row.value) if row.value in ZONES else len(ZONES), row.value))
    if by in IN_ORDER:
        return sorted(rows, key=lambda row: row.value)
    return sorted(rows, key=lambda row: (-_gold(row), row.value))


def _gold(row: SliceRow) -> int:
    return row.scores.counts.gold if row.scores.counts else 0


def _slice_table(diagnosis: Diagnosis, title: str, rows: Sequence[SliceRow]) -> Chart:
    more = len(rows) - SHOWN_SLICES
    lines = [number_of(more, "smaller slice is not shown", "smaller slices are not shown")] * (more > 0) + [
        "by label too with --json"
    ] * (len(rows) > SHOWN_CROSSED and rows[0].by != LABEL)
    table = Table(
        title=title,
        columns=figure_columns("slice", "P", "R", "F1", _ci(diagnosis), "gold", "pred", "art."),
        rows=tuple(map(_slice_cells, rows[:SHOWN_SLICES])),
        caption="; ".join(lines),
    )
    scores = [row.scores for row in rows[:SHOWN_SLICES]]
    f1 = bounded("F1", [own.f1 for own in scores], [own.ci.get("f1") for own in scores], _ci(diagnosis))
    return forest(table, [row[0] for row in table.rows], f1)


def _slice_cells(row: SliceRow) -> tuple[str, ...]:
    scores, counts = row.scores, row.scores.counts
    sizes = (str(counts.gold), str(counts.predicted)) if counts else ("", "")
    figures = (number(scores.precision), number(scores.recall), number(scores.f1), interval(scores.ci.get("f1")))
    return one_line(row.value, LONGEST), *figures, *sizes, str(row.articles)


def _crossed(title: str, values: Sequence[SliceRow], rows: Sequence[SliceRow]) -> Iterator[Table]:
    """F1 of each label (row) in each slice (column), with its gold items in brackets.

    Nothing if either is alone, or where there are many slices.
    """
    labels = sorted({row.label for row in rows})
    if not 2 <= len(values) <= SHOWN_CROSSED or len(labels) < 2:
        return
    cells = {(row.label, row.value): f"{row.scores.f1:.2f} ({_gold(row)})" for row in rows}
    names = [row.value for row in values]
    yield Table(
        title=f"{title} and label, F1 (gold items)",
        columns=figure_columns("label", *(one_line(name, LONGEST // 2) for name in names)),
        rows=tuple((one_line(label), *(cells.get((label, name), "·") for name in names)) for label in labels),
        fixed=1,
    )


def _calibration(about: str, calibration: Calibration) -> Chart:
    table = Table(
        title=f"{about} · are scores probabilities?",
        columns=figure_columns("score", "items", "mean score", "precision", "gap"),
        rows=tuple(
            (
                f"{part.low:.1f}–{part.high:.1f}",
                str(part.items),
                number(part.mean_score),
                number(part.precision),
                f"{part.mean_score - part.precision:+.3f}",
            )
            for part in calibration.bins
        ),
        caption=f"expected calibration error {calibration.expected_error:.3f}, largest "
        f"{calibration.largest_error:.3f}, Brier score {calibration.brier:.3f}, {number_of(calibration.items, 'item')}",
    )
    scores, precision = ([getattr(part, name) for part in calibration.bins] for name in ("mean_score", "precision"))
    reached = Series("reached", tuple(scores), tuple(precision))
    ideal = Series("ideal", (0.0, 1.0), (0.0, 1.0), reference=True)
    return Chart(kind=LINE, table=table, series=(reached, ideal), x="mean score", y="precision", square=True)


def _sweep(about: str, scores: ScoreDiagnosis) -> Chart:
    sweep, (threshold, f1) = scores.sweep, scores.sweep.best()
    rows = [("all", *_sweep_cells(sweep, len(sweep.threshold) - 1))]
    if scores.calibration is not None:
        # The last threshold that is not below the tenth keeps exactly the items that are not.
        tenths = [(tenth, int((sweep.threshold >= tenth / 10).sum()) - 1) for tenth in range(1, 10)]
        rows += [(f"≥ {tenth / 10:.1f}", *_sweep_cells(sweep, place)) for tenth, place in tenths if place >= 0]
    rows.append((f"best ≥ {threshold:.3f}", *_sweep_cells(sweep, int((sweep.threshold >= threshold).sum()) - 1)))
    table = Table(
        title=f"{about} · threshold",
        columns=figure_columns("kept", "items", "P", "R", "F1"),
        rows=tuple(rows),
        rules=(len(rows) - 1,),
        caption=f"the best threshold would add {f1 - scores.f1:.3f} F1 here; choose it on other articles than these",
    )
    # A few hundred points draw the same line as all of them.
    step = max(1, len(sweep.recall) // DRAWN)
    points = Series("all thresholds", tuple(sweep.recall[::step].tolist()), tuple(sweep.precision[::step].tolist()))
    place = int((sweep.threshold >= threshold).sum()) - 1
    best = [Series("best F1", (float(sweep.recall[place]),), (float(sweep.precision[place]),))] * (place >= 0)
    return Chart(kind=LINE, table=table, series=(points, *best), x="recall", y="precision", square=True)


def _sweep_cells(sweep: Sweep, place: int) -> tuple[str, ...]:
    figures = (sweep.precision[place], sweep.recall[place], sweep.f1[place])
    return str(int(sweep.kept[place])), *(number(float(value)) for value in figures)


def _detection_table(diagnosis: Diagnosis) -> Table:
    unit = "cluster" if "/cluster:" in diagnosis.method else "article"
    return Table(
        title="what this gold can show",
        columns=figure_columns("micro F1 of", "F1", _ci(diagnosis), f"{unit}s", "smallest", "more"),
        rows=tuple(
            (
                f"{row.task} {row.convention}",
                number(row.f1),
                interval(row.ci),
                str(row.units),
                "–" if row.smallest is None else number(row.smallest),
                "–" if row.more_for_point is None else str(row.more_for_point),
            )
            for row in diagnosis.detection
        ),
        caption=f"smallest: the difference to a like run that is found (80 % power, alpha 0.05); more: {unit}s to add "
        "to find one of 0.010; two runs are taken to correlate 0.5, evalkit compare measures it",
    )


def _ci(diagnosis: Diagnosis) -> str:
    return f"{100 * diagnosis.level:g} % CI"


def _credit(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _rows(diagnosis: Diagnosis) -> Iterator[dict[str, object]]:
    """The figures of every section under each other, with the section before them."""
    sections = ("errors", "hardest", "slices", "detection", "calibration")
    for section in sections:
        yield from ({"section": section, **row} for row in diagnosis.section_rows(section))
