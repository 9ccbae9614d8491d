"""What perturbations did to a dataset, and what they do to the scores of an extractor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from evalkit.analysis.robustness import Robustness, RobustnessRow
from evalkit.dataset.perturbing.perturb import PerturbedDataset, PerturbedKind
from evalkit.report.document import BAD, GOOD, Chart, Document, Line, Lines, Table, figure_columns
from evalkit.report.of.cells import change, flat, interval_heading, number
from evalkit.report.of.charts import bounded, forest
from evalkit.showing import number_of

__all__ = ["dataset_document", "robustness_document"]

_TELLING = 5
"""Articles that a kind changes, and a tenth of all, from which on no difference says something."""


def dataset_document(done: PerturbedDataset) -> Document:
    """What each kind changed, and what became of annotations."""
    splits = ", ".join(f"{gold.split} {number_of(len(gold), 'article')}" for gold in done.splits)
    where = [] if done.folder is None else [Lines.of(f"{done.folder}: {splits}", whole=True)]
    kinds = ", ".join(kind.kind for kind in done.kinds)
    return Document(
        what="perturbation",
        title=f"{done.dataset}, perturbed: {kinds}, seed {done.seed}",
        blocks=(_kind_table(done.kinds), *where),
        notes=done.notes,
        rows=tuple(_flat(kind) for kind in done.kinds),
        data=done.to_json(),
    )


def _kind_table(kinds: Sequence[PerturbedKind]) -> Table:
    return Table(
        columns=figure_columns("kind", "changed", "edits", "items kept", "dropped"),
        rows=tuple(
            (
                kind.kind,
                f"{kind.changed}/{kind.articles}",
                str(kind.edits),
                str(sum(kind.kept.values())),
                _dropped(kind),
            )
            for kind in kinds
        ),
        listing=True,
    )


def _dropped(kind: PerturbedKind) -> str:
    parts = f" + {number_of(sum(kind.parts.values()), 'part')}" if kind.parts else ""
    return f"{sum(kind.dropped.values())}{parts}"


def _flat(kind: PerturbedKind) -> dict[str, object]:
    totals = {name: sum(getattr(kind, name).values()) for name in ("kept", "dropped", "parts")}
    return {"kind": kind.kind, "articles": kind.articles, "changed": kind.changed, "edits": kind.edits} | totals


def robustness_document(measured: Robustness) -> Document:
    """A table for each task, its kinds from the largest drop on; which drops are sure."""
    gold = f"gold:{measured.dataset}|split:{measured.split}"
    return Document(
        what="robustness",
        title=f"{measured.extractor} on {measured.dataset}, split {measured.split}, perturbed",
        blocks=(*_tables(measured), _changes(measured.kinds), *_verdicts(measured)),
        notes=measured.notes,
        signature=f"perturb|seed{measured.seed}|{gold}|ci:{measured.method or 'none'}",
        rows=tuple(flat(asdict(row)) for row in measured.rows),
        data=measured.to_json(),
    )


def _changes(kinds: Sequence[PerturbedKind]) -> Lines:
    """In how many articles each kind changed how much."""
    lines = (
        f"{kind.kind}: {number_of(kind.edits, 'edit')} in {kind.changed} of {number_of(kind.articles, 'article')}"
        for kind in kinds
    )
    return Lines(title="what was changed", lines=tuple(Line.of(line, depth=1) for line in lines), hanging=True)


def _tables(measured: Robustness) -> Iterator[Chart]:
    for task, convention in dict.fromkeys((row.task, row.convention) for row in measured.main_rows()):
        rows = sorted(
            (row for row in measured.main_rows() if row.task == task), key=lambda row: (row.difference, row.kind)
        )
        table = Table(
            title=f"{task} · {convention}: micro F1",
            columns=figure_columns("kind", "F1", "perturbed", "difference", interval_heading(measured.method)),
            rows=tuple(
                (row.kind, number(row.original), number(row.perturbed), f"{row.difference:+.3f}", change(row.ci))
                for row in rows
            ),
        )
        heading = interval_heading(measured.method)
        changes = bounded("difference", [row.difference for row in rows], [row.ci for row in rows], heading)
        yield forest(table, [row.kind for row in rows], changes, x="difference of F1", signed=True)


def _verdicts(measured: Robustness) -> Iterator[Lines]:
    """What is worse, or better, whatever articles were drawn."""
    if not measured.method:
        return
    lines = []
    few = [kind.kind for kind in measured.kinds if kind.changed < max(_TELLING, kind.articles / 10)]
    for task in dict.fromkeys(row.task for row in measured.main_rows()):
        rows = [row for row in measured.main_rows() if row.task == task]
        worse = _named([row for row in rows if row.ci is not None and row.ci[1] < 0])
        better = _named([row for row in rows if row.ci is not None and row.ci[0] > 0])
        alike = _named([row for row in rows if row.ci is None and row.difference])
        lines += [Line.of(f"{task}: worse with {worse}", tone=BAD)] if worse else []
        lines += [Line.of(f"{task}: better with {better}", tone=GOOD)] if better else []
        lines += [Line.of(f"{task}: no interval, as all articles say the same, of {alike}")] if alike else []
        tried = [row.kind for row in rows if row.kind not in few]
        if tried and not (worse or better or alike):
            lines.append(Line.of(f"{task}: no difference that is sure with {', '.join(tried)}"))
    if few:
        lines.append(Line.of(f"In too few articles to say that it makes no difference: {', '.join(few)}."))
    lines.append(Line.of("Intervals of single differences; over many kinds one may exclude 0 by chance."))
    yield Lines(lines=tuple(lines))


def _named(rows: Sequence[RobustnessRow]) -> str:
    return ", ".join(row.kind for row in sorted(rows, key=lambda row: (row.difference, row.kind)))
