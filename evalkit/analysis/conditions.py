"""Conditions on articles, such as `missed > 3 and source == "post"`: a small language, of which nothing is run.

A condition compares counts, figures and properties with numbers and texts; `and`, `or`, `not`, brackets, `+ - * /` and
`in` make one of several. It is read with Python's grammar, checked word by word, and worked out here: there are no
calls, no attributes of objects and no other names than those that are known. A value that an article does not have, or
that is no number where one is asked for, makes its comparison false.

    missed > 3                    f1 < .5 and gold >= 10          entities.label + entities.boundary > 5
    source in ("post", "times")   year >= 2025 and "ferry" in title
"""

from __future__ import annotations

import ast
import operator
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from evalkit.errors import InputError
from evalkit.registry import unknown_name
from evalkit.showing import number_of

__all__ = ["NUMBER", "PROPERTY", "TEXT", "TRUTH", "Condition", "parse_condition"]

NUMBER, TEXT, TRUTH, PROPERTY = "a number", "a text", "yes or no", "a property"
"""What a part of a condition gives; a property is a text that may read as a number."""

LONGEST, DEEPEST = 500, 15
"""Characters of a condition, and how many parts stand in each other."""

Values = Mapping[str, Any]
"""Name → value for one article; None where it has none."""


class _Part(NamedTuple):
    """A part of a condition: what it gives, and how it is worked out."""

    kind: str
    value: Callable[[Values], Any]


@dataclass(frozen=True, slots=True)
class Condition:
    """What was asked for.

    Attributes:
        text: as it was written.
        names: the names in it, in their order.
    """

    text: str
    names: tuple[str, ...]
    _holds: Callable[[Values], Any] = field(repr=False, compare=False)

    def holds(self, values: Values) -> bool:
        """Whether it is so of an article with these values."""
        return bool(self._holds(values))


ORDERS = {ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge}
EQUAL = {ast.Eq: operator.eq, ast.NotEq: operator.ne}
SUMS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}


def parse_condition(text: str, known: Mapping[str, str]) -> Condition:
    """The condition that a text stands for.

    Args:
        text: the condition.
        known: the names that there are → what each gives.

    Raises:
        InputError: it is none; the message says what is wrong and what to write.
        UnknownNameError: a name in it is not known.
    """
    reader = _Reader(text, known)
    part = reader.part(reader.tree())
    if part.kind != TRUTH:
        raise reader.refused(f"it gives {part.kind}, not yes or no; compare it, as in missed > 3")
    return Condition(text, tuple(dict.fromkeys(reader.names)), part.value)


