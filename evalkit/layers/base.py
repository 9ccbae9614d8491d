"""What a layer is: everything that is particular to one kind of annotation, in one record.

Nobody else asks which layer it is: readers, checks, scores and tables ask the layer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from evalkit.records import Annotations, Span

__all__ = ["Layer"]

Item = TypeVar("Item")


@dataclass(frozen=True, kw_only=True)
class Layer(Generic[Item]):
    """One kind of annotation.

    Attributes:
        name: how it is called in files, options and tables: the plural, such as `entities`.
        one: the word for one item in messages, such as `entity`.
        record: the class of its items.
        label: what an item is counted under: the label of an entity or a stance, the kind of a quote.
        labels: the labels there are; None where the inventory of the dataset (`labels.toml`) says.
        spans: where an item stands in the text: mention, content or evidence; may be empty.
        parts: every span of an item with the name of the field that holds it.
    """

    name: str
    one: str
    record: type[Item]
    label: Callable[[Item], str]
    labels: tuple[str, ...] | None
    spans: Callable[[Item], tuple[Span, ...]]
    parts: Callable[[Item], Iterable[tuple[str, Span]]]

    def of(self, annotations: Annotations) -> tuple[Item, ...] | None:
        """The items of this layer; None if it was not annotated."""
        items: tuple[Any, ...] | None = annotations[self.name]
        return items
