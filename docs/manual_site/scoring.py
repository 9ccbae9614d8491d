"""The tasks with their conventions, derived scores, error kinds and slices, from the tables of the scorer."""

from __future__ import annotations

import sys
from importlib import import_module
from inspect import getdoc
from textwrap import indent

from evalkit.scoring.tasks.base import Convention, Derived, Parameter, Task
from evalkit.scoring.tasks.table import TASKS, load_task
from manual_site.markdown import code, docstring, facts, listed, plain, table

__all__ = ["conventions_page"]

_INTRO = """\
# Tasks and conventions

A **task** says what is scored over which layers, a **convention** what counts as right. Every convention gives
credit from 0 to 1 to items of both sides, so precision, recall and F1 are the same sums under each ([what the
figures mean](../figures.md)). `--task` and `--convention` choose, `--convention all` takes one of each, and
`evalkit selftest` checks the laws that all of them keep.
"""


def conventions_page() -> str:
    """The page: a section for each task of evalkit, then what each convention counts, with an example."""
    return _INTRO + "".join(_section(load_task(name)) for name in TASKS.table)


def _section(task: Task) -> str:
    module = import_module(TASKS.table[task.name].partition(":")[0])
    default = task.default or tuple(task.conventions)
    what = [
        ("layers", listed(task.layers)),
        ("shown in full", code(task.main)),
        ("scored unless others are asked for", listed(default)),
        ("what `all` stands for", listed(task.every or default)),
        ("scored only where it is asked for", "yes" if task.asked else ""),
        ("kinds of errors", listed(kind for kind in task.kinds if kind != "right")),
    ]
    parts = [
        f"\n## {task.name}\n\n{plain(task.about).capitalize()}.\n",
        docstring((module.__doc__ or "").partition("\n\n")[2]),
        facts(what),
        f"\n### Conventions of {task.name}\n",
        table(("convention", "credit", "parameters", "not evaluated without"), map(_row, task.conventions.items())),
    ]
    if task.derived:
        parts += [
            f"\n### Further scores of {task.name}\n",
            table(("score", "what", "under"), map(_score, task.derived.items())),
        ]
    if task.properties:
        rows = [(code(name), plain(one.about)) for name, one in task.properties.items()]
        parts += [f"\n### Slices of {task.name}\n", table(("slice", "by"), rows)]
    parts += [_example(name, convention, module.__name__) for name, convention in task.conventions.items()]
    return "".join(parts)


def _row(named: tuple[str, Convention]) -> tuple[str, ...]:
    name, convention = named
    spelling = ":".join([name, *(parameter.name.upper() for parameter in convention.parameters)])
    about = plain(convention.about) + ("" if convention.additive else " No intervals: it counts the split as a whole.")
    return code(spelling), about, "; ".join(map(_parameter, convention.parameters)), listed(convention.needs)


def _parameter(parameter: Parameter) -> str:
    usual = "" if parameter.default in (None, "") else f", {parameter.default} by default"
    return plain(f"{parameter.name}: {parameter.about}; {parameter.expected}{usual}")


def _score(named: tuple[str, Derived]) -> tuple[str, ...]:
    name, derived = named
    return code(name), plain(derived.about), listed(derived.conventions)


def _example(name: str, convention: Convention, where: str) -> str:
    """What a convention with a file of its own says on top of that: its definition, its source and an example."""
    home = convention.function.partition(":")[0] if isinstance(convention.function, str) else ""
    if home == where or not home.startswith("evalkit.scoring.conventions."):
        return ""
    text = getdoc(import_module(home)) or ""
    return (
        ""
        if not text or sys.modules[home].__doc__ is None
        else f'\n??? note "`{name}`, with an example"\n{_indented(text)}'
    )


def _indented(text: str) -> str:
    return indent(docstring(text.partition("\n\n")[2] or text), "    ")
