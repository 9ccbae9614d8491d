"""The one check at every entrance of predictions: answered just now, cached, kept, loaded or made in Python.

What passes it can be stored, read back as the same, and scored: values are plain ones of their declared types, spans
stand in the text, labels say something, texts can be encoded, numbers are finite and fit into 64 bits.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from operator import attrgetter
from typing import Any

from evalkit.dataset.checking.checks import check_spans
from evalkit.errors import one_line
from evalkit.extractors.answers import refuse_unknown_layer
from evalkit.formats.native.rows import unlabelled
from evalkit.layers.base import Layer
from evalkit.layers.fields import NAME, NAMES, NUMBER, SPAN, SPANS, TEXT, FieldType
from evalkit.layers.table import load_layer
from evalkit.records import Annotations, Article, Prediction, Span

__all__ = ["Refused", "admit", "plain_usage"]

_LEAST, _MOST = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a prediction cannot be used, in one line."""

    reason: str


class _UnfitError(Exception):
    """A value that cannot stand in a prediction; says why."""


def admit(
    prediction: Prediction,
    article: Article | None,
    layers: Sequence[str] | None,
    *,
    empty_spans: bool = False,
    plain: bool = False,
) -> Prediction | Refused:
    """The prediction in plain values, such as whole numbers for those of numpy, or why it cannot be used.

    Whatever it holds, nothing is raised.

    Args:
        prediction: what is to be let in.
        article: what it must be about, and whose text its spans must be in; None if that is compared elsewhere.
        layers: what its extractor claims; None if nobody says.
        empty_spans: whether a span that covers nothing is let in; scoring knows that it is no token.
        plain: whether its values are known to be plain ones and its labels to say something, as whoever decoded them
            by their types knows it.
    """
    try:
        if _text(prediction.article_id) != (article or Article(id=prediction.article_id, text="")).id:
            raise _UnfitError(f"is about the article {prediction.article_id!r:.80}")
        if prediction.error is not None:
            _text(prediction.error)
        annotations = _admitted(prediction.annotations, article, empty_spans=empty_spans, plain=plain)
        given = prediction.given and _admitted(
            prediction.given, article, labelled=False, empty_spans=empty_spans, plain=plain
        )
        for name in annotations.layers:
            if layers is not None and name not in layers:
                raise _UnfitError(
                    f"the extractor returned the layer {name!r}, which it does not claim ({', '.join(layers)}); "
                    "name all its layers in its attribute `layers`"
                )
        if plain:
            return prediction
        return replace(prediction, annotations=annotations, given=given, usage=_usage(prediction.usage))
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        # Objects of other people's classes may do anything when they are looked at.
        own = isinstance(error, _UnfitError) or type(error).__module__.startswith("evalkit.")
        return Refused(one_line(error) if own else f"the answer cannot be read: {type(error).__name__}")


def _admitted(
    annotations: Annotations, article: Article | None, *, labelled: bool = True, empty_spans: bool, plain: bool
) -> Annotations:
    changed = {}
    for name, items in () if plain else annotations.layers.items():
        refuse_unknown_layer(name, "the extractor")
        layer = load_layer(name)
        if not _are_plain(layer, items):
            items = changed[name] = tuple([_plain_item(layer, one, f"{name}[{n}]") for n, one in enumerate(items)])
        if labelled and (bare := unlabelled(layer, items)) is not None:
            said = f"{layer.label_field!r} is empty; name one, or leave the item out"
            raise _UnfitError(f"{name}[{bare}]: {said}")
    admitted = annotations.with_layers(**changed) if changed else annotations
    problems = [] if article is None else check_spans(article, admitted)
    if empty_spans:
        problems = [problem for problem in problems if problem.code != "span-empty"]
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise _UnfitError(f"{problems[0].place}: {problems[0].message}{more}")
    return admitted


def _are_plain(layer: Layer[Any], items: Sequence[Any]) -> bool:
    """Whether nothing in the items need be changed or refused: field by field, as there are many and most are."""
    if not {layer.record}.issuperset(map(type, items)):
        return False
    fields = [("id", TEXT), *((field.name, field.type) for field in layer.fields)]
    columns = zip(*map(attrgetter(*(name for name, _ in fields)), items), strict=True)
    return all(_is_plain(type_, column) for (_, type_), column in zip(fields, columns, strict=bool(items)))


