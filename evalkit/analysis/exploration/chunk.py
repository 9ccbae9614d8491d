"""Some articles with all items of all runs, as JSON values of few characters; `openChunk` of the explorer reads them.

A page holds ten thousand articles, so what costs little is told in little: columns over the articles, numbers as
characters of a string, places as gaps, credits as the number of a pattern that many items share. Of a prediction only
that is told which is not so in the gold item that it was matched with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evalkit.analysis.exploration.index import ARTICLES_A_CHUNK, FIELD_TYPES
from evalkit.analysis.exploration.judged_layer import JudgedLayer, SideItems
from evalkit.layers.base import Layer
from evalkit.layers.fields import Field
from evalkit.records import Span
from evalkit.scoring.columns import GOLD_SIDE, PREDICTED_SIDE
from evalkit.scoring.items import NOBODY
from evalkit.scoring.tasks.base import MISSED
from evalkit.text.linking import slug

if TYPE_CHECKING:
    from evalkit.analysis.exploration.explored import Explored

__all__ = ["chunks_of", "codes", "told_credit"]

Json = dict[str, Any]
Value = Any
"""A value of a field as it is told: a number or None, or a tuple of numbers."""

ZERO = 48
_BASE = 50000
MOST_DENOMINATOR = 10**6
UNKNOWN = -2
"""Stands for an item that is referred to and not there."""

THING = "entity_id"


def codes(numbers: Iterable[int | None]) -> str:
    """Whole numbers as characters: 0 as `0`, 1 as `1`, 10 as `:` and so on; None as `.`, a minus as `/`.

    A number from 50,000 on is `,` and two characters: how often 50,000 goes into it, and the rest.
    """
    return "".join(map(_code, numbers))


def _code(number: int | None) -> str:
    if number is None:
        return "."
    if number < 0:
        return "/" + _code(-number)
    if number < _BASE:
        return chr(ZERO + number)
    return "," + chr(ZERO + number // _BASE) + chr(ZERO + number % _BASE)


def told_credit(credit: float) -> float | list[int] | None:
    """A credit as JSON: a number, None where it is not counted, or `[p, q]` for p / q, to the last bit."""
    if credit != credit:
        return None
    if credit == int(credit):
        return int(credit)
    share = Fraction(credit).limit_denominator(MOST_DENOMINATOR)
    if share.numerator / share.denominator == credit and len(f"{credit!r}") > len(f"{share}"):
        return [share.numerator, share.denominator]
    return credit


def chunks_of(explored: Explored) -> Iterator[Json]:
    """The articles, `ARTICLES_A_CHUNK` at a time."""
    for first in range(0, len(explored.articles), ARTICLES_A_CHUNK):
        yield _Chunk(explored, range(first, min(first + ARTICLES_A_CHUNK, len(explored.articles)))).told()


class _Names:
    """The strings of an article, numbered as they are met."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._mentions: dict[str, list[str]] = {}

    def number(self, name: str | None) -> int | None:
        """The number of a string."""
        return None if name is None else self._numbers.setdefault(name, len(self._numbers))

    def mentioned(self, name: str, words: str) -> None:
        """Notes that a thing is called so somewhere."""
        self._mentions.setdefault(name, []).append(words)

    def told(self) -> list[str | int]:
        """Each as it is, or where it is what one of its mentions is when it is spelled as an id, the number of that."""
        return [self._told(name) for name in self._numbers]

    def _told(self, name: str) -> str | int:
        for number, words in enumerate(self._mentions.get(name, ())):
            if slug(words) == name:
                return number
        return name


class _Patterns:
    """Credits of an item under all conventions; most items share a few, and frequent ones have the first numbers."""

    def __init__(self, judged: Sequence[JudgedLayer], positions: range) -> None:
        often: Counter[bytes] = Counter()
        for own in judged:
            for items, credits in zip((own.gold, own.predicted), own.credits, strict=True):
                rows = credits[items.first[positions.start] : items.first[positions.stop]]
                often.update(row.tobytes() for row in rows)
        ranked = sorted(often, key=lambda key: (-often[key], key))
        self._numbers = {key: number for number, key in enumerate(ranked)}
        self.told = [[told_credit(credit) for credit in np.frombuffer(key).tolist()] for key in ranked]

    def codes(self, credits: NDArray[np.float64]) -> str:
        """The number of the pattern of each item."""
        return codes(self._numbers[row.tobytes()] for row in credits)


