"""The four-number table: gold items, predicted items and the credit of each, by article and label.

Every figure that evalkit prints is a fold over this table. Tables of disjoint articles merge by concatenation, and
cells are kept in the order of article ids, so that a merged table is the table of the whole, byte for byte.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evalkit.errors import InputError
from evalkit.results import PRF, Counts, f1_score
from evalkit.tables import CountColumns, listed

__all__ = [
    "CountTable",
    "counts_of",
    "macro",
    "macro_prf",
    "merge_tables",
    "micro",
    "packed",
    "pooled_prf",
    "prf",
    "ratio",
]

GOLD, PREDICTED, GOLD_CREDIT, PREDICTED_CREDIT = range(4)

Floats = NDArray[np.float64]
Positions = NDArray[np.int32]

_NUMBERS = ("gold", "predicted", "gold_credit", "predicted_credit")


@dataclass(frozen=True, eq=False)
class CountTable:
    """Counts of one task under one convention; made by `of_cells` or `of_dense`.

    Only cells that hold anything are kept, in the order of articles, groups and labels: of 10,000 labels an article
    has a few. A sum over articles adds in that order, so it is the same to the last bit whatever is left out.

    Attributes:
        articles: article ids, sorted.
        labels: labels, sorted.
        article: for each cell the position of its article.
        label: for each cell the position of its label.
        packed: the four numbers of each cell, shape (cells, 4): gold, predicted, gold credit, predicted credit, in the
            narrowest float that holds all of them exactly; to calculate with take `values`.
        groups: what items are told apart by besides their label, such as targets of stances, sorted; often nothing.
        group: for each cell the position of its group; None without groups.
        apart: whether its labels count different things, such as links and clusters; then the figure of all is the mean
            of theirs, and they are never pooled.
    """

    articles: tuple[str, ...]
    labels: tuple[str, ...]
    article: Positions
    label: Positions
    packed: NDArray[np.floating[Any]]
    groups: tuple[str, ...] = ()
    group: Positions | None = None
    apart: bool = False

    @classmethod
    def of_cells(
        cls,
        articles: tuple[str, ...],
        labels: tuple[str, ...],
        article: ArrayLike,
        label: ArrayLike,
        values: ArrayLike,
        *,
        groups: tuple[str, ...] = (),
        group: ArrayLike | None = None,
        apart: bool = False,
    ) -> CountTable:
        """The table of some cells, in any order; no two of them at one place.

        Args:
            articles: article ids, sorted.
            labels: labels, sorted.
            article: the position of each cell's article.
            label: the position of its label.
            values: its four numbers, shape (cells, 4).
            groups: groups, sorted.
            group: the position of its group, where there are groups.
            apart: whether the labels count different things.
        """
        numbers = np.asarray(values, dtype=np.float64).reshape(-1, 4)
        places = [np.asarray(own, dtype=np.int64) for own in (article, 0 if group is None else group, label)]
        cell = (places[0] * max(len(groups), 1) + places[1]) * len(labels) + places[2]
        held: NDArray[np.bool_] = (numbers != 0).any(axis=1)
        chosen: Any = slice(None)
        if not held.all() or not (cell[1:] > cell[:-1]).all():
            order = np.argsort(cell, kind="stable")
            chosen = order[held[order]]
        by_group = places[1].astype(np.int32)[chosen] if groups else None
        at, of = (places[number].astype(np.int32)[chosen] for number in (0, 2))
        return cls(articles, labels, at, of, packed(numbers[chosen]), groups, by_group, apart)

    @classmethod
    def of_dense(
        cls, articles: tuple[str, ...], labels: tuple[str, ...], cells: ArrayLike, groups: tuple[str, ...] = ()
    ) -> CountTable:
        """The table of every cell, empty ones too: shape (articles, labels, 4), or (articles, groups, labels, 4)."""
        dense = np.asarray(cells, dtype=np.float64).reshape(len(articles), max(len(groups), 1), len(labels), 4)
        article, group, label = np.nonzero(dense.any(axis=3))
        values = dense[article, group, label]
        return cls.of_cells(articles, labels, article, label, values, groups=groups, group=group if groups else None)

    @property
    def values(self) -> Floats:
        """The four numbers of each cell, shape (cells, 4)."""
        return self.packed.astype(np.float64)

    @property
    def lane(self) -> NDArray[np.integer[Any]]:
        """For each cell its place among groups and labels, counted through groups and then labels."""
        return self.label if self.group is None else self.group.astype(np.int64) * len(self.labels) + self.label

    def dense(self) -> Floats:
        """Every cell, shape (articles, labels, 4): for small tables."""
        return self.plain.dense_groups()[:, 0]

    def dense_groups(self) -> Floats:
        """Every cell, shape (articles, groups, labels, 4), with one nameless group if there are none: as `dense`."""
        whole = np.zeros((len(self.articles), max(len(self.groups), 1), len(self.labels), 4))
        whole[self.article, 0 if self.group is None else self.group, self.label] = self.packed
        return whole

    @cached_property
    def plain(self) -> CountTable:
        """The same counts without groups."""
        if self.group is None:
            return self
        place, values = self._added(self.article, self.label, len(self.labels))
        return CountTable.of_cells(self.articles, self.labels, *place, values, apart=self.apart)

    def by_group(self) -> CountTable:
        """The table whose labels are the groups of this one."""
        if self.group is None:
            return CountTable.of_cells(self.articles, (), (), (), ())
        place, values = self._added(self.article, self.group, len(self.groups))
        return CountTable.of_cells(self.articles, self.groups, *place, values)

    def pooled(self, label: str = "") -> CountTable:
        """The table with all labels as one."""
        values = self.by_article()
        article = np.flatnonzero(values.any(axis=1))
        return CountTable.of_cells(self.articles, (label,), article, np.zeros_like(article), values[article])

    def by_article(self) -> Floats:
        """Counts by article, shape (articles, 4)."""
        return _sums(self.plain.article, self.plain.packed, len(self.articles))

    def _added(self, article: Positions, other: Positions, others: int) -> tuple[tuple[Positions, Positions], Floats]:
        """The cells added up over what neither position tells apart, in order."""
        numbers, place = np.unique(article.astype(np.int64) * others + other, return_inverse=True)
        return (numbers // max(others, 1), numbers % max(others, 1)), _sums(place, self.packed, len(numbers))

    def totals(self) -> Floats:
        """Counts by label, shape (labels, 4); read-only."""
        return self._totals

    @cached_property
    def _totals(self) -> Floats:
        totals = _sums(self.plain.label, self.plain.packed, len(self.labels))
        totals.flags.writeable = False
        return totals

    def group_totals(self) -> Floats:
        """Counts by group and label, shape (groups, labels, 4), with one nameless group if there are none."""
        shape = (max(len(self.groups), 1), len(self.labels))
        return _sums(self.lane, self.packed, shape[0] * shape[1]).reshape(*shape, 4)

    def articles_with(self, *numbers: int) -> list[int]:
        """In how many articles each label has any of some of the four numbers, such as `GOLD`."""
        there = self.plain.packed[:, numbers].any(axis=1)
        number: list[int] = np.bincount(self.plain.label[there], minlength=len(self.labels)).tolist()
        return number

    def counts(self, label: str | None = None) -> Counts:
        """The counts of one label, or of all labels pooled."""
        return self._counts[-1 if label is None else self._position[label]]

    @cached_property
    def _position(self) -> dict[str, int]:
        return {label: position for position, label in enumerate(self.labels)}

    @cached_property
    def _counts(self) -> list[Counts]:
        """The counts of each label, then those of all."""
        totals = self.totals()
        return [counts_of(row) for row in (*totals.tolist(), totals.sum(axis=0).tolist())]

    def select(self, rows: Sequence[int] | NDArray[np.bool_]) -> CountTable:
        """The table of some of the articles, by position or mask."""
        index = np.flatnonzero(rows) if np.asarray(rows).dtype == bool else np.sort(np.asarray(rows, dtype=np.int64))
        place = np.full(len(self.articles), -1, dtype=np.int32)
        place[index] = np.arange(len(index))
        cells = np.flatnonzero(place[self.article] >= 0)
        return replace(
            self,
            articles=tuple(self.articles[i] for i in index),
            article=place[self.article[cells]],
            label=self.label[cells],
            packed=self.packed[cells],
            group=None if self.group is None else self.group[cells],
        )

    def with_articles(self, articles: Sequence[str]) -> CountTable:
        """The same counts over another list of articles, which must hold all of this table's."""
        names = tuple(sorted(articles))
        return (
            self
            if names == self.articles
            else replace(self, articles=names, article=_moved(self.articles, names, self.article))
        )

    def with_labels(self, labels: Sequence[str], groups: Sequence[str] = ()) -> CountTable:
        """The same counts over other lists of labels and groups, which must hold all of this table's."""
        names, others = tuple(sorted(labels)), tuple(sorted({*groups, *self.groups}))
        if (names, others) == (self.labels, self.groups):
            return self
        group = np.zeros(len(self.article), dtype=np.int32) if self.group is None else self.group
        # Places in longer sorted lists keep their order, and so do the cells.
        return replace(
            self,
            labels=names,
            label=_moved(self.labels, names, self.label),
            groups=others,
            group=_moved(self.groups or others[:1], others, group) if others else None,
        )

    def columns(self) -> dict[str, Any]:
        """Columns of the cells: article, label and group by position, then the four numbers."""
        row: dict[str, Any] = {
            "articles": self.articles,
            "labels": self.labels,
            "article": self.article,
            "label": self.label,
            "gold": self.packed[:, GOLD].astype(np.int64),
            "predicted": self.packed[:, PREDICTED].astype(np.int64),
            "gold_credit": self.packed[:, GOLD_CREDIT],
            "predicted_credit": self.packed[:, PREDICTED_CREDIT],
        }
        row |= {"apart": True} if self.apart else {}
        return row if self.group is None else row | {"groups": self.groups, "group": self.group}

    def with_labels_alone(self, labels: Sequence[str]) -> CountTable:
        """The counts of some of its labels."""
        names = tuple(sorted(labels))
        place = np.full(len(self.labels), -1, dtype=np.int32)
        place[[self._position[name] for name in names]] = np.arange(len(names))
        cells = np.flatnonzero(place[self.label] >= 0)
        return replace(
            self,
            labels=names,
            article=self.article[cells],
            label=place[self.label[cells]],
            packed=self.packed[cells],
            group=None if self.group is None else self.group[cells],
        )

    def to_json(self) -> dict[str, Any]:
        """The columns as JSON values."""
        return {name: listed(column) for name, column in self.columns().items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CountTable:
        """The table of some columns: what `columns` gave, what `to_json` wrote, or what a result has of them."""
        data = data.columns if isinstance(data, CountColumns) else data
        return cls.of_cells(
            tuple(data["articles"]),
            tuple(data["labels"]),
            data["article"],
            data["label"],
            np.array([data[name] for name in _NUMBERS], dtype=np.float64).T,
            groups=tuple(data.get("groups", ())),
            group=data.get("group"),
            apart=data.get("apart", False),
        )


def counts_of(row: Sequence[float]) -> Counts:
    """Four numbers as counts."""
    return Counts(round(row[GOLD]), round(row[PREDICTED]), row[GOLD_CREDIT], row[PREDICTED_CREDIT])


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
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    parts = [table.with_labels(labels, groups) for table in tables]
    firsts = itertools.accumulate((len(table.articles) for table in tables), initial=0)
    return CountTable.of_cells(
        tuple(articles[position] for position in order),
        tuple(labels),
        _joined([place[part.article + first] for part, first in zip(parts, firsts, strict=False)]),
        _joined([part.label for part in parts]),
        _joined([part.packed for part in parts]),
        groups=groups,
        group=_joined([part.group for part in parts if part.group is not None]) if groups else None,
        apart=any(part.apart for part in tables),
    )


def _joined(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(0)


def _moved(names: Sequence[str], others: Sequence[str], positions: Positions) -> Positions:
    """Positions in one list of names as positions in a list that holds all of them."""
    place = {name: position for position, name in enumerate(others)}
    moved: Positions = np.array([place[name] for name in names], dtype=np.int32)[positions]
    return moved


def _sums(place: NDArray[np.integer[Any]], values: NDArray[np.floating[Any]], size: int) -> Floats:
    """Rows of four numbers added up by place one after the other, shape (size, 4)."""
    sums = np.empty((size, 4))
    for number in range(4):
        sums[:, number] = np.bincount(place, weights=values[:, number], minlength=size)
    return sums


def packed(values: Floats) -> NDArray[np.floating[Any]]:
    """Numbers in the narrowest float that holds all of them exactly."""
    for narrow in (np.float16, np.float32):
        with np.errstate(over="ignore"):
            packed: NDArray[np.floating[Any]] = values.astype(narrow)
        if (packed == values).all():
            return packed
    return values


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
