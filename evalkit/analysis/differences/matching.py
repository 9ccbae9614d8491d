"""Two versions of the annotations of some articles laid side by side: which item of one is which of the other.

Items that say the same are one. The others are matched as the task of their layer matches gold and predictions when it
tells kinds of errors: so a moved entity, a quote with other bounds and a stance with another label keep their item.
What the scorer leaves is one item still if both stand at the same spans and share a name, as a stance with another
holder does that is read from the same words; or if each side has one item left in a layer without spans.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from evalkit.analysis.differences.change import ItemChange, change_of
from evalkit.layers.base import Layer
from evalkit.layers.table import all_layers, load_layer
from evalkit.records import Annotations, Article
from evalkit.scoring.items import NOBODY
from evalkit.scoring.pairs import Pair
from evalkit.scoring.tasks.table import columns_of, judge_items, load_task, task_names

__all__ = ["Version", "changes_between", "free_id", "matched_items"]

Matches = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Version:
    """An article with two versions of its annotations."""

    article: Article
    old: Annotations
    new: Annotations


def changes_between(versions: Iterable[Version]) -> list[ItemChange]:
    """What became of the items of some articles, by article, layer and place.

    Items of the new version are given the ids that they have in the old one, so that references hold when the changes
    are applied there; an added item has an id that the old version has not.
    """
    ordered = sorted(versions, key=lambda version: version.article.id)
    names: list[dict[str, dict[str, str]]] = [{} for _ in ordered]
    changes: list[list[ItemChange]] = [[] for _ in ordered]
    for layer in all_layers():
        here = [n for n, one in enumerate(ordered) if layer.of(one.old) is not None or layer.of(one.new) is not None]
        renamed = [_renamed(ordered[number], layer, names[number]) for number in here]
        for number, version, matches in zip(here, renamed, matched_items(layer.name, renamed), strict=True):
            own, names[number][layer.name] = _changes(version, layer, matches)
            changes[number] += own
    return [change for own in changes for change in own]


def _renamed(version: Version, layer: Layer[Any], names: Mapping[str, Mapping[str, str]]) -> Version:
    """The version with what its new items refer to called as in the old one."""
    new = layer.of(version.new)
    if not new or not layer.refers:
        return version
    return replace(version, new=version.new.with_layers(**{layer.name: [layer.renamed(item, names) for item in new]}))


def _changes(version: Version, layer: Layer[Any], matches: Matches) -> tuple[list[ItemChange], dict[str, str]]:
    """The changes of one layer of one article, and new id → id in the old version."""
    old, new = layer.of(version.old) or (), layer.of(version.new) or ()
    partner = dict(matches)
    rows = [(item, new[partner[at]] if at in partner else None) for at, item in enumerate(old)]
    added = sorted(set(range(len(new))) - set(partner.values()), key=lambda at: layer.order(new[at]))
    taken = {item.id for item in old}
    names: dict[str, str] = {}
    for before, after in rows:
        if after is not None:
            names.setdefault(after.id, before.id)
    for at in added:
        name = free_id(layer, new[at].id, taken)
        taken.add(name)
        names.setdefault(new[at].id, name)
        rows.append((None, replace(new[at], id=name)))
    article = version.article
    found = []
    for before, after in rows:
        kept = after if before is None or after is None else replace(after, id=before.id)
        if (change := change_of(article.id, layer.name, before, kept, article.text)) is not None:
            found.append(change)
    found.sort(key=lambda change: layer.order(change.new if change.old is None else change.old))
    return found, names


def free_id(layer: Layer[Any], wanted: str, taken: Iterable[str]) -> str:
    """An id that nobody has: the wanted one, or the next number."""
    used = set(taken)
    if wanted not in used:
        return wanted
    number = len(used) + 1
    while f"{layer.prefix}{number}" in used:
        number += 1
    return f"{layer.prefix}{number}"


def matched_items(layer: str, versions: Sequence[Version]) -> list[Matches]:
    """For each article the positions of old and new items of a layer that are one; articles sorted by id."""
    known = load_layer(layer)
    sides = [(known.of(version.old) or (), known.of(version.new) or ()) for version in versions]
    matches = [_equal_items(known, *both) for both in sides]
    rests = [_rest(both, own) for both, own in zip(sides, matches, strict=True)]
    open_ones = [number for number, rest in enumerate(rests) if all(rest)]
    task = _judging_task(layer)
    if task and open_ones:
        pairs = [_pair(versions[number], layer, sides[number], rests[number]) for number in open_ones]
        for number, found in zip(open_ones, _scored(task, pairs), strict=True):
            matches[number] += [(rests[number][0][i], rests[number][1][j]) for i, j in found]
            rests[number] = _rest(sides[number], matches[number])
    for number in open_ones:
        matches[number] += _alike(known, sides[number], rests[number])
    return matches


def _equal_items(layer: Layer[Any], old: Sequence[Any], new: Sequence[Any]) -> Matches:
    """Items that say the same, whatever their ids; of several alike, those of the same id first."""
    there: defaultdict[Any, list[int]] = defaultdict(list)
    for at in sorted(range(len(new)), key=lambda at: new[at].id):
        there[_content(layer, new[at])].append(at)
    matches: Matches = []
    waiting = []
    for at in sorted(range(len(old)), key=lambda at: old[at].id):
        alike = there.get(_content(layer, old[at]), [])
        same_id = next((other for other in alike if new[other].id == old[at].id), None)
        if same_id is None:
            waiting.append(at)
        else:
            alike.remove(same_id)
            matches.append((at, same_id))
    for at in waiting:
        if alike := there.get(_content(layer, old[at]), []):
            matches.append((at, alike.pop(0)))
    return matches


def _content(layer: Layer[Any], item: Any) -> Any:
    return replace(layer.ordered(item), id="")


def _rest(sides: tuple[Sequence[Any], Sequence[Any]], matches: Matches) -> tuple[list[int], list[int]]:
    old, new = ({pair[side] for pair in matches} for side in (0, 1))
    return [at for at in range(len(sides[0])) if at not in old], [at for at in range(len(sides[1])) if at not in new]


@cache
def _judging_task(layer: str) -> str:
    """The task that tells kinds of errors of the items of a layer; "" if there is none."""
    tasks = (name for name in task_names() if load_task(name).layer == layer and load_task(name).kinds)
    return next(tasks, "")


def _pair(
    version: Version, layer: str, sides: tuple[Sequence[Any], Sequence[Any]], rest: tuple[list[int], list[int]]
) -> Pair:
    """Old as gold and new as predicted, with the open items of the layer and all of the others."""
    old, new = ([side[at] for at in places] for side, places in zip(sides, rest, strict=True))
    gold, predicted = version.old.with_layers(**{layer: old}), version.new.with_layers(**{layer: new})
    return Pair(version.article, gold, predicted, whole=version.new)


def _scored(task: str, pairs: Sequence[Pair]) -> Iterator[Matches]:
    """For each pair the positions of gold and predicted items that the task matches."""
    columns = columns_of(task, pairs)
    partner = judge_items(task, columns).partner[0].tolist()
    orders = [side.order.tolist() for side in columns.sides]
    # The order of items within an article is that of the columns; articles stand one after the other in both.
    first = [bounds.tolist() for bounds in columns.first]
    for number in range(len(pairs)):
        yield [
            (orders[0][at] - first[0][number], orders[1][partner[at]] - first[1][number])
            for at in range(first[0][number], first[0][number + 1])
            if partner[at] != NOBODY
        ]


def _alike(layer: Layer[Any], sides: tuple[Sequence[Any], Sequence[Any]], rest: tuple[list[int], list[int]]) -> Matches:
    """Items that the scorer tells apart and people do not."""
    if layer.spans_field is None:
        return [(rest[0][0], rest[1][0])] if len(rest[0]) == len(rest[1]) == 1 else []
    pairs = []
    for i in rest[0]:
        for j in rest[1]:
            old, new = layer.ordered(sides[0][i]), layer.ordered(sides[1][j])
            same = [one.name for one in layer.fields if getattr(old, one.name) == getattr(new, one.name)]
            if layer.spans(old) and layer.spans_field in same and any(name in layer.names for name in same):
                pairs.append((-len(same), layer.order(sides[0][i]), layer.order(sides[1][j]), i, j))
    matches: Matches = []
    for *_, i, j in sorted(pairs):
        if all(i != one and j != other for one, other in matches):
            matches.append((i, j))
    return matches
