"""Where two readers disagree, by the kinds of errors that a task tells apart, with examples.

No reading is the right one, so what only one of two readers marked is one kind, `missed`, with who missed how many.

Matched items may also differ in what the kinds of errors of a task do not ask for, such as quotes in their kind and
their cue, and those with one speaker in the words that name the speaker. These are kinds too, called as the parts of
alpha are, beside the one that a pair has already.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from evalkit.analysis.agreement.kappa import LABEL
from evalkit.analysis.agreement.units import place_fields
from evalkit.layers.base import Layer
from evalkit.layers.table import load_layer
from evalkit.records import Span
from evalkit.scoring.columns import GOLD_SIDE, PREDICTED_SIDE, Columns
from evalkit.scoring.items import NOBODY
from evalkit.scoring.kinds import Judged
from evalkit.scoring.survey import annotates
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
        places: where what it has besides stands, such as its cue, by name.
    """

    reader: str
    label: str
    text: str
    spans: tuple[tuple[int, int], ...]
    roles: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)


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
        kind: a kind of error of the task, or a part of its items that these do not ask for.
        items: how many, over all pairs of readers; a matched pair of items counts once under each.
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
        for part, differing in _differing(task, columns, judged).items():
            number[part] += len(differing)
            shown.setdefault(part, []).extend(
                _disputed(names, columns, judged, GOLD_SIDE, position)
                for position in _spread(columns, GOLD_SIDE, np.array(differing), examples)
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


def _differing(task: str, columns: Columns, judged: Judged) -> dict[str, list[int]]:
    """Part → positions of the matched items of the first reader that differ in it from those of the second."""
    layer = load_layer(columns.layer)
    places = place_fields(layer)
    # Who stands for whom is told by the kinds; words that name another one are other words.
    mentions, right = set(layer.span_ids), judged.names.index(RIGHT)
    found: dict[str, list[int]] = {}
    for position in np.flatnonzero(judged.partner[GOLD_SIDE] != NOBODY).tolist() if places else ():
        scope = columns.pairs[columns.sides[GOLD_SIDE].article[position]].gold.scope.of_layer(layer.name)
        ours = columns.records[GOLD_SIDE][position]
        theirs = columns.records[PREDICTED_SIDE][int(judged.partner[GOLD_SIDE][position])]
        if LABEL not in load_task(task).kinds and layer.label(ours) != layer.label(theirs):
            found.setdefault(layer.label_field, []).append(position)
        for name, place in places.items():
            asked = annotates(scope, layer, (place,)) and (
                place not in mentions or judged.kind[GOLD_SIDE][position] == right
            )
            if asked and getattr(ours, place) != getattr(theirs, place):
                found.setdefault(name, []).append(position)
    return found


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


def _spans(value: Span | Sequence[Span] | None) -> tuple[tuple[int, int], ...]:
    spans = () if value is None else (value,) if isinstance(value, Span) else value
    return tuple((span.start, span.end) for span in spans)


def _marked(reader: str, layer: Layer[Any], item: Any, text: str) -> Marked:
    return Marked(
        reader=reader,
        label=layer.label(item),
        text=layer.show(item, text),
        spans=_spans(layer.spans(item)),
        roles={name: words for name, words in layer.roles(item, text).items() if words},
        places={name: spans for name, field in place_fields(layer).items() if (spans := _spans(getattr(item, field)))},
    )
