"""Slices of a run as rows: for each value of a property the scores of all labels and of each label, with counts.

A crossed table is a four-number table whose labels are pairs "value, label"; its folds give the values alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from evalkit.analysis.intervals import Bootstrap, task_result
from evalkit.analysis.properties import ItemProperty, entity_properties, quote_slices, speaker_form
from evalkit.analysis.resampling import units_of
from evalkit.analysis.slices import NONE, item_slices, slice_articles
from evalkit.records import AUTHOR, TOPIC_PREFIX, Annotations, Entity, Stance
from evalkit.results import PRF
from evalkit.scoring.alignment import Alignment, align
from evalkit.scoring.columns import EntityColumns
from evalkit.scoring.credits import Credits
from evalkit.scoring.pairs import Pair
from evalkit.scoring.stances import stance_tables
from evalkit.scoring.table import GOLD, PREDICTED, CountTable
from evalkit.scoring.tasks.table import ScoredTable

__all__ = [
    "LABEL",
    "OTHER",
    "SliceRow",
    "article_rows",
    "entity_crosses",
    "label_rows",
    "rows_of_cross",
    "speaker_cross",
    "stance_cross",
]

LABEL = "label"
"""The slicing by label alone, which every task has."""

OTHER = "(other)"
"""The slice of values beyond the most frequent ones."""

MOST_VALUES = 50
SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceRow:
    """The scores of one slice.

    Attributes:
        by: what was sliced by: a property of items or articles, or "label".
        value: the slice.
        label: the label inside the slice; empty for all labels together.
        articles: how many articles it is about: those of the slice, or those with an item of it, gold or predicted.
        scores: precision, recall and F1 with counts and intervals.
    """

    task: str
    convention: str
    by: str
    value: str
    label: str
    articles: int
    scores: PRF

    def to_json(self) -> dict[str, Any]:
        """The row as flat JSON values; `f1_low` and `f1_high` are None without intervals."""
        counts = self.scores.counts
        low, high = self.scores.ci.get("f1", (None, None))
        return {
            **{name: getattr(self, name) for name in ("task", "convention", "by", "value", "label", "articles")},
            "gold": counts.gold if counts else 0,
            "predicted": counts.predicted if counts else 0,
            "precision": self.scores.precision,
            "recall": self.scores.recall,
            "f1": self.scores.f1,
            "f1_low": low,
            "f1_high": high,
        }


def label_rows(table: CountTable, *, task: str, convention: str, bootstrap: Bootstrap | None) -> list[SliceRow]:
    """One row a label."""
    return [
        SliceRow(task=task, convention=convention, by=LABEL, value=label, label="", articles=articles, scores=scores)
        for label, articles, scores in _scored(table, bootstrap)
    ]


def rows_of_cross(
    cross: CountTable, *, task: str, convention: str, by: str, bootstrap: Bootstrap | None
) -> list[SliceRow]:
    """One row a value, then one a value and label; slices without any item are left out."""

    def rows(table: CountTable) -> list[SliceRow]:
        return [
            SliceRow(
                task=task,
                convention=convention,
                by=by,
                value=name.rpartition(SEPARATOR)[0],
                label=name.rpartition(SEPARATOR)[2],
                articles=articles,
                scores=scores,
            )
            for name, articles, scores in _scored(table, bootstrap)
            if articles
        ]

    return [replace(row, value=row.label, label="") for row in rows(_folded(cross))] + rows(cross)


def _folded(cross: CountTable) -> CountTable:
    """The table by value alone."""
    owner = [name.rpartition(SEPARATOR)[0] for name in cross.labels]
    values = tuple(sorted(set(owner)))
    cells = np.zeros((len(cross.articles), len(values), 4))
    for at, value in enumerate(owner):
        cells[:, values.index(value)] += cross.cells[:, at]
    return CountTable(cross.articles, values, cells)


def _scored(table: CountTable, bootstrap: Bootstrap | None) -> Iterable[tuple[str, int, PRF]]:
    result = task_result("", "", ScoredTable(table), signature="", bootstrap=bootstrap, keep_table=False)
    return [
        (label, articles, result.labels[label]) for label, articles in zip(table.labels, _present(table), strict=True)
    ]


def _present(table: CountTable) -> list[int]:
    """In how many articles each label has an item."""
    found: list[int] = (table.cells[..., GOLD] + table.cells[..., PREDICTED] > 0).sum(axis=0).tolist()
    return found


def article_rows(
    table: CountTable, values: Any, *, task: str, convention: str, by: str, bootstrap: Bootstrap | None
) -> list[SliceRow]:
    """One row a value of the articles, then one a value and label, rare values pooled.

    Articles are drawn inside their slice, so an interval says how sure the figure of such articles is; a slice of one
    article (or cluster) has none.

    Args:
        table: the counts.
        values: value by article id, a mapping or a pandas Series.
        task: for the rows.
        convention: for the rows.
        by: what the values are called.
        bootstrap: how intervals are made; none if None.

    Raises:
        InputError: no article has a value.
    """
    rows, crossed = [], []
    for value, scored in slice_articles(ScoredTable(table), _pooled(values, table.articles)).items():
        own = scored.table
        alone = bootstrap is None or units_of(own.articles, bootstrap.clusters)[1] < 2
        result = task_result(task, convention, scored, signature="", bootstrap=None if alone else bootstrap)
        row = SliceRow(
            task=task,
            convention=convention,
            by=by,
            value=value,
            label="",
            articles=len(own.articles),
            scores=result.micro,
        )
        rows.append(row)
        crossed += [
            replace(row, label=label, articles=articles, scores=result.labels[label])
            for label, articles in zip(own.labels, _present(own), strict=True)
            if articles
        ]
    return rows + crossed


def _joined(articles: tuple[str, ...], columns: Iterable[tuple[str, Any]]) -> CountTable:
    ordered = sorted(columns, key=lambda column: column[0])
    cells = [own for _, own in ordered]
    joined = np.stack(cells, axis=1) if cells else np.zeros((len(articles), 0, 4))
    return CountTable(articles, tuple(name for name, _ in ordered), joined)


def _pooled(values: Any, articles: Sequence[str]) -> dict[str, Any]:
    """The values with all but the most frequent ones as one; a field like a URL has as many as there are articles."""
    known = {str(key): value for key, value in values.items()}
    tally = Counter(str(known[article]) for article in articles if article in known)
    if len(tally) <= MOST_VALUES:
        return known
    kept = sorted(tally, key=lambda value: (-tally[value], value))[: MOST_VALUES - 1]
    return {key: value if str(value) in kept else OTHER for key, value in known.items()}


def entity_crosses(
    columns: EntityColumns, credits: Credits, pairs: Sequence[Pair], *, seen: frozenset[str] | None
) -> dict[str, CountTable]:
    """Property → crossed table: zone, length, nested, and seen if the names of the training data are given.

    Raises:
        InputError: the convention counts something else than entities.
    """
    properties = entity_properties(columns, pairs, seen=seen)
    labels = properties.pop(LABEL)
    return {name: _item_cross(columns, credits, own, labels) for name, own in properties.items()}


def _item_cross(columns: EntityColumns, credits: Credits, values: ItemProperty, labels: ItemProperty) -> CountTable:
    sides = [
        [f"{value}{SEPARATOR}{label}" for value, label in zip(own, names, strict=True)]
        for own, names in ((values.gold, labels.gold), (values.predicted, labels.predicted))
    ]
    return item_slices(columns, credits, gold=sides[0], predicted=sides[1])


def speaker_cross(pairs: Sequence[Pair], convention: str) -> CountTable:
    """The crossed table of quotes by the form of their speaker (name, role, pronoun) and their kind."""
    return quote_slices(pairs, convention, lambda pair, quote: f"{speaker_form(pair, quote)}{SEPARATOR}{quote.kind}")


def stance_cross(pairs: Sequence[Pair], convention: str, role: str) -> CountTable:
    """The crossed table of stances by what their holder or target is: author, topic, or an entity of some label.

    Stances match only where holder and target do, so those of one kind can be counted apart.
    """
    kinds = [_kinds(pair, role) for pair in pairs]
    columns: list[tuple[str, Any]] = []
    for kind in sorted({one for own in kinds for one in own.values()}):
        part = [_with_kind(pair, own, kind, role) for pair, own in zip(pairs, kinds, strict=True)]
        table = stance_tables(part, [convention])[convention]
        columns += [(f"{kind}{SEPARATOR}{label}", table.cells[:, at]) for at, label in enumerate(table.labels)]
    return _joined(tuple(pair.article.id for pair in pairs), columns)


def _kinds(pair: Pair, role: str) -> dict[tuple[bool, str], str]:
    """What each name in the role is, by side (True for predicted), seen through the gold where it means a gold name."""
    alignment = align(pair.gold, pair.predicted)
    labels = (_labels(pair.gold), _labels(pair.predicted))
    names = {getattr(stance, role) for stance in (*(pair.gold.stances or ()), *(pair.given_stances or ()))}
    found = {(False, name): _kind(name, labels[0]) for name in names}
    for stance in pair.predicted.stances or ():
        name = getattr(stance, role)
        found[True, name] = _predicted_kind(name, alignment, labels, names)
    return found


def _predicted_kind(
    name: str, alignment: Alignment, labels: tuple[Mapping[str, str], Mapping[str, str]], gold_names: set[str]
) -> str:
    meant = alignment.gold_id(name)
    if meant in gold_names or meant in labels[0]:
        return _kind(meant, labels[0])
    return _kind(name, labels[1])


def _labels(annotations: Annotations) -> dict[str, str]:
    """entity_id → its label; the first one in text order."""
    named: list[Entity] = sorted(annotations.entities or (), key=lambda entity: entity.spans)
    return {entity.entity_id: entity.label for entity in reversed(named) if entity.entity_id is not None}


def _kind(name: str, labels: Mapping[str, str]) -> str:
    if name == AUTHOR:
        return AUTHOR
    return "topic" if name.startswith(TOPIC_PREFIX) else labels.get(name, NONE)


def _with_kind(pair: Pair, kinds: Mapping[tuple[bool, str], str], kind: str, role: str) -> Pair:
    def own(stances: Sequence[Stance] | None, predicted: bool) -> tuple[Stance, ...] | None:
        if stances is None:
            return None
        return tuple(stance for stance in stances if kinds[predicted, getattr(stance, role)] == kind)

    return replace(
        pair,
        gold=pair.gold.with_layers(stances=own(pair.gold.stances, False)),
        predicted=pair.predicted.with_layers(stances=own(pair.predicted.stances, True)),
        given_stances=own(pair.given_stances, False),
    )
