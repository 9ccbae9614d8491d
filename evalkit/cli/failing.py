"""`--fail-on`: what of a result makes a command exit with 1, for whoever runs it in CI.

A gate on a figure that is not defined, such as F1 of a layer that nobody annotated, fails too: nothing was checked, and
that is not what a green job should say.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isclose, isfinite

import click

from evalkit.cli.options import Option, with_record
from evalkit.cli.show import status_of
from evalkit.errors import InputError
from evalkit.registry import check_names

__all__ = ["Condition", "fail_on_option", "names_of", "status_on"]

_COMPARED: Mapping[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_CONDITION = re.compile(r"\s*(?P<name>.*\S)\s*(?P<sign><=|>=|<|>)\s*(?P<bound>[^\s<>=]+)\s*", re.DOTALL)
"""The name is all before the last sign: a label may hold spaces, and signs too."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A figure by name, and what it must not be."""

    name: str
    sign: str
    bound: float

    @classmethod
    def parse(cls, text: str) -> Condition:
        """A condition as it is written: `pairs>0`.

        Raises:
            InputError: it is none.
        """
        match = _CONDITION.fullmatch(text)
        try:
            bound = float(match["bound"]) if match else None
        except ValueError:
            bound = None
        if match is None or bound is None or not isfinite(bound):
            raise InputError(f"--fail-on {text!r} is no condition; write NAME<NUMBER, or with >, <=, >=, as 'pairs>0'")
        return cls(match["name"], match["sign"], bound)

    def holds(self, value: float) -> bool:
        """Whether a figure is what it must not be; 24/30 is .8, whatever its last bit says."""
        return _COMPARED[self.sign](self.bound if isclose(value, self.bound, rel_tol=1e-9) else value, self.bound)

    def __str__(self) -> str:
        return f"{self.name}{self.sign}{self.bound:g}"


def _parsed(fail_on: Sequence[str]) -> tuple[Condition, ...]:
    return tuple(map(Condition.parse, fail_on))


def fail_on_option(example: str) -> Option:
    """Adds `--fail-on`, repeatable, handed to the command as `fail_on`, a tuple of conditions.

    Args:
        example: a condition that fits the command.
    """
    option = click.option(
        "--fail-on",
        "fail_on",
        multiple=True,
        metavar="CONDITION",
        help=f"Exit with 1 where a figure of the result is so, as '{example}', or is not defined; repeatable.",
    )
    return with_record("fail_on", _parsed, {"fail_on": option})


def names_of(conditions: Sequence[Condition]) -> tuple[str, ...]:
    """The figures that conditions are about, for a verb that keeps something: it looks for them before."""
    return tuple(one.name for one in conditions)


def status_on(figures: Mapping[str, float | None], conditions: Sequence[Condition]) -> int:
    """The exit status of a command whose result was shown: 1, and why on standard error, if a condition holds.

    One on a figure that is not defined (None) holds: it could not be checked.

    Raises:
        UnknownNameError: the result has no figure of the name of a condition.
    """
    check_names("figure", names_of(conditions), figures)
    found = []
    for one in conditions:
        value = figures[one.name]
        if value is None:
            found.append(f"{one.name} is not defined here, so --fail-on {one} cannot be checked")
        elif one.holds(value):
            found.append(f"{one.name} is {value:g}, which --fail-on {one} forbids")
    return status_of("; ".join(found))
