"""Properties of items to slice by: zone, length, nested, seen in training; kind and speaker form of quotes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evalkit.analysis.slices import NONE
from evalkit.errors import InputError
from evalkit.layers import quotes
from evalkit.records import Example, Quote, Zone
from evalkit.registry import unknown_name
from evalkit.scoring.columns import EntityColumns, SpanColumns
from evalkit.scoring.edges import pieces_of
from evalkit.scoring.pairs import Pair
from evalkit.scoring.quotes import CONVENTIONS, match_quotes, table_of_cells
from evalkit.scoring.table import CountTable

__all__ = [
    "ItemProperty",
    "entity_properties",
    "quote_kind",
    "quote_slices",
    "speaker_form",
    "surfaces_of",
]

LONGEST = 4

QuoteProperty = Callable[[Pair, Quote], str]


@dataclass(frozen=True)
class ItemProperty:
    """The value of every gold and every predicted item, in the order of the columns (see `item_slices`)."""

    gold: tuple[str, ...]
    predicted: tuple[str, ...]


def surfaces_of(examples: Iterable[Example]) -> frozenset[str]:
    """The names in some gold, such as the training split: what counts as seen."""
    return frozenset(
        _surface(example.article.text, entity.spans) for example in examples for entity in example.gold.entities or ()
    )


def entity_properties(
    columns: EntityColumns, pairs: Sequence[Pair], *, seen: Collection[str] | None = None
) -> dict[str, ItemProperty]:
    """Property → values: label, length, nested and zone, and seen if the names of the training data are given.

    `length` is in words ("1" to "3", "4+"); `nested` items overlap another item of their side; `zone` is the
    innermost zone around the first character. Without texts, length and seen are left out.

    Raises:
        InputError: the pairs are not those of the columns.
    """
    if tuple(pair.article.id for pair in pairs) != columns.articles:
        raise InputError("the pairs are not those that the columns were made of; give the same articles, sorted by id")
    zones = [pair.article.zones for pair in pairs]
    sides = (columns.gold, columns.predicted)
    found = {
        "label": [[columns.labels[label] for label in side.label] for side in sides],
        "nested": [_nested(columns, side) for side in sides],
        "zone": [[_zone(zones[a], int(s)) for a, s in zip(side.article, side.start, strict=True)] for side in sides],
    }
    if columns.texts is not None:
        names = [_surfaces(columns, side, columns.texts) for side in sides]
        found["length"] = [[_length(name) for name in own] for own in names]
        if seen is not None:
            found["seen"] = [["seen" if name in seen else "unseen" for name in own] for own in names]
    return {name: ItemProperty(tuple(own[0]), tuple(own[1])) for name, own in sorted(found.items())}


def _surface(text: str, spans: Iterable[tuple[int, int]]) -> str:
    return " ".join(" ".join(text[start:end] for start, end in spans).split())


def _surfaces(columns: EntityColumns, side: SpanColumns, texts: Sequence[str]) -> list[str]:
    return [_surface(texts[article], pieces_of(columns, side, at)) for at, article in enumerate(side.article)]


def _length(name: str) -> str:
    words = len(name.split())
    return str(words) if words < LONGEST else f"{LONGEST}+"


def _nested(columns: EntityColumns, side: SpanColumns) -> list[str]:
    start, end = columns.axis(side, by_label=False)
    order = np.argsort(start, kind="stable")
    low, high = start[order], end[order]
    clash = np.zeros(len(side), dtype=bool)
    clash[order[1:]] = low[1:] < np.maximum.accumulate(high)[:-1]
    clash[order[:-1]] |= low[1:] < high[:-1]
    return ["nested" if nested else "flat" for nested in clash]


def _zone(zones: Sequence[Zone], start: int) -> str:
    around = [(zone.end - zone.start, zone.kind) for zone in zones if zone.start <= start < zone.end]
    return min(around)[1] if around else NONE


def quote_slices(pairs: Sequence[Pair], convention: str, value_of: QuoteProperty) -> CountTable:
    """The table of quotes whose labels are values of the quotes; pairs must be sorted by article id.

    Args:
        pairs: the articles.
        convention: a convention for quotes.
        value_of: the value of a quote of either side, such as `quote_kind` or `speaker_form`.

    Raises:
        UnknownNameError: no such convention.
    """
    if convention not in CONVENTIONS:
        raise unknown_name("convention", convention, CONVENTIONS)
    cells = []
    for at, pair in enumerate(pairs):
        match = match_quotes(pair)
        sliced = replace(
            match,
            gold=tuple(replace(quote, kind=value_of(pair, quote)) for quote in match.gold),
            predicted=tuple(replace(quote, kind=value_of(pair, quote)) for quote in match.predicted),
        )
        cells += list(CONVENTIONS[convention](at, sliced))
    return table_of_cells(tuple(pair.article.id for pair in pairs), cells, ())


def quote_kind(pair: Pair, quote: Quote) -> str:
    """The kind of the quote."""
    return quote.kind


def speaker_form(pair: Pair, quote: Quote) -> str:
    """How the speaker is given; see `evalkit.layers.quotes.speaker_form`."""
    return quotes.speaker_form(pair.article, pair.gold.entities, quote)
