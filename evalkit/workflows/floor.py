"""The floor below every figure: what a trivial baseline gets that knows which labels the gold has, and nothing else.

All that it finds has the most frequent label of the gold. In the row of a label it is the same baseline with that
label: of one that always says GPE the floor of PER would be 0 by construction, and say nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from evalkit.dataset.gold import GoldDataset
from evalkit.layers.table import load_layer
from evalkit.options import Scoring
from evalkit.results import PRF, TaskResult, floor_signature
from evalkit.scoring.pairs import Pair, Paired, pair_up
from evalkit.scoring.tasks.table import ScoredTable, load_task
from evalkit.workflows.pairing import Pairing
from evalkit.workflows.run import floor_of

__all__ = ["floor_results"]

Tables = Mapping[str, Mapping[str, ScoredTable]]
Results = Mapping[str, Mapping[str, TaskResult]]


def floor_results(
    gold: GoldDataset, pairing: Pairing, tables: Tables, scoring: Scoring, results_of: Callable[[Tables], Results]
) -> dict[str, dict[str, TaskResult]]:
    """The floor of some tables: task → convention → result; a task whose layers nobody finds trivially has none.

    Args:
        gold: the gold.
        pairing: gold and predictions as they were scored; the baseline takes the place of the predictions.
        tables: what was scored.
        scoring: how.
        results_of: the scores of tables.
    """
    run = floor_of(gold)
    layers = run.layers or ()
    usual = {layer: _most_frequent(layer, pairing.plain.pairs) for layer in layers}
    # With labels that are in the scope of the gold, so that only what stands outside its zones is set aside.
    predictions = [
        replace(one, annotations=_relabelled(one.annotations, usual), given=_relabelled(one.given, usual))
        for one in run.predictions
    ]
    trivial = pair_up(gold.examples, predictions, layers=layers).pairs
    floors: dict[str, dict[str, TaskResult]] = {}
    for task, by_convention in tables.items():
        if not set(load_task(task).layers) <= set(layers):
            continue
        layer, labels = load_task(task).layer, _labels_of(by_convention.values())
        label = _most_frequent(layer, pairing.of_task(task).pairs)
        own = replace(scoring, tasks=(task,))
        floor = results_of(_tables(pairing, trivial, own, layer, label))[task]
        rows: dict[str, dict[str, PRF]] = {name: {} for name in floor}
        for row in labels:
            for name, scored in _tables(pairing, trivial, own, layer, row)[task].items():
                if row in tables[task][name].table.labels:
                    rows[name][row] = PRF.of(scored.table.counts(row))
        floors[task] = {
            name: replace(result, labels=rows[name], signature=floor_signature(result.signature, label))
            for name, result in floor.items()
        }
    return floors


def _most_frequent(layer: str, pairs: Iterable[Pair]) -> str:
    """The label that most gold items have, of several the first in the alphabet; "" without any."""
    known = load_layer(layer)
    counts = Counter(known.label(item) for pair in pairs for item in known.of(pair.gold) or ())
    return min(counts, key=lambda label: (-counts[label], label), default="")


def _labels_of(tables: Iterable[ScoredTable]) -> list[str]:
    """The labels that gold items have."""
    return sorted({name for scored in tables for name in scored.table.labels if scored.table.counts(name).gold})


def _tables(pairing: Pairing, trivial: Sequence[Pair], scoring: Scoring, layer: str, label: str) -> Tables:
    """The tables of one task with the baseline, all whose items in one layer have one label."""
    found = {
        pair.article.id: (_relabelled(pair.predicted, {layer: label}), _relabelled(pair.given, {layer: label}))
        for pair in trivial
    }

    def instead(paired: Paired) -> Paired:
        pairs = [
            replace(pair, predicted=found[pair.article.id][0], given=found[pair.article.id][1], whole=None)
            for pair in paired.pairs
        ]
        return replace(paired, pairs=tuple(pairs))

    return replace(pairing, plain=instead(pairing.plain), mapped=instead(pairing.mapped)).tables(scoring)


def _relabelled(annotations: Any, labels: Mapping[str, str]) -> Any:
    """The same items with another label, layer by layer; None is None."""
    if annotations is None:
        return None
    changed = {}
    for name, label in labels.items():
        layer = load_layer(name)
        items = layer.of(annotations)
        if items and label:
            changed[name] = [replace(item, **{layer.label_field: label}) for item in items]
    return annotations.with_layers(**changed) if changed else annotations
