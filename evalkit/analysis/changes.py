"""What changed between two runs, item by item: newly broken and newly fixed, with their text.

A gold item is right as under the main convention of its task (`exact` for entities and quotes, `right` for stances). It
is broken if it was right and is not any more; one that keeps its credit and is not of kind `right` any more, such as a
quote whose content stays right and whose speaker does not, is broken too. A predicted item is broken if it is wrong and
was not predicted before. Fixed is the same with the runs in each other's place. A wrong prediction that a broken gold
item was matched with is told with that item, not again by itself.

    gold PER Ida Moen      before PER Ida Moen      after PER Moen      broken, boundary: Ida Moen / Moen
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evalkit.analysis.judged import JudgedArticle, JudgedItem, judge_articles
from evalkit.errors import InputError
from evalkit.records import Example, Prediction
from evalkit.scoring.columns import GOLD_SIDE, PREDICTED_SIDE
from evalkit.scoring.pairs import Pair, pair_up
from evalkit.scoring.tasks.base import RIGHT, Task
from evalkit.scoring.tasks.table import load_task, task_names

__all__ = ["BROKEN", "FIXED", "Change", "ChangedItem", "changes_of_pairs", "item_changes"]

BROKEN, FIXED = "broken", "fixed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedItem:
    """One side of a change; spans are code points."""

    label: str
    text: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One item that is worse or better than before.

    Attributes:
        article: its article.
        layer: the layer of the item.
        direction: "broken" or "fixed".
        kind: what it is now if broken, what it was if fixed: missed, spurious, boundary, label, …
        gold: the gold item that is meant, or None for a prediction out of nowhere.
        predicted: the wrong prediction, or None if there is none.
    """

    article: str
    layer: str
    direction: str
    kind: str
    gold: ChangedItem | None
    predicted: ChangedItem | None

    def to_json(self) -> dict[str, Any]:
        """The change as JSON values."""
        return asdict(self)


def item_changes(gold: Iterable[Example], before: Sequence[Prediction], after: Sequence[Prediction]) -> list[Change]:
    """What two runs over the same gold do not do alike.

    Layers that one of the runs does not claim are left out. Broken items come first, then by layer, article and place.

    Raises:
        InputError: gold or predictions cannot be paired.
    """
    examples = list(gold)
    return changes_of_pairs(pair_up(examples, before).pairs, pair_up(examples, after).pairs)


def changes_of_pairs(before: Sequence[Pair], after: Sequence[Pair]) -> list[Change]:
    """As `item_changes`, from pairs over the same gold, sorted by article id.

    Raises:
        InputError: they are not about the same articles.
    """
    if [pair.article.id for pair in before] != [pair.article.id for pair in after]:
        raise InputError("two runs can be compared item by item only over the same articles; run both on the same gold")
    tasks = [load_task(name) for name in task_names() if load_task(name).kinds]
    changes = [change for task in tasks for change in _task_changes(task, before, after)]
    order = {task.layer: number for number, task in enumerate(tasks)}
    return sorted(changes, key=lambda c: (c.direction, order[c.layer], c.article, _place(c)))


def _place(change: Change) -> tuple[object, ...]:
    item = change.gold or change.predicted
    return (item.spans, item.label, change.kind, item.text) if item is not None else ()


def _task_changes(task: Task, before: Sequence[Pair], after: Sequence[Pair]) -> Iterator[Change]:
    layer = task.layer
    pairs = [
        (ours, theirs)
        for ours, theirs in zip(before, after, strict=True)
        if None not in (ours.gold[layer], ours.predicted[layer], theirs.predicted[layer])
        # An article where nothing else is predicted cannot hold a change; most do not.
        and ours.predicted != theirs.predicted
    ]
    sides = [judge_articles(task.name, [pair[side] for pair in pairs], [task.main]) for side in (0, 1)]
    for ours, theirs in zip(*sides, strict=True):
        yield from _worse(task, BROKEN, ours, theirs)
        yield from _worse(task, FIXED, theirs, ours)


def _worse(task: Task, direction: str, good: JudgedArticle, bad: JudgedArticle) -> Iterator[Change]:
    """What is right in one run and not in the other; told as what it is in the other."""
    article, told = good.pair.article.id, set()
    levels = [[_levels(task, run, side) for side in (GOLD_SIDE, PREDICTED_SIDE)] for run in (good, bad)]
    for position, now in enumerate(bad.items[GOLD_SIDE]):
        if levels[1][GOLD_SIDE][position] < levels[0][GOLD_SIDE][position]:
            partner = None if now.partner is None else bad.items[PREDICTED_SIDE][now.partner]
            told.add(now.partner)
            yield _change(article, task.layer, direction, now.kind, now, partner)
    predicted = zip(good.items[PREDICTED_SIDE], levels[0][PREDICTED_SIDE], strict=True)
    wrong_before = Counter(_identity(item) for item, level in predicted if not level)
    for position, item in enumerate(bad.items[PREDICTED_SIDE]):
        if levels[1][PREDICTED_SIDE][position]:
            continue
        if wrong_before[_identity(item)]:
            wrong_before[_identity(item)] -= 1
        elif position not in told:
            partner = None if item.partner is None else bad.items[GOLD_SIDE][item.partner]
            yield _change(article, task.layer, direction, item.kind, partner, item)


def _levels(task: Task, run: JudgedArticle, side: int) -> list[int]:
    """How right each item of a side is: 2 if of kind `right`, 1 if it only has its credit, else 0."""
    rows = zip(run.items[side], run.credits[side], strict=True)
    return [(item.kind == RIGHT) + (credits[task.main] == 1) for item, credits in rows]


def _identity(item: JudgedItem) -> tuple[object, ...]:
    return item.label, item.text, item.spans


def _change(
    article: str, layer: str, direction: str, kind: str, gold: JudgedItem | None, predicted: JudgedItem | None
) -> Change:
    return Change(
        article=article,
        layer=layer,
        direction=direction,
        kind=kind,
        gold=None if gold is None else ChangedItem(label=gold.label, text=gold.text, spans=gold.spans),
        predicted=(
            None
            if predicted is None
            else ChangedItem(label=predicted.label, text=predicted.text, spans=predicted.spans)
        ),
    )
