"""Where two readers disagree, by the kinds of errors that a task tells apart, with examples.

No reading is the right one, so what only one of two readers marked is one kind, `missed`, with who missed how many.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from evalkit.layers.base import Layer
from evalkit.layers.table import load_layer
from evalkit.scoring.columns import GOLD_SIDE, PREDICTED_SIDE, Columns
from evalkit.scoring.items import NOBODY
from evalkit.scoring.kinds import Judged
from evalkit.scoring.tasks.base import DUPLICATE, MISSED, RIGHT, SPURIOUS
from evalkit.scoring.tasks.table import judge_items, load_task

__all__ = ["Disagreement", "DisputedItem", "Marked", "disagreements_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """What one reader marked.

    Attributes:
        reader: whose it is.
        label: what it is counted under.
        text: the item in words.
        spans: where it stands, in code points.
        roles: who does what in it, in words, such as the speaker of a quote.
    """

    reader: str
    label: str
    text: str
    spans: tuple[tuple[int, int], ...]
    roles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputedItem:
    """An item on which two readers of an article disagree: what each marked, or None."""

    article_id: str
    readers: tuple[str, str]
    marked: tuple[Marked | None, Marked | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """One kind of disagreement.

    Attributes:
        task: whose items they are.
        kind: a kind of error of the task.
        items: how many, over all pairs of readers; a matched pair of items counts once.
        by: of what only one of two marked, who missed how many.
        examples: some of them, spread over articles.
    """

    task: str
    kind: str
    items: int
    by: Mapping[str, int]
    examples: tuple[DisputedItem, ...]

    def to_json(self) -> dict[str, Any]:
        """It as JSON values."""
        values = asdict(self)
        return {"layer": values.pop("task"), **values}


def disagreements_of(
    task: str, pairs: Sequence[tuple[tuple[str, str], Columns]], examples: int
) -> tuple[Disagreement, ...]:
    """The disagreements in one task, those of most items first; nothing of a task whose errors are not told apart.

    Args:
        task: the task.
        pairs: two readers and their items, those of the first as gold.
        examples: how many of each kind are shown.
    """
    if not load_task(task).kinds:
        return ()
    number: Counter[str] = Counter()
    by: dict[str, Counter[str]] = {}
    shown: dict[str, list[DisputedItem]] = {}
    for names, columns in pairs:
        judged = judge_items(task, columns)
        for code, kind in enumerate(judged.names):
            # Matched pairs are looked at from the gold side, what stands alone from its own.
            alone = {side: _positions(judged, side, code, alone=True) for side in (GOLD_SIDE, PREDICTED_SIDE)}
            together = _positions(judged, GOLD_SIDE, code, alone=False)
            # A copy is one more mark that the other reader does not have.
            name = MISSED if kind in (SPURIOUS, DUPLICATE) else kind
            if kind == RIGHT or not len(together) + sum(map(len, alone.values())):
                continue
            number[name] += len(together) + sum(map(len, alone.values()))
            for side, positions in alone.items():
                if len(positions):
                    by.setdefault(name, Counter())[names[1 - side]] += len(positions)
            found = [(GOLD_SIDE, together), *alone.items()]
            shown.setdefault(name, []).extend(
                _disputed(names, columns, judged, side, position)
                for side, positions in found
                for position in _spread(columns, side, positions, examples)
            )
    return tuple(
        Disagreement(
            task=task,
            kind=kind,
            items=number[kind],
            by=dict(sorted(by.get(kind, {}).items())),
            examples=tuple(_first_of_each(shown[kind], examples)),
        )
        for kind in sorted(number, key=lambda kind: (-number[kind], kind))
    )


def _positions(judged: Judged, side: int, code: int, *, alone: bool) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.flatnonzero((judged.kind[side] == code) & ((judged.partner[side] == NOBODY) == alone))


def _spread(columns: Columns, side: int, positions: Any, number: int) -> list[int]:
    """So many positions: the first of each article, then the second ones."""
    seen: Counter[int] = Counter()
    ranked = []
    for position in positions.tolist():
        article = int(columns.sides[side].article[position])
        ranked.append((seen[article], article, position))
        seen[article] += 1
    return [position for *_, position in sorted(ranked)[:number]]


def _first_of_each(items: Sequence[DisputedItem], number: int) -> list[DisputedItem]:
    """So many examples over all pairs of readers and sides: first one of each article."""
    seen: Counter[str] = Counter()
    ranked = []
    for at, item in enumerate(sorted(items, key=_place)):
        ranked.append((seen[item.article_id], at, item))
        seen[item.article_id] += 1
    return [item for *_, item in sorted(ranked, key=lambda one: one[:2])[:number]]


def _place(item: DisputedItem) -> tuple[Any, ...]:
    spans = next(marked.spans for marked in item.marked if marked is not None)
    return item.article_id, spans, item.readers


def _disputed(names: tuple[str, str], columns: Columns, judged: Judged, side: int, position: int) -> DisputedItem:
    layer, text = load_layer(columns.layer), columns.pairs[columns.sides[side].article[position]].article
    partner = int(judged.partner[side][position])
    marked: list[Marked | None] = [None, None]
    marked[side] = _marked(names[side], layer, columns.records[side][position], text.text)
    if partner != NOBODY:
        marked[1 - side] = _marked(names[1 - side], layer, columns.records[1 - side][partner], text.text)
    return DisputedItem(article_id=text.id, readers=names, marked=(marked[0], marked[1]))


def _marked(reader: str, layer: Layer[Any], item: Any, text: str) -> Marked:
    return Marked(
        reader=reader,
        label=layer.label(item),
        text=layer.show(item, text),
        spans=tuple((span.start, span.end) for span in layer.spans(item)),
        roles={name: words for name, words in layer.roles(item, text).items() if words},
    )