class _Chunk:
    """The columns of some articles."""

    def __init__(self, explored: Explored, positions: range) -> None:
        self._explored, self._positions = explored, positions
        self._articles = explored.articles[positions.start : positions.stop]
        self._names = [_Names() for _ in positions]
        self._ids: dict[tuple[str, int, int], Mapping[str, int]] = {}

    def told(self) -> Json:
        """The chunk as JSON values."""
        self._note_items()
        kinds = {kind: at for at, kind in enumerate(self._explored.zones)}
        keys = dict.fromkeys(key for article in self._articles for key in article.metadata)
        layers, credits = {}, {}
        for layer in self._explored.labels:
            judged = [run.judged[layer] for run in self._explored.runs]
            patterns = _Patterns(judged, self._positions)
            credits[layer] = patterns.told
            gold = _Side(self, judged[0].layer, judged[0].gold, 0)
            layers[layer] = {
                "gold": gold.columns(),
                "runs": [self._run(number, own, gold, patterns) for number, own in enumerate(judged)],
            }
        return {
            # Texts first and together: what packs them finds more that is like them.
            "texts": [article.text for article in self._articles],
            "meta": {key: [article.metadata.get(key) for article in self._articles] for key in keys},
            "zones": [_zones(article.zones, kinds) for article in self._articles],
            "layers": layers,
            "credits": credits,
            "names": [names.told() for names in self._names],
        }

    def _note_items(self) -> None:
        """The number of each item by its id, and what the article calls things."""
        for layer in self._explored.labels:
            judged = [run.judged[layer] for run in self._explored.runs]
            for side, items in enumerate([judged[0].gold, *(own.predicted for own in judged)]):
                for at, position in enumerate(self._positions):
                    records = items.records[items.first[position] : items.first[position + 1]]
                    self._ids[layer, side, at] = {record.id: number for number, record in enumerate(records)}
                    for record in records:
                        name, spans = getattr(record, THING, None), judged[0].layer.spans(record)
                        if name is not None and spans:
                            self._names[at].mentioned(name, self._articles[at].text[spans[0].start : spans[-1].end])

    def _run(self, number: int, own: JudgedLayer, gold: _Side, patterns: _Patterns) -> Json:
        """The columns of a run: what became of items, and what is not so in the partners of its own."""
        side = _Side(self, own.layer, own.predicted, number + 1)
        told: Json = {name: [] for name in ("kind", "with", "own", "gold_kind", "gold_credit", "credit")}
        since = self._explored.runs[number].since.get(own.layer.name)
        partners: list[Sequence[int | None]] = []
        for at, position in enumerate(self._positions):
            gold_items, items = (slice(s.first[position], s.first[position + 1]) for s in (own.gold, own.predicted))
            if not own.predicted.there[position]:
                partners.append(())
                for column in told.values():
                    column.append(None)
                continue
            kinds = own.kinds[GOLD_SIDE][gold_items], own.kinds[PREDICTED_SIDE][items]
            judged = own.task is not None and bool((kinds[0] >= 0).all() and (kinds[1] >= 0).all())
            first = int(gold_items.start)
            matched = [None if p == NOBODY else p - first for p in own.partner[items].tolist()]
            partners.append(matched)
            told["kind"].append(codes(kinds[1].tolist()) if judged else None)
            told["with"].append(codes(_partner_gaps(matched)) if judged else None)
            plain = own.task is not None and _is_plain(kinds, matched, own.task.kinds)
            told["gold_kind"].append(None if plain or not judged else codes(kinds[0].tolist()))
            told["own"].append(side.own(at, gold, matched) if judged else None)
            told["gold_credit"].append(patterns.codes(own.credits[GOLD_SIDE][gold_items]))
            told["credit"].append(patterns.codes(own.credits[PREDICTED_SIDE][items]))
            if since is not None:
                change = since.broken[gold_items] + 2 * since.fixed[gold_items]
                told.setdefault("gold_change", [None] * at).append(codes(change.tolist()))
                told.setdefault("change", [None] * at).append(codes(since.added[items].astype(int).tolist()))
        return {
            name: column for name, column in told.items() if any(one is not None for one in column)
        } | side.columns()

    def ids(self, layer: str, side: int, at: int) -> Mapping[str, int] | None:
        """The numbers of the items of a layer on a side of an article, by id; None of a layer that is not there."""
        return self._ids.get((layer, side, at))

    def names(self, at: int) -> _Names:
        """The strings of an article."""
        return self._names[at]

    @property
    def positions(self) -> range:
        """The articles."""
        return self._positions

    def labels(self, layer: str) -> Mapping[str, int]:
        """The numbers of the labels of a layer."""
        return {label: number for number, label in enumerate(self._explored.labels[layer])}


