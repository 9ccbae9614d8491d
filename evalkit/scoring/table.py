"""The four-number table: gold items, predicted items and the credit of each, by article and label.

Every figure that evalkit prints is a fold over this table. Tables of disjoint articles merge by concatenation, and
rows are kept in the order of article ids, so that a merged table is the table of the whole, byte for byte.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.errors import InputError
from evalkit.results import PRF, Counts

__all__ = ["CountTable", "merge_tables"]

GOLD, PREDICTED, GOLD_CREDIT, PREDICTED_CREDIT = range(4)

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CountTable:
    """Counts of one task under one convention.

    Attributes:
        articles: article ids, sorted.
        labels: labels, sorted.
        cells: float64 of shape (articles, labels, 4): gold, predicted, gold credit, predicted credit.
    """

    articles: tuple[str, ...]
    labels: tuple[str, ...]
    cells: Floats

    def totals(self) -> Floats:
        """Counts by label, shape (labels, 4); read-only."""
        return self._totals

    @cached_property
    def _totals(self) -> Floats:
        totals: Floats = self.cells.sum(axis=0)
        totals.flags.writeable = False
        return totals

    def counts(self, label: str | None = None) -> Counts:
        """The counts of one label, or of all labels pooled."""
        return self._counts[-1 if label is None else self.labels.index(label)]

    @cached_property
    def _counts(self) -> list[Counts]:
        """The counts of each label, then those of all."""
        totals = self.totals()
        rows = [*totals.tolist(), totals.sum(axis=0).tolist()]
        return [
            Counts(round(row[GOLD]), round(row[PREDICTED]), row[GOLD_CREDIT], row[PREDICTED_CREDIT]) for row in rows
        ]

    def select(self, rows: Sequence[int] | NDArray[np.bool_]) -> CountTable:
        """The table of some of the articles, by position or mask."""
        index = np.flatnonzero(rows) if np.asarray(rows).dtype == bool else np.sort(np.asarray(rows, dtype=np.int64))
        return CountTable(tuple(self.articles[i] for i in index), self.labels, self.cells[index])

    def with_labels(self, labels: Sequence[str]) -> CountTable:
        """The same counts over another list of labels, which must hold all of this table's."""
        wanted = tuple(sorted(labels))
        if wanted == self.labels:
            return self
        cells = np.zeros((len(self.articles), len(wanted), 4))
        cells[:, [wanted.index(label) for label in self.labels]] = self.cells
        return CountTable(self.articles, wanted, cells)

    def to_json(self) -> dict[str, Any]:
        """Columns of the cells that hold anything: article and label by position, then the four numbers."""
        article, label = np.nonzero(self.cells.any(axis=2))
        values = self.cells[article, label]
        return {
            "articles": list(self.articles),
            "labels": list(self.labels),
            "article": article.tolist(),
            "label": label.tolist(),
            "gold": values[:, GOLD].astype(np.int64).tolist(),
            "predicted": values[:, PREDICTED].astype(np.int64).tolist(),
            "gold_credit": values[:, GOLD_CREDIT].tolist(),
            "predicted_credit": values[:, PREDICTED_CREDIT].tolist(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CountTable:
        """The table that `to_json` wrote."""
        cells = np.zeros((len(data["articles"]), len(data["labels"]), 4))
        columns = [data[name] for name in ("gold", "predicted", "gold_credit", "predicted_credit")]
        cells[data["article"], data["label"]] = np.array(columns, dtype=np.float64).reshape(4, -1).T
        return cls(tuple(data["articles"]), tuple(data["labels"]), cells)


def merge_tables(tables: Sequence[CountTable]) -> CountTable:
    """One table of disjoint sets of articles; the order of `tables` does not matter.

    Raises:
        InputError: an article is in two of them.
    """
    labels = sorted({label for table in tables for label in table.labels})
    articles = [article for table in tables for article in table.articles]
    order = sorted(range(len(articles)), key=articles.__getitem__)
    for before, after in itertools.pairwise(order):
        if articles[before] == articles[after]:
            raise InputError(f"article {articles[before]!r} is in two of the tables; merge disjoint sets of articles")
    cells = [table.with_labels(labels).cells for table in tables]
    joined = np.concatenate(cells) if cells else np.zeros((0, 0, 4))
    return CountTable(tuple(articles[i] for i in order), tuple(labels), joined[order])


def micro(table: CountTable) -> PRF:
    """Precision, recall and F1 over all items pooled."""
    return PRF.of(table.counts())


def macro(table: CountTable) -> PRF:
    """The plain means of precision, recall and F1 over the labels with gold support; zeros without any."""
    rows = [PRF.of(table.counts(label)) for label in table.labels]
    rows = [row for row in rows if row.counts is not None and row.counts.gold]
    if not rows:
        return PRF(0.0, 0.0, 0.0)
    size = len(rows)
    return PRF(
        sum(row.precision for row in rows) / size,
        sum(row.recall for row in rows) / size,
        sum(row.f1 for row in rows) / size,
    )
