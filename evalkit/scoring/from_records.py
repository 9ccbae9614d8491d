"""From records to columns, for the items of any layer."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import InputError
from evalkit.layers.base import Layer
from evalkit.layers.table import load_layer
from evalkit.scoring.columns import Columns, Ints, Pieces, SpanColumns
from evalkit.scoring.from_arrays import columns_from_arrays

if TYPE_CHECKING:
    from evalkit.scoring.pairs import Pair

__all__ = ["Places", "columns_of_items", "columns_of_pairs", "join_spans", "places_of"]

Places = tuple[Ints, Ints, Ints]
"""Start and end of the hull of several spans, and the number of their pieces."""

ARTICLES_AT_ONCE = 256
"""So few that their records are still in the processor's cache when they are read again."""


def columns_of_pairs(pairs: Sequence[Pair], layer: str) -> Columns:
    """Columns of one layer of some articles, which must be sorted by id; the texts come along if all are known."""
    known_layer = load_layer(layer)
    texts = tuple(pair.article.text for pair in pairs)
    gold, predicted = [pair.gold[layer] or () for pair in pairs], [pair.predicted[layer] or () for pair in pairs]
    names = [pair.article.id for pair in pairs]
    given = {
        known_layer.label(item) for pair in pairs if pair.given is not None for item in known_layer.of(pair.given) or ()
    }
    columns = columns_of_items(
        names, gold, predicted, layer=known_layer, labels=given, texts=texts if all(texts) else None
    )
    return replace(
        columns,
        gold=_settled_ties(columns.gold, gold, known_layer),
        predicted=_settled_ties(columns.predicted, predicted, known_layer),
        layer=layer,
        pairs=tuple(pairs),
    )


def _settled_ties(side: SpanColumns, articles: Sequence[Sequence[Any]], layer: Layer[Any]) -> SpanColumns:
    """Items that agree in place and label put in the order of what else they say, whatever the order of the input."""
    again = np.flatnonzero(side.key[1:] == side.key[:-1])
    if not len(again):
        return side
    items = list(chain.from_iterable(articles))
    tied = np.union1d(again, again + 1)
    ranked = sorted(
        tied.tolist(), key=lambda position: (int(side.key[position]), layer.order(items[side.order[position]]))
    )
    order = side.order.copy()
    order[tied] = side.order[ranked]
    return replace(side, order=order)


def columns_of_items(
    articles: Sequence[str],
    gold: Sequence[Sequence[Any]],
    predicted: Sequence[Sequence[Any]],
    *,
    layer: Layer[Any],
    labels: Iterable[str] = (),
    texts: tuple[str, ...] | None = None,
) -> Columns:
    """Columns from the items of each article; `articles` must be sorted, `labels` are some that no item need have.

    Raises:
        InputError: an offset is no number that a text could reach.
    """
    numbers = {label: number for number, label in enumerate(dict.fromkeys([*(layer.labels or ()), *labels]))}
    shapes: dict[Pieces, int] = {(): 0}
    try:
        sides = [_read(side, layer, numbers, shapes) for side in (gold, predicted)]
    except (OverflowError, TypeError) as error:
        message = f"an item of {layer.name} has an offset that no text reaches: {error}; check the offsets"
        raise InputError(message) from error
    names = tuple(sorted(numbers))
    position = np.empty(len(names), dtype=np.int32)
    position[[numbers[label] for label in names]] = np.arange(len(names), dtype=np.int32)
    arrays, shape = [], []
    for per_article, (codes, start, end, pieces) in zip((gold, predicted), sides, strict=True):
        article = np.repeat(np.arange(len(articles), dtype=np.int32), list(map(len, per_article)))
        arrays.append((article, start, end, position[codes]))
        shape.append(pieces)
    return columns_from_arrays(
        articles, names, arrays[0], arrays[1],
        gold_shape=shape[0], predicted_shape=shape[1], shapes=tuple(shapes), texts=texts,
    )  # fmt: skip


def _read(
    articles: Sequence[Sequence[Any]], layer: Layer[Any], numbers: dict[str, int], shapes: dict[Pieces, int]
) -> tuple[Ints, Ints, Ints, Ints]:
    """Label number, start, end and shape of each item; what was not met before gets the next number."""
    codes: list[Ints] = [np.zeros(0, dtype=np.int32)]
    places: list[Places] = [places_of((), shapes)]
    for first in range(0, len(articles), ARTICLES_AT_ONCE):
        items = list(chain.from_iterable(articles[first : first + ARTICLES_AT_ONCE]))
        codes.append(_codes(_labels(items, layer), numbers))
        places.append(places_of(_spans(items, layer), shapes))
    start, end, shape = (np.concatenate(column) for column in zip(*places, strict=True))
    return np.concatenate(codes), start, end, shape


def places_of(spans: Sequence[Sequence[tuple[int, int]]], shapes: dict[Pieces, int]) -> Places:
    """Start and end of the hull of some spans each, and the number of their pieces in `shapes`, 0 if it is one.

    Pieces that are not in `shapes` yet get the next number.
    """
    shape = np.zeros(len(spans), dtype=np.int32)
    try:
        # Nearly always each is one span; the others show themselves where that is taken apart.
        hulls = [offset for (span,) in spans for offset in span]
    except ValueError:
        single = list(spans)
        for position, own in enumerate(spans):
            if len(own) != 1:
                pieces = join_spans(own)
                single[position] = ((pieces[0][0], pieces[-1][1]),)
                if len(pieces) > 1:
                    shape[position] = shapes.setdefault(pieces, len(shapes))
        hulls = [offset for (span,) in single for offset in span]
    return *_offsets(hulls), shape


def _offsets(hulls: Sequence[int]) -> tuple[Ints, Ints]:
    start, end = np.asarray(array("i", hulls)).reshape(-1, 2).T.copy()
    return start, end


def _labels(items: Sequence[Any], layer: Layer[Any]) -> list[str]:
    # A field that is named in the code is read half as fast again as one whose name is looked up.
    return [item.label for item in items] if layer.label_field == "label" else list(map(layer.label, items))


def _spans(items: Sequence[Any], layer: Layer[Any]) -> list[Sequence[tuple[int, int]]]:
    return [item.spans for item in items] if layer.spans_field == "spans" else list(map(layer.spans, items))


def _codes(labels: Sequence[str], numbers: dict[str, int]) -> Ints:
    try:
        codes = [numbers[label] for label in labels]
    except KeyError:
        for label in labels:
            numbers.setdefault(label, len(numbers))
        codes = [numbers[label] for label in labels]
    if len(numbers) > 256:
        return np.array(codes, dtype=np.int32)
    # Bytes are made of a list several times as fast as wider numbers.
    return np.frombuffer(bytes(codes), dtype=np.uint8).astype(np.int32)


def join_spans(spans: Iterable[tuple[int, int]]) -> Pieces:
    """The same characters as ascending pieces that do not touch; an item without any is empty at its first place."""
    places = sorted((start, end) for start, end in spans)
    joined: list[tuple[int, int]] = []
    for start, end in places:
        if start == end:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined) or tuple(places[:1]) or ((0, 0),)
