"""What gold and several systems say of the same articles, item by item: one row for all that say the same.

Every two of them are laid side by side as the scorer does it, the first as gold and the other as predicted: items that
the task calls right say the same and become one candidate; pairs of another kind, such as another label or other
bounds, make their candidates rivals. Nothing else decides what belongs together.

    gold  ORG Oslo        systems  GPE Oslo (three), ORG Oslo (one)
    candidates            ORG Oslo: gold, one vote; its rival GPE Oslo: three votes (kind label)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.layers.table import load_layer
from evalkit.records import Annotations, Article
from evalkit.scoring.alignment import align
from evalkit.scoring.columns import GOLD_SIDE, PREDICTED_SIDE
from evalkit.scoring.items import NOBODY
from evalkit.scoring.pairs import Pair
from evalkit.scoring.tasks.base import RIGHT
from evalkit.scoring.tasks.table import check_tasks, columns_of, judge_items, load_task

__all__ = ["GOLD", "Candidate", "Candidates", "Voter", "judged_tasks", "meet"]

GOLD = 0
"""The first of the voters is the gold."""


@dataclass(frozen=True, kw_only=True)
class Voter:
    """Somebody who says something of the articles: the gold or a system.

    Attributes:
        name: what it is called.
        answers: article id → what it says of it; articles that it says nothing of, or failed at, are not there.
    """

    name: str
    answers: Mapping[str, Annotations]


@dataclass(slots=True)
class Candidate:
    """What at least one voter says.

    Attributes:
        article: its article.
        item: the item, as the first voter gives it that has it.
        voters: voter (position) → its own version of the item.
        rivals: candidate (position) → how the two differ, the kind in the words of the task.
        place: number of the place; candidates that are rivals, also by way of others, are at one place.
    """

    article: Article
    item: Any
    voters: dict[int, Any]
    rivals: dict[int, str] = field(default_factory=dict)
    place: int = -1


@dataclass(frozen=True)
class Candidates:
    """The candidates of one task, by article and place in the text.

    Attributes:
        task: its name.
        layer: the name of the layer whose items they are.
        voters: names, the gold first.
        answers: voter → article id → what it says.
        rows: the candidates.
        votes: shape (candidates, voters): 1 where a voter has it, 0 where not, nan where it says nothing of the
            article.
        against: shape (candidates, voters): 1 where a voter has a rival and not the candidate itself.
        echo: the voter that is no system but says what gold says elsewhere, if there is one.
    """

    task: str
    layer: str
    voters: tuple[str, ...]
    answers: tuple[Mapping[str, Annotations], ...]
    rows: list[Candidate]
    votes: NDArray[np.float64]
    against: NDArray[np.float64]
    echo: int | None = None

    @cached_property
    def systems(self) -> list[int]:
        """The voters that are systems."""
        return [number for number in range(1, len(self.voters)) if number != self.echo]

    @cached_property
    def share(self) -> NDArray[np.float64]:
        """For each candidate the share of the systems that have it, of those that say something of its article."""
        votes = self.votes[:, self.systems]
        there = ~np.isnan(votes)
        shares: NDArray[np.float64] = np.nan_to_num(votes).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
        return shares

    @cached_property
    def asked(self) -> list[bool]:
        """For each candidate whether any system says something of its article; always so where there is no system."""
        if not self.systems:
            return [True] * len(self.rows)
        there = ~np.isnan(self.votes[:, self.systems])
        return [bool(number) for number in there.sum(axis=1)]

    def version(self, candidate: Candidate) -> Any:
        """The candidate as the first voter has it, in terms of the gold.

        What a system calls things is told through their mentions, as for scores; ids of its other items mean nothing.
        """
        voter, layer = min(candidate.voters), load_layer(self.layer)
        item, home = candidate.voters[voter], candidate.article.id
        if voter == GOLD:
            return item
        alignment = align(self.answers[GOLD].get(home, _SILENT), self.answers[voter][home])
        things = {name: getattr(item, name) for name in layer.thing_fields}
        changed = {name: alignment.gold_id(thing) for name, thing in things.items() if thing is not None}
        return replace(layer.without(item, layer.refers), **changed)


def judged_tasks(tasks: Sequence[str], layers: Collection[str]) -> tuple[str, ...]:
    """The tasks in which what became of an item can be told, one for each layer that there is."""
    by_layer: dict[str, str] = {}
    for name in check_tasks(tasks):
        task = load_task(name)
        if task.kinds and set(task.layers) <= set(layers):
            by_layer.setdefault(task.layer, name)
    return tuple(by_layer.values())


def meet(task: str, articles: Sequence[Article], voters: Sequence[Voter], *, echo: Voter | None = None) -> Candidates:
    """The candidates of one task.

    Args:
        task: its name.
        articles: sorted by id.
        voters: the gold first, then the systems.
        echo: one that is no system but says what gold says elsewhere.
    """
    systems = len(voters)
    voters = [*voters, *([] if echo is None else [echo])]
    layer = load_layer(load_task(task).layer)
    said = [[voter.answers.get(article.id, _SILENT) for article in articles] for voter in voters]
    items = [[item for one in own for item in layer.of(one) or ()] for own in said]
    homes = [[number for number, one in enumerate(own) for _ in layer.of(one) or ()] for own in said]
    first = np.cumsum([0, *map(len, items)])
    groups = _Groups([number for number, own in enumerate(items) for _ in own])
    rivals: list[tuple[int, int, str]] = []
    for left in range(len(voters)):
        for right in range(left + 1, len(voters)):
            for one, other, kind in _met(task, articles, said[left], said[right]):
                if kind == RIGHT:
                    groups.join(int(first[left]) + one, int(first[right]) + other)
                else:
                    rivals.append((int(first[left]) + one, int(first[right]) + other, kind))
    members: dict[int, dict[int, int]] = {}
    for number, own in enumerate(items):
        for position in range(len(own)):
            members.setdefault(groups.root(int(first[number]) + position), {})[number] = position
    rows = []
    for root, group in members.items():
        number, position = next(iter(group.items()))
        home = articles[homes[number][position]]
        versions = {own: items[own][at] for own, at in group.items()}
        candidate = Candidate(home, items[number][position], versions)
        rows.append((homes[number][position], layer.order(versions[number]), root, candidate))
    rows.sort(key=lambda row: (row[0], row[1][:-1], min(row[3].voters), row[1][-1]))
    number_of = {root: number for number, (_, _, root, _) in enumerate(rows)}
    candidates = [row[3] for row in rows]
    seen: dict[tuple[int, int], Counter[str]] = {}
    for one, other, kind in rivals:
        pair = number_of[groups.root(one)], number_of[groups.root(other)]
        if pair[0] != pair[1]:
            seen.setdefault((min(pair), max(pair)), Counter())[kind] += 1
    for (one, other), kinds in sorted(seen.items()):
        kind = min(kinds, key=lambda kind: (-kinds[kind], kind))
        candidates[one].rivals[other] = candidates[other].rivals[one] = kind
    _number_places(candidates)
    votes = np.full((len(candidates), len(voters)), np.nan)
    against = np.zeros_like(votes)
    for number, voter in enumerate(voters):
        for position, candidate in enumerate(candidates):
            if candidate.article.id in voter.answers:
                votes[position, number] = number in candidate.voters
                against[position, number] = number not in candidate.voters and any(
                    number in candidates[rival].voters for rival in candidate.rivals
                )
    return Candidates(
        task=task,
        layer=layer.name,
        voters=tuple(voter.name for voter in voters),
        answers=tuple(voter.answers for voter in voters),
        rows=candidates,
        votes=votes,
        against=against,
        echo=None if echo is None else systems,
    )


_SILENT = Annotations()


def _met(
    task: str, articles: Sequence[Article], left: Sequence[Annotations], right: Sequence[Annotations]
) -> list[tuple[int, int, str]]:
    """What two voters have in common: positions among the items of each, in the order of the articles, and the kind."""
    layer = load_task(task).layer
    empty = Annotations({layer: ()})
    pairs = [
        Pair(article, one if one[layer] is not None else empty, other if other[layer] is not None else empty)
        for article, one, other in zip(articles, left, right, strict=True)
    ]
    columns = columns_of(task, pairs)
    judged = judge_items(task, columns)
    partner = judged.partner[GOLD_SIDE]
    gold = np.flatnonzero(partner != NOBODY)
    return [
        (one, other, judged.names[kind])
        for one, other, kind in zip(
            columns.gold.order[gold].tolist(),
            columns.sides[PREDICTED_SIDE].order[partner[gold]].tolist(),
            judged.kind[GOLD_SIDE][gold].tolist(),
            strict=True,
        )
    ]


class _Groups:
    """Which items say the same: never two of one voter, as its one-to-one pairs with others could chain them."""

    def __init__(self, voters: Sequence[int]) -> None:
        self.parent = list(range(len(voters)))
        self.voters = [1 << voter for voter in voters]

    def root(self, item: int) -> int:
        while self.parent[item] != item:
            self.parent[item] = self.parent[self.parent[item]]
            item = self.parent[item]
        return item

    def join(self, one: int, other: int) -> None:
        one, other = self.root(one), self.root(other)
        if one != other and not self.voters[one] & self.voters[other]:
            first, second = min(one, other), max(one, other)
            self.parent[second] = first
            self.voters[first] |= self.voters[second]


def _number_places(candidates: Sequence[Candidate]) -> None:
    places = 0
    for start in range(len(candidates)):
        if candidates[start].place >= 0:
            continue
        waiting = [start]
        while waiting:
            candidate = candidates[waiting.pop()]
            if candidate.place < 0:
                candidate.place = places
                waiting += candidate.rivals
        places += 1
