"""Runs on their way to a leaderboard: what each is called, which are one and the same, and what tells groups apart."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from evalkit.analysis.leaderboard.leaderboard import Apart, System
from evalkit.analysis.speed import speed_figures
from evalkit.predictions.run import Run
from evalkit.predictions.speed import Speed
from evalkit.predictions.usage import total_usage
from evalkit.results import EvalResult
from evalkit.showing import number_of

__all__ = ["Entry", "groups_apart", "is_same_run", "named_entries", "reference_figures", "system_of"]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A run with its result, what it is called where it lies, and how fast it was."""

    place: str
    run: Run
    result: EvalResult
    speed: Speed | None
    name: str = ""

    @property
    def system(self) -> tuple[str, ...]:
        """What tells one system from another, over any gold: who was run, and with which settings."""
        made, scoring = self.run.made_by, self.run.scoring
        return (
            self.run.extractor,
            *(f"{name}={value}" for name, value in sorted(made.settings.items())),
            *(f"min-score {own}" for own in scoring.min_score),
            *([f"labels by {scoring.predicted_label_map}"] if scoring.predicted_label_map else []),
        )

    @property
    def comparable(self) -> tuple[str, str, str]:
        """What runs on one board share: the fingerprint of the gold, the split, and how they were scored."""
        gold = self.run.gold
        short = "" if gold is None else gold.fingerprint[:7]
        return short, self.result.split, json.dumps(self.measure, sort_keys=True)

    @property
    def measure(self) -> dict[str, Any]:
        """How it was scored, where that is not the usual way: what decides whether figures are of one kind.

        In which order labels and scopes were named decides nothing.
        """
        said = self.run.scored_as(self.result.run.get("scoring")).measure
        return {name: sorted(value, key=str) if isinstance(value, list) else value for name, value in said.items()}


def is_same_run(one: Entry, other: Entry) -> bool:
    """Whether two folders hold one and the same run, scored in one way."""
    named = one.run.sha256 and one.run.sha256 == other.run.sha256 and one.run.key == other.run.key
    return bool(named) and (one.system, one.comparable) == (other.system, other.comparable)


def named_entries(entries: Sequence[Entry]) -> list[Entry]:
    """Entries with names: the extractor, with what tells systems apart where one is there in several ways.

    What has the same name in one group, such as runs before and after a change of the code, is called by its folder.
    """
    systems: dict[str, set[tuple[str, ...]]] = {}
    for entry in entries:
        systems.setdefault(entry.run.extractor, set()).add(entry.system)
    named = []
    for entry in entries:
        several = len(systems[entry.run.extractor]) > 1
        common = set.intersection(*map(set, systems[entry.run.extractor]))
        told = [word for word in entry.system[1:] if word not in common] if several else []
        name = entry.name or entry.run.extractor + (f" ({', '.join(told)})" if told else "")
        named.append(replace(entry, name=name))
    often = Counter((entry.comparable, entry.name) for entry in named)
    named = [
        entry if often[entry.comparable, entry.name] == 1 else replace(entry, name=f"{entry.name} in {entry.place}")
        for entry in named
    ]
    seen: Counter[tuple[Any, str]] = Counter()
    done = []
    for entry in named:
        key = entry.comparable, entry.name
        seen[key] += 1
        done.append(entry if seen[key] == 1 else replace(entry, name=f"{entry.name}#{seen[key]}"))
    return done


def system_of(entry: Entry) -> System:
    """What is known of a run besides its figures; a speed only where one was measured."""
    speed, spent = entry.speed, total_usage(entry.run.predictions)
    cost = spent.get("cost")
    figures = None if speed is None else speed_figures(speed)
    return System(
        path=entry.place,
        failed=len(entry.result.failed),
        articles_per_second=None if figures is None else figures.articles_per_second,
        speed_ci=None if figures is None else figures.ci,
        peak_memory=None if speed is None else speed.peak_memory,
        machine="" if speed is None else speed.machine,
        cost=None if cost is None or not entry.run.predictions else 1000 * cost / len(entry.run.predictions),
    )


def reference_figures(group: Sequence[Entry], task: str, convention: str) -> dict[str, float | None]:
    """The floor and the ceiling of a board, which are those of the gold: from the first result that has them."""
    found: dict[str, float | None] = {}
    for name in ("floor", "ceiling"):
        results = (getattr(entry.result, name).get(task, {}).get(convention) for entry in group)
        found[name] = next((own.micro.f1 for own in results if own is not None), None)
    return found


def groups_apart(groups: Sequence[Sequence[Entry]]) -> Iterator[Apart]:
    """For each group but the first why it cannot be mixed with that one."""
    if len(groups) < 2:
        return
    first = groups[0][0]
    for group in groups[1:]:
        yield Apart(runs=tuple(entry.place for entry in group), why=_difference(first, group[0]))


def _difference(first: Entry, other: Entry) -> str:
    """Why figures of two runs cannot stand side by side, in words."""
    ours, theirs = first.run.gold, other.run.gold
    if ours is None or theirs is None:
        return "no one can tell whether they are about the same gold, as runs do not say which"
    if first.comparable[:2] != other.comparable[:2]:
        golds = f"{other.result.gold}, not {first.result.gold}"
        if ours.name != theirs.name:
            return f"about other gold, {golds}"
        if ours.split != theirs.split:
            return f"over another split of {ours.name}, {theirs.split}, not {ours.split}"
        if ours.articles != theirs.articles:
            return f"over {number_of(theirs.articles, 'article')} of {ours.name} and not {ours.articles} ({golds})"
        if {own.article_id for own in first.run.predictions} != {own.article_id for own in other.run.predictions}:
            return f"over other articles of {ours.name} ({golds})"
        return f"the gold has changed between them ({golds}); run them again over one"
    said = other.measure or "the usual options"
    return f"scored in another way, with {said}, not {first.measure or 'the usual options'}"
