"""What a task is: what is scored over which layers, and under which conventions, as one record of names.

Functions are named as "module:attr" and imported when they are asked for, so that listing what there is costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from evalkit.errors import UnknownNameError

__all__ = [
    "DUPLICATE",
    "MISSED",
    "RIGHT",
    "SPURIOUS",
    "Convention",
    "Derived",
    "Parameter",
    "Property",
    "Task",
    "imported",
]

RIGHT, DUPLICATE, MISSED, SPURIOUS = "right", "duplicate", "missed", "spurious"
"""Kinds that every task has in the same meaning: right comes first, a duplicate is a predicted item."""


def imported(function: str | Callable[..., Any]) -> Callable[..., Any]:
    """The function behind "module:attr"; a function itself as it is."""
    if not isinstance(function, str):
        return function
    module, _, attribute = function.partition(":")
    loaded: Callable[..., Any] = getattr(import_module(module), attribute)
    return loaded


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """What stands behind the colon of a convention's name, as the threshold in `iou:0.5`.

    Attributes:
        name: the keyword under which the function takes it.
        about: what it is, in a few words.
        kind: what the text is turned into: `float`, `int` or `str`.
        default: its value where the name has none; None if it must be given.
        above: a bound that it must lie above.
        least: a bound that it must not lie below.
        most: a bound that it must not lie above.
        among: the words that it must be one of, if it is not free.
        excepted: invariant of the self-test → why the definition cannot keep it with another value than the default.
    """

    name: str
    about: str
    kind: type = float
    default: Any = None
    above: float | None = None
    least: float | None = None
    most: float | None = None
    among: tuple[str, ...] = ()
    excepted: Mapping[str, str] = field(default_factory=dict)

    @property
    def expected(self) -> str:
        """What a value must be, in words."""
        if self.among:
            return f"one of {', '.join(self.among)}"
        words = {float: "a number", int: "a whole number", str: "a word"}.get(self.kind, self.kind.__name__)
        bounds = (("above", self.above), ("at least", self.least), ("at most", self.most))
        limits = " and ".join(f"{word} {bound:g}" for word, bound in bounds if bound is not None)
        return f"{words} {limits}".rstrip()

    def parse(self, text: str) -> Any:
        """The value that some text stands for; "" is the default.

        Raises:
            ValueError: the text stands for none that is allowed.
        """
        if not text:
            if self.default is None:
                raise ValueError("nothing is given")
            return self.default
        value = self.kind(text)
        inside = (
            (self.above is None or value > self.above)
            and (self.least is None or value >= self.least)
            and (self.most is None or value <= self.most)
            and (not self.among or value in self.among)
        )
        if not inside:
            raise ValueError("out of range")
        return value


@dataclass(frozen=True, kw_only=True)
class Convention:
    """One way to count and to give credit.

    Attributes:
        function: a function of the columns of both sides (and of the parameters, by name) that gives the credits.
        about: in one line, what a predicted item must do to earn credit.
        settings: arguments that it always gives its function, where several conventions share one.
        parameters: what may stand behind the name, each after a colon, in this order.
        given: whether it asks for labels of items that the gold gives, so that an extractor that only labels has it.
        needs: fields of the counted items of which gold must have one: where no gold item has any of them, or the
            scope of the gold leaves them out, the convention is not evaluated.
        each: whether an article none of whose gold items has a part of `needs` is left out too, because items without
            it mean something else there: names that nobody gave, not things that are alone.
        additive: whether figures of several articles are sums over them. What depends on the whole split, such as
            which names are distinct, is counted for a split only: there are no intervals, tests or gates.
        plain: whether it looks at spans, labels and texts alone, and at nothing else of items and articles.
        excepted: invariant of the self-test → why the definition cannot keep it.
    """

    function: str | Callable[..., Any]
    about: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    parameters: tuple[Parameter, ...] = ()
    given: bool = False
    needs: tuple[str, ...] = ()
    each: bool = False
    additive: bool = True
    plain: bool = True
    excepted: Mapping[str, str] = field(default_factory=dict)

    def exceptions(self, name: str) -> dict[str, str]:
        """Invariant → why it is not asked of it, under a name with or without parameters."""
        arguments = self.arguments(name)
        excepted = dict(self.excepted)
        for parameter in self.parameters:
            if arguments[parameter.name] != parameter.default:
                excepted |= parameter.excepted
        return excepted

    def arguments(self, name: str) -> dict[str, Any]:
        """What the function is given besides the columns, under a name such as `iou:0.5`.

        Raises:
            UnknownNameError: there are too many, or one is none that is allowed; says what is expected.
        """
        base, *values = name.split(":", len(self.parameters)) if self.parameters else [name]
        if not self.parameters and ":" in name:
            base = name.partition(":")[0]
            raise UnknownNameError(f"convention {base!r} takes no parameter, found {name!r}; write {base!r}")
        arguments = dict(self.settings)
        for number, parameter in enumerate(self.parameters):
            text = values[number] if number < len(values) else ""
            try:
                arguments[parameter.name] = parameter.parse(text)
            except ValueError:
                shown = parameter.name.upper() if parameter.default is None else parameter.default
                example = f", as in {base}:{shown}" if shown != "" else ""
                raise UnknownNameError(
                    f"convention {name!r}: {parameter.name} must be {parameter.expected}{example}"
                ) from None
        return arguments


@dataclass(frozen=True, kw_only=True)
class Derived:
    """A score that is computed from the counts of all labels, such as accuracy.

    Attributes:
        function: a function of totals of shape (…, labels, 4) and the labels, giving values of shape (…).
        about: its definition in one line.
        conventions: under which conventions it is shown; under all if empty.
        group: a function of the columns that names a group for each item; then totals are (…, groups, labels, 4).
    """

    function: str | Callable[..., Any]
    about: str
    conventions: tuple[str, ...] = ()
    group: str | Callable[..., Any] | None = None

    def values(self, totals: Any, labels: tuple[str, ...]) -> Any:
        """The score of some totals."""
        return imported(self.function)(totals, labels)


@dataclass(frozen=True, kw_only=True)
class Property:
    """What items can be told apart by, for slices.

    Attributes:
        function: a function of the columns and the training data that gives the value of each item of either side, or
            None where it cannot be told.
        about: one line.
        usual: whether slices are made by it unless others are asked for.
    """

    function: str | Callable[..., Any]
    about: str
    usual: bool = True


@dataclass(frozen=True, kw_only=True)
class Task:
    """What is scored.

    Attributes:
        name: how it is called in options, results and rules.
        about: one line for lists and help.
        layers: the layers that it looks at; the items of the last one are what is counted. Of other layers it sees what
            the names in these mean (see `evalkit.scoring.alignment`), and nothing else.
        conventions: name without parameters → convention, in the order in which they are shown.
        main: the convention whose labels are shown in full; the others get a row each.
        default: what is scored unless conventions are asked for; all that need no parameter if empty.
        every: what `all` stands for, with parameters where a convention has some; as `default` if empty.
        derived: name → score that is shown beside precision, recall and F1.
        kinds: what can become of an item, `right` first; nothing if its errors are not told apart.
        judge: a function of the columns and the kinds that gives what became of each item.
        judged: the convention under which an item of kind `right` is right, and no other; the main one if empty.
        links: what the main convention takes to be right where it is told so (keyword `right`), in the order of a
            ladder; most tasks have none.
        properties: name → what items can be sliced by.
        cases: a function of the layer and a random generator that gives gold and predicted annotations of an article,
            for the self-test.
        diagnosed: the conventions that a diagnosis looks at unless others are asked for; the main one if empty.
        asked: whether it is scored only where it, or a convention that is its alone, is asked for: the layers of all
            others are scored whenever they are there.
        matched: the convention that matches items whatever their labels, under which it is asked how far two readers
            agree on these. Without, matched are items that are right or of the kind `label`, where it has that kind.
        floor: a function of an article that gives what a trivial baseline would find in the layers of the task, for
            layers that the extractor `trivial` does not have. With which label it finds it does not matter: the floor
            is that of the most frequent label of the gold, and in the row of a label that of this label.
    """

    name: str
    about: str
    layers: tuple[str, ...]
    conventions: Mapping[str, Convention]
    main: str
    default: tuple[str, ...] = ()
    every: tuple[str, ...] = ()
    derived: Mapping[str, Derived] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()
    judge: str | Callable[..., Any] = "evalkit.scoring.kinds:span_kinds"
    judged: str = ""
    links: tuple[str, ...] = ()
    properties: Mapping[str, Property] = field(default_factory=dict)
    diagnosed: tuple[str, ...] = ()
    asked: bool = False
    matched: str = ""
    floor: str | Callable[..., Any] | None = None
    cases: str | Callable[..., Any] = "evalkit.scoring.selftest_cases:random_sides"

    @property
    def layer(self) -> str:
        """The layer whose items are counted."""
        return self.layers[-1]
