"""What people's code may answer for an article, read as annotations."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, SupportsIndex, cast

from evalkit.errors import FormatError
from evalkit.formats.native.rows import annotations_from_row
from evalkit.layers.table import layer_names
from evalkit.records import Annotations, Entity, Span

__all__ = ["PROBE_TEXT", "claimed_layers", "read_answer"]

PROBE_TEXT = "Ida Moen of Norway said on Monday: “We will go to Bergen.”"
"""The text of a made-up article that shows which layers an extractor fills, where it does not say so itself."""


def claimed_layers(annotations: Annotations) -> tuple[str, ...]:
    """The layers that are not None, in pipeline order."""
    return tuple(layer for layer in layer_names() if annotations[layer] is not None)


def read_answer(answer: object, where: str) -> Annotations:
    """The annotations that an answer stands for.

    Args:
        answer: annotations; an object of the native form, such as `{"entities": […]}`; or anything iterable over
            entities and `(start, end, label)` or `(start, end, label, score)`.
        where: names the answer in messages.

    Raises:
        FormatError: it is none of these; says what was found.
    """
    if isinstance(answer, Annotations):
        return answer
    if isinstance(answer, Mapping):
        return _from_object(answer, where)
    if answer is None:
        raise FormatError(
            f"{where}: answered None; return an empty list where there is nothing (or is a return missing?)"
        )
    if isinstance(answer, (str, bytes)) or not isinstance(answer, Iterable):
        raise FormatError(
            f"{where}: answered {answer!r:.60}; return annotations, an object with layers, or (start, end, label) items"
        )
    return Annotations(entities=tuple(_entity(item, number, where) for number, item in enumerate(answer, 1)))


def _from_object(answer: Mapping[Any, Any], where: str) -> Annotations:
    if not any(layer in answer for layer in layer_names()):
        raise FormatError(
            f"{where}: answered an object with {sorted(map(str, answer))}; expected some of {', '.join(layer_names())}"
        )
    return annotations_from_row(answer, where)


def _entity(item: object, number: int, where: str) -> Entity:
    if isinstance(item, Entity):
        return item
    if isinstance(item, Sequence) and not isinstance(item, str) and len(item) in (3, 4):
        start, end, label, *score = item
        if isinstance(label, str):
            span = Span(_offset(start, where, number), _offset(end, where, number))
            return Entity(id=f"e{number}", spans=(span,), label=label, score=float(score[0]) if score else None)
    raise FormatError(f"{where}: item {number} is {item!r:.60}; expected an entity or (start, end, label)")


def _offset(value: object, where: str, number: int) -> int:
    # Numbers of numpy are whole numbers too; a float is more likely a mistake than an offset.
    try:
        return operator.index(cast("SupportsIndex", value))
    except TypeError as error:
        raise FormatError(f"{where}: item {number} has the offset {value!r:.40}; expected a whole number") from error