def _is_plain(type_: FieldType, column: Sequence[Any]) -> bool:
    values = [value for value in column if value is not None] if type_.absent is None else column
    if type_ in (NAMES, SPANS):
        if not {tuple}.issuperset(map(type, values)):
            return False
        values = list(chain.from_iterable(values))
    if type_ in (SPAN, SPANS):
        if not {Span}.issuperset(map(type, values)):
            return False
        offsets = list(chain.from_iterable(values))
        return {int}.issuperset(map(type, offsets)) and (not offsets or _LEAST <= min(offsets) <= max(offsets) <= _MOST)
    if type_ is NUMBER:
        return {float}.issuperset(map(type, values)) and all(map(math.isfinite, values))
    return {str}.issuperset(map(type, values)) and _encodes("".join(values))


def _plain_item(layer: Layer[Any], item: Any, where: str) -> Any:
    """The item itself, or one like it with plain values."""
    if not isinstance(item, layer.record):
        raise _UnfitError(f"{where} is {item!r:.60}, expected {layer.record.__name__}")
    changed: dict[str, Any] = {}
    name = "id"
    try:
        if (plain := _text(item.id)) is not item.id:
            changed["id"] = plain
        for field in layer.fields:
            name = field.name
            value = getattr(item, name)
            if (plain := _PLAIN[field.type](value)) is not value:
                changed[name] = plain
    except _UnfitError as error:
        raise _UnfitError(f"{where}: {name!r} {error}") from None
    return replace(item, **changed) if changed else item


def plain_usage(usage: Mapping[Any, Any]) -> dict[str, float]:
    """What was counted, in plain numbers; what is none, or is too large, is counted as `unread_usage.NAME`."""
    plain: dict[str, float] = {}
    for name, value in usage.items():
        try:
            plain[_text(name)] = _counted(value)
        except _UnfitError:
            unread = f"unread_usage.{ascii(name)[1:-1] if isinstance(name, str) else ascii(name)}"[:80]
            plain[unread] = plain.get(unread, 0.0) + 1
    return plain


def _usage(usage: Mapping[str, Any]) -> dict[str, float]:
    plain = {}
    for name, value in usage.items():
        try:
            plain[_text(name)] = _counted(value)
        except _UnfitError as error:
            raise _UnfitError(f"usage {str(name)[:40]!r} {error}") from None
    return plain


def _counted(value: Any) -> float:
    number = _whole(value) if hasattr(value, "__index__") else _number(value)
    if number is None:
        raise _UnfitError("is None, expected a number")
    return number


# One value, the same in its plain type: text, numbers and tuples of other packages are taken for what they are.


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _UnfitError(f"is {value!r:.60}, expected text")
    if not _encodes(value):
        raise _UnfitError(f"is {value!r:.60}, with half of a character, which no file can hold")
    return value if type(value) is str else str.__str__(value)


def _encodes(text: str) -> bool:
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            return False
    return True


def _name(value: Any) -> str | None:
    return None if value is None else _text(value)


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)):
        raise _UnfitError(f"is {value!r:.60}, expected a tuple of texts")
    return _tuple(value, [_text(one) for one in value])


def _whole(value: Any) -> int:
    if type(value) is not int:
        try:
            if isinstance(value, bool):
                raise TypeError
            value = operator.index(value)
        except TypeError:
            raise _UnfitError(f"is {value!r:.60}, expected a whole number") from None
    if not _LEAST <= value <= _MOST:
        raise _UnfitError(f"is {str(value)[:40]}, which does not fit into 64 bits")
    return int(value)


def _number(value: Any) -> float | None:
    if value is None:
        return None
    if type(value) is not float:
        if isinstance(value, (str, bool)) or not hasattr(value, "__float__"):
            raise _UnfitError(f"is {value!r:.60}, expected a number")
        try:
            value = float(value)
        except OverflowError:
            value = math.inf
    if not math.isfinite(value):
        raise _UnfitError(f"is {value}, expected a finite number")
    return float(value)


def _span(value: Any) -> Span | None:
    if value is None:
        return None
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise _UnfitError(f"has {value!r:.60}, expected Span(start, end)")
    start, end = value
    if type(value) is Span and type(start) is int and type(end) is int and _LEAST <= start <= end <= _MOST:
        return value
    return Span(_whole(start), _whole(end))


def _spans(value: Any) -> tuple[Span, ...]:
    if not isinstance(value, (list, tuple)) or None in value:
        raise _UnfitError(f"is {value!r:.60}, expected a tuple of Span(start, end)")
    return _tuple(value, [_span(one) for one in value])


def _tuple(given: Any, plain: list[Any]) -> tuple[Any, ...]:
    """A tuple of plain values: the given one if it is that."""
    return given if type(given) is tuple and all(map(operator.is_, given, plain)) else tuple(plain)


_PLAIN: Mapping[FieldType, Callable[[Any], Any]] = {
    TEXT: _text,
    NAME: _name,
    NAMES: _names,
    NUMBER: _number,
    SPAN: _span,
    SPANS: _spans,
}
