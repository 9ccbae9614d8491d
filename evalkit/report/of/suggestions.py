"""What was written as suggestions: where to, how many items of each layer, and what the format could not hold."""

from __future__ import annotations

from evalkit.dataset.making.convert import losses_by_layer
from evalkit.predictions.suggestions import Suggestions
from evalkit.report.document import Document, Lines, Table, figure_columns
from evalkit.showing import number_of

__all__ = ["document"]


def document(result: Suggestions) -> Document:
    """A line on the file, then a row a layer: predicted items are written or lost."""
    layers = losses_by_layer(result.losses)
    rows = tuple(
        (name, str(row["read"]), str(row["written"]), str(sum(row["lost"].values()))) for name, row in layers.items()
    )
    kinds = [
        f"{name} lost: " + ", ".join(f"{number} {kind}" for kind, number in row["lost"].items())
        for name, row in layers.items()
        if row["lost"]
    ]
    left_out = [f"left out: {number} {what}" for what, number in result.losses.left_out.items()]
    failed = [f"failed: {name}: {error}" for name, error in result.failed.items()]
    return Document(
        what="suggestions",
        title=f"suggestions of {result.extractor}",
        blocks=(
            Lines.of(
                f"{result.path}: {number_of(result.articles, 'article')} as {result.format}",
                *([f"beside it: {', '.join(result.beside)}"] if result.beside else []),
                whole=True,
            ),
            Table(columns=figure_columns("layer", "predicted", "written", "lost"), rows=rows, listing=True),
        ),
        notes=(*kinds, *left_out, *failed, *result.notes),
        rows=tuple(
            {"layer": name, "predicted": row["read"], "written": row["written"]} for name, row in layers.items()
        ),
        data=result.to_json(),
    )
