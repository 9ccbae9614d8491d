"""A run: who predicted what for which gold, and how many items of each label."""

from __future__ import annotations

from collections import Counter

from evalkit.layers.table import all_layers
from evalkit.predictions.run import Run
from evalkit.report.document import Column, Document, Lines, Table
from evalkit.showing import number_of

__all__ = ["document"]

SHOWN_FAILURES = 10


def document(run: Run) -> Document:
    """The predicted items by layer and label, and what made them."""
    gold = "" if run.gold is None else f" on {run.gold.short}, {run.gold.split}"
    gold += "" if run.shard is None else f", {run.shard.words}"
    rows = tuple(_rows(run))
    table = Table(
        title="predicted items",
        columns=(Column("layer", left=True), Column("label", left=True, folds=True), Column("items"), Column("art.")),
        rows=tuple(tuple(map(str, row.values())) for row in rows),
    )
    failed = [f"failed: {one.article_id}: {one.error}" for one in run.predictions if one.error is not None]
    more = len(failed) - SHOWN_FAILURES
    return Document(
        what="run",
        title=f"{run.extractor}{gold}: {number_of(len(run.predictions), 'article')}",
        blocks=(table, *([Lines.of(run.made_by.command, whole=True)] if run.made_by.command else [])),
        notes=(*failed[:SHOWN_FAILURES], *([f"… and {number_of(more, 'more failed article')}"] if more > 0 else [])),
        rows=rows,
        data=run.to_json(),
    )


def _rows(run: Run) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for layer in all_layers():
        found = [layer.of(one.annotations) or () for one in run.predictions]
        items = Counter(layer.label(item) for own in found for item in own)
        articles = Counter(label for own in found for label in {layer.label(item) for item in own})
        rows += [
            {"layer": layer.name, "label": label, "items": items[label], "articles": articles[label]}
            for label in sorted(items)
        ]
    return rows
