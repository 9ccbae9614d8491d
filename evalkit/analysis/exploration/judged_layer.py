"""The items of one layer of a run over all articles, with what became of each: columns, since there may be millions.

Several tasks may count the items of one layer, each over its own articles and in its own order; here all that they say
of an item stands at one place. Gold items stand in an order that depends on the gold alone, so that runs can be laid
side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.layers.base import Layer
from evalkit.layers.table import load_layer
from evalkit.scoring.columns import GOLD_SIDE, PREDICTED_SIDE, Columns, Ints
from evalkit.scoring.from_records import columns_of_pairs
from evalkit.scoring.items import NOBODY, Values
from evalkit.scoring.pairs import Pair
from evalkit.scoring.tasks.base import Task, imported
from evalkit.scoring.tasks.table import ScoredTable, columns_of, judge_items, load_task, task_names

__all__ = ["UNJUDGED", "JudgedLayer", "Measure", "RunTables", "SideItems", "judge_layer", "kinds_task"]

Floats = NDArray[np.float64]
Kinds = NDArray[np.int8]
Measure = tuple[str, str]
"""A task and a convention of it."""

UNJUDGED = -1
"""The kind of an item that no task judges here: its layer is not evaluated in this article."""


@dataclass(frozen=True, eq=False, kw_only=True)
class RunTables:
    """A run beside the gold, as it was scored.

    Attributes:
        pairs: layer → all articles, as the tasks that count its items take them.
        tasks: the tasks that can be evaluated → those of the articles that have what they need.
        tables: task → convention → what was counted.
    """

    pairs: Mapping[str, Sequence[Pair]]
    tasks: Mapping[str, Sequence[Pair]]
    tables: Mapping[str, Mapping[str, ScoredTable]]


@dataclass(frozen=True, eq=False, kw_only=True)
class SideItems:
    """The items of one side, by article and then by place.

    Attributes:
        records: the items.
        first: where those of each article begin, and where all end.
        there: for each article whether the layer was annotated, or is claimed, there.
    """

    records: Sequence[Any]
    first: Ints
    there: NDArray[np.bool_]

    @property
    def article(self) -> Ints:
        """The position of the article of each item."""
        return np.repeat(np.arange(len(self.there)), np.diff(self.first))


@dataclass(frozen=True, eq=False, kw_only=True)
class JudgedLayer:
    """One layer of one run.

    Attributes:
        layer: the layer.
        task: the task whose kinds these are; None if none was evaluated that tells kinds apart.
        gold: the gold items.
        predicted: the predicted items.
        kinds: for each gold and each predicted item the position of its kind among those of the task, or `UNJUDGED`.
        partner: for each predicted item the position of the gold item that it was matched with, or `NOBODY`.
        measures: the tasks and conventions of the columns of `credits`.
        credits: what each gold and each predicted item earned, 0 to 1; not a number where it is not counted.
        properties: name → the value of each gold and each predicted item, "" where nobody asked; see `Property`.
    """

    layer: Layer[Any]
    task: Task | None
    gold: SideItems
    predicted: SideItems
    kinds: tuple[Kinds, Kinds]
    partner: Ints
    measures: tuple[Measure, ...]
    credits: tuple[Floats, Floats]
    properties: Mapping[str, Values]

    def with_measures(self, measures: Sequence[Measure]) -> JudgedLayer:
        """The same with columns for other measures; of those that it has none of nothing is counted."""
        if tuple(measures) == self.measures:
            return self
        own = {measure: number for number, measure in enumerate(self.measures)}
        gold, predicted = (np.full((len(credits), len(measures)), np.nan) for credits in self.credits)
        for number, measure in enumerate(measures):
            if measure in own:
                for wide, credits in ((gold, self.credits[GOLD_SIDE]), (predicted, self.credits[PREDICTED_SIDE])):
                    wide[:, number] = credits[:, own[measure]]
        return replace(self, measures=tuple(measures), credits=(gold, predicted))


def kinds_task(layer: str) -> Task | None:
    """The task that tells kinds of errors of a layer apart; the first one if there are several."""
    return next((task for task in map(load_task, task_names()) if task.layer == layer and task.kinds), None)


def judge_layer(
    name: str,
    articles: Sequence[str],
    run: RunTables,
    measures: Sequence[Measure],
    training: Any = None,
    *,
    sliced: bool = True,
) -> JudgedLayer:
    """The items of a layer with their credits under some conventions.

    Args:
        name: the layer.
        articles: the ids of all articles, sorted.
        run: the run.
        measures: the columns of the credits; those that the run has no table for are not counted.
        training: the training data, for what was seen in it.
        sliced: whether to find the properties of the items.
    """
    layer, task = load_layer(name), kinds_task(name)
    pairs = [pair for pair in run.pairs[name] if pair.gold[name] is not None]
    base = _columns(name, pairs, run)
    sizes = len(base.gold), len(base.predicted)
    kinds = tuple(np.full(size, UNJUDGED, dtype=np.int8) for size in sizes)
    credits = tuple(np.full((size, len(measures)), np.nan) for size in sizes)
    partner = np.full(sizes[1], NOBODY)
    properties: dict[str, Values] = {}
    if task is not None and task.name in run.tasks:
        columns = _task_columns(task.name, run, base)
        judged, places = judge_items(task.name, columns), _places(columns, base)
        for side in (GOLD_SIDE, PREDICTED_SIDE):
            kinds[side][places[side]] = judged.kind[side]
        matched = judged.partner[PREDICTED_SIDE]
        # The last element is for those without a partner, whose number points there.
        partner[places[PREDICTED_SIDE]] = np.append(places[GOLD_SIDE], NOBODY)[matched]
        properties = _properties(task, columns, places, sizes, training) if sliced else {}
    else:
        task = None
    for number, (of_task, convention) in enumerate(measures):
        scored = run.tables.get(of_task, {}).get(convention)
        if scored is not None and scored.items is not None:
            places = _places(scored.items.columns, base)
            for side in (GOLD_SIDE, PREDICTED_SIDE):
                credits[side][places[side], number] = scored.items.shares[side]
    return JudgedLayer(
        layer=layer,
        task=task,
        gold=_side(base, GOLD_SIDE, articles, {pair.article.id for pair in pairs}),
        predicted=_side(
            base, PREDICTED_SIDE, articles, {pair.article.id for pair in pairs if pair.predicted[name] is not None}
        ),
        kinds=(kinds[0], kinds[1]),
        partner=partner,
        measures=tuple(measures),
        credits=(credits[0], credits[1]),
        properties=properties,
    )


def _columns(layer: str, pairs: Sequence[Pair], run: RunTables) -> Columns:
    """The items of a layer in all articles that have it: those that a task has counted, if it counted all of them."""
    for task, tables in run.tables.items():
        if load_task(task).layer == layer:
            for scored in tables.values():
                if scored.items is not None and len(scored.items.columns.pairs) == len(pairs):
                    return scored.items.columns
    return columns_of_pairs(pairs, layer)


def _task_columns(task: str, run: RunTables, base: Columns) -> Columns:
    """The items that a task counts; those that were matched already are not matched again."""
    return base if len(base.pairs) == len(run.tasks[task]) else columns_of(task, run.tasks[task])


def _places(columns: Columns, base: Columns) -> tuple[Ints, Ints]:
    """For each gold and each predicted item of some columns its position among those of all articles."""
    if columns is base:
        return np.arange(len(base.gold)), np.arange(len(base.predicted))
    position = {name: number for number, name in enumerate(base.articles)}
    article = np.array([position[name] for name in columns.articles], dtype=np.int64)
    gold, predicted = (_places_of_side(columns, base, side, article) for side in (GOLD_SIDE, PREDICTED_SIDE))
    return gold, predicted


def _places_of_side(columns: Columns, base: Columns, number: int, article: Ints) -> Ints:
    # Two orders of the same items agree in where an item stood among those of its article when both were made.
    own, whole = columns.sides[number], base.sides[number]
    local = own.order - columns.first[number][own.article]
    place = np.empty(len(whole), dtype=np.int64)
    place[whole.order] = np.arange(len(whole))
    return place[base.first[number][article[own.article]] + local]


def _side(columns: Columns, number: int, articles: Sequence[str], there: set[str]) -> SideItems:
    numbers = np.zeros(len(articles) + 1, dtype=np.int64)
    position = {name: at for at, name in enumerate(articles)}
    places = np.array([position[name] for name in columns.articles], dtype=np.int64)
    numbers[places + 1] = np.diff(columns.first[number])
    return SideItems(
        records=columns.records[number],
        first=np.cumsum(numbers),
        there=np.array([name in there for name in articles], dtype=bool),
    )


def _properties(
    task: Task, columns: Columns, places: tuple[Ints, Ints], sizes: tuple[int, int], training: Any
) -> dict[str, Values]:
    found: dict[str, Values] = {}
    for name, known in task.properties.items():
        values = imported(known.function)(columns, training)
        if values is None:
            continue
        sides: list[list[str]] = []
        for side in (GOLD_SIDE, PREDICTED_SIDE):
            own = [""] * sizes[side]
            for place, value in zip(places[side].tolist(), values[side], strict=True):
                own[place] = value
            sides.append(own)
        found[name] = (sides[0], sides[1])
    return found
