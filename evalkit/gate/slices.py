"""The part of the counts that a rule with a slice is about: items or articles with a property that `explain` knows.

Gold items stand in their own slice and predicted items in theirs, as in `explain`: recall of a slice is that of its
gold items, precision that of its predicted ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from evalkit.errors import InputError
from evalkit.gate.rules import Rule
from evalkit.records import Example
from evalkit.registry import near_match
from evalkit.scoring.counts import CountTable
from evalkit.scoring.tasks.base import imported
from evalkit.scoring.tasks.table import ScoredTable, load_task

__all__ = ["SliceValues", "hint", "needs_training", "sliced"]

Values = tuple[Sequence[str], Sequence[str]]
"""The value of each gold and of each predicted item."""


@dataclass(frozen=True, kw_only=True)
class SliceValues:
    """What slices are made by.

    Attributes:
        articles: property of articles → article id → value.
        training: the training data, for what was seen in it; None without any.
    """

    articles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    training: Sequence[Example] | None = None

    def of_articles(self, name: str) -> Mapping[str, str]:
        """The values of a property of articles by article id.

        Raises:
            InputError: no article has it.
        """
        if name not in self.articles:
            raise InputError(f"no article has a metadata field {name!r}{hint(name, self.articles)}")
        return self.articles[name]

    def of_items(self, rule: Rule, name: str, scored: ScoredTable) -> Values:
        """The values of a property of items.

        Raises:
            InputError: the items are not known one by one, or it cannot be told of them.
        """
        values: Values | None = None
        if scored.items is not None:
            values = imported(load_task(rule.task).properties[name].function)(scored.items.columns, self.training)
        if values is None:
            why = "there is no train split beside the gold" if self.training is None else "the texts are not known"
            raise InputError(f"rule {rule.name!r}: {name} of items cannot be told ({why}); take the slice out")
        return values

    def check(self, rule: Rule, tables: Sequence[ScoredTable]) -> None:
        """Refuses a slice that no item or article of some tables has.

        Raises:
            InputError: there is no such property, or nothing has the value.
        """
        items = load_task(rule.task).properties
        for name, value in rule.slice.items():
            if name in items:
                what, sides = "item", [side for scored in tables for side in self.of_items(rule, name, scored)]
                known = {one for side in sides for one in side}
            elif name in self.articles:
                what, known = "article", set(self.articles[name].values())
            else:
                names = {*items, *self.articles}
                raise InputError(f"rule {rule.name!r}: nothing can be sliced by {name!r}{hint(name, names)}")
            if value not in known:
                raise InputError(f"rule {rule.name!r}: no {what} has {name} = {value!r}{hint(value, known)}")


def needs_training(rules: Iterable[Rule]) -> bool:
    """Whether a rule asks for a property of items, of which some are told by the training data."""
    return any(name in load_task(rule.task).properties for rule in rules for name in rule.slice)


def sliced(rule: Rule, scored: ScoredTable, values: SliceValues) -> ScoredTable | None:
    """The counts of the slice of a rule; None if nothing is in it.

    Raises:
        InputError: what it is about cannot be told.
    """
    items = load_task(rule.task).properties
    keep = np.ones(len(scored.table.articles), dtype=bool)
    for name, value in rule.slice.items():
        if name not in items:
            own = values.of_articles(name)
            keep &= np.array([own.get(article) == value for article in scored.table.articles], dtype=bool)
    of_items = {name: value for name, value in rule.slice.items() if name in items}
    whole = _of_items(rule, scored, of_items, values) if of_items else scored
    return None if whole is None or not keep.any() else whole.select(keep)


def _of_items(rule: Rule, scored: ScoredTable, wanted: Mapping[str, str], values: SliceValues) -> ScoredTable | None:
    columns = [values.of_items(rule, name, scored) for name in wanted]
    sought = tuple(wanted.values())
    groups: list[list[str]] = []
    for side in (0, 1):
        rows = zip(*(column[side] for column in columns), strict=True)
        groups.append(["in" if row == sought else "out" for row in rows])
    table = None if scored.items is None else scored.items.grouped_table((groups[0], groups[1]))
    if table is None or "in" not in table.groups:
        return None
    inside = table.group == table.groups.index("in")
    places = (own[inside] for own in (table.article, table.label, table.values))
    derived = {name: score for name, score in scored.derived.items() if score.group is None}
    return ScoredTable(CountTable.of_cells(table.articles, table.labels, *places), derived)


def hint(name: str, known: Iterable[str]) -> str:
    """What was meant, and what there is."""
    names = sorted(set(known))
    lower = {own.lower(): own for own in names}
    near = lower.get(near_match(name, lower) or "")
    listed = ", ".join(names[:12]) or "none"
    return (f"; did you mean {near!r}?" if near else ".") + f" Known: {listed}{', …' if len(names) > 12 else ''}"
