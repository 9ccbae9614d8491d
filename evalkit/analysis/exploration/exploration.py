"""One to five runs over the same gold, with every item of theirs and what became of it: what people look at.

Everything that is drawn, listed or exported of single items is a filter on these columns, and each credit in them is
that of the item tables, so that nothing that is shown can say another thing than the scores do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evalkit.analysis.comparison import Comparison
from evalkit.analysis.diagnosis import Diagnosis
from evalkit.analysis.exploration.explored import Explored, ExploredBaseline, ExploredRun
from evalkit.analysis.exploration.index import index_of
from evalkit.analysis.exploration.item_rows import ItemTable, item_table
from evalkit.analysis.exploration.judged_layer import JudgedLayer, Measure, RunTables, judge_layer
from evalkit.analysis.exploration.outcomes import outcomes_since
from evalkit.errors import InputError
from evalkit.harmless import clean
from evalkit.layers.table import layer_names
from evalkit.records import Article
from evalkit.results import EvalResult
from evalkit.scoring.counts import GOLD, GOLD_CREDIT, PREDICTED, PREDICTED_CREDIT
from evalkit.scoring.tasks.table import load_task, task_names
from evalkit.showing import number_of, shown_html

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["MOST_RUNS", "Exploration", "GivenRun", "explore"]

MOST_RUNS = 5

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class GivenRun:
    """A run that is to be looked into.

    Attributes:
        name: how it is called beside the others.
        extractor: what made it.
        tables: how it was scored.
        layers: the layers that it claims.
        failed: article id → error.
        not_evaluated: what has no figures → why.
        notes: what was mapped and set aside, each a sentence.
        result: its scores with intervals, for the overview.
        diagnosis: what is wrong with it, for the overview; None if nobody asked.
    """

    name: str
    extractor: str
    tables: RunTables
    layers: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    not_evaluated: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    result: EvalResult | None = None
    diagnosis: Diagnosis | None = None


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Exploration:
    """One to five runs over the same gold, for looking into them.

    Attributes:
        explored: the articles with all items, and what became of them.
        comparison: the runs against the first of them; None for one run, or where nobody asked.
    """

    explored: Explored
    comparison: Comparison | None = None

    @property
    def title(self) -> str:
        """What it is about, in one line."""
        return self.explored.title

    @property
    def runs(self) -> tuple[ExploredRun, ...]:
        """The runs."""
        return self.explored.runs

    def items(self) -> ItemTable:
        """One row an item of each run: a gold item with its partner, or a prediction that has none."""
        return item_table(self.explored)

    def to_json(self) -> dict[str, Any]:
        """The exploration as JSON values: what there is, without the articles' texts and their items."""
        return {**index_of(self.explored), "format": "evalkit.exploration", "version": 1}

    def to_pandas(self) -> DataFrame:
        """One row an item of each run, as `items`."""
        return self.items().to_pandas()

    def __repr__(self) -> str:
        """One line; everything in full would fill screens."""
        return clean(f"<Exploration of {self.title}: {number_of(len(self.explored.articles), 'article')}>")

    _repr_html_ = shown_html


