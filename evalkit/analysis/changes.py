"""What changed between two runs over the same gold, item by item, in four words that exclude each other.

* `fixed`: a gold item that is right now and was not before;
* `broken`: a gold item that was right before and is not now;
* `added`: a wrong prediction that appeared;
* `gone`: a wrong prediction that vanished.

Right is what the task calls `right` (for entities the same spans and label, for quotes content and speaker, for
stances holder, target and label), or, where a convention is named, what earns a credit of 1 under it: half a credit is
not right, and of an item with several rows, such as tokens, all must be. An item that a convention does not count does
not change.

A gold item stands in `fixed` or `broken` or in neither, a prediction in `added` or `gone` or in neither. Copies of one
wrong prediction are counted: of two where one was, one is added.

    gold PER Ida Moen      before PER Ida Moen      after PER Moen      broken Ida Moen (boundary), added PER Moen
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.analysis.judged import JudgedArticle, JudgedItem, differing_places, judge_articles
from evalkit.errors import InputError
from evalkit.records import Example, Prediction
from evalkit.scoring.columns import GOLD_SIDE, PREDICTED_SIDE
from evalkit.scoring.meanings import same_said
from evalkit.scoring.pairs import Pair, pair_up
from evalkit.scoring.tasks.base import RIGHT, Task
from evalkit.scoring.tasks.table import load_task, task_names

__all__ = [
    "ADDED",
    "BROKEN",
    "DIRECTIONS",
    "FIXED",
    "GONE",
    "Change",
    "ChangedItem",
    "changes_of_pairs",
    "item_changes",
    "ordered_changes",
]

BROKEN, FIXED, ADDED, GONE = "broken", "fixed", "added", "gone"
DIRECTIONS = (BROKEN, FIXED, ADDED, GONE)
"""The four words, worst first."""

WHOLE = 1 - 1e-9
"""The least credit that is right: shares add up to 1 but for what floating point loses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedItem:
    """One side of a change; spans are code points."""

    label: str
    text: str
    spans: tuple[tuple[int, int], ...]

    def to_json(self) -> dict[str, Any]:
        """The side as JSON values."""
        return {"label": self.label, "text": self.text, "spans": self.spans}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One item that is not what it was.

    Attributes:
        article: its article.
        layer: the layer of the item.
        direction: "broken", "fixed", "added" or "gone".
        kind: what it is now if broken or added, what it was if fixed or gone: missed, spurious, boundary, label, …
        gold: the gold item that broke or was fixed; None for a prediction that was added or is gone.
        predicted: of a gold item the wrong prediction in its place, now if broken, before if fixed, or None; else the
            prediction itself.
        meant: the gold item that an added or gone prediction was matched with, or None.
    """

    article: str
    layer: str
    direction: str
    kind: str
    gold: ChangedItem | None
    predicted: ChangedItem | None
    meant: ChangedItem | None = None

    def to_json(self) -> dict[str, Any]:
        """The change as JSON values."""
        said = {name: getattr(self, name) for name in ("article", "layer", "direction", "kind")}
        return said | {
            name: own and own.to_json() for name in ("gold", "predicted", "meant") for own in [getattr(self, name)]
        }


def item_changes(
    gold: Iterable[Example],
    before: Sequence[Prediction],
    after: Sequence[Prediction],
    *,
    conventions: Mapping[str, str] | None = None,
) -> list[Change]:
    """What two runs over the same gold do not do alike.

    Layers that one of the runs does not claim are left out. Broken items come first, then fixed ones, then added and
    gone predictions, each by layer, article and place.

    Args:
        gold: the gold.
        before: what one run predicted.
        after: what the other predicted.
        conventions: task → the convention under which a credit of 1 is right; what the task calls right for others.

    Raises:
        InputError: gold or predictions cannot be paired.
    """
    examples = list(gold)
    sides = pair_up(examples, before).pairs, pair_up(examples, after).pairs
    return changes_of_pairs(*sides, conventions=conventions)


def changes_of_pairs(
    before: Sequence[Pair], after: Sequence[Pair], *, conventions: Mapping[str, str] | None = None
) -> list[Change]:
    """As `item_changes`, from pairs over the same gold, sorted by article id.

    Raises:
        InputError: they are not about the same articles.
    """
    if [pair.article.id for pair in before] != [pair.article.id for pair in after]:
        raise InputError("two runs can be compared item by item only over the same articles; run both on the same gold")
    tasks = [load_task(name) for name in task_names() if load_task(name).kinds]
    wanted = conventions or {}
    return ordered_changes(
        change for task in tasks for change in _task_changes(task, wanted.get(task.name), before, after)
    )


def ordered_changes(changes: Iterable[Change]) -> list[Change]:
    """Changes with the worst first, each kind by layer, article and place."""
    layers = [load_task(name).layer for name in task_names() if load_task(name).kinds]
    order = {layer: number for number, layer in enumerate(layers)}
    return sorted(changes, key=lambda c: (DIRECTIONS.index(c.direction), order[c.layer], c.article, _place(c)))


def _place(change: Change) -> tuple[object, ...]:
    item = change.gold or change.predicted
    return (item.spans, item.label, change.kind, item.text) if item is not None else ()


def _task_changes(
    task: Task, convention: str | None, before: Sequence[Pair], after: Sequence[Pair]
) -> Iterator[Change]:
    layer = task.layer
    pairs = [
        (ours, theirs)
        for ours, theirs in zip(before, after, strict=True)
        if None not in (ours.gold[layer], ours.predicted[layer], theirs.predicted[layer])
        # An article of which nothing else is said cannot hold a change; most do not.
        and not same_said(task.layers, ours, theirs)
    ]
    names = [] if convention is None else [convention]
    sides = [judge_articles(task.name, [pair[side] for pair in pairs], names) for side in (0, 1)]
    for ours, theirs in zip(*sides, strict=True):
        yield from _lost_gold(task.layer, BROKEN, convention, ours, theirs)
        yield from _lost_gold(task.layer, FIXED, convention, theirs, ours)
        yield from _new_wrong(task.layer, ADDED, convention, ours, theirs)
        yield from _new_wrong(task.layer, GONE, convention, theirs, ours)


def _lost_gold(
    layer: str, direction: str, convention: str | None, good: JudgedArticle, bad: JudgedArticle
) -> Iterator[Change]:
    """Gold items that are right in one run and not in the other, told as what they are in the other."""
    right = [_right(run, GOLD_SIDE, convention) for run in (good, bad)]
    for position, rights in enumerate(zip(*right, strict=True)):
        if rights[0] and rights[1] is False:
            item = bad.items[GOLD_SIDE][position]
            partner = None if item.partner is None else bad.items[PREDICTED_SIDE][item.partner]
            yield Change(
                article=bad.pair.article.id,
                layer=layer,
                direction=direction,
                kind=_kind(item, convention),
                gold=_told(item),
                predicted=None if partner is None else _told(partner),
            )


def _new_wrong(
    layer: str, direction: str, convention: str | None, without: JudgedArticle, having: JudgedArticle
) -> Iterator[Change]:
    """Wrong predictions of one run that are none of the other."""
    wrong = [_wrong(run, convention) for run in (without, having)]
    places = differing_places((without, wrong[0]), (having, wrong[1]))
    told = [
        [number for number in own if run.hulls[PREDICTED_SIDE][number] in places]
        for run, own in zip((without, having), wrong, strict=True)
    ]
    known = Counter(_identity(without, number) for number in told[0])
    for number in told[1]:
        identity = _identity(having, number)
        if known[identity]:
            known[identity] -= 1
            continue
        item = having.items[PREDICTED_SIDE][number]
        partner = None if item.partner is None else having.items[GOLD_SIDE][item.partner]
        yield Change(
            article=having.pair.article.id,
            layer=layer,
            direction=direction,
            kind=_kind(item, convention),
            gold=None,
            predicted=_told(item),
            meant=None if partner is None else _told(partner),
        )


def _wrong(run: JudgedArticle, convention: str | None) -> list[int]:
    """The positions of the wrong predictions."""
    return [number for number, right in enumerate(_right(run, PREDICTED_SIDE, convention)) if right is False]


def _right(run: JudgedArticle, side: int, convention: str | None) -> list[bool | None]:
    """Whether each item of a side is right; None where the convention does not count it."""
    if convention is None:
        return [kind == RIGHT for kind in run.kinds[side]]
    credits = run.shares[convention][side] if convention in run.shares else [None] * len(run.kinds[side])
    return [None if credit is None else credit >= WHOLE for credit in credits]


def _kind(item: JudgedItem, convention: str | None) -> str:
    """What became of an item that is not right; some conventions ask for more than the task's own kinds tell."""
    return f"wrong under {convention}" if item.kind == RIGHT else item.kind


def _identity(run: JudgedArticle, number: int) -> tuple[object, ...]:
    item, roles = run.items[PREDICTED_SIDE][number], run.roles[PREDICTED_SIDE][number]
    # Ids are an extractor's own names; they tell two predictions apart only where no place does.
    return item.label, item.text, item.spans, item.places, () if item.places else tuple(sorted(roles.items()))


def _told(item: JudgedItem) -> ChangedItem:
    return ChangedItem(label=item.label, text=item.text, spans=item.spans)
