"""The floor below every figure: what a trivial baseline gets that knows which labels the gold has, and nothing else.

All that it finds has the most frequent label of the gold. In the row of a label it is the same baseline with that
label: of one that always says GPE the floor of PER would be 0 by construction, and say nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from evalkit.dataset.gold import GoldDataset
from evalkit.options import Scoring
from evalkit.results import PRF, Counts, TaskResult, floor_signature
from evalkit.scoring.counts import CountTable, merge_tables
from evalkit.scoring.pairs import Pair, Paired, pair_block
from evalkit.scoring.relabelled import columns_with_label, with_labels
from evalkit.scoring.survey import Survey, survey_sides
from evalkit.scoring.tasks.table import ScoredTable, load_task, score_columns
from evalkit.workflows.running.run import floor_of
from evalkit.workflows.scoring.blocks import Block
from evalkit.workflows.scoring.pairing import Pairing

__all__ = ["Floor"]

Tables = Mapping[str, Mapping[str, ScoredTable]]
Results = Mapping[str, Mapping[str, TaskResult]]


class Floor:
    """The trivial baseline over the blocks of a gold, scored as the predictions are."""

    def __init__(self, gold: GoldDataset, whole: Pairing, scoring: Scoring, asked: Mapping[str, Sequence[str]]) -> None:
        """For what is asked: task → conventions. A task whose layers nobody finds trivially has no floor."""
        self._gold, self._whole, self._scoring = gold, whole, scoring
        self._layers = floor_of(replace(gold, examples=())).layers or ()
        self._tasks = [task for task in asked if set(load_task(task).layers) <= set(self._layers)]
        # With labels that are in the scope of the gold, so that only what stands outside its zones is set aside.
        self._usual = {layer: _most_frequent(whole.plain.survey, layer) for layer in self._layers}
        self._label = {task: self._usual_of(task) for task in self._tasks}
        self._survey = self._whole.plain.survey
        if scoring.scope:
            # Which parts there are, the gold says without the scopes that are options of a scoring.
            self._survey = survey_sides(gold.examples, ())
        self._survey = replace(self._survey, claimed=frozenset(self._layers))
        self._parts: dict[tuple[str, str], list[ScoredTable]] = {}
        self._rows: dict[tuple[str, str, str], NDArray[np.float64]] = {}

    def _usual_of(self, task: str) -> str:
        return _most_frequent(self._whole.of_task(task).survey, load_task(task).layer)

    def add(self, block: Block, labels: Mapping[str, Sequence[str]] | None = None) -> None:
        """Takes some articles, in order of their ids.

        Args:
            block: the articles.
            labels: task → labels whose rows alone are made; by default all that gold items have, and the whole.
        """
        pairing = self._trivial(block)
        for task in self._tasks:
            if not pairing.of_task(task).with_layers(load_task(task).layers):
                continue
            conventions = pairing.evaluable(replace(self._scoring, tasks=(task,))).get(task, ())
            gold = self._whole.of_task(task).survey.labels[load_task(task).layer]
            for columns, names in pairing.columns(task, conventions):
                if labels is None:
                    own = columns_with_label(columns, self._label[task])
                    for name, scored in score_columns(task, own, names).items():
                        self._parts.setdefault((task, name), []).append(replace(scored, items=None))
                for row in sorted(gold) if labels is None else labels[task]:
                    for name, scored in score_columns(task, columns_with_label(columns, row), names).items():
                        before = self._rows.get((task, name, row))
                        self._rows[task, name, row] = _row_counts(scored.table, row, before)

    def lacking(self, tables: Tables) -> dict[str, list[str]]:
        """Task → labels that the tables have with gold and that no item is called, such as those of tokens."""
        lacking = {}
        for task in self._tasks:
            known = self._whole.of_task(task).survey.labels[load_task(task).layer]
            if missing := [label for label in _labels_of(tables[task]) if label not in known]:
                lacking[task] = missing
        return lacking

    def results(self, tables: Tables, results_of: Callable[[Tables], Results]) -> dict[str, dict[str, TaskResult]]:
        """The floor: task → convention → result.

        Args:
            tables: what was scored.
            results_of: the scores of tables.
        """
        floors = {}
        for task in self._tasks:
            joined = {
                name: replace(parts[0], table=merge_tables([part.table for part in parts]))
                for (of, name), parts in self._parts.items()
                if of == task
            }
            rows = {
                name: {
                    row: PRF.of(_counts(self._rows.get((task, name, row))))
                    for row in _labels_of(tables[task])
                    if row in tables[task][name].table.labels
                }
                for name in joined
            }
            floors[task] = {
                name: replace(result, labels=rows[name], signature=floor_signature(result.signature, self._label[task]))
                for name, result in results_of({task: joined})[task].items()
            }
        return floors

    def _trivial(self, block: Block) -> Pairing:
        """What the baseline predicts of a block, inside the scope, beside the gold."""
        run = floor_of(replace(self._gold, examples=tuple(block.examples)))
        predictions = {
            one.article_id: replace(
                one,
                annotations=with_labels(one.annotations, self._usual),
                given=None if one.given is None else with_labels(one.given, self._usual),
            )
            for one in run.predictions
        }
        trivial = pair_block(block.examples, predictions, self._survey, Counter())
        found = {pair.article.id: pair for pair in trivial}

        def beside(paired: Paired) -> Paired:
            pairs = [
                Pair(one.article, one.gold, found[one.article.id].predicted, found[one.article.id].given)
                for one in paired.pairs
            ]
            return replace(paired, pairs=tuple(pairs))

        return Pairing(beside(block.plain), beside(block.mapped), ())


def _most_frequent(survey: Survey, layer: str) -> str:
    """The label that most gold items have, of several the first in the alphabet; "" without any."""
    counts = survey.labels[layer]
    return min(counts, key=lambda label: (-counts[label], label), default="")


def _labels_of(by_convention: Mapping[str, ScoredTable]) -> list[str]:
    """The labels that gold items have."""
    tables = [scored.table for scored in by_convention.values()]
    return sorted({name for table in tables for name in table.labels if table.counts(name).gold})


def _row_counts(table: CountTable, row: str, before: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """The counts of a label, added to those before in the order of the articles, as a table of all would add them."""
    sums = np.zeros(4) if before is None else before
    if row not in table.labels:
        return sums
    own = table.plain.values[table.plain.label == table.labels.index(row)]
    # One after the other: sums of fractions depend on the order in the last digit.
    return np.array([np.add.accumulate(np.concatenate([[first], own[:, at]]))[-1] for at, first in enumerate(sums)])


def _counts(sums: NDArray[np.float64] | None) -> Counts:
    gold, predicted, gold_credit, predicted_credit = (np.zeros(4) if sums is None else sums).tolist()
    return Counts(round(gold), round(predicted), gold_credit, predicted_credit)
