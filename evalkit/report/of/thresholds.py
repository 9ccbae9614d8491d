"""Thresholds that were fitted: a table a task, and the option that uses them."""

from __future__ import annotations

from evalkit.analysis.thresholds import FittedThreshold, TaskThresholds, ThresholdFit
from evalkit.harmless import one_line
from evalkit.report.document import Block, Document, Line, Lines, Table, figure_columns
from evalkit.report.of.cells import number
from evalkit.showing import number_of

__all__ = ["document"]


def document(fit: ThresholdFit) -> Document:
    """The best threshold of each label and of all together."""
    blocks: list[Block] = [_table(task, thresholds) for task, thresholds in fit.tasks.items()]
    options = [
        Line.of(" ".join(f"--min-score {option}" for option in thresholds.options))
        for thresholds in fit.tasks.values()
        if thresholds.options
    ]
    if options:
        blocks.append(Lines(title="to use them", lines=tuple(options), whole=True))
    return Document(
        what="thresholds",
        title=one_line(f"{fit.run} on {fit.gold}, {fit.split}: {number_of(fit.articles, 'article')}"),
        blocks=tuple(blocks),
        notes=tuple(map(one_line, fit.notes)),
        rows=tuple(fit.rows()),
        data=fit.to_json(),
    )


def _table(task: str, thresholds: TaskThresholds) -> Table:
    rows = [
        (
            one_line(fitted.label) or "any label",
            _threshold(fitted),
            str(fitted.gold),
            str(fitted.items),
            str(fitted.kept),
            number(fitted.f1_of_all),
            number(fitted.f1),
        )
        for fitted in (*thresholds.of_labels, thresholds.of_any)
    ]
    worse = thresholds.f1_of_labels < thresholds.f1_of_any
    return Table(
        title=one_line(f"{task} · {thresholds.convention} · threshold with the best F1"),
        columns=figure_columns("label", "min score", "gold", "pred", "kept", "F1 of all", "F1"),
        rows=tuple(rows),
        rules=(len(rows) - 1,),
        caption=f"matched again, micro F1 {number(thresholds.f1)} becomes {number(thresholds.f1_of_any)} with the one "
        f"for any label, {number(thresholds.f1_of_labels)} with those of the labels"
        + ("; these are each the best for its label, not for all together" if worse else "")
        + "; – keeps all",
    )


def _threshold(fitted: FittedThreshold) -> str:
    if fitted.never_right:
        return f"never right: above {fitted.highest:g}"
    return f"{fitted.threshold:g}" if fitted.option else "–"
