"""Entities: from records to columns.

A predicted entity is right, wrong or partly right by the convention in use (see `evalkit.scoring.conventions`); a
wrong label is one missed and one spurious item.

    gold      PER Ida Moen, GPE Oslo
    predicted PER Ida Moen, ORG Oslo     exact: precision 1/2, recall 1/2
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np

from evalkit.errors import InputError
from evalkit.records import Entity
from evalkit.scoring.columns import EntityColumns, Ints, Pieces, columns_from_arrays
from evalkit.scoring.pairs import Pair

__all__ = ["columns_of_pairs", "entity_columns"]


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
    sides = [list(chain.from_iterable(side)) for side in (gold, predicted)]
    names = [[entity.label for entity in side] for side in sides]
    labels = tuple(sorted({*names[0], *names[1]}))
    position = {label: at for at, label in enumerate(labels)}
    shapes: dict[Pieces, int] = {(): 0}
    arrays, shape = [], []
    for side, per_article, own in zip(sides, (gold, predicted), names, strict=True):
        article = np.repeat(np.arange(len(articles)), [len(items) for items in per_article])
        try:
            start, end, pieces = _hulls(side, shapes)
        except OverflowError as error:
            raise InputError(f"an entity has an offset that no text reaches: {error}; check the offsets") from error
        label = np.fromiter(map(position.__getitem__, own), dtype=np.int32, count=len(own))
        arrays.append((article, start, end, label))
        shape.append(pieces)
    return columns_from_arrays(
        articles, labels, arrays[0], arrays[1],
        gold_shape=shape[0], predicted_shape=shape[1], shapes=tuple(shapes), texts=texts,
    )  # fmt: skip


def _hulls(entities: Sequence[Entity], shapes: dict[Pieces, int]) -> tuple[Ints, Ints, Ints]:
    spans = [entity.spans for entity in entities]
    pieces: Ints = np.zeros(len(spans), dtype=np.int32)
    if set(map(len, spans)) <= {1}:
        flat = np.fromiter(_offsets(spans), dtype=np.int64, count=2 * len(spans)).reshape(-1, 2)
        return flat[:, 0], flat[:, 1], pieces
    start, end = np.zeros(len(spans), dtype=np.int64), np.zeros(len(spans), dtype=np.int64)
    for at, own in enumerate(spans):
        joined = join_spans(own)
        start[at], end[at] = joined[0][0], joined[-1][1]
        if len(joined) > 1:
            pieces[at] = shapes.setdefault(joined, len(shapes))
    return start, end, pieces


def _offsets(spans: Iterable[tuple[tuple[int, int], ...]]) -> Iterable[int]:
    return chain.from_iterable(chain.from_iterable(spans))


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
