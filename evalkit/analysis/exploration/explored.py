"""One to five runs over the same gold, side by side: articles, items and what became of each, in columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from evalkit.analysis.diagnosis import Diagnosis
from evalkit.analysis.exploration.judged_layer import JudgedLayer, Measure
from evalkit.analysis.exploration.outcomes import Outcomes
from evalkit.records import Article
from evalkit.results import EvalResult

__all__ = ["Explored", "ExploredBaseline", "ExploredRun"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class ExploredRun:
    """One run, item by item.

    Attributes:
        name: how it is called beside the others.
        extractor: what made it.
        layers: the layers that it claims.
        failed: article id → error.
        not_evaluated: what has no figures → why.
        notes: what was mapped and set aside, each a sentence.
        result: its scores with intervals; None if nobody asked.
        diagnosis: what is wrong with it; None if nobody asked.
        judged: layer → its items; only layers that the gold has.
        costs: task → convention → credit lost in each article: gold and predicted items less the credit of both.
        since: layer → what changed since the baseline; empty without one.
    """

    name: str
    extractor: str
    layers: tuple[str, ...]
    failed: Mapping[str, str]
    not_evaluated: Mapping[str, str]
    notes: tuple[str, ...]
    result: EvalResult | None
    diagnosis: Diagnosis | None
    judged: Mapping[str, JudgedLayer]
    costs: Mapping[str, Mapping[str, Floats]]
    since: Mapping[str, Outcomes] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ExploredBaseline:
    """What the runs are held against.

    Attributes:
        name: its extractor.
        common: the ids of the articles that it and the gold have in common; changes are looked for in no other.
        notes: what is new, removed or changed since, each a sentence.
    """

    name: str
    common: frozenset[str]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class Explored:
    """Runs over the same gold, article by article and item by item.

    Attributes:
        gold: name and short fingerprint of the gold.
        split: its split.
        fingerprint: of the gold.
        articles: all articles, sorted by id.
        labels: layer → its labels, those of the inventory first.
        measures: layer → the tasks and conventions whose credits its items have.
        runs: one to five.
        baseline: what they are held against; None without one.
        notes: what is to be said about all of it, each a sentence.
    """

    gold: str
    split: str
    fingerprint: str
    articles: tuple[Article, ...]
    labels: Mapping[str, tuple[str, ...]]
    measures: Mapping[str, tuple[Measure, ...]]
    runs: tuple[ExploredRun, ...]
    baseline: ExploredBaseline | None = None
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What it is about, in one line."""
        return f"{', '.join(run.name for run in self.runs)} on {self.gold}, split {self.split}"

    @cached_property
    def zones(self) -> tuple[str, ...]:
        """The kinds of zones that the articles have, as they are met."""
        return tuple(dict.fromkeys(zone.kind for article in self.articles for zone in article.zones))