def explore(
    gold: Mapping[str, str],
    articles: Sequence[Article],
    runs: Iterable[GivenRun],
    *,
    labels: Mapping[str, Sequence[str]],
    baseline: ExploredBaseline | None = None,
    before: RunTables | None = None,
    training: Any = None,
    sliced: bool = True,
    comparison: Comparison | None = None,
    notes: Sequence[str] = (),
) -> Exploration:
    """Lays runs side by side.

    Args:
        gold: its `gold`, `split` and `fingerprint`.
        articles: all of them, sorted by id.
        runs: how they were scored; looked at one after the other, so that they may be made when their turn comes.
        labels: layer → the labels of the inventory.
        baseline: what the runs are held against.
        before: its predictions beside the same gold.
        training: the training data, for what was seen in it.
        sliced: whether to find the properties of the items, to filter by.
        comparison: for the overview.
        notes: what is to be said about all of it.

    Raises:
        InputError: no run or too many, or they do not have the same gold items.
    """
    ids = [article.id for article in articles]
    layers: list[str] = []
    explored: list[ExploredRun] = []
    for run in runs:
        if not explored:
            layers = [name for name in layer_names() if any(p.gold[name] is not None for p in run.tables.pairs[name])]
        judged = {
            name: judge_layer(name, ids, run.tables, _measures(name, run.tables), training, sliced=sliced)
            for name in layers
        }
        if explored:
            _check_same_items(explored[0], run.name, judged)
        explored.append(_explored(run, judged, ids))
    if not 0 < len(explored) <= MOST_RUNS:
        raise InputError(f"1 to {MOST_RUNS} runs can be looked at side by side, found {len(explored)}; leave some out")
    measures = {name: _all_measures([run.judged[name] for run in explored]) for name in layers}
    explored = [
        replace(run, judged={name: own.with_measures(measures[name]) for name, own in run.judged.items()})
        for run in explored
    ]
    if before is not None and baseline is not None:
        known = {name: judge_layer(name, ids, before, (), sliced=False) for name in layers}
        common = np.array([name in baseline.common for name in ids], dtype=bool)
        explored = [_since(run, known, articles, common) for run in explored]
    return Exploration(
        explored=Explored(
            **gold,
            articles=tuple(articles),
            labels={name: _labels(name, labels.get(name, ()), explored) for name in layers},
            measures=measures,
            runs=tuple(explored),
            baseline=baseline,
            notes=tuple(notes),
        ),
        comparison=comparison,
    )


def _measures(layer: str, run: RunTables) -> tuple[Measure, ...]:
    return tuple(
        (task, convention)
        for task in task_names()
        if load_task(task).layer == layer
        for convention in run.tables.get(task, ())
    )


def _all_measures(judged: Sequence[JudgedLayer]) -> tuple[Measure, ...]:
    """Those of all runs, task by task."""
    found = list(dict.fromkeys(measure for own in judged for measure in own.measures))
    return tuple(measure for task in task_names() for measure in found if measure[0] == task)


def _check_same_items(first: ExploredRun, name: str, judged: Mapping[str, JudgedLayer]) -> None:
    for layer, own in judged.items():
        if own.gold.records != first.judged[layer].gold.records:
            raise InputError(
                f"{name!r} and {first.name!r} were not scored against the same gold {layer}; score both with the same "
                "label maps, labels and scope"
            )


def _explored(run: GivenRun, judged: Mapping[str, JudgedLayer], ids: Sequence[str]) -> ExploredRun:
    position = {name: number for number, name in enumerate(ids)}
    costs: dict[str, dict[str, Floats]] = {}
    for task, tables in run.tables.tables.items():
        costs[task] = {}
        for convention, scored in tables.items():
            cells = scored.table.by_article()
            lost = cells[:, GOLD] - cells[:, GOLD_CREDIT] + cells[:, PREDICTED] - cells[:, PREDICTED_CREDIT]
            costs[task][convention] = of_articles = np.zeros(len(ids))
            of_articles[[position[name] for name in scored.table.articles]] = np.maximum(lost, 0)
    return ExploredRun(
        name=run.name,
        extractor=run.extractor,
        layers=run.layers,
        failed=run.failed,
        not_evaluated=run.not_evaluated,
        notes=run.notes,
        result=run.result,
        diagnosis=run.diagnosis,
        judged=judged,
        costs=costs,
    )


def _since(
    run: ExploredRun, before: Mapping[str, JudgedLayer], articles: Sequence[Article], common: NDArray[np.bool_]
) -> ExploredRun:
    texts = [article.text for article in articles]
    since = {name: outcomes_since(before[name], own, texts, common) for name, own in run.judged.items()}
    return replace(run, since={name: own for name, own in since.items() if own is not None})


def _labels(layer: str, inventory: Sequence[str], runs: Sequence[ExploredRun]) -> tuple[str, ...]:
    used: set[str] = set()
    for run in runs:
        label = run.judged[layer].layer.label
        used |= {label(item) for side in (run.judged[layer].gold, run.judged[layer].predicted) for item in side.records}
    return tuple(dict.fromkeys([*inventory, *sorted(used)]))
