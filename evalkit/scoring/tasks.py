"""The tasks: what is scored, under which conventions, and which derived scores come with it.

A task's tables are made here; scores, intervals, tests and gates are folds over them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from evalkit.errors import UnknownNameError
from evalkit.registry import unknown_name
from evalkit.scoring import chain, quotes, stances
from evalkit.scoring.conventions.table import ALL as ALL_ENTITIES
from evalkit.scoring.conventions.table import CONVENTIONS as ENTITY_CONVENTIONS
from evalkit.scoring.conventions.table import load_convention
from evalkit.scoring.credits import entity_table
from evalkit.scoring.entities import columns_of_pairs
from evalkit.scoring.pairs import Pair
from evalkit.scoring.table import GOLD, GOLD_CREDIT, PREDICTED, PREDICTED_CREDIT, CountTable

__all__ = [
    "DEFAULT_CONVENTIONS",
    "TASKS",
    "Derived",
    "ScoredTable",
    "choose_conventions",
    "score_task",
]

Floats = NDArray[np.float64]

TASKS = ("entities", "quotes", "stances", "chain")
"""Tasks in pipeline order; a task scores the layer of the same name, the chain all three layers together."""

DEFAULT_CONVENTIONS: dict[str, tuple[str, ...]] = {
    "entities": ("exact", "boundary", "partial", "type"),
    "quotes": tuple(quotes.CONVENTIONS),
    "stances": stances.CONVENTIONS,
    "chain": chain.CONVENTIONS,
}


Derived = Callable[[Floats, tuple[str, ...]], Floats]
"""A derived score: totals of shape (..., labels, 4) and the labels → values of shape (...)."""


@dataclass(frozen=True, eq=False)
class ScoredTable:
    """A table with the derived scores that are computed from it.

    Attributes:
        table: the counts by article and label.
        derived: name → score over the table's totals.
        by_target: the table whose labels are "target⇥label", for averages over targets.
        by_target_derived: name → score over the totals of `by_target`.
    """

    table: CountTable
    derived: Mapping[str, Derived] = field(default_factory=dict)
    by_target: CountTable | None = None
    by_target_derived: Mapping[str, Derived] = field(default_factory=dict)


def choose_conventions(task: str, wanted: Sequence[str] | None) -> tuple[str, ...]:
    """The conventions of one task: the defaults, all of them (`["all"]`), or those wanted that the task knows.

    Raises:
        UnknownNameError: no task knows a wanted convention.
    """
    if not wanted:
        return DEFAULT_CONVENTIONS[task]
    if "all" in wanted:
        return ALL_ENTITIES if task == "entities" else DEFAULT_CONVENTIONS[task]
    own = {
        "entities": lambda name: name.partition(":")[0] in ENTITY_CONVENTIONS.names(),
        "quotes": quotes.CONVENTIONS.__contains__,
        "stances": stances.CONVENTIONS.__contains__,
        "chain": chain.CONVENTIONS.__contains__,
    }
    for name in wanted:
        if not any(knows(name) for knows in own.values()):
            known = {*ENTITY_CONVENTIONS.names(), *quotes.CONVENTIONS, *stances.CONVENTIONS, *chain.CONVENTIONS, "all"}
            raise unknown_name("convention", name, known)
    return tuple(dict.fromkeys(name for name in wanted if own[task](name)))


def check_tasks(wanted: Sequence[str] | None) -> tuple[str, ...]:
    """The tasks to score, in pipeline order.

    Raises:
        UnknownNameError: a wanted task does not exist.
    """
    for name in wanted or ():
        if name not in TASKS:
            raise unknown_name("task", name, TASKS)
    return tuple(task for task in TASKS if not wanted or task in wanted)


def score_task(task: str, pairs: Sequence[Pair], conventions: Sequence[str]) -> dict[str, ScoredTable]:
    """The tables of one task under some conventions; the pairs must be sorted by article id.

    Raises:
        UnknownNameError: no such task or convention.
        InputError: a convention needs the text and it is not known.
    """
    if task == "entities":
        loaded = {name: load_convention(name) for name in conventions}
        columns = columns_of_pairs(pairs)
        return {name: ScoredTable(entity_table(columns, convention(columns))) for name, convention in loaded.items()}
    if task == "quotes":
        return {name: ScoredTable(table) for name, table in quotes.quote_tables(pairs, conventions).items()}
    if task == "stances":
        tables = stances.stance_tables(pairs, conventions)
        return {name: _with_derived(name, table, pairs) for name, table in tables.items()}
    if task == "chain":
        return {name: ScoredTable(table) for name, table in chain.chain_tables(pairs, conventions).items()}
    raise UnknownNameError(f"unknown task {task!r}. Known: {', '.join(TASKS)}")


def _with_derived(name: str, table: CountTable, pairs: Sequence[Pair]) -> ScoredTable:
    if name != "given":
        return ScoredTable(table)
    return ScoredTable(
        table,
        {"accuracy": accuracy, "favg": favg, "macro_f1": macro_f1},
        stances.target_table(pairs),
        {"favg_by_target": favg_by_target},
    )


def label_f1(totals: Floats) -> Floats:
    """F1 of each label, shape (..., labels), from totals of shape (..., labels, 4); 0.0 where undefined."""
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = totals[..., PREDICTED_CREDIT] / totals[..., PREDICTED]
        recall = totals[..., GOLD_CREDIT] / totals[..., GOLD]
        precision = np.where(totals[..., PREDICTED] > 0, precision, 0.0)
        recall = np.where(totals[..., GOLD] > 0, recall, 0.0)
        f1 = 2 * precision * recall / (precision + recall)
    return np.where(precision + recall > 0, f1, 0.0)


def accuracy(totals: Floats, labels: tuple[str, ...]) -> Floats:
    """Right labels by gold items; a pair without a label is wrong."""
    gold = totals[..., GOLD].sum(axis=-1)
    return np.asarray(totals[..., GOLD_CREDIT].sum(axis=-1) / np.maximum(gold, 1.0))


def favg(totals: Floats, labels: tuple[str, ...]) -> Floats:
    """(F1 favor + F1 against) / 2 (Mohammad et al. 2016, SemEval-2016 task 6)."""
    f1 = label_f1(totals)
    return np.asarray((f1[..., labels.index("favor")] + f1[..., labels.index("against")]) / 2)


def macro_f1(totals: Floats, labels: tuple[str, ...]) -> Floats:
    """The mean F1 of favor, against and neutral, each counted even without support."""
    f1 = label_f1(totals)
    return np.asarray(np.mean([f1[..., labels.index(name)] for name in ("against", "favor", "neutral")], axis=0))


def favg_by_target(totals: Floats, labels: tuple[str, ...]) -> Floats:
    """The mean of favg over the targets that have a gold stance."""
    f1 = label_f1(totals)
    targets = sorted({label.partition("\t")[0] for label in labels})
    if not targets:
        return np.zeros(totals.shape[:-2])
    values, present = [], []
    for target in targets:
        own = [at for at, label in enumerate(labels) if label.partition("\t")[0] == target]
        polar = [at for at in own if labels[at].partition("\t")[2] in ("favor", "against")]
        values.append(f1[..., polar].sum(axis=-1) / 2)
        present.append(totals[..., own, GOLD].sum(axis=-1) > 0)
    value, here = np.stack(values, axis=-1), np.stack(present, axis=-1)
    number = here.sum(axis=-1)
    return np.asarray((value * here).sum(axis=-1) / np.maximum(number, 1))
