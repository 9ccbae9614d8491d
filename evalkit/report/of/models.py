"""The extractors that can be run here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from evalkit.extractors.catalog import ModelEntry
from evalkit.report.document import Column, Document, Lines, Table

__all__ = ["document"]

WIDE = 110


def document(models: Sequence[ModelEntry]) -> Document:
    """A line each, then what is missing with the command that installs it."""
    rows = [{**asdict(model), "runnable": model.runnable} for model in models]
    missing = (f"{model.name}: {model.missing} is missing: {model.install}" for model in models if model.missing)
    return Document(
        what="models",
        title="extractors that can be run here",
        blocks=(
            Table(
                columns=(
                    Column("model", left=True, folds=True),
                    Column("layers", left=True, folds=True),
                    Column("licence", left=True, folds=True),
                    Column("size"),
                    Column("here", left=True),
                    Column("what it is", left=True, folds=True, from_width=WIDE),
                ),
                rows=tuple(map(_cells, models)),
                listing=True,
            ),
            # A line each, so that the command can be copied.
            Lines.of(*missing, whole=True),
        ),
        rows=tuple({**row, "layers": ", ".join(row["layers"])} for row in rows),
        data={"models": rows},
    )


def _cells(model: ModelEntry) -> tuple[str, ...]:
    return (
        model.name,
        ", ".join(model.layers) or "-",
        model.licence or "-",
        _size(model.size),
        "ready" if model.runnable else "missing",
        model.description,
    )


def _size(count: int | None) -> str:
    if count is None:
        return "-"
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.0f} kB"
