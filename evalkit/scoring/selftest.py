"""Runs the invariants on conventions; a counterexample is made small and shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from evalkit.errors import one_line
from evalkit.scoring.invariants import INVARIANTS, Invariant
from evalkit.scoring.selftest_cases import Case, extreme_cases, random_cases, show, shrink
from evalkit.scoring.tasks.table import check_tasks, choose_conventions, find_convention, task_names, tasks_with

__all__ = ["INVARIANTS", "Check", "Violation", "check_all", "check_convention"]


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that does not hold, what was seen, and the smallest example found."""

    task: str
    convention: str
    invariant: str
    message: str
    example: str


@dataclass(frozen=True, slots=True)
class Check:
    """One invariant tried on one convention; `excepted` says why it is not asked of it."""

    task: str
    convention: str
    invariant: str
    violation: Violation | None = None
    excepted: str = ""


def check_all(conventions: Sequence[str] = (), *, seed: int = 0, cases: int = 60) -> list[Check]:
    """Every invariant on some conventions, or on all built-in and installed ones."""
    wanted = [(task, name) for name in conventions for task in tasks_with(name)]
    if not conventions:
        wanted = [(task, name) for task in task_names() for name in choose_conventions(task, ["all"])]
    return [check for task, name in wanted for check in _checks(task, name, seed, cases)]


def check_convention(name: str, *, task: str | None = None, seed: int = 0, cases: int = 60) -> list[Violation]:
    """The invariants that a convention breaks, each with its smallest example.

    Args:
        name: a built-in or installed convention, such as "iou:0.5".
        task: one task that knows it; by default all that do.
        seed: of the random cases.
        cases: how many random cases each invariant is tried on.

    Raises:
        UnknownNameError: nobody registered the convention or the task.
    """
    tasks = check_tasks([task]) if task else tuple(tasks_with(name))
    checks = [check for known_task in tasks for check in _checks(known_task, name, seed, cases)]
    return [check.violation for check in checks if check.violation is not None]


def _checks(task: str, name: str, seed: int, number: int) -> Iterable[Check]:
    tried = list(random_cases(task, seed=seed, number=number))
    extreme = [case for _, case in extreme_cases(task)]
    convention = find_convention(task, name)
    excepted = {} if convention is None else convention.exceptions(name)
    for invariant, holds in INVARIANTS.items():
        if reason := excepted.get(invariant):
            yield Check(task, name, invariant, excepted=reason)
            continue
        problem = partial(_problem, holds, task, name)
        failed = next((case for case in (extreme if invariant == "defined" else tried) if problem(case)), None)
        if failed is None:
            yield Check(task, name, invariant)
            continue
        small = shrink(failed, problem)
        message = problem(small) or ""
        yield Check(task, name, invariant, Violation(task, name, invariant, message, show(small, task)))


def _problem(holds: Invariant, task: str, name: str, case: Case) -> str | None:
    try:
        return holds(task, name, case)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a convention may be anybody's code, and a crash is a finding
        return f"raised {type(error).__name__}: {one_line(error)}"
