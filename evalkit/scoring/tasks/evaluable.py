"""What can be scored of some articles: which tasks, which of their articles, under which conventions, and why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.layers.table import load_layer
from evalkit.scoring.pairs import Pair, Paired
from evalkit.scoring.survey import annotates
from evalkit.scoring.tasks.table import check_tasks, choose_conventions, find_convention, load_task
from evalkit.showing import number_of

__all__ = ["Judged", "articles_of", "conventions_of", "not_asked", "not_evaluated", "why_not"]


def why_not(task: str, paired: Paired) -> str | None:
    """Why a task cannot be scored; None if it can."""
    layers = load_task(task).layers
    missing = next((layer for layer in layers if layer in paired.absent), None)
    emptied = paired.emptied.get(load_task(task).layer)
    if len(layers) == 1:
        return paired.absent[missing] if missing else emptied
    named = f"{', '.join(layers[:-1])} and {layers[-1]}"
    if missing:
        return f"it needs {named}; {missing}: {paired.absent[missing]}"
    return emptied if paired.number_with(layers) else f"no article of the gold has {named}"


Judged = Mapping[str, Mapping[str, int]]
"""Task → convention → how many articles it is scored over."""


def not_evaluated(
    paired: Paired, wanted: Sequence[str] = (), conventions: Sequence[str] = (), judged: Judged | None = None
) -> dict[str, str]:
    """What is not evaluated of some tasks, or of all if none is named: the task, or a part of it, → reason.

    `judged` says over how many articles each is scored where the articles are not at hand.

    A part is one of the conventions that are wanted, after the name of its task, as in `quotes cue-exact`.

    A task that nobody asked for is not named where neither gold nor extractor have its layers, unless these are layers
    that are always named.
    """
    reasons = {}
    for task in check_tasks(wanted, conventions):
        reason, layers = why_not(task, paired), load_task(task).layers
        unknown = [load_layer(name) for name in layers if name in paired.unknown]
        if reason is not None and (task in wanted or all(layer.always_stated for layer in unknown)):
            reasons[task] = reason
        elif reason is None and len(layers) == 1 and layers[0] in paired.given_only:
            reasons[f"{task} end to end"] = "the extractor labels given pairs and finds none itself"
        if reason is None:
            lacking = ((name, _lacks(task, name, paired)) for name in choose_conventions(task, conventions))
            reasons |= {f"{task} {name}": why for name, why in lacking if why is not None}
            reasons |= _articles_left_out(task, paired, conventions, judged)
    return reasons


def not_asked(paired: Paired, wanted: Sequence[str], conventions: Sequence[str]) -> dict[str, str]:
    """Tasks that could be scored but have none of the conventions that are asked for → so much.

    Of the tasks that nobody asked for only where nothing is scored at all: what is asked for may be of one task alone.
    """
    able = [task for task in check_tasks(wanted, conventions) if why_not(task, paired) is None]
    chosen = {task: choose_conventions(task, conventions) for task in able}
    idle = {task for task in able if not conventions_of(task, paired, conventions)}
    named = " or ".join(conventions)
    reasons = {}
    for task in able:
        if task in idle and (task in wanted or idle == set(able)):
            if not chosen[task]:
                reasons[task] = f"it has no convention {named}"
            elif all(_lacks(task, name, paired) is None for name in chosen[task]):
                reasons[task] = f"the extractor labels given pairs, of which {' and '.join(chosen[task])} says nothing"
    return reasons


def _articles_left_out(task: str, paired: Paired, conventions: Sequence[str], judged: Judged | None) -> dict[str, str]:
    """How many articles are not evaluated of a task whose conventions need a part in each, and why."""
    numbers = {}
    whole = paired.number_with(load_task(task).layers)
    for name in conventions_of(task, paired, conventions):
        known = find_convention(task, name)
        if known is None or not known.each:
            continue
        there = len(articles_of(task, paired, name)) if judged is None else judged.get(task, {}).get(name, 0)
        if left := whole - there:
            numbers[f"{task}, {left} of {number_of(whole, 'article')}"] = (
                f"none of their gold items has {' or '.join(known.needs)}"
            )
    return numbers


def _needs(task: str, convention: str) -> tuple[str, ...]:
    known = find_convention(task, convention)
    return () if known is None else known.needs


def _lacks(task: str, convention: str, paired: Paired) -> str | None:
    """Why a convention cannot be scored of a task that can: the gold lacks the parts that it judges."""
    needs = _needs(task, convention)
    return paired.without(load_task(task).layer, needs) if needs else None


def articles_of(task: str, paired: Paired, convention: str = "") -> list[Pair]:
    """The articles whose gold has the layers of a task, and of a convention the parts that it judges in its scope."""
    pairs, layer = paired.with_layers(load_task(task).layers), load_layer(load_task(task).layer)
    needs = _needs(task, convention) if convention else ()
    if not needs:
        return pairs
    known = find_convention(task, convention)
    each = known is not None and known.each
    return [
        pair
        for pair in pairs
        if annotates(pair.gold.scope.of_layer(layer.name), layer, needs)
        and not (each and _bare(layer.of(pair.gold) or (), needs))
    ]


def _bare(items: Sequence[Any], fields: Sequence[str]) -> bool:
    """Whether there are items and none has any of some fields."""
    return bool(items) and not any(getattr(item, field) is not None for item in items for field in fields)


def conventions_of(task: str, paired: Paired, wanted: Sequence[str] = ()) -> tuple[str, ...]:
    """As `choose_conventions`, of those that can be scored here.

    Raises:
        UnknownNameError: no task knows a wanted convention.
    """
    chosen = tuple(name for name in choose_conventions(task, wanted) if _lacks(task, name, paired) is None)
    if load_task(task).layer not in paired.given_only:
        return chosen
    return tuple(name for name in chosen if (own := find_convention(task, name)) is not None and own.given)
