"""What to slice by: properties of articles, and of items that are spans, such as where they stand.

A property of items is a function of the columns and the training data (None without any) that gives the value of each
gold and of each predicted item in canonical order, or None where it cannot be told.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from evalkit.layers.base import Layer
from evalkit.layers.table import load_layer
from evalkit.records import Article, Example, Zone
from evalkit.scoring.columns import Columns, SpanColumns
from evalkit.scoring.edges import pieces_of
from evalkit.scoring.items import Values

__all__ = ["NONE", "article_properties", "innermost_zone", "length", "names_of", "nested", "seen", "zone"]

NONE = "(none)"
"""The value of what has none."""

LONGEST = 4

Training = Sequence[Example] | None


def zone(columns: Columns, training: Training) -> Values:
    """The innermost zone around the first character."""
    laid_out = [_ZonesOnLine(pair.article.zones) for pair in columns.pairs]
    gold, predicted = (
        [
            laid_out[article].innermost(start)
            for article, start in zip(side.article.tolist(), side.start.tolist(), strict=True)
        ]
        for side in columns.sides
    )
    return gold, predicted


class _ZonesOnLine:
    """The zones of an article as stretches of its text, in each of which one zone is the innermost."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        self._zones = zones
        self._begins = sorted({place for zone in zones for place in (zone.start, zone.end)})
        self._kinds: dict[int, str] = {}

    def innermost(self, start: int) -> str:
        """As `innermost_zone`, which is asked once for each stretch."""
        stretch = bisect_right(self._begins, start)
        kind = self._kinds.get(stretch)
        if kind is None:
            kind = self._kinds[stretch] = innermost_zone(self._zones, start)
        return kind


def innermost_zone(zones: Sequence[Zone], start: int) -> str:
    """The kind of the smallest zone around a place; `NONE` if there is none."""
    around = [(zone.end - zone.start, zone.kind) for zone in zones if zone.start <= start < zone.end]
    return min(around)[1] if around else NONE


def nested(columns: Columns, training: Training) -> Values:
    """`nested` if it overlaps another item of its side, else `flat`."""
    return _nested(columns, columns.gold), _nested(columns, columns.predicted)


def _nested(columns: Columns, side: SpanColumns) -> list[str]:
    start, end = columns.axis(side, by_label=False)
    order = np.argsort(start, kind="stable")
    low, high = start[order], end[order]
    clash = np.zeros(len(side), dtype=bool)
    # In order of start an item overlaps one before it if any of those reaches beyond its start …
    clash[order[1:]] = low[1:] < np.maximum.accumulate(high)[:-1]
    # … and one after it if the very next one starts before its end.
    clash[order[:-1]] |= low[1:] < high[:-1]
    return ["nested" if overlaps else "flat" for overlaps in clash]


def length(columns: Columns, training: Training) -> Values | None:
    """The number of words, `1` to `3` or `4+`; not known without the texts."""
    if columns.texts is None:
        return None
    gold, predicted = ([_words(name) for name in names] for names in names_of(columns, columns.texts))
    return gold, predicted


def _words(name: str) -> str:
    words = len(name.split())
    return str(words) if words < LONGEST else f"{LONGEST}+"


def seen(columns: Columns, training: Training) -> Values | None:
    """`seen` if the training data has the name, else `unseen`; not known without training data or texts."""
    if columns.texts is None or training is None:
        return None
    training_names = _training_names(training, load_layer(columns.layer))
    gold, predicted = (
        ["seen" if name in training_names else "unseen" for name in names] for names in names_of(columns, columns.texts)
    )
    return gold, predicted


def _training_names(training: Iterable[Example], layer: Layer[Any]) -> frozenset[str]:
    return frozenset(
        _name(example.article.text, layer.spans(item)) for example in training for item in layer.of(example.gold) or ()
    )


def names_of(columns: Columns, texts: Sequence[str]) -> list[list[str]]:
    """What stands at each gold and at each predicted item, white space folded; looked for once."""
    if "names" not in columns.memo:
        columns.memo["names"] = [_names(columns, side, texts) for side in columns.sides]
    names: list[list[str]] = columns.memo["names"]
    return names


def _names(columns: Columns, side: SpanColumns, texts: Sequence[str]) -> list[str]:
    places = zip(side.article.tolist(), side.start.tolist(), side.end.tolist(), strict=True)
    names = [" ".join(texts[article][start:end].split()) for article, start, end in places]
    for item in np.flatnonzero(side.shape).tolist():
        names[item] = _name(texts[int(side.article[item])], pieces_of(columns, side, item))
    return names


def _name(text: str, spans: Iterable[tuple[int, int]]) -> str:
    return " ".join(" ".join(text[start:end] for start, end in spans).split())


def article_properties(articles: Iterable[Article]) -> dict[str, dict[str, str]]:
    """Property → article id → value: source, year and language, and every key of the metadata."""
    by_name: dict[str, dict[str, str]] = {}
    for article in articles:
        fields = {"source": article.source, "year": article.published[:4], "lang": article.lang}
        stated = {str(key): str(value) for key, value in article.metadata.items() if value is not None}
        for name, value in (stated | fields).items():
            if value.strip():
                by_name.setdefault(name, {})[article.id] = value
    return dict(sorted(by_name.items()))
