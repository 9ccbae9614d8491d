"""The tasks by name, their conventions, and their tables.

Other packages add tasks through the entry-point group `evalkit.tasks`, and conventions to a task through
`evalkit.conventions` (entities) or `evalkit.conventions.TASK`: a `Convention`, or a plain function of the columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from evalkit.errors import EvalkitError, guarded
from evalkit.layers.table import layer_names
from evalkit.registry import Registry, unknown_name
from evalkit.scoring.tasks.base import Convention, Derived, Task, imported

if TYPE_CHECKING:
    from evalkit.scoring.columns import Columns
    from evalkit.scoring.counts import CountTable
    from evalkit.scoring.items import Items
    from evalkit.scoring.kinds import Judged
    from evalkit.scoring.pairs import Pair

__all__ = [
    "EVERY",
    "TASKS",
    "ScoredTable",
    "check_tasks",
    "choose_conventions",
    "columns_of",
    "convention_names",
    "derived_scores",
    "find_convention",
    "is_additive",
    "is_ours",
    "judge_items",
    "load_convention",
    "load_task",
    "main_convention",
    "score_columns",
    "score_task",
    "stored_table",
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
        "categories": "evalkit.scoring.tasks.categories:TASK",
        "clusters": "evalkit.scoring.tasks.clusters:TASK",
    },
    group="evalkit.tasks",
)
"""Each name stands for a `Task`, in the order in which they are scored and shown."""

EVERY = "all"
"""Stands for one each of the conventions of a task."""
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
        EvalkitError: what a package brings under the name is no task of that name, or does not hold together.
    """
    task = TASKS.load(name)
    if not isinstance(task, Task) or task.name != name:
        raise EvalkitError(f"task {name!r}: what is installed under the name is no Task of that name: {task!r}")
    named = {
        task.main,
        *filter(None, [task.matched, task.judged]),
        *task.diagnosed,
        *(own for derived in task.derived.values() for own in derived.conventions),
    }
    if missing := sorted(named - set(task.conventions)):
        raise EvalkitError(f"task {name!r}: {missing[0]!r} is none of its conventions: {', '.join(task.conventions)}")
    if missing := [layer for layer in task.layers if layer not in layer_names()]:
        raise EvalkitError(f"task {name!r}: there is no layer {missing[0]!r}; install the package that brings it")
    return task


def main_convention(task: str, conventions: Sequence[str]) -> str:
    """The convention of a result whose labels are shown in full: the main one of the task, else the first there is."""
    main = load_task(task).main if task in task_names() else ""
    return main if main in conventions else conventions[0]


def check_tasks(wanted: Sequence[str] | None, conventions: Sequence[str] = ()) -> tuple[str, ...]:
    """The tasks to score, in pipeline order: those wanted, else all but those that nobody asked for.

    Args:
        wanted: tasks by name.
        conventions: conventions by name; one that only a single task has asks for it.

    Raises:
        UnknownNameError: a wanted task does not exist.
    """
    for name in wanted or ():
        if name not in task_names():
            raise unknown_name("task", name, task_names())
    if wanted:
        return tuple(task for task in task_names() if task in wanted)
    asked = {name.partition(":")[0] for name in conventions}
    return tuple(task for task in task_names() if not load_task(task).asked or asked & set(load_task(task).conventions))


def _plugins(task: str) -> Registry:
    group = _GROUP if task == _PLAIN_GROUP else f"{_GROUP}.{task}"
    return Registry("convention", dict.fromkeys(load_task(task).conventions, ""), group)


def convention_names(task: str) -> tuple[str, ...]:
    """The names of all conventions of a task, without parameters: its own, then those of other packages, sorted."""
    return (*load_task(task).conventions, *sorted(_plugins(task).entry_points()))


def _usable_plugins(task: str) -> list[str]:
    """The conventions of other packages that can do without a parameter."""
    conventions = {name: find_convention(task, name) for name in sorted(_plugins(task).entry_points())}
    return [
        name
        for name, convention in conventions.items()
        if convention and all(parameter.default is not None for parameter in convention.parameters)
    ]


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
    """The conventions of one task: the defaults, or those wanted that it knows; `all` is one each, plugins included.

    Raises:
        UnknownNameError: no task knows a wanted convention, or its parameter is not allowed.
    """
    known_task = load_task(task)
    usual = known_task.default or tuple(known_task.conventions)
    if not wanted:
        return usual
    chosen: dict[str, None] = {}
    if EVERY in wanted:
        chosen = dict.fromkeys((*(known_task.every or usual), *_usable_plugins(task)))
    for name in wanted:
        if name == EVERY:
            continue
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
    knowing = {
        task: known_convention
        for task in task_names()
        if (known_convention := find_convention(task, convention)) is not None
    }
    if not knowing:
        names = {name for task in task_names() for name in convention_names(task)}
        raise unknown_name("convention", convention, {*names, EVERY})
    return knowing


