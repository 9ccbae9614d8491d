"""Items that stand twice in gold, each of which counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from evalkit.layers.table import all_layers, load_layer
from evalkit.records import Example
from evalkit.showing import number_of

__all__ = ["Repeated", "double_items", "double_note"]


class Repeated:
    """Counts them over examples that come one by one."""

    def __init__(self) -> None:
        self._layers = all_layers()
        self._numbers: Counter[str] = Counter()
        self._first: dict[str, str] = {}

    def add(self, example: Example) -> None:
        """Takes the next one in."""
        for layer in self._layers:
            items = layer.of(example.gold)
            if items and (number := len(items) - len(layer.identities(items))):
                self._numbers[layer.name] += number
                self._first[layer.name] = min(self._first.get(layer.name, example.article.id), example.article.id)

    def notes(self) -> list[str]:
        """What is to be said of all that came."""
        return [double_note(name, number, self._first[name]) for name, number in self._numbers.items()]


def double_items(examples: Iterable[Example]) -> list[str]:
    """The note on items that stand twice in gold, each of which counts."""
    repeated = Repeated()
    for example in examples:
        repeated.add(example)
    return repeated.notes()


def double_note(layer: str, number: int, article_id: str) -> str:
    """The note on items of one layer that say what another of their article says."""
    items = number_of(number, f"gold {load_layer(layer).one} stands", f"gold {layer} stand")
    first = "" if number == 1 else "the first "
    return (
        f"{items} twice, {first}in article {article_id!r}; each counts as one of its own, so "
        "that one right prediction cannot find both"
    )
