"""Short notations and an independent reference, as fixtures that live as long as the session."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace

import pytest

from evalkit.layers.entities import ENTITIES
from evalkit.layers.table import layer_names, load_layer
from evalkit.records import Entity, Span
from evalkit.registry import Registry
from evalkit.results import Counts
from evalkit.scoring.columns import Columns
from evalkit.scoring.counts import CountTable
from evalkit.scoring.from_records import columns_of_items
from evalkit.scoring.tasks.table import load_convention, load_task, task_names

Item = tuple[tuple[tuple[int, int], ...], str]


def parse(line: str) -> list[Entity]:
    """Entities from "PER 0-8; ORG 2-4+6-8"."""
    found = []
    for item in filter(None, (part.strip() for part in line.split(";"))):
        label, places = item.split()
        spans = tuple(Span(*map(int, place.split("-"))) for place in places.split("+"))
        found.append(Entity(id="", spans=spans, label=label))
    return found


def build(gold: str | Sequence[str], predicted: str | Sequence[str], text: str | None = None) -> Columns:
    """Columns of one article (strings) or of several (lists of strings)."""
    sides = [[side] if isinstance(side, str) else list(side) for side in (gold, predicted)]
    names = [f"a{at}" for at in range(len(sides[0]))]
    texts = None if text is None else (text,) * len(names)
    gold, predicted = ([parse(line) for line in side] for side in sides)
    return columns_of_items(names, gold, predicted, layer=ENTITIES, texts=texts)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """What a package would bring, without installing one: `installed("evalkit.conventions", mine=function)`."""
    before = Registry.entry_points
    brought: dict[str, dict[str, SimpleNamespace]] = {}

    def entry_points(registry: Registry) -> dict[str, object]:
        return {**before(registry), **brought.get(registry.group, {})}

    def install(group: str, **plugins: object) -> None:
        points = {
            name: SimpleNamespace(name=name, value="mine", load=lambda own=own: own) for name, own in plugins.items()
        }
        brought.setdefault(group, {}).update(points)
        forget()

    def forget() -> None:
        for cached in (layer_names, load_layer, task_names, load_task):
            cached.cache_clear()

    monkeypatch.setattr(Registry, "entry_points", entry_points)
    yield install
    monkeypatch.undo()
    forget()


@pytest.fixture(scope="session")
def columns() -> Callable[..., Columns]:
    return build


@pytest.fixture(scope="session")
def table() -> Callable[..., CountTable]:
    def make(convention: str, gold: str | Sequence[str], predicted: str | Sequence[str], text: str | None = None):
        found = build(gold, predicted, text)
        return load_convention("entities", convention)(found).table()

    return make


@pytest.fixture(scope="session")
def score(table: Callable[..., CountTable]) -> Callable[..., tuple[float, int, float, int]]:
    """Predicted credit, predicted items, gold credit, gold items."""

    def make(*arguments: str | Sequence[str]) -> tuple[float, int, float, int]:
        counts: Counts = table(*arguments).counts()
        return counts.predicted_credit, counts.predicted, counts.gold_credit, counts.gold

    return make


@pytest.fixture(scope="session")
def score_items() -> Callable[[str, Sequence[Item], Sequence[Item]], Counts]:
    """The counts of one article under a convention, from (spans, label) pairs."""

    def make(convention: str, gold: Sequence[Item], predicted: Sequence[Item]) -> Counts:
        sides = [
            [[Entity(id="", spans=tuple(Span(*s) for s in spans), label=label) for spans, label in side]]
            for side in (gold, predicted)
        ]
        found = columns_of_items(["a"], sides[0], sides[1], layer=ENTITIES)
        return load_convention("entities", convention)(found).table().counts()

    return make


def characters(item: Item) -> set[int]:
    return {at for start, end in item[0] for at in range(start, end)}


def place(item: Item) -> tuple[object, ...]:
    """Where an item is: its characters, or the first place of an item without any."""
    own = characters(item)
    return (frozenset(own),) if own else ("empty", min(start for start, _ in item[0]))


def touch(first: Item, second: Item) -> int:
    common = len(characters(first) & characters(second))
    return common or int(place(first) == place(second))


def credit(convention: str, gold: Item, predicted: Item) -> float:
    """What a pair earns, straight from the table in the definitions."""
    agree = gold[1] == predicted[1]
    if convention == "exact":
        return float(agree and place(gold) == place(predicted))
    if convention == "boundary":
        return float(place(gold) == place(predicted))
    if convention == "partial":
        return 1.0 if place(gold) == place(predicted) else 0.5 * bool(touch(gold, predicted))
    if convention == "type":
        return float(agree and touch(gold, predicted) > 0)
    threshold = float(convention.removeprefix("iou:"))
    common = touch(gold, predicted)
    union = max(1, len(characters(gold))) + max(1, len(characters(predicted))) - common
    return float(agree and common > 0 and common >= threshold * union)


@pytest.fixture(scope="session")
def most_credit() -> Callable[[str, Sequence[Item], Sequence[Item]], float]:
    """The credit of the best of all one-to-one matchings, each of them tried."""

    def search(convention: str, gold: Sequence[Item], predicted: Sequence[Item]) -> float:
        few, many = (gold, predicted) if len(gold) <= len(predicted) else (predicted, gold)
        worth = [[credit(convention, a, b) for b in many] for a in few]
        ways = itertools.permutations(range(len(many)), len(few))
        return max((sum(worth[at][other] for at, other in enumerate(way)) for way in ways), default=0.0)

    return search