@dataclass(frozen=True, eq=False)
class ScoredTable:
    """A table with the derived scores that are computed from it.

    Attributes:
        table: the counts by article and label.
        derived: name → score over the table's totals.
        items: what each item earned; None where only counts are known.
        additive: whether the figures of several articles are sums over them (see `Convention.additive`).
        told: what a signature must say besides the name of the convention.
    """

    table: CountTable
    derived: Mapping[str, Derived] = field(default_factory=dict)
    items: Items | None = None
    additive: bool = True
    told: str = ""

    def select(self, rows: Any) -> ScoredTable:
        """The counts of some of the articles, by position or mask."""
        return replace(self, table=self.table.select(rows), items=None)

    def derived_value(self, name: str) -> float:
        """A derived score of the whole table."""
        derived, table = self.derived[name], self.table
        totals = table.group_totals() if derived.group is not None else table.totals()
        return float(derived.values(totals, table.labels))


def is_additive(task: str, convention: str) -> bool:
    """Whether figures under a convention are sums over articles; so is one that is not installed here."""
    known = find_convention(task, convention) if task in task_names() else None
    return known is None or known.additive


def is_ours(task: str, convention: str) -> bool:
    """Whether a convention is one of evalkit's own, whose code is known by the version."""
    known = find_convention(task, convention)
    return known is not None and isinstance(known.function, str) and known.function.startswith("evalkit.")


def derived_scores(task: str, convention: str) -> dict[str, Derived]:
    """The derived scores of a task that are shown under one convention; none of a task that is not installed here."""
    base = convention.partition(":")[0]
    if task not in task_names():
        return {}
    return {
        name: derived
        for name, derived in load_task(task).derived.items()
        if not derived.conventions or base in derived.conventions
    }


def stored_table(task: str, convention: str, table: Mapping[str, Any], scores: Iterable[str]) -> ScoredTable:
    """The table that `CountTable.to_json` wrote, with those derived scores that were stored with it."""
    from evalkit.scoring.counts import CountTable

    derived = derived_scores(task, convention)
    shown = {name: derived[name] for name in scores if name in derived}
    return ScoredTable(CountTable.from_json(table), shown, additive=is_additive(task, convention))


def columns_of(task: str, pairs: Sequence[Pair]) -> Columns:
    """The items that a task counts as columns; the pairs must be sorted by article id."""
    from evalkit.scoring.from_records import columns_of_pairs

    return columns_of_pairs(pairs, load_task(task).layer)


def judge_items(task: str, columns: Columns) -> Judged:
    """What became of every item that a task counts; the task must tell kinds of errors apart."""
    known_task = load_task(task)
    judged: Judged = imported(known_task.judge)(columns, known_task.kinds)
    return judged


def score_task(task: str, pairs: Sequence[Pair], conventions: Sequence[str]) -> dict[str, ScoredTable]:
    """The tables of one task under some conventions; the pairs must be sorted by article id.

    Raises:
        UnknownNameError: no such task or convention.
        InputError: a convention needs the text and it is not known.
    """
    return score_columns(task, columns_of(task, pairs), conventions)


def score_columns(task: str, columns: Columns, conventions: Sequence[str]) -> dict[str, ScoredTable]:
    """As `score_task`, from columns."""
    loaded = {name: load_convention(task, name) for name in conventions}
    return {name: _scored(task, name, _credited(name, convention, columns)) for name, convention in loaded.items()}


def _credited(name: str, convention: Callable[..., Any], columns: Columns) -> Items:
    """What a convention gives; one of another package may do anything.

    Raises:
        EvalkitError: it raises, or gives something else than items.
    """
    from evalkit.scoring.items import Items

    with guarded(f"convention {name!r} failed"):
        items = convention(columns)
    if not isinstance(items, Items):
        raise EvalkitError(f"convention {name!r} gave {type(items).__name__}, not Items of the columns; mend it")
    return items


def _scored(task: str, convention: str, items: Items) -> ScoredTable:
    derived = derived_scores(task, convention)
    groups = [imported(score.group) for score in derived.values() if score.group is not None]
    table = items.grouped_table(groups[0](items.columns)) if groups else items.table()
    totals = table.totals()
    # Sums of shares may pass a whole number by what floating point adds.
    if (totals[:, 2:] > totals[:, :2] + 1e-6).any() or (totals[:, 2:] < 0).any():
        raise EvalkitError(
            f"convention {convention!r} gives items more credit than 1 or less than 0; "
            f"`evalkit selftest --convention {convention}` shows a case"
        )
    return ScoredTable(table, derived, items, is_additive(task, convention), items.told)
