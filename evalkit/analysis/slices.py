"""Slices of a run: for each value of a property of items or articles the scores of all labels and of each label.

Gold items count in their own slice and predicted items in theirs: recall of a slice is that of its gold items,
precision that of its predicted items, and slices add up to the whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from evalkit.analysis.intervals import Bootstrap, articles_with, task_result
from evalkit.errors import InputError
from evalkit.records import Example
from evalkit.registry import unknown_name
from evalkit.results import PRF
from evalkit.scoring.counts import CountTable
from evalkit.scoring.pairs import Pair
from evalkit.scoring.properties import NONE, article_properties
from evalkit.scoring.tasks.table import ScoredTable, load_task, task_names

__all__ = ["ALL_SLICES", "LABEL", "OTHER", "SliceRow", "Sliced", "Slicing", "pooled_values", "slice_articles"]

LABEL = "label"
"""The slicing by label alone, which every task has."""

OTHER = "(other)"
"""The slice of values beyond the most frequent ones."""

MOST_VALUES = 50


USUAL_FIELDS = ("section",)
"""Metadata that is sliced by unless others are asked for, where articles have it."""

ALL_SLICES = "all"

LEAKED = "leaked"
"""The slicing into all articles and those that share no text with another split."""


@dataclass(frozen=True, kw_only=True)
class Slicing:
    """What to slice by.

    Attributes:
        wanted: names of properties; the usual ones if empty, every one if `all` is among them.
        values: further properties of articles: name → value by article id (a mapping or Series).
        training: the training data, for what was seen in it; None without any.
        most_hard: how many of the hardest articles are named.
        leaked: the articles that share text with another split; where there are some, the scores of all articles and of
            those without them stand side by side.
    """

    wanted: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    training: Sequence[Example] | None = None
    most_hard: int = 10
    leaked: frozenset[str] = frozenset()

    def check(self, articles: Collection[Pair]) -> None:
        """Refuses a slice that these articles do not have.

        Raises:
            UnknownNameError: no article and no item has the property.
        """
        items = {name for task in task_names() for name in load_task(task).properties}
        names = {*items, *article_properties(pair.article for pair in articles), *self.values, ALL_SLICES}
        for name in self.wanted:
            if name not in names:
                raise unknown_name("slice", name, names)

    def takes(self, name: str, *, usual: bool) -> bool:
        """Whether a property is asked for; a usual one is where nothing is."""
        return ALL_SLICES in self.wanted or (name in self.wanted if self.wanted else usual)

    def of_articles(self, pairs: Sequence[Pair]) -> dict[str, Any]:
        """Name → values of the articles that are sliced by, where any of these articles has one."""
        properties = article_properties(pair.article for pair in pairs)
        taken = {name: values for name, values in properties.items() if self.takes(name, usual=name in USUAL_FIELDS)}
        present = {pair.article.id for pair in pairs}
        every = taken | dict(self.values)
        return {name: values for name, values in every.items() if any(str(key) in present for key, _ in values.items())}


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


@dataclass(frozen=True, kw_only=True)
class Sliced:
    """What slices are made of, and how sure they are to be.

    Attributes:
        task: for the rows.
        convention: for the rows.
        bootstrap: how intervals are made; none if None.
    """

    task: str
    convention: str
    bootstrap: Bootstrap | None

    def _row(self, by: str, value: str, label: str, articles: int, scores: PRF) -> SliceRow:
        named = {"task": self.task, "convention": self.convention, "by": by}
        return SliceRow(**named, value=value, label=label, articles=articles, scores=scores)

    def by_label(self, table: CountTable) -> list[SliceRow]:
        """One row a label."""
        return [self._row(LABEL, label, "", articles, scores) for label, articles, scores in self._scored(table)]

    def by_group(self, table: CountTable, by: str) -> list[SliceRow]:
        """One row a group of a table, then one a group and label; slices without any item are left out."""
        if table.group is None:
            return []
        used, place = np.unique(table.lane, return_inverse=True)
        # The name of a column of this table is a number that says which group and which label it is about.
        names = tuple(map(str, used.tolist()))
        crossed = CountTable.of_cells(table.articles, names, table.article, place, table.values)
        rows = [self._row(by, value, "", number, prf) for value, number, prf in self._scored(table.by_group())]
        for column, articles, scores in self._scored(crossed):
            group, label = divmod(int(column), len(table.labels))
            rows.append(self._row(by, table.groups[group], table.labels[label], articles, scores))
        return [row for row in rows if row.articles]

    def by_article(self, table: CountTable, values: Any, by: str) -> list[SliceRow]:
        """One row a value of the articles, then one a value and label, rare values pooled.

        Articles are drawn inside their slice, so an interval says how sure the figure of such articles is; a slice of
        one article (or cluster) has none.

        Args:
            table: the counts.
            values: value by article id, a mapping or a pandas Series.
            by: what the values are called.

        Raises:
            InputError: no article has a value.
        """
        rows, crossed = [], []
        for value, scored in slice_articles(ScoredTable(table), pooled_values(values, table.articles)).items():
            table_of_value = scored.table
            result = self._result(scored)
            rows.append(self._row(by, value, "", len(table_of_value.articles), result.micro))
            crossed += [
                self._row(by, value, label, articles, result.labels[label])
                for label, articles in zip(table_of_value.labels, articles_with(table_of_value), strict=True)
                if articles
            ]
        return rows + crossed

    def beside_leaked(self, table: CountTable, leaked: Collection[str]) -> list[SliceRow]:
        """All articles, and those without the ones that share text with another split; nothing where either is none."""
        kept = [name not in leaked for name in table.articles]
        if all(kept) or not any(kept):
            return []
        rows = []
        for value, taken in (("all articles", [True] * len(kept)), ("without leaked", kept)):
            result = self._result(ScoredTable(table).select(np.array(taken)))
            rows.append(self._row(LEAKED, value, "", sum(taken), result.micro))
        return rows

    def _result(self, scored: ScoredTable) -> Any:
        return task_result(self.task, self.convention, scored, signature="", bootstrap=self.bootstrap, keep_table=False)

    def _scored(self, table: CountTable) -> Iterator[tuple[str, int, PRF]]:
        """Each label with the number of articles that have an item of it, and its scores."""
        result = self._result(ScoredTable(table))
        for label, articles in zip(table.labels, articles_with(table), strict=True):
            yield label, articles, result.labels[label]


def pooled_values(values: Any, articles: Sequence[str]) -> dict[str, Any]:
    """The values with all but the most frequent ones as one; a field like a URL has as many as there are articles."""
    by_article = {str(key): value for key, value in values.items()}
    tally = Counter(str(by_article[article]) for article in articles if article in by_article)
    if len(tally) <= MOST_VALUES:
        return by_article
    kept = sorted(tally, key=lambda value: (-tally[value], value))[: MOST_VALUES - 1]
    return {key: value if str(value) in kept else OTHER for key, value in by_article.items()}


def slice_articles(scored: ScoredTable, by: Any) -> dict[str, ScoredTable]:
    """The table of the articles of each value, with its labels and derived scores.

    Args:
        scored: the table.
        by: value by article id: a mapping, or a pandas Series with the ids as index.

    Raises:
        InputError: `by` has no value for any of the articles.
    """
    values = np.array(_values(by, scored.table.articles), dtype=object)
    return {value: scored.select(np.asarray(values == value)) for value in sorted(set(values.tolist()))}


def _values(by: Any, articles: Sequence[str]) -> list[str]:
    by_article = {str(key): _text(value) for key, value in by.items()}
    if articles and not by_article.keys() & set(articles):
        example = f", not {next(iter(by_article))!r}" if by_article else ""
        raise InputError(
            f"the slices have no value for any article: keys must be article ids such as {articles[0]!r}{example}"
        )
    return [by_article.get(article, NONE) for article in articles]


def _text(value: object) -> str:
    # What pandas uses for a missing value: None, a float that is not itself, NaT and NA.
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return NONE
    return NONE if value == "" or value != value else str(value)