class _Side:
    """One side of a layer: the values of its items as they are told, and which of them are told."""

    def __init__(self, chunk: _Chunk, layer: Layer[Any], items: SideItems, side: int) -> None:
        self._chunk, self._layer, self._items, self._number = chunk, layer, items, side
        self._fields = [field for field in layer.fields if field.name != layer.label_field]
        labels = chunk.labels(layer.name)
        self._values: list[list[list[Value]]] = []
        """For each article and item the label and the fields."""
        for at, position in enumerate(chunk.positions):
            records = items.records[items.first[position] : items.first[position + 1]]
            self._values.append(
                [
                    [labels[layer.label(record)], *(self._value(at, field, record) for field in self._fields)]
                    for record in records
                ]
            )
        self._told: list[list[int]] = [[~0] * len(values) for values in self._values]
        """For each article and item the columns in which it is told, as bits."""

    def _value(self, at: int, field: Field, record: Any) -> Value:
        value = getattr(record, field.name)
        refers = self._layer.refers.get(field.name)
        ids = None if refers is None else self._chunk.ids(refers, self._number, at)
        kind = FIELD_TYPES.get(field.type, "text")
        if ids is not None:
            return None if value is None else ids.get(value, UNKNOWN)
        if kind == "spans":
            return tuple(value)
        if kind == "span":
            return () if value is None else (value,)
        if kind == "number":
            return None if value is None else round(1000 * value)
        names = self._chunk.names(at)
        return tuple(map(names.number, value)) if kind == "names" else names.number(value)

    def own(self, at: int, gold: _Side, partners: Sequence[int | None]) -> str:
        """For each item with a partner what is not as it is there, as bits: its label, then the fields in order."""
        masks = []
        for number, partner in enumerate(partners):
            if partner is None:
                continue
            pairs = zip(self._values[at][number], gold._values[at][partner], strict=True)
            mask = sum(1 << bit for bit, (ours, theirs) in enumerate(pairs) if ours != theirs)
            self._told[at][number] = mask
            masks.append(mask)
        return codes(masks)

    def columns(self) -> Json:
        """The label and each field that some item has, for each article; None where the layer is not there."""
        told: Json = {}
        for bit, name in enumerate(("label", *(field.name for field in self._fields))):
            columns, pieces = [], []
            for at, position in enumerate(self._chunk.positions):
                values = [
                    item[bit] for item, mask in zip(self._values[at], self._told[at], strict=True) if mask >> bit & 1
                ]
                there = bool(self._items.there[position])
                kind = "number" if not bit else FIELD_TYPES.get(self._fields[bit - 1].type, "text")
                several = kind in ("spans", "span")
                flat = _gaps(values) if several else _listed(values) if kind == "names" else values
                empty = all(value in (None, ()) for value in values) and bit
                columns.append(codes(flat) if there and not empty else None if not there else "")
                numbers = [len(value) for value in values] if several else []
                pieces.append(codes(numbers) if any(number != 1 for number in numbers) else "")
            if not bit or any(columns):
                told[name] = columns
            if any(pieces):
                told[f"{name}#"] = pieces
        return told


def _gaps(items: Iterable[Sequence[Span]]) -> Iterator[int]:
    before = 0
    for start, end in (span for spans in items for span in spans):
        yield start - before
        yield end - start
        before = start


def _listed(items: Iterable[Sequence[int]]) -> Iterator[int]:
    for numbers in items:
        yield len(numbers)
        yield from numbers


def _zones(zones: Iterable[tuple[str, int, int]], kinds: Mapping[str, int]) -> str:
    flat, before = [], 0
    for kind, start, end in zones:
        flat += [kinds[kind], start - before, end - start]
        before = end
    return codes(flat)


def _partner_gaps(partners: Iterable[int | None]) -> Iterator[int | None]:
    before = -1
    for partner in partners:
        yield None if partner is None else partner - before - 1
        before = before if partner is None else partner


def _is_plain(kinds: Sequence[NDArray[np.int8]], partners: Sequence[int | None], names: Sequence[str]) -> bool:
    """Whether each gold item is of the kind of its partner, and missed without one."""
    expected = np.full(len(kinds[0]), names.index(MISSED) if MISSED in names else -1, dtype=np.int8)
    for kind, partner in zip(kinds[1].tolist(), partners, strict=True):
        if partner is not None:
            expected[partner] = kind
    return bool((expected == kinds[0]).all())
