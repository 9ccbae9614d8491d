"""Tables by slice: any property of articles, or of items.

A slice table is a four-number table whose labels are the values of the property, so scores, intervals, comparisons
and gates work on it as on any other. Gold items count in their own slice and predicted items in theirs: recall of a
slice is that of its gold items, precision that of its predicted items, and slices add up to the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from evalkit.errors import InputError
from evalkit.records import Article
from evalkit.scoring.columns import EntityColumns
from evalkit.scoring.credits import Credits, Items, entity_table
from evalkit.scoring.table import CountTable
from evalkit.scoring.tasks.table import ScoredTable

__all__ = ["NONE", "article_properties", "item_slices", "slice_articles", "slice_table", "slice_tables"]

NONE = "(none)"
"""The slice of articles and items that have no value."""


def article_properties(articles: Iterable[Article]) -> dict[str, dict[str, str]]:
    """Property → article id → value: source, year and language, and every key of the metadata."""
    found: dict[str, dict[str, str]] = {}
    for article in articles:
        own = {"source": article.source, "year": article.published[:4], "lang": article.lang}
        for name, value in ({str(key): str(value) for key, value in article.metadata.items()} | own).items():
            if value:
                found.setdefault(name, {})[article.id] = value
    return dict(sorted(found.items()))


def slice_articles(scored: ScoredTable, by: Any) -> dict[str, ScoredTable]:
    """The table of the articles of each value, with its labels and derived scores.

    Args:
        scored: the table.
        by: value by article id: a mapping, or a pandas Series with the ids as index.

    Raises:
        InputError: `by` has no value for any of the articles.
    """
    values = np.array(_values(by, scored.table.articles), dtype=object)
    found = {}
    for value in sorted(set(values.tolist())):
        mask = np.asarray(values == value, dtype=bool)
        target = scored.by_target
        found[value] = ScoredTable(
            scored.table.select(mask), scored.derived, target and target.select(mask), scored.by_target_derived
        )
    return found


def slice_table(table: CountTable, by: Any, *, label: str | None = None) -> CountTable:
    """The table whose labels are the values of `by`, over all labels or one of them.

    Raises:
        InputError: `by` has no value for any of the articles, or the table has no such label.
    """
    if label is not None and label not in table.labels:
        raise InputError(f"the table has no label {label!r}; it has {', '.join(table.labels)}")
    values = _values(by, table.articles)
    names = tuple(sorted(set(values)))
    position = {name: at for at, name in enumerate(names)}
    cells = np.zeros((len(table.articles), len(names), 4))
    own = table.cells.sum(axis=1) if label is None else table.cells[:, table.labels.index(label)]
    cells[np.arange(len(values)), [position[value] for value in values]] = own
    return CountTable(table.articles, names, cells)


def slice_tables(table: CountTable, frame: Any) -> dict[str, CountTable]:
    """One slice table for each column of a pandas DataFrame (ids as index), or each property of a mapping."""
    names = list(frame.columns) if hasattr(frame, "columns") else list(frame)
    return {str(name): slice_table(table, frame[name]) for name in names}


def item_slices(
    columns: EntityColumns, credits: Credits, *, gold: Sequence[str], predicted: Sequence[str]
) -> CountTable:
    """The table whose labels are values of the items (see `evalkit.analysis.properties`).

    Args:
        columns: both sides.
        credits: what the items earned under a convention.
        gold: the value of each gold item, in the order of the columns.
        predicted: the value of each predicted item.

    Raises:
        InputError: the convention counts something else than the entities, or values are missing.
    """
    if credits.gold_items is not None or credits.predicted_items is not None:
        raise InputError(
            "this convention counts no entities (tokens, for example), which have none of these properties"
        )
    for name, values, side in (("gold", gold, columns.gold), ("predicted", predicted, columns.predicted)):
        if len(values) != len(side):
            raise InputError(f"{len(values)} values for {len(side)} {name} items; give one for each")
    names = tuple(sorted({*gold, *predicted}))
    position = {name: at for at, name in enumerate(names)}
    items = [
        Items(side.article, np.fromiter((position[value] for value in values), dtype=np.int64, count=len(values)))
        for values, side in ((gold, columns.gold), (predicted, columns.predicted))
    ]
    relabelled = EntityColumns(columns.articles, names, columns.gold, columns.predicted)
    return entity_table(relabelled, Credits(credits.gold, credits.predicted, None, items[0], items[1]))


def _values(by: Any, articles: Sequence[str]) -> list[str]:
    known = {str(key): _text(value) for key, value in by.items()}
    if articles and not known.keys() & set(articles):
        example = f", not {next(iter(known))!r}" if known else ""
        raise InputError(
            f"the slices have no value for any article: keys must be article ids such as {articles[0]!r}{example}"
        )
    return [known.get(article, NONE) for article in articles]


def _text(value: object) -> str:
    # What pandas uses for a missing value: None, a float that is not itself, NaT and NA.
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return NONE
    return NONE if value == "" or value != value else str(value)
