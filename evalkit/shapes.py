"""Shapes of JSON values: declared once beside what writes a file, checked once where it is read.

::

    POINT = fields({"x": number(), "y": number()}, {"label": text})
    checked(value, each(POINT), "points.json", "draw them again")

A shape looks at a value and raises `MisfitError` if it is another one; shapes are made of shapes. Whoever reads a
checked value takes it as it is declared, and catches nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from pathlib import Path
from reprlib import repr as shortened
from typing import Any

from evalkit.errors import FormatError

__all__ = [
    "HUGE",
    "MisfitError",
    "Shape",
    "anything",
    "checked",
    "each",
    "fields",
    "flag",
    "interval",
    "list_of",
    "number",
    "numbers",
    "ruled",
    "text",
]

Shape = Callable[[Any], None]

_SHOWN = 80
HUGE = 2**53
"""No number in a file of ours is larger: from here on not every whole number can be told from the next."""


class MisfitError(Exception):
    """A value that is not of its shape; caught by `checked`, which says where it stands."""

    def __init__(self, value: Any, wanted: str) -> None:
        super().__init__(wanted)
        try:
            shown = shortened(value)
        except ValueError:
            # Python does not show whole numbers of thousands of digits.
            shown = type(value).__name__
        shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
        self.found, self.place = f"found {shown}, expected {wanted}", ""


class _Nothing:
    """What is not there."""

    def __repr__(self) -> str:
        return "nothing"


_NOTHING = _Nothing()


def checked(value: Any, shape: Shape, where: Path | str, remedy: str) -> Any:
    """The value, if it is of the shape.

    Raises:
        FormatError: it is not; says where it is damaged, what was found there, what was expected, and `remedy`.
    """
    try:
        shape(value)
    except MisfitError as misfit:
        place = f" at {misfit.place.removeprefix('.')}" if misfit.place else ""
        raise FormatError(f"{where}: damaged{place}: {misfit.found}; {remedy}") from misfit
    return value


def _inside(place: str, shape: Shape, value: Any) -> None:
    try:
        shape(value)
    except MisfitError as misfit:
        misfit.place = place + misfit.place
        raise


def text(value: Any) -> None:
    """Text that can be written as UTF-8."""
    if not isinstance(value, str):
        raise MisfitError(value, "text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise MisfitError(value, "text without halves of characters") from None


def flag(value: Any) -> None:
    """True or false."""
    if not isinstance(value, bool):
        raise MisfitError(value, "true or false")


def anything(value: Any) -> None:
    """Any JSON value."""


def number(low: float = -HUGE, high: float = HUGE, *, whole: bool = False) -> Shape:
    """A number from `low` to `high`, so none that is infinite or no number."""
    kinds = int if whole else (int, float)
    limits = "" if low == -HUGE else f" from {low}" if high == HUGE else f" from {low} to {high}"
    wanted = f"a {'whole ' if whole else ''}number{limits}"

    def check(value: Any) -> None:
        if not isinstance(value, kinds) or isinstance(value, bool) or not low <= value <= high:
            raise MisfitError(value, wanted)

    return check


def interval(value: Any) -> None:
    """Lower and upper bound."""
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise MisfitError(value, "a lower and an upper bound")
    list_of(number())(value)
    if value[0] > value[1]:
        raise MisfitError(value, "a lower bound that is not above the upper one")


def list_of(shape: Shape) -> Shape:
    """A list of values of one shape."""

    def check(value: Any) -> None:
        if not isinstance(value, (list, tuple)):
            raise MisfitError(value, "a list")
        for index, item in enumerate(value):
            _inside(f"[{index}]", shape, item)

    return check


def numbers(low: float = -HUGE, *, whole: bool = False) -> Shape:
    """A list of numbers from `low` on; looked at as a whole, for there may be millions."""
    one, kinds = number(low, whole=whole), {int} if whole else {int, float}

    def check(value: Any) -> None:
        usual = isinstance(value, list) and kinds.issuperset(map(type, value))
        # What is no number is neither smaller nor larger than another, so a sum has to tell.
        if not usual or (value and not (low <= min(value) <= max(value) <= HUGE and isfinite(sum(value)))):
            list_of(one)(value)

    return check


def each(shape: Shape) -> Shape:
    """An object with values of one shape under any names."""

    def check(value: Any) -> None:
        if not isinstance(value, Mapping):
            raise MisfitError(value, "an object")
        for name, item in value.items():
            text(name)
            _inside(f".{name[:40]}", shape, item)

    return check


def fields(required: Mapping[str, Shape], optional: Mapping[str, Shape] | None = None) -> Shape:
    """An object with values of these shapes by name; optional ones may be null or left out, others may be anything."""

    def check(value: Any) -> None:
        if not isinstance(value, Mapping):
            raise MisfitError(value, "an object")
        for name, shape in required.items():
            _inside(f".{name}", shape, value.get(name, _NOTHING))
        for name, shape in (optional or {}).items():
            if value.get(name) is not None:
                _inside(f".{name}", shape, value[name])

    return check


def ruled(shape: Shape, rule: Callable[[Any], str]) -> Shape:
    """A value of a shape that keeps a rule besides; the rule says what is expected where it is broken, else ""."""

    def check(value: Any) -> None:
        shape(value)
        if wanted := rule(value):
            raise MisfitError(value, wanted)

    return check
