"""What people's code may answer for an article, read as annotations."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, SupportsIndex, cast

from evalkit.errors import FormatError
from evalkit.extractors.base import Extracted
from evalkit.formats.native.rows import annotations_from_row, claimed_surfaces, unlabelled, unread_fields
from evalkit.layers.base import Layer
from evalkit.layers.table import layer_names, load_layer
from evalkit.records import Annotations, Article
from evalkit.registry import near_match

__all__ = ["PROBE_TEXT", "Answer", "claimed_layers", "read_answer", "refuse_unknown_layer"]

PROBE_TEXT = "Ida Moen of Norway said on Monday: “We will go to Bergen.”"
"""The text of a made-up article that shows which layers an extractor fills, where it does not say so itself."""

_ALMOST = 0.75
"""How near a name must be to that of a layer to be a misspelling of it beside layers that are spelt right."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that was read.

    Attributes:
        annotations: what it says.
        unread: how many items it lists under a name that is no layer, by `unread_NAME`, and how many have a key that
            was meant for a field, by `unread_LAYER.KEY`.
        unanswered: the layers for which it says null.
    """

    annotations: Annotations
    unread: Mapping[str, float]
    unanswered: tuple[str, ...] = ()

    def extracted(self) -> Annotations | Extracted:
        """The same for a runner, which sums up what was counted."""
        if not self.unread and not self.unanswered:
            return self.annotations
        return Extracted(self.annotations, self.unread, self.unanswered)


def claimed_layers(annotations: Annotations) -> tuple[str, ...]:
    """The layers that are not None, in pipeline order."""
    return tuple(layer for layer in layer_names() if annotations[layer] is not None)


def read_answer(answer: object, where: str, article: Article | None = None) -> Answer:
    """What an answer stands for.

    Args:
        answer: annotations; an object of the native form, such as `{"entities": […]}`; or anything iterable over
            entities. An item is a record, an object such as `{"start": 0, "end": 3, "label": "PER"}`, or, of entities,
            `(start, end, label)` or `(start, end, label, score)`.
        where: names the answer in messages.
        article: what it is about; the `text` of an item is then compared with what stands there.

    Raises:
        FormatError: it is none of these; says what was found.
    """
    if isinstance(answer, Annotations):
        for name in answer.layers:
            refuse_unknown_layer(name, where)
            layer, items = load_layer(name), answer[name] or ()
            if (index := unlabelled(layer, items)) is not None:
                said = f"{layer.label_field!r} is empty; name one, or leave the item out"
                raise FormatError(f"{where}: {name}[{index}]: {said}")
        return Answer(answer, {})
    if isinstance(answer, Mapping):
        return _from_object(answer, where, article)
    if answer is None:
        raise FormatError(
            f"{where}: answered None; return an empty list where there is nothing (or is a return missing?)"
        )
    if isinstance(answer, (str, bytes)) or not isinstance(answer, Iterable):
        raise FormatError(
            f"{where}: answered {answer!r:.60}; return annotations, an object with layers, or (start, end, label) items"
        )
    return _from_object({"entities": list(answer)}, where, article)


def refuse_unknown_layer(name: str, where: str) -> None:
    """Refuses the name of a layer that there is not, with the one that was meant.

    Raises:
        FormatError: there is no such layer.
    """
    if name not in layer_names():
        raise FormatError(f"{where}: answered the layer {name!r}, which there is not{_hint(name, layer_names())}")


def _hint(name: str, layers: Sequence[str]) -> str:
    near = near_match(name, layers)
    return f"; did you mean {near!r}?" if near else f"; there are {', '.join(layer_names())}"


def _from_object(answer: Mapping[Any, Any], where: str, article: Article | None) -> Answer:
    listed = {
        str(key): len(value)
        for key, value in answer.items()
        if isinstance(value, (list, tuple)) and key not in layer_names() and not str(key).startswith(_OTHER)
    }
    known = [layer for layer in layer_names() if layer in answer]
    if not known:
        if listed:
            refuse_unknown_layer(max(listed, key=lambda name: listed[name]), where)
        raise FormatError(
            f"{where}: answered an object with {', '.join(sorted(map(str, answer))) or 'nothing'} and none of the "
            f"layers {', '.join(layer_names())}"
        )
    for name in listed:
        if near_match(name, [layer for layer in layer_names() if layer not in known], least=_ALMOST):
            refuse_unknown_layer(name, where)
    row = {key: _items(load_layer(key), value, where) if key in known else value for key, value in answer.items()}
    annotations = annotations_from_row(row, where)
    if article is not None and (surfaces := claimed_surfaces(row, where)):
        _check_surfaces(article, annotations, surfaces)
    unread = {f"unread_{name}": float(number) for name, number in sorted(listed.items()) if _is_items(answer[name])}
    for (name, _), keys in unread_fields(row).items():
        for key in (f"unread_{name}.{one.key}" for one in keys if one.meant):
            unread[key] = unread.get(key, 0.0) + 1
    return Answer(annotations, unread, tuple(layer for layer in known if answer[layer] is None))


def _check_surfaces(article: Article, annotations: Annotations, surfaces: Mapping[tuple[str, int], str]) -> None:
    # Most answers claim none, and finding the cause of what does not fit takes long to import.
    from evalkit.dataset.checking.check_spans import check_surfaces
    from evalkit.dataset.checking.offsets import Evidence

    if problem := next(check_surfaces(article, annotations, Evidence(surfaces)), None):
        raise FormatError(f"{problem.place}: {problem.message}")


_OTHER = ("zones", "given_")
"""What the native form lists besides layers."""


def _is_items(values: Sequence[Any]) -> bool:
    return any(isinstance(value, Mapping) for value in values)


def _items(layer: Layer[Any], values: object, where: str) -> object:
    """The items of a layer as objects, whatever people wrote them as; what is no list is left to its reader."""
    if not isinstance(values, (list, tuple)):
        return values
    objects = [_object(layer, value, number, where) for number, value in enumerate(values, 1)]
    for number, one in enumerate(objects, 1):
        if isinstance(score := one.get("score"), float) and not math.isfinite(score):
            raise FormatError(f"{where}: item {number} has the score {score}; give a number, or leave it out")
    return objects


def _object(layer: Layer[Any], item: object, number: int, where: str) -> Mapping[str, Any]:
    if isinstance(item, Mapping):
        return {key: _plain(value) for key, value in item.items()}
    if isinstance(item, layer.record):
        return {"id": item.id, **layer.to_json(item)}
    if layer.name == "entities" and isinstance(item, Sequence) and not isinstance(item, str) and len(item) in (3, 4):
        start, end, label, *score = item
        if isinstance(label, str):
            span = {"start": _offset(start, where, number), "end": _offset(end, where, number)}
            return {**span, "label": label, **({"score": float(score[0])} if score else {})}
    if layer.name == "entities":
        raise FormatError(
            f"{where}: item {number} is {item!r:.60}; expected an entity, an object, or (start, end, label)"
        )
    raise FormatError(f"{where}: {layer.name} item {number} is {item!r:.60}; expected an object or a record")


def _plain(value: Any) -> Any:
    """Numbers and spans of other packages as those of JSON."""
    if isinstance(value, (str, bool, int, float, Mapping, type(None))):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if hasattr(value, "__index__"):
        return operator.index(value)
    return float(value) if hasattr(value, "__float__") else value


def _offset(value: object, where: str, number: int) -> int:
    # Numbers of numpy are whole numbers too; a float is more likely a mistake than an offset.
    try:
        if not isinstance(value, bool):
            return operator.index(cast("SupportsIndex", value))
        raise TypeError("a bool counts nothing")
    except TypeError as error:
        raise FormatError(f"{where}: item {number} has the offset {value!r:.40}; expected a whole number") from error
