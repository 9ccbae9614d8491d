"""How far a score could be from the truth: what it is if the most suspicious items of the gold are wrong as proposed.

Nobody knows which of them are, so there is an interval: from all corrections that cost the run something to all that
help it. What each does is told by scoring its article again, what several do together by scoring the articles again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.analysis.suspects.ranking import Suspect
from evalkit.layers.base import Layer
from evalkit.layers.table import load_layer
from evalkit.records import Annotations
from evalkit.scoring.counts import prf
from evalkit.scoring.pairs import Pair
from evalkit.scoring.tasks.table import load_task, score_task

__all__ = ["ScoreBounds", "corrected", "score_bounds"]

Floats = NDArray[np.float64]
_AT_ONCE = 100
"""Articles that are scored together: as many copies of a long one are in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreBounds:
    """One figure of one run: micro F1 under the main convention of a task.

    Attributes:
        run: the run.
        task: the task.
        convention: its main convention.
        k: how many items are taken to be wrong, the most suspicious of the layer.
        f1: the score on the gold as it is.
        low: the score if just those of the k are wrong whose correction lowers it.
        high: the same with those whose correction raises it.
        corrected: the score if all k are wrong.
    """

    run: str
    task: str
    convention: str
    k: int
    f1: float
    low: float
    high: float
    corrected: float

    def to_json(self) -> dict[str, Any]:
        """The bounds as JSON values."""
        return asdict(self)


def score_bounds(run: str, task: str, pairs: Sequence[Pair], suspects: Sequence[Suspect]) -> ScoreBounds:
    """What the score of a run could be.

    Args:
        run: its name.
        task: the task.
        pairs: the articles of the task, sorted by id.
        suspects: those of the layer of the task that are taken to be wrong.
    """
    convention, layer = load_task(task).main, load_layer(load_task(task).layer)
    place = {pair.article.id: at for at, pair in enumerate(pairs)}
    suspects = [suspect for suspect in suspects if suspect.article_id in place]
    counts = _counts(task, convention, pairs)
    whole = counts.sum(axis=0)

    def changes(chosen: Sequence[Sequence[Suspect]]) -> Floats:
        """What the four numbers gain if an article is corrected, for each choice of suspects of one article."""
        at = [place[own[0].article_id] for own in chosen]
        after = [
            replace(pairs[row], gold=corrected(pairs[row].gold, layer, own))
            for row, own in zip(at, chosen, strict=True)
        ]
        return _counts(task, convention, after) - counts[at]

    def score(chosen: Iterable[Suspect]) -> float:
        by_article: defaultdict[str, list[Suspect]] = defaultdict(list)
        for suspect in chosen:
            by_article[suspect.article_id].append(suspect)
        return _f1(whole + changes(list(by_article.values())).sum(axis=0))

    now = _f1(whole)
    alone = [_f1(whole + change) for change in changes([[suspect] for suspect in suspects])]
    worse = score(suspect for suspect, value in zip(suspects, alone, strict=True) if value < now)
    better = score(suspect for suspect, value in zip(suspects, alone, strict=True) if value > now)
    return ScoreBounds(
        run=run,
        task=task,
        convention=convention,
        k=len(suspects),
        f1=now,
        # Two corrections in one article may work together otherwise than alone.
        low=min(now, worse),
        high=max(now, better),
        corrected=score(suspects),
    )


def corrected(gold: Annotations, layer: Layer[Any], suspects: Iterable[Suspect]) -> Annotations:
    """The gold with some suspects as they are proposed: replaced, taken out or added."""
    changes: Mapping[str, Suspect] = {one.gold.id: one for one in suspects if one.gold is not None}
    added = [one.proposed for one in suspects if one.gold is None]
    items = [
        _corrected_item(layer, item, changes[item.id].proposed) if item.id in changes else item
        for item in layer.of(gold) or ()
    ]
    numbered = [replace(item, id=f"{layer.prefix}+{number}") for number, item in enumerate(added, 1)]
    return gold.with_layers(**{layer.name: [item for item in (*items, *numbered) if item is not None]})


def _corrected_item(layer: Layer[Any], item: Any, proposed: Any) -> Any:
    """What is proposed, with what the item says besides where the proposal says nothing."""
    if proposed is None:
        return None
    kept = {one.name: getattr(item, one.name) for one in layer.fields if getattr(proposed, one.name) == one.absent}
    return replace(proposed, id=item.id, **kept)


def _counts(task: str, convention: str, pairs: Sequence[Pair]) -> Floats:
    """The four numbers of each of some articles, of which one may stand there several times, shape (articles, 4)."""
    found = [np.zeros((0, 4))]
    for start in range(0, len(pairs), _AT_ONCE):
        numbered = [
            replace(pair, article=replace(pair.article, id=f"{number:02}"))
            for number, pair in enumerate(pairs[start : start + _AT_ONCE])
        ]
        found.append(score_task(task, numbered, [convention])[convention].table.by_article())
    return np.concatenate(found)


def _f1(counts: Floats) -> float:
    return float(prf(counts)[..., 2])