class _Reader:
    """Reads one condition, and knows what to say of it."""

    def __init__(self, text: str, known: Mapping[str, str]) -> None:
        self.text, self.known = text, known
        self.names: list[str] = []

    def refused(self, why: str) -> InputError:
        return InputError(f"condition {self.text[:LONGEST]!r}: {why}")

    def tree(self) -> ast.expr:
        if len(self.text) > LONGEST:
            raise self.refused(f"it has {number_of(len(self.text), 'character')}; write one of at most {LONGEST}")
        try:
            with warnings.catch_warnings():
                # About odd escapes, of which the user hears by what the condition does.
                warnings.simplefilter("ignore")
                tree = ast.parse(self.text.strip(), mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            raise self.refused('it cannot be read; write one such as missed > 3 and source == "post"') from None
        level, depth = [tree], 0
        while level:
            depth += 1
            level = [child for node in level for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
        if depth > DEEPEST:
            raise self.refused("too many parts stand in each other; write a simpler one")
        return tree

    def part(self, node: ast.expr) -> _Part:
        """One part with the parts in it."""
        if isinstance(node, ast.Constant):
            return self.constant(node.value)
        if isinstance(node, ast.Name | ast.Attribute):
            return self.name(node)
        if isinstance(node, ast.BoolOp):
            return self.joined(node)
        if isinstance(node, ast.UnaryOp):
            return self.unary(node)
        if isinstance(node, ast.BinOp) and type(node.op) in SUMS:
            return self.sum(node)
        if isinstance(node, ast.Compare):
            return self.comparison(node)
        told = ast.get_source_segment(self.text.strip(), node) or "a part of it"
        raise self.refused(
            f"{told!r} has no meaning here; there are comparisons, and, or, not, in, + - * / and brackets"
        )

    def constant(self, value: object) -> _Part:
        if isinstance(value, bool):
            return _Part(TRUTH, lambda _: value)
        if isinstance(value, int | float):
            return _Part(NUMBER, lambda _: value)
        if isinstance(value, str):
            return _Part(TEXT, lambda _: value)
        raise self.refused(f"{value!r} is neither a number nor a text in quotation marks")

    def name(self, node: ast.Name | ast.Attribute) -> _Part:
        name = ast.unparse(node)
        if name not in self.known:
            whose = [known for known in self.known if known.endswith(f".{name}")]
            if len(whose) > 1:
                raise self.refused(f"{name} is of one task; write {' or '.join(whose)}")
            raise unknown_name("name in the condition", name, self.known)
        self.names.append(name)
        return _Part(self.known[name], lambda values: values.get(name))

    def joined(self, node: ast.BoolOp) -> _Part:
        parts = [self.truth(value) for value in node.values]
        together = all if isinstance(node.op, ast.And) else any
        return _Part(TRUTH, lambda values: together(part(values) for part in parts))

    def truth(self, node: ast.expr) -> Callable[[Values], Any]:
        part = self.part(node)
        if part.kind != TRUTH:
            raise self.refused(f"{ast.unparse(node)} gives {part.kind}, not yes or no; compare it, as in missed > 3")
        return part.value

    def unary(self, node: ast.UnaryOp) -> _Part:
        if isinstance(node.op, ast.Not):
            truth = self.truth(node.operand)
            return _Part(TRUTH, lambda values: not truth(values))
        if isinstance(node.op, ast.USub):
            number = self.number(node.operand)
            return _Part(NUMBER, lambda values: _known(operator.neg, number(values)))
        raise self.refused(f"{ast.unparse(node)} has no meaning here; there are not and -")

    def number(self, node: ast.expr) -> Callable[[Values], Any]:
        part = self.part(node)
        if part.kind not in (NUMBER, PROPERTY):
            raise self.refused(f"{ast.unparse(node)} gives {part.kind}, where a number is wanted")
        return _as_number(part)

    def sum(self, node: ast.BinOp) -> _Part:
        left, right = self.number(node.left), self.number(node.right)
        work = SUMS[type(node.op)]
        return _Part(NUMBER, lambda values: _known(work, left(values), right(values)))

    def comparison(self, node: ast.Compare) -> _Part:
        sides = [node.left, *node.comparators]
        pairs = [self.compared(left, op, right) for left, op, right in zip(sides, node.ops, sides[1:], strict=False)]
        return _Part(TRUTH, lambda values: all(pair(values) for pair in pairs))

    def compared(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Callable[[Values], bool]:
        if isinstance(op, ast.In | ast.NotIn):
            inside, wanted = self.inside(left, right), isinstance(op, ast.In)
            return lambda values: inside(values) is wanted
        work = {**ORDERS, **EQUAL}.get(type(op))
        if work is None:
            raise self.refused(f"{ast.unparse(ast.Compare(left, [op], [right]))}: compare with == or !=")
        one, other = self.alike(left, right)
        return lambda values: bool(_known(work, one(values), other(values)))

    def inside(self, left: ast.expr, right: ast.expr) -> Callable[[Values], bool | None]:
        """Whether one is in the other; None where the article does not have it."""
        if isinstance(right, ast.Tuple | ast.List):
            if not right.elts:
                raise self.refused("the list after in is empty")
            pairs = [self.alike(left, element) for element in right.elts]
            value = pairs[0][0]
            return lambda values: _known(
                lambda own: any(_known(operator.eq, own, other(values)) for _, other in pairs), value(values)
            )
        text, whole = self.part(left), self.part(right)
        if text.kind not in (TEXT, PROPERTY) or whole.kind not in (TEXT, PROPERTY):
            raise self.refused(f'{ast.unparse(right)} is neither a text nor a list such as ("post", "times")')
        return lambda values: _known(lambda one, other: one in other, text.value(values), whole.value(values))

    def alike(self, left: ast.expr, right: ast.expr) -> tuple[Callable[[Values], Any], Callable[[Values], Any]]:
        """Both sides of a comparison as what they are compared as: numbers, or texts."""
        one, other = self.part(left), self.part(right)
        kinds = {one.kind, other.kind}
        if kinds <= {NUMBER, PROPERTY} and NUMBER in kinds:
            return _as_number(one), _as_number(other)
        if kinds <= {TEXT, PROPERTY} or kinds == {TRUTH}:
            return one.value, other.value
        raise self.refused(
            f"{ast.unparse(left)} is {one.kind} and {ast.unparse(right)} is {other.kind}; compare like with like"
        )


def _known(work: Callable[..., Any], *values: Any) -> Any:
    """What comes of some values; None where one is not known, or where something is divided by nothing."""
    if any(value is None for value in values):
        return None
    try:
        return work(*values)
    except (ZeroDivisionError, OverflowError):
        return None


def _as_number(part: _Part) -> Callable[[Values], float | None]:
    if part.kind == NUMBER:
        return part.value

    def number(values: Values) -> float | None:
        try:
            found = float(part.value(values))
        except (TypeError, ValueError):
            return None
        return found if found == found else None

    return number
