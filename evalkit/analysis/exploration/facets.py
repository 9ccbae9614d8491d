"""Which articles have what: the lists behind the filters of an explorer, as JSON values.

Positions of articles are told as gaps: each as the difference from the one before it, the first from 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evalkit.analysis.changes import DIRECTIONS
from evalkit.analysis.exploration.judged_layer import JudgedLayer
from evalkit.analysis.exploration.outcomes import outcomes_since
from evalkit.analysis.slices import pooled_values
from evalkit.scoring.properties import article_properties

if TYPE_CHECKING:
    from evalkit.analysis.exploration.explored import Explored

__all__ = ["facets_of", "gaps"]

Row = dict[str, Any]


def facets_of(explored: Explored) -> dict[str, list[Row]]:
    """The rows of each kind of filter; see docs/view.md."""
    return {
        "items": list(_items(explored)),
        "property": list(_properties(explored)),
        "article": list(_article(explored)),
        "disagree": list(_disagree(explored)),
        "baseline": list(_baseline(explored)),
        "failed": list(_failed(explored)),
    }


def gaps(positions: Any) -> list[int]:
    """Ascending positions as differences."""
    return [int(gap) for gap in np.diff(positions, prepend=0)]


def _judged(explored: Explored) -> Iterator[tuple[int, str, JudgedLayer]]:
    """Each run with a layer whose kinds of errors are told apart, and the name of the task that does so."""
    for number, run in enumerate(explored.runs):
        for own in run.judged.values():
            if own.task is not None:
                yield number, own.task.name, own


def _codes(values: Sequence[str], names: Mapping[str, int]) -> NDArray[np.int64]:
    return np.array([names[value] for value in values], dtype=np.int64)


def _items(explored: Explored) -> Iterator[Row]:
    """Articles by kind and label of their items."""
    for number, task, own in _judged(explored):
        labels = explored.labels[own.layer.name]
        names, known = {label: at for at, label in enumerate(labels)}, own.task.kinds if own.task else ()
        cells = []
        for side, kinds in zip((own.gold, own.predicted), own.kinds, strict=True):
            label = _codes([own.layer.label(item) for item in side.records], names)
            cells.append((side.article, kinds.astype(np.int64) * len(labels) + label, kinds >= 0))
        for cell in np.unique(np.concatenate([code[judged] for _, code, judged in cells])).tolist():
            kind, label_number = divmod(cell, len(labels))
            chosen = [(code == cell) & judged for _, code, judged in cells]
            there = np.unique(
                np.concatenate([article[mask] for (article, _, _), mask in zip(cells, chosen, strict=True)])
            )
            yield {
                **{"run": number, "task": task, "kind": known[kind], "label": labels[label_number]},
                "articles": gaps(there),
                **{name: int(mask.sum()) for name, mask in zip(("gold", "predicted"), chosen, strict=True)},
            }


def _properties(explored: Explored) -> Iterator[Row]:
    """Articles by the properties of their items, and which of them have such an item that is not right."""
    for number, task, own in _judged(explored):
        for name, sides in own.properties.items():
            values = sorted({*sides[0], *sides[1]} - {""})
            names = {value: at for at, value in enumerate(("", *values))}
            articles = np.concatenate([own.gold.article, own.predicted.article])
            codes = np.concatenate([_codes(side, names) for side in sides])
            wrong = np.concatenate(own.kinds) > 0
            for at, value in enumerate(values, 1):
                having = codes == at
                yield {
                    **{"run": number, "task": task, "property": name, "value": value},
                    "articles": gaps(np.unique(articles[having])),
                    "wrong": gaps(np.unique(articles[having & wrong])),
                }


def _article(explored: Explored) -> Iterator[Row]:
    """Articles by source, year, language and metadata; what is another one for each article tells nothing apart."""
    ids = [article.id for article in explored.articles]
    for name, values in article_properties(explored.articles).items():
        if len(values) > 1 and len(set(values.values())) == len(values):
            continue
        pooled = pooled_values(values, ids)
        by_value: dict[str, list[int]] = {}
        for position, article in enumerate(ids):
            if article in pooled:
                by_value.setdefault(str(pooled[article]), []).append(position)
        for value in sorted(by_value):
            yield {"property": name, "value": value, "articles": gaps(by_value[value])}


def _disagree(explored: Explored) -> Iterator[Row]:
    """Articles in which two runs do not do alike."""
    texts = [article.text for article in explored.articles]
    for (i, first), (j, second) in combinations(enumerate(explored.runs), 2):
        for layer, own in first.judged.items():
            changed = outcomes_since(own, second.judged[layer], texts)
            if changed is not None and own.task is not None:
                numbers = sum(changed.by_article(second.judged[layer]).values())
                if (there := np.flatnonzero(numbers)).size:
                    yield {"task": own.task.name, "runs": [i, j], "articles": gaps(there)}


def _baseline(explored: Explored) -> Iterator[Row]:
    """Articles with items that are not what they were in the baseline."""
    for number, run in enumerate(explored.runs):
        for layer, changed in run.since.items():
            own = run.judged[layer]
            by_word = changed.by_article(own)
            for word in DIRECTIONS:
                if (there := np.flatnonzero(by_word[word])).size and own.task is not None:
                    row = {"run": number, "task": own.task.name, "change": word, "articles": gaps(there)}
                    yield {**row, "items": int(by_word[word].sum())}


def _failed(explored: Explored) -> Iterator[Row]:
    for number, run in enumerate(explored.runs):
        there = [position for position, article in enumerate(explored.articles) if article.id in run.failed]
        if there:
            yield {"run": number, "articles": gaps(there)}
