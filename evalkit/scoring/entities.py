"""Entities: from records to columns.

A predicted entity is right, wrong or partly right by the convention in use (see `evalkit.scoring.conventions`); a
wrong label is one missed and one spurious item.

    gold      PER Ida Moen, GPE Oslo
    predicted PER Ida Moen, ORG Oslo     exact: precision 1/2, recall 1/2
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np

from evalkit.errors import InputError
from evalkit.records import Entity
from evalkit.scoring.columns import EntityColumns, Ints, Pieces, columns_from_arrays
from evalkit.scoring.pairs import Pair

__all__ = ["columns_of_pairs", "entity_columns"]

ARTICLES_AT_ONCE = 256
"""So few that their records are still in the processor's cache when they are read again."""


def columns_of_pairs(pairs: Sequence[Pair]) -> EntityColumns:
    """Columns of the entities of some articles, which must be sorted by id; the texts come along if all are known."""
    texts = tuple(pair.article.text for pair in pairs)
    return entity_columns(
        [pair.article.id for pair in pairs],
        [pair.gold.entities or () for pair in pairs],
        [pair.predicted.entities or () for pair in pairs],
        texts=texts if all(texts) else None,
    )


def entity_columns(
    articles: Sequence[str],
    gold: Sequence[Sequence[Entity]],
    predicted: Sequence[Sequence[Entity]],
    *,
    texts: tuple[str, ...] | None = None,
) -> EntityColumns:
    """Columns from the entities of each article; `articles` must be sorted."""
    numbers: dict[str, int] = {}
    shapes: dict[Pieces, int] = {(): 0}
    try:
        sides = [_read(side, numbers, shapes) for side in (gold, predicted)]
    except (OverflowError, TypeError) as error:
        raise InputError(f"an entity has an offset that no text reaches: {error}; check the offsets") from error
    labels = tuple(sorted(numbers))
    position = np.empty(len(labels), dtype=np.int32)
    position[[numbers[label] for label in labels]] = np.arange(len(labels), dtype=np.int32)
    arrays, shape = [], []
    for per_article, (codes, start, end, pieces) in zip((gold, predicted), sides, strict=True):
        article = np.repeat(np.arange(len(articles), dtype=np.int32), list(map(len, per_article)))
        arrays.append((article, start, end, position[codes]))
        shape.append(pieces)
    return columns_from_arrays(
        articles, labels, arrays[0], arrays[1],
        gold_shape=shape[0], predicted_shape=shape[1], shapes=tuple(shapes), texts=texts,
    )  # fmt: skip


def _read(
    articles: Sequence[Sequence[Entity]], numbers: dict[str, int], shapes: dict[Pieces, int]
) -> tuple[Ints, Ints, Ints, Ints]:
    """Label number, start, end and shape of each entity; what was not met before gets the next number."""
    offsets = array("i")
    codes: list[Ints] = [np.zeros(0, dtype=np.int32)]
    pieces: list[Ints] = [np.zeros(0, dtype=np.int32)]
    for at in range(0, len(articles), ARTICLES_AT_ONCE):
        entities = list(chain.from_iterable(articles[at : at + ARTICLES_AT_ONCE]))
        codes.append(_codes(entities, numbers))
        try:
            hulls = [offset for entity in entities for (span,) in (entity.spans,) for offset in span]
            pieces.append(np.zeros(len(entities), dtype=np.int32))
        except ValueError:  # An item in several pieces, or in none.
            joined = [join_spans(entity.spans) for entity in entities]
            hulls = [offset for own in joined for offset in (own[0][0], own[-1][1])]
            own_shapes = [shapes.setdefault(own, len(shapes)) if len(own) > 1 else 0 for own in joined]
            pieces.append(np.array(own_shapes, dtype=np.int32))
        offsets.extend(array("i", hulls))
    start, end = np.asarray(offsets).reshape(-1, 2).T.copy()
    return np.concatenate(codes), start, end, np.concatenate(pieces)


def _codes(entities: Sequence[Entity], numbers: dict[str, int]) -> Ints:
    try:
        codes = [numbers[entity.label] for entity in entities]
    except KeyError:
        for entity in entities:
            numbers.setdefault(entity.label, len(numbers))
        codes = [numbers[entity.label] for entity in entities]
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
