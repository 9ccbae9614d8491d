"""What every convention must keep.

Each function says what is wrong with a convention on a case, or None.

perfect     predicting the gold gives precision, recall and F1 of 1
bounds      no item earns less than 0 or more than 1, and nothing is NaN
order       the order of articles, gold and predicted items is irrelevant
empty       an article without gold and predictions changes nothing
merge       tables of any two parts merge into the table of the whole, byte for byte
duplicate   a copy of a prediction that meets at most one gold item never helps
swap        swapping gold and predicted swaps precision and recall
counts      the counts are those of the input, by article and label
sums        counts by label add up to the overall ones, and so do those by the value of any property of the items
defined     no gold, no predictions, empty spans, a 10,000-token article: a result and no crash
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from evalkit.layers.base import Layer
from evalkit.layers.table import layer_names, load_layer
from evalkit.records import Annotations
from evalkit.results import Counts
from evalkit.scoring.alignment import any_overlap
from evalkit.scoring.counts import CountTable, merge_tables
from evalkit.scoring.from_records import join_spans
from evalkit.scoring.pairs import Pair
from evalkit.scoring.selftest_cases import Case, with_items
from evalkit.scoring.tasks.base import imported
from evalkit.scoring.tasks.table import load_task, score_task

__all__ = ["INVARIANTS", "Invariant"]

TOLERANCE = 1e-9

Invariant = Callable[[str, str, Case], str | None]


def _score(task: str, name: str, case: Iterable[Pair]) -> CountTable:
    return score_task(task, sorted(case, key=lambda pair: pair.article.id), [name])[name].table


def _perfect(task: str, name: str, case: Case) -> str | None:
    counts = _score(task, name, [replace(pair, predicted=pair.gold) for pair in case]).counts()
    right = not counts.gold or min(counts.precision, counts.recall) >= 1 - TOLERANCE
    return None if right else f"the gold as prediction gives {_figures(counts)}"


def _bounds(task: str, name: str, case: Case) -> str | None:
    cells = _score(task, name, case).values
    if not np.isfinite(cells).all():
        return "a count is not a finite number"
    if (cells < 0).any() or (cells[..., 2:] > cells[..., :2] + TOLERANCE).any():
        return f"credit is negative or above the number of items: {cells[..., 2:].max()} of {cells[..., :2].max()}"
    return None


def _order(task: str, name: str, case: Case) -> str | None:
    before = _score(task, name, case)
    rng = random.Random(1)
    shuffled = []
    for pair in case:
        for side in ("gold", "predicted"):
            for layer, items in getattr(pair, side).layers.items():
                pair = with_items(pair, side, layer, rng.sample(items, len(items)))
        shuffled.append(pair)
    if not _same(before, _score(task, name, shuffled)):
        return "another order of the same items gives other counts"
    names = [f"z{len(case) - number}" for number in range(len(case))]
    turned = [replace(p, article=replace(p.article, id=new)) for p, new in zip(case, names, strict=True)]
    return _differs("another order of articles", before.counts(), _score(task, name, turned).counts())


def _empty(task: str, name: str, case: Case) -> str | None:
    nothing = Annotations(dict.fromkeys(layer_names(), ()))
    more = [*case, *(Pair(replace(pair.article, id="0"), nothing, nothing) for pair in case[:1])]
    return _differs("an empty article", _score(task, name, case).counts(), _score(task, name, more).counts())


def _merge(task: str, name: str, case: Case) -> str | None:
    whole = _score(task, name, case)
    for cut in range(1, len(case)):
        parts = [_score(task, name, case[cut:]), _score(task, name, case[:cut])]
        if not _same(whole, merge_tables(parts)):
            return f"scored in two parts (cut at article {cut}) and merged, the table is another"
    return None


def _duplicate(task: str, name: str, case: Case) -> str | None:
    before = _score(task, name, case).counts()
    layer = load_layer(load_task(task).layer)
    for position, pair in enumerate(case):
        items = layer.of(pair.predicted) or ()
        for item in items:
            if _met(layer, pair, item) > 1:
                continue
            more = with_items(pair, "predicted", layer.name, (*items, item))
            after = _score(task, name, (*case[:position], more, *case[position + 1 :])).counts()
            for figure in ("precision", "recall", "f1"):
                if getattr(after, figure) > getattr(before, figure) + TOLERANCE:
                    return f"a copy of a prediction takes {figure} from {_figures(before)} to {_figures(after)}"
    return None


def _met(layer: Layer[Any], pair: Pair, item: Any) -> int:
    """How many gold items a prediction has to do with: those that it overlaps, or that say the same."""
    spans, gold = layer.spans(item), layer.of(pair.gold) or ()
    places = [layer.spans(other) for other in gold]
    if not layer.needs_spans:
        same = [layer.identity(other) == layer.identity(item) for other in gold]
        return sum(equal or any_overlap(spans, place) for equal, place in zip(same, places, strict=True))
    return sum(any_overlap(spans, place) or join_spans(spans) == join_spans(place) for place in places)


def _swap(task: str, name: str, case: Case) -> str | None:
    there = _score(task, name, case).counts()
    back = _score(task, name, [replace(pair, gold=pair.predicted, predicted=pair.gold) for pair in case]).counts()
    turned = Counts(back.predicted, back.gold, back.predicted_credit, back.gold_credit)
    return _differs("swapping gold and predicted", there, turned)


def _counts(task: str, name: str, case: Case) -> str | None:
    table = _score(task, name, case)
    cells = table.dense()
    layer = load_layer(load_task(task).layer)
    for number, side in enumerate(("gold", "predicted")):
        wanted = Counter(
            (pair.article.id, layer.label(item)) for pair in case for item in layer.of(getattr(pair, side)) or ()
        )
        for row, article in enumerate(table.articles):
            for column, label in enumerate(table.labels):
                if cells[row, column, number] != wanted.pop((article, label), 0):
                    return f"{side} {label} in {article}: {cells[row, column, number]} counted, not as many given"
        if wanted:
            return f"{side} {next(iter(wanted))} is not counted"
    return None


def _sums(task: str, name: str, case: Case) -> str | None:
    scored = score_task(task, sorted(case, key=lambda pair: pair.article.id), [name])[name]
    whole = scored.table.counts()
    if wrong := _differs("adding up the labels", whole, _total(scored.table)):
        return wrong
    for by, item_property in load_task(task).properties.items():
        values = None if scored.items is None else imported(item_property.function)(scored.items.columns, None)
        if scored.items is not None and values is not None:
            sliced = scored.items.grouped_table(values).by_group()
            if wrong := _differs(f"adding up the slices by {by}", whole, _total(sliced)):
                return wrong
    return None


def _total(table: CountTable) -> Counts:
    return sum((table.counts(label) for label in table.labels), Counts())


def _defined(task: str, name: str, case: Case) -> str | None:
    return _bounds(task, name, case) or _swap_sides_defined(task, name, case)


def _swap_sides_defined(task: str, name: str, case: Case) -> str | None:
    return _bounds(task, name, tuple(replace(pair, gold=pair.predicted, predicted=pair.gold) for pair in case))


INVARIANTS: dict[str, Invariant] = {
    "perfect": _perfect,
    "bounds": _bounds,
    "order": _order,
    "empty": _empty,
    "merge": _merge,
    "duplicate": _duplicate,
    "swap": _swap,
    "counts": _counts,
    "sums": _sums,
    "defined": _defined,
}
"""Name → what is wrong with a convention on a case, or None."""


def _same(first: CountTable, second: CountTable) -> bool:
    return (first.articles, first.labels) == (second.articles, second.labels) and bool(
        np.array_equal(first.dense(), second.dense())
    )


def _differs(what: str, before: Counts, after: Counts) -> str | None:
    pairs = zip(
        (before.gold, before.predicted, before.gold_credit, before.predicted_credit),
        (after.gold, after.predicted, after.gold_credit, after.predicted_credit),
        strict=True,
    )
    if all(abs(a - b) <= TOLERANCE for a, b in pairs):
        return None
    return f"{what} changes the counts: {_figures(before)} to {_figures(after)}"


def _figures(counts: Counts) -> str:
    return f"P {counts.predicted_credit:g}/{counts.predicted} R {counts.gold_credit:g}/{counts.gold} F1 {counts.f1:.3f}"
