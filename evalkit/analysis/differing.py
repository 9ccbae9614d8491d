"""The items on which two runs over the same gold differ: what the gold has, and what either run says.

A gold item is told where it is of another kind in the two runs, or where both are wrong about it in another way; a
prediction for which there is no gold item is told where the other run does not have it. What both have right, and what
both have wrong alike, is not told.

    gold PER Ida Moen      first PER Ida Moen      second PER Moen      Ida Moen: right, boundary PER Moen

`evalkit.analysis.changes` tells the same in the words of a gate, for a run and the one before it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evalkit.analysis.judged import JudgedArticle, JudgedItem, differing_places, judge_articles
from evalkit.scoring.columns import GOLD_SIDE, PREDICTED_SIDE
from evalkit.scoring.items import NOBODY
from evalkit.scoring.meanings import same_said
from evalkit.scoring.pairs import Pair
from evalkit.scoring.tasks.base import RIGHT
from evalkit.scoring.tasks.table import load_task

__all__ = ["DifferingItem", "ToldItem", "differing_in", "differing_items", "ordered_differing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldItem:
    """An item as it is told; spans are code points, roles say who does what in it, such as the speaker of a quote."""

    label: str
    text: str
    spans: tuple[tuple[int, int], ...]
    roles: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The item as JSON values."""
        return {"label": self.label, "text": self.text, "spans": self.spans, "roles": dict(self.roles)}


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferingItem:
    """One item on which two runs differ.

    Attributes:
        first: the name of one run, second that of the other.
        gold: the gold item, or None.
        kinds: what became of it in either run, such as right, missed or boundary; of a prediction without a gold item
            its kind, and "" for the run that does not have it.
        answers: what either run has in its place, or None.
    """

    task: str
    article: str
    first: str
    second: str
    gold: ToldItem | None
    kinds: tuple[str, str]
    answers: tuple[ToldItem | None, ToldItem | None]

    @property
    def right(self) -> tuple[bool, bool]:
        """Whether either run is right."""
        return self.kinds[0] == RIGHT, self.kinds[1] == RIGHT

    def to_json(self) -> dict[str, Any]:
        """The item as JSON values."""
        said: dict[str, Any] = {name: getattr(self, name) for name in ("task", "article", "first", "second")}
        said["gold"] = self.gold and self.gold.to_json()
        said["kinds"] = self.kinds
        said["answers"] = tuple([one and one.to_json() for one in self.answers])
        return said


def differing_items(
    task: str, first: Sequence[Pair], second: Sequence[Pair], *, names: tuple[str, str] = ("", "")
) -> list[DifferingItem]:
    """What two runs do not do alike in one task: articles with the most of it first, then by place.

    Args:
        task: the task, whose kinds of errors tell what became of an item.
        first: the articles of one run, sorted by id.
        second: those of the other, over the same gold.
        names: what the runs are called.
    """
    return ordered_differing(differing_in(task, first, second, names=names))


def ordered_differing(found: Iterable[DifferingItem]) -> list[DifferingItem]:
    """Items of one task and one pair of runs: articles with the most of it first, then by place."""
    items = list(found)
    often = Counter(item.article for item in items)
    return sorted(items, key=lambda item: (-often[item.article], item.article, _place(item)))


def differing_in(
    task: str, first: Sequence[Pair], second: Sequence[Pair], *, names: tuple[str, str]
) -> list[DifferingItem]:
    """As `differing_items`, in no order but that of the articles."""
    layer = load_task(task).layer
    if not load_task(task).kinds:
        return []
    pairs = [
        (ours, theirs)
        for ours, theirs in zip(first, second, strict=True)
        if None not in (ours.gold[layer], ours.predicted[layer], theirs.predicted[layer])
        # An article of which nothing else is said cannot hold a difference.
        and not same_said(load_task(task).layers, ours, theirs)
    ]
    sides = [judge_articles(task, [pair[side] for pair in pairs], []) for side in (0, 1)]
    return [
        DifferingItem(task=task, article=ours.pair.article.id, first=names[0], second=names[1], **told)
        for ours, theirs in zip(*sides, strict=True)
        for told in (*_of_gold(ours, theirs), *_without_gold(ours, theirs))
    ]


def _place(item: DifferingItem) -> tuple[object, ...]:
    told = next(one for one in (item.gold, *item.answers) if one is not None)
    return told.spans, told.label, told.text, item.kinds


def _of_gold(ours: JudgedArticle, theirs: JudgedArticle) -> Iterator[dict[str, Any]]:
    for position, kinds in enumerate(zip(ours.kinds[GOLD_SIDE], theirs.kinds[GOLD_SIDE], strict=True)):
        if kinds == (RIGHT, RIGHT) or (kinds[0] == kinds[1] and _partner(ours, position) == _partner(theirs, position)):
            continue
        answers = _answer(ours, position), _answer(theirs, position)
        if kinds[0] != kinds[1] or answers[0] != answers[1]:
            gold = _told(ours.items[GOLD_SIDE][position], ours.roles[GOLD_SIDE][position])
            yield {"gold": gold, "kinds": kinds, "answers": answers}


def _partner(run: JudgedArticle, position: int) -> Any:
    """What a run has in the place of a gold item, as it was annotated: what is equal so is told in equal words."""
    partner = run.partners[GOLD_SIDE][position]
    return None if partner == NOBODY else run.records[PREDICTED_SIDE][partner]


def _answer(run: JudgedArticle, position: int) -> ToldItem | None:
    partner = run.partners[GOLD_SIDE][position]
    return None if partner == NOBODY else _told(run.items[PREDICTED_SIDE][partner], run.roles[PREDICTED_SIDE][partner])


def _without_gold(ours: JudgedArticle, theirs: JudgedArticle) -> Iterator[dict[str, Any]]:
    """Predictions of one run alone that are matched with no gold item; of two copies where the other has one, one."""
    runs = ours, theirs
    alone = [[number for number, one in enumerate(run.partners[PREDICTED_SIDE]) if one == NOBODY] for run in runs]
    places = differing_places((ours, alone[0]), (theirs, alone[1]))
    told = [
        [run.items[PREDICTED_SIDE][number] for number in own if run.hulls[PREDICTED_SIDE][number] in places]
        for run, own in zip(runs, alone, strict=True)
    ]
    for side, run in enumerate(runs):
        known = Counter(map(_identity, told[1 - side]))
        for number in alone[side]:
            if run.hulls[PREDICTED_SIDE][number] not in places:
                continue
            item = run.items[PREDICTED_SIDE][number]
            if known[_identity(item)]:
                known[_identity(item)] -= 1
                continue
            own = _told(item, run.roles[PREDICTED_SIDE][number])
            yield {
                "gold": None,
                "kinds": ("", item.kind) if side else (item.kind, ""),
                "answers": (None, own) if side else (own, None),
            }


def _identity(item: JudgedItem) -> tuple[object, ...]:
    return item.label, item.text, item.spans, item.places


def _told(item: JudgedItem, roles: Mapping[str, str]) -> ToldItem:
    return ToldItem(label=item.label, text=item.text, spans=item.spans, roles=dict(roles))
