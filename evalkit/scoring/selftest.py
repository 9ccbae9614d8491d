"""Runs the invariants on conventions; a counterexample is made small and shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from evalkit.registry import unknown_name
from evalkit.scoring import chain, quotes, stances
from evalkit.scoring.conventions.table import ALL, CONVENTIONS, load_convention
from evalkit.scoring.invariants import INVARIANTS, Invariant
from evalkit.scoring.selftest_cases import Case, extreme_cases, random_cases, show, shrink
from evalkit.scoring.tasks import TASKS

__all__ = ["EXCEPTIONS", "INVARIANTS", "Check", "Violation", "check_all", "check_convention", "tasks_of"]


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


EXCEPTIONS: dict[tuple[str, str, str], str] = {
    ("entities", "fuzzy", "swap"): "decided gold by gold, as its published definition is",
    ("stances", "given", "swap"): "its items are the pairs of the gold",
    ("stances", "given", "counts"): "its items are the pairs of the gold",
    ("chain", "complete", "swap"): "a gold stance without a quote asks for none",
}
"""(task, convention, invariant) → the reason why a definition cannot keep it."""


def tasks_of(convention: str) -> tuple[str, ...]:
    """The tasks that know a convention.

    Raises:
        UnknownNameError: there is none.
    """
    known = {"quotes": quotes.CONVENTIONS, "stances": stances.CONVENTIONS, "chain": chain.CONVENTIONS}
    found = tuple(task for task, names in known.items() if convention in names)
    if convention.partition(":")[0] in CONVENTIONS.names():
        load_convention(convention)
        return ("entities", *found)
    if not found:
        raise unknown_name(
            "convention", convention, {*CONVENTIONS.names(), *(n for own in known.values() for n in own)}
        )
    return found


def check_all(conventions: Sequence[str] = (), *, seed: int = 0, cases: int = 60) -> list[Check]:
    """Every invariant on some conventions, or on all built-in and installed ones."""
    wanted = [(task, name) for name in conventions for task in tasks_of(name)]
    if not conventions:
        plugins = [name for name in CONVENTIONS.entry_points() if name not in ALL]
        wanted = [("entities", name) for name in (*ALL, *sorted(plugins))]
        wanted += [("quotes", name) for name in quotes.CONVENTIONS]
        wanted += [("stances", name) for name in stances.CONVENTIONS]
        wanted += [("chain", name) for name in chain.CONVENTIONS]
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
    if task is not None and task not in TASKS:
        raise unknown_name("task", task, TASKS)
    checks = [check for own in ([task] if task else tasks_of(name)) for check in _checks(own, name, seed, cases)]
    return [check.violation for check in checks if check.violation is not None]


def _checks(task: str, name: str, seed: int, number: int) -> Iterable[Check]:
    tried = list(random_cases(task, seed=seed, number=number))
    extreme = [case for _, case in extreme_cases(task)]
    for invariant, holds in INVARIANTS.items():
        if reason := EXCEPTIONS.get((task, name, invariant)):
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
    except Exception as error:  # a convention may be anybody's code, and a crash is a finding
        return f"raised {type(error).__name__}: {error}"
