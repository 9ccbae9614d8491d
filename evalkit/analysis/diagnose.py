"""The diagnosis of a run from its articles: what each part of the analysis says, put together."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evalkit.analysis.calibration import calibration, entity_scores, threshold_sweep
from evalkit.analysis.diagnosis import Detection, EntityDiagnosis, ScoreDiagnosis
from evalkit.analysis.errors import confusion_matrix, find_errors, hardest_articles
from evalkit.analysis.figures import figures_of
from evalkit.analysis.intervals import Bootstrap, intervals_of, resampled_figures
from evalkit.analysis.oracle import oracle_ladder, oracle_table
from evalkit.analysis.power import power_of_run
from evalkit.analysis.resampling import units_of
from evalkit.analysis.slice_rows import (
    SliceRow,
    article_rows,
    entity_crosses,
    label_rows,
    rows_of_cross,
    speaker_cross,
    stance_cross,
)
from evalkit.analysis.slices import article_properties
from evalkit.registry import unknown_name
from evalkit.scoring.entities import columns_of_pairs
from evalkit.scoring.pairs import Pair
from evalkit.scoring.table import CountTable
from evalkit.scoring.tasks.table import ScoredTable, choose_conventions, load_convention, score_task

__all__ = [
    "ALL_SLICES",
    "DEFAULT_SLICES",
    "DIAGNOSED",
    "ITEM_SLICES",
    "Slicing",
    "diagnose_entities",
    "diagnose_scores",
    "diagnose_task",
]

DIAGNOSED: dict[str, tuple[str, ...]] = {
    "entities": ("exact",),
    "quotes": ("exact", "speaker-entity"),
    "stances": ("right",),
}
"""Task → the conventions that a diagnosis looks at unless others are asked for; the first is the main one."""

ITEM_SLICES: dict[str, tuple[str, ...]] = {
    "entities": ("zone", "length", "nested", "seen"),
    "quotes": ("speaker",),
    "stances": ("holder", "target"),
}
"""Task → the properties of its items."""

DEFAULT_SLICES = ("zone", "length", "nested", "seen", "speaker", "holder", "section")
ALL_SLICES = "all"
POINT = 0.01


@dataclass(frozen=True, kw_only=True)
class Slicing:
    """What to slice by.

    Attributes:
        wanted: names of properties; the default few if empty, every one if `all` is among them.
        values: further properties of articles: name → value by article id (a mapping or Series).
        seen: the names in the training data, if there are any.
        most_hard: how many of the hardest articles are named.
    """

    wanted: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    seen: frozenset[str] | None = None
    most_hard: int = 10

    def check(self, articles: Collection[Pair]) -> None:
        """Refuses a slice that these articles do not have.

        Raises:
            UnknownNameError: no article and no item has the property.
        """
        items = {name for own in ITEM_SLICES.values() for name in own}
        known = {*items, *article_properties(pair.article for pair in articles), *self.values, ALL_SLICES}
        for name in self.wanted:
            if name not in known:
                raise unknown_name("slice", name, known)

    def takes(self, name: str) -> bool:
        """Whether a property of items or metadata is asked for."""
        return name in (self.wanted or DEFAULT_SLICES) or ALL_SLICES in self.wanted


@dataclass(frozen=True, kw_only=True)
class TaskDiagnosis:
    """One task: its rows by slice, its hardest articles under the main convention, and what the gold can show."""

    slices: tuple[SliceRow, ...]
    hardest: tuple[Any, ...]
    detection: Detection | None
    notes: tuple[str, ...] = ()


def diagnose_task(
    task: str, pairs: Sequence[Pair], *, conventions: Sequence[str], slicing: Slicing, bootstrap: Bootstrap | None
) -> TaskDiagnosis:
    """The diagnosis of one task; the pairs must be sorted by id and have its layer.

    Raises:
        UnknownNameError: there is no such convention.
    """
    names = (choose_conventions(task, conventions) if conventions else ()) or DIAGNOSED[task]
    tables = score_task(task, pairs, names)
    rows: list[SliceRow] = []
    notes: list[str] = []
    for name, scored in tables.items():
        rows += label_rows(scored.table, task=task, convention=name, bootstrap=bootstrap)
        for by, cross in _item_crosses(task, pairs, name, slicing, notes).items():
            rows += rows_of_cross(cross, task=task, convention=name, by=by, bootstrap=bootstrap)
        for by, values in _article_values(pairs, slicing).items():
            rows += article_rows(scored.table, values, task=task, convention=name, by=by, bootstrap=bootstrap)
    main = tables[names[0]]
    return TaskDiagnosis(
        slices=tuple(rows),
        hardest=hardest_articles(main.table, limit=slicing.most_hard),
        detection=None if bootstrap is None else _detection(task, names[0], main, bootstrap),
        notes=tuple(notes),
    )


def _item_crosses(
    task: str, pairs: Sequence[Pair], convention: str, slicing: Slicing, notes: list[str]
) -> dict[str, CountTable]:
    wanted = [name for name in ITEM_SLICES[task] if slicing.takes(name)]
    if not wanted:
        return {}
    if task == "quotes":
        return {"speaker": speaker_cross(pairs, convention)}
    if task == "stances":
        return {role: stance_cross(pairs, convention, role) for role in wanted}
    columns = columns_of_pairs(pairs)
    credits = load_convention("entities", convention)(columns)
    if credits.gold_items is not None or credits.predicted_items is not None:
        notes.append(f"entities: {convention} counts no entities, so there is nothing to slice by {', '.join(wanted)}")
        return {}
    found = entity_crosses(columns, credits, pairs, seen=slicing.seen)
    return {name: found[name] for name in wanted if name in found}


def _article_values(pairs: Sequence[Pair], slicing: Slicing) -> dict[str, Any]:
    """Name → values of the articles that are sliced by, where any of these articles has one."""
    own = article_properties(pair.article for pair in pairs)
    found = {name: values for name, values in own.items() if slicing.takes(name)} | dict(slicing.values)
    present = {pair.article.id for pair in pairs}
    return {name: values for name, values in found.items() if any(str(key) in present for key, _ in values.items())}


def _detection(task: str, convention: str, scored: ScoredTable, bootstrap: Bootstrap) -> Detection:
    figures = figures_of(scored)
    at = next(at for at, name in enumerate(figures.names) if (name.scope, name.score) == ("micro", "f1"))
    units = units_of(scored.table.articles, bootstrap.clusters)[1]
    error = float(resampled_figures(figures, bootstrap)[:, at].std()) if units > 1 else 0.0
    power = power_of_run(error, units)
    return Detection(
        task=task,
        convention=convention,
        f1=float(figures.point()[at]),
        ci=intervals_of(figures, bootstrap)[figures.names[at]],
        units=units,
        smallest=power.smallest if error else None,
        more_for_point=power.more_units_for(POINT) if error else None,
    )


def diagnose_entities(pairs: Sequence[Pair], bootstrap: Bootstrap | None) -> EntityDiagnosis:
    """The errors of entities and what they cost, under `exact`."""
    columns = columns_of_pairs(pairs)
    errors = find_errors(columns)
    return EntityDiagnosis(
        right=errors.counts()["right"],
        f1=oracle_table(errors, ()).counts().f1,
        ladder=oracle_ladder(columns, bootstrap=bootstrap),
        labels=columns.labels,
        confusion=tuple(tuple(row) for row in confusion_matrix(errors).tolist()),
    )


def diagnose_scores(pairs: Sequence[Pair], convention: str) -> tuple[ScoreDiagnosis | None, str]:
    """What the scores of entities are worth, and why nothing or not all can be said ("" if all is said)."""
    given = [entity.score for pair in pairs for entity in pair.predicted.entities or ()]
    present = [score for score in given if score is not None]
    if not present:
        return None, "entities have no scores, so there is no calibration and no threshold"
    if len(present) < len(given):
        return None, f"{len(given) - len(present)} of {len(given)} predicted entities have no score; no calibration"
    columns = columns_of_pairs(pairs)
    credits = load_convention("entities", convention)(columns)
    if credits.gold_items is not None or credits.predicted_items is not None:
        return None, f"{convention} counts no entities, so their scores cannot be judged under it"
    scores = entity_scores(columns, pairs)
    sweep = threshold_sweep(scores, credits.predicted, gold=len(columns.gold), gold_credit=float(credits.gold.sum()))
    probabilities = min(present) >= 0 and max(present) <= 1
    reason = f"scores lie between {min(present):g} and {max(present):g}, not 0 and 1; no calibration"
    found = ScoreDiagnosis(
        convention=convention,
        calibration=calibration(scores, credits.predicted) if probabilities else None,
        sweep=sweep,
        f1=float(sweep.f1[-1]),
    )
    return found, "" if probabilities else reason
