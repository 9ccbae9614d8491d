"""The tasks by name, their conventions, and their tables.

Other packages add tasks through the entry-point group `evalkit.tasks`, and conventions to a task through
`evalkit.conventions` (entities) or `evalkit.conventions.TASK`: a `Convention`, or a plain function of the columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from evalkit.errors import EvalkitError, UnknownNameError
from evalkit.registry import Registry, unknown_name
from evalkit.scoring.tasks.base import Convention, Task, imported

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from evalkit.scoring.pairs import Pair
    from evalkit.scoring.table import CountTable

    Floats = NDArray[np.float64]

__all__ = [
    "TASKS",
    "ScoredTable",
    "check_tasks",
    "choose_conventions",
    "convention_names",
    "every_convention",
    "find_convention",
    "load_convention",
    "load_task",
    "main_convention",
    "score_task",
    "task_names",
    "tasks_with",
]

TASKS = Registry(
    what="task",
    table={
        "entities": "evalkit.scoring.tasks.entities:TASK",
        "quotes": "evalkit.scoring.tasks.quotes:TASK",
        "stances": "evalkit.scoring.tasks.stances:TASK",
        "chain": "evalkit.scoring.tasks.chain:TASK",
    },
    group="evalkit.tasks",
)
"""Each name stands for a `Task`, in the order in which they are scored and shown."""

EVERY = "all"
_GROUP = "evalkit.conventions"
_PLAIN_GROUP = "entities"
"""The task whose conventions are added through the group without its name."""


@cache
def task_names() -> tuple[str, ...]:
    """The names of all tasks: those of evalkit in pipeline order, then those of other packages, sorted."""
    return (*TASKS.table, *sorted(TASKS.entry_points()))


@cache
def load_task(name: str) -> Task:
    """The task of a name.

    Raises:
        UnknownNameError: there is none.
    """
    task: Task = TASKS.load(name)
    return task


def main_convention(task: str, conventions: Sequence[str]) -> str:
    """The convention of a result whose labels are shown in full: the main one of the task, else the first there is."""
    main = load_task(task).main if task in task_names() else ""
    return main if main in conventions else conventions[0]


def check_tasks(wanted: Sequence[str] | None) -> tuple[str, ...]:
    """The tasks to score, in pipeline order.

    Raises:
        UnknownNameError: a wanted task does not exist.
    """
    for name in wanted or ():
        if name not in task_names():
            raise unknown_name("task", name, task_names())
    return tuple(task for task in task_names() if not wanted or task in wanted)


def _plugins(task: str) -> Registry:
    group = _GROUP if task == _PLAIN_GROUP else f"{_GROUP}.{task}"
    return Registry("convention", dict.fromkeys(load_task(task).conventions, ""), group)


def convention_names(task: str) -> tuple[str, ...]:
    """The names of all conventions of a task, without parameters: its own, then those of other packages, sorted."""
    return (*load_task(task).conventions, *sorted(_plugins(task).entry_points()))


def every_convention(task: str) -> tuple[str, ...]:
    """What `all` stands for and every plugin that can do without a parameter, as names to score under."""
    plugins = sorted(_plugins(task).entry_points())
    found = {name: find_convention(task, name) for name in plugins}
    usable = [name for name, own in found.items() if own and all(p.default is not None for p in own.parameters)]
    return (*choose_conventions(task, [EVERY]), *usable)


def find_convention(task: str, name: str) -> Convention | None:
    """The convention that a name such as `iou:0.5` stands for; None if the task has none.

    Raises:
        EvalkitError: a plugin of this name cannot be loaded, or is no convention.
    """
    base = name.partition(":")[0]
    conventions = load_task(task).conventions
    if base in conventions:
        return conventions[base]
    plugins = _plugins(task)
    if base not in plugins.entry_points():
        return None
    plugin = plugins.load(base)
    if isinstance(plugin, Convention):
        return plugin
    if not callable(plugin):
        raise EvalkitError(f"convention {base!r} is a {type(plugin).__name__}, not a function of columns")
    return Convention(function=plugin, about=(plugin.__doc__ or "").strip().partition("\n")[0])


def load_convention(task: str, name: str) -> Callable[..., Any]:
    """The function of the columns behind a name, its parameters filled in.

    Raises:
        UnknownNameError: the task has no such convention, or a parameter is not allowed.
        EvalkitError: a plugin of this name cannot be loaded, or is no convention.
    """
    convention = find_convention(task, name)
    if convention is None:
        raise unknown_name("convention", name, convention_names(task))
    function, arguments = imported(convention.function), convention.arguments(name)
    return partial(function, **arguments) if arguments else function


def choose_conventions(task: str, wanted: Sequence[str] | None) -> tuple[str, ...]:
    """The conventions of one task: the defaults, all of them (`["all"]`), or those wanted that the task knows.

    Raises:
        UnknownNameError: no task knows a wanted convention, or its parameter is not allowed.
    """
    own = load_task(task)
    usual = own.default or tuple(own.conventions)
    if not wanted:
        return usual
    if EVERY in wanted:
        return own.every or usual
    chosen: dict[str, None] = {}
    for name in wanted:
        knowing = tasks_with(name)
        if task in knowing:
            knowing[task].arguments(name)
            chosen[name] = None
    return tuple(chosen)


def tasks_with(convention: str) -> dict[str, Convention]:
    """The tasks that know a convention such as `iou:0.5`, and what it is there.

    Raises:
        UnknownNameError: no task knows it.
    """
    found = {task: own for task in task_names() if (own := find_convention(task, convention)) is not None}
    if not found:
        known = {name for task in task_names() for name in convention_names(task)}
        raise unknown_name("convention", convention, {*known, EVERY})
    return found


Derived = Callable[["Floats", tuple[str, ...]], "Floats"]
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


def score_task(task: str, pairs: Sequence[Pair], conventions: Sequence[str]) -> dict[str, ScoredTable]:
    """The tables of one task under some conventions; the pairs must be sorted by article id.

    Raises:
        UnknownNameError: no such task or convention.
        InputError: a convention needs the text and it is not known.
    """
    from evalkit.scoring import chain, quotes, stances
    from evalkit.scoring.credits import entity_table
    from evalkit.scoring.derived import accuracy, favg, favg_by_target, macro_f1
    from evalkit.scoring.entities import columns_of_pairs

    if task == "entities":
        loaded = {name: load_convention(task, name) for name in conventions}
        columns = columns_of_pairs(pairs)
        return {name: ScoredTable(entity_table(columns, convention(columns))) for name, convention in loaded.items()}
    if task == "quotes":
        return {name: ScoredTable(table) for name, table in quotes.quote_tables(pairs, conventions).items()}
    if task == "stances":
        tables = {name: ScoredTable(table) for name, table in stances.stance_tables(pairs, conventions).items()}
        if "given" in tables:
            tables["given"] = ScoredTable(
                tables["given"].table,
                {"accuracy": accuracy, "favg": favg, "macro_f1": macro_f1},
                stances.target_table(pairs),
                {"favg_by_target": favg_by_target},
            )
        return tables
    if task == "chain":
        return {name: ScoredTable(table) for name, table in chain.chain_tables(pairs, conventions).items()}
    raise UnknownNameError(f"unknown task {task!r}. Known: {', '.join(task_names())}")
