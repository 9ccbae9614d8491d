"""The four-number table: gold items, predicted items and the credit of each, by article and label.

Every figure that evalkit prints is a fold over this table. Tables of disjoint articles merge by concatenation, and
rows are kept in the order of article ids, so that a merged table is the table of the whole, byte for byte.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.errors import InputError
from evalkit.results import PRF, Counts, f1_score

__all__ = ["CountTable", "macro", "macro_prf", "merge_tables", "micro", "pooled_prf", "prf", "ratio"]

GOLD, PREDICTED, GOLD_CREDIT, PREDICTED_CREDIT = range(4)

Floats = NDArray[np.float64]

_NUMBERS = ("gold", "predicted", "gold_credit", "predicted_credit")


@dataclass(frozen=True, eq=False)
class CountTable:
    """Counts of one task under one convention.

    Attributes:
        articles: article ids, sorted.
        labels: labels, sorted.
        cells: float64 of shape (articles, labels, 4): gold, predicted, gold credit, predicted credit.
        groups: what items are told apart by besides their label, such as targets of stances, sorted; often nothing.
        grouped: with groups the same counts of shape (articles, groups, labels, 4); their sum over groups is `cells`.
        apart: whether its labels count different things, such as links and clusters; then the figure of all is the mean
            of theirs, and they are never pooled.
    """

    articles: tuple[str, ...]
    labels: tuple[str, ...]
    cells: Floats
    groups: tuple[str, ...] = ()
    grouped: Floats | None = None
    apart: bool = False

    @classmethod
    def of_groups(
        cls, articles: tuple[str, ...], labels: tuple[str, ...], groups: tuple[str, ...], grouped: Floats
    ) -> CountTable:
        """The table of counts by article, group and label; without groups they stand under one nameless group."""
        return cls(articles, labels, grouped.sum(axis=1), groups, grouped if groups else None)

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

    @property
    def whole(self) -> Floats:
        """The counts with a place for groups, shape (articles, groups, labels, 4); one nameless group without any."""
        return self.cells[:, None] if self.grouped is None else self.grouped

    def select(self, rows: Sequence[int] | NDArray[np.bool_]) -> CountTable:
        """The table of some of the articles, by position or mask."""
        index = np.flatnonzero(rows) if np.asarray(rows).dtype == bool else np.sort(np.asarray(rows, dtype=np.int64))
        articles = tuple(self.articles[i] for i in index)
        grouped = None if self.grouped is None else self.grouped[index]
        return replace(self, articles=articles, cells=self.cells[index], grouped=grouped)

    def with_labels(self, labels: Sequence[str], groups: Sequence[str] = ()) -> CountTable:
        """The same counts over other lists of labels and groups, which must hold all of this table's."""
        names, others = tuple(sorted(labels)), tuple(sorted({*groups, *self.groups}))
        if (names, others) == (self.labels, self.groups):
            return self
        whole = np.zeros((len(self.articles), max(len(others), 1), len(names), 4))
        kept = [others.index(group) for group in self.groups] or [0]
        whole[np.ix_(range(len(self.articles)), kept, [names.index(label) for label in self.labels])] = self.whole
        return replace(CountTable.of_groups(self.articles, names, others, whole), apart=self.apart)

    def by_group(self) -> CountTable:
        """The table whose labels are the groups of this one."""
        return CountTable(self.articles, self.groups, self.whole.sum(axis=2)[:, : len(self.groups)])

    def to_json(self) -> dict[str, Any]:
        """Columns of the cells that hold anything: article, label and group by position, then the four numbers."""
        article, group, label = np.nonzero(self.whole.any(axis=3))
        values = self.whole[article, group, label]
        row: dict[str, Any] = {
            "articles": list(self.articles),
            "labels": list(self.labels),
            "article": article.tolist(),
            "label": label.tolist(),
            "gold": values[:, GOLD].astype(np.int64).tolist(),
            "predicted": values[:, PREDICTED].astype(np.int64).tolist(),
            "gold_credit": values[:, GOLD_CREDIT].tolist(),
            "predicted_credit": values[:, PREDICTED_CREDIT].tolist(),
        }
        row |= {"apart": True} if self.apart else {}
        return row if not self.groups else row | {"groups": list(self.groups), "group": group.tolist()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CountTable:
        """The table that `to_json` wrote."""
        groups = tuple(data.get("groups", ()))
        whole = np.zeros((len(data["articles"]), max(len(groups), 1), len(data["labels"]), 4))
        values = np.array([data[name] for name in _NUMBERS], dtype=np.float64).reshape(4, -1).T
        whole[data["article"], data.get("group", 0), data["label"]] = values
        table = cls.of_groups(tuple(data["articles"]), tuple(data["labels"]), groups, whole)
        return replace(table, apart=data.get("apart", False))


def merge_tables(tables: Sequence[CountTable]) -> CountTable:
    """One table of disjoint sets of articles; the order of `tables` does not matter.

    Raises:
        InputError: an article is in two of them.
    """
    labels = sorted({label for table in tables for label in table.labels})
    groups = tuple(sorted({group for table in tables for group in table.groups}))
    articles = [article for table in tables for article in table.articles]
    order = sorted(range(len(articles)), key=articles.__getitem__)
    for before, after in itertools.pairwise(order):
        if articles[before] == articles[after]:
            raise InputError(f"article {articles[before]!r} is in two of the tables; merge disjoint sets of articles")
    parts = [table.with_labels(labels, groups).whole for table in tables]
    joined = np.concatenate(parts) if parts else np.zeros((0, 1, 0, 4))
    table = CountTable.of_groups(tuple(articles[position] for position in order), tuple(labels), groups, joined[order])
    return replace(table, apart=any(part.apart for part in tables))


def ratio(above: Floats, below: Floats) -> Floats:
    """Quotients, and 0.0 where the denominator is 0."""
    return np.divide(above, below, out=np.zeros(np.broadcast_shapes(above.shape, below.shape)), where=below > 0)


def prf(totals: Floats) -> Floats:
    """Precision, recall and F1, shape (..., 3), from totals of shape (..., 4); 0.0 where a denominator is 0."""
    precision = ratio(totals[..., PREDICTED_CREDIT], totals[..., PREDICTED])
    recall = ratio(totals[..., GOLD_CREDIT], totals[..., GOLD])
    return np.stack([precision, recall, f1_score(precision, recall, ratio)], axis=-1)


def macro_prf(totals: Floats, by_label: Floats) -> Floats:
    """Means of precision, recall and F1 over labels with gold support, shape (..., 3).

    In a resample these are the labels with gold support in the resample: the same function of the same counts.

    Args:
        totals: shape (..., labels, 4).
        by_label: what `prf` makes of them.
    """
    supported = (totals[..., GOLD] > 0)[..., None]
    return ratio((by_label * supported).sum(axis=-2), supported.sum(axis=-2).astype(np.float64))


def pooled_prf(totals: Floats, by_label: Floats, *, apart: bool) -> Floats:
    """Precision, recall and F1 of all items pooled, shape (..., 3); the mean over all labels where these stand apart.

    Args:
        totals: shape (..., labels, 4).
        by_label: what `prf` makes of them.
        apart: whether the labels count different things.
    """
    if apart:
        return np.asarray(by_label.sum(axis=-2) / max(by_label.shape[-2], 1))
    return prf(totals.sum(axis=-2))


def micro(table: CountTable) -> PRF:
    """Precision, recall and F1 over all items pooled; the mean over the labels where these count different things."""
    if not table.apart:
        return PRF.of(table.counts())
    totals = table.totals()
    precision, recall, f1 = pooled_prf(totals, prf(totals), apart=True).tolist()
    return PRF(precision, recall, f1, labels=len(table.labels))


def macro(table: CountTable) -> PRF:
    """The plain means of precision, recall and F1 over the labels with gold support, and how many these are."""
    totals = table.totals()
    precision, recall, f1 = macro_prf(totals, prf(totals)).tolist()
    return PRF(precision, recall, f1, labels=int((totals[:, GOLD] > 0).sum()))
