"""Every gold and predicted item of an article with what became of it: the ground of changes and explanations.

Kinds are those of the task; credits are those of its conventions. Gold items stand in an order that depends on the gold
alone, so two runs can be laid side by side by position.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar, overload

from numpy.typing import NDArray

from evalkit.layers.base import Layer
from evalkit.layers.table import load_layer
from evalkit.records import Span
from evalkit.scoring.columns import GOLD_SIDE, PREDICTED_SIDE, Columns, Ints
from evalkit.scoring.from_records import join_spans
from evalkit.scoring.items import NOBODY
from evalkit.scoring.kinds import Judged
from evalkit.scoring.pairs import Pair
from evalkit.scoring.tasks.table import columns_of, judge_items, load_task, score_columns

__all__ = [
    "GOLD",
    "PREDICTED",
    "Credits",
    "JudgedArticle",
    "JudgedItem",
    "SplitCredits",
    "differing_places",
    "judge_articles",
    "split_credits",
]

GOLD, PREDICTED = "gold", "predicted"

Floats = NDArray[Any]
Spans = tuple[tuple[int, int], ...]
Hull = tuple[str, int, int]
Made = TypeVar("Made")
Credits = Mapping[str, float | None]
"""Convention → credit of an item, 0 to 1; None where the convention does not count it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedItem:
    """One item and what became of it.

    Attributes:
        side: "gold" or "predicted".
        label: what it is counted under.
        text: the item in words: what stands at its spans, or for a stance holder, target and evidence.
        spans: where it stands.
        kind: what became of it, one of the kinds of its task.
        partner: position of the item of the other side that it was matched with, or None.
        places: spans that are part of it too, such as cue and speaker of a quote.
    """

    side: str
    label: str
    text: str
    spans: Spans
    kind: str
    partner: int | None = None
    places: Spans = ()


@dataclass(frozen=True, slots=True)
class JudgedArticle:
    """The items of one task in one article; partners point from one list into the other.

    What became of every item is there at once; items, credits and roles are made when somebody looks at them: most
    items of most articles are nobody's concern.

    Attributes:
        pair: the article.
        items: gold and predicted items.
        credits: what each of them earned.
        roles: who does what in each of them, in words.
        kinds: what became of each of them, one of the kinds of the task.
        partners: the position of the item of the other side that each was matched with, or `NOBODY`.
        shares: convention → the credit of each of them, as in `credits`.
        records: the items as they were annotated.
        hulls: label, start and end of each of them: equal items have equal ones.
    """

    pair: Pair
    items: tuple[Sequence[JudgedItem], Sequence[JudgedItem]]
    credits: tuple[Sequence[Credits], Sequence[Credits]]
    roles: tuple[Sequence[Mapping[str, str]], Sequence[Mapping[str, str]]]
    kinds: tuple[list[str], list[str]]
    partners: tuple[list[int], list[int]]
    shares: Mapping[str, tuple[list[float | None], list[float | None]]]
    records: tuple[list[Any], list[Any]]
    hulls: tuple[list[Hull], list[Hull]]


class _OnDemand(Sequence[Made]):
    """What is made of each of some positions, when somebody looks at it."""

    def __init__(self, size: int, make: Callable[[int], Made]) -> None:
        self._make = make
        self._made: list[Made | None] = [None] * size

    def __len__(self) -> int:
        return len(self._made)

    @overload
    def __getitem__(self, position: int) -> Made: ...
    @overload
    def __getitem__(self, position: slice) -> list[Made]: ...
    def __getitem__(self, position: int | slice) -> Made | list[Made]:
        if isinstance(position, slice):
            return [self[number] for number in range(*position.indices(len(self)))]
        number = range(len(self))[position]
        made = self._made[number]
        if made is None:
            made = self._made[number] = self._make(number)
        return made


def judge_articles(task: str, pairs: Sequence[Pair], conventions: Sequence[str]) -> list[JudgedArticle]:
    """The items of some articles, which must be sorted by id, with their credit under some conventions."""
    columns = columns_of(task, pairs)
    judged, layer = judge_items(task, columns), load_layer(load_task(task).layer)
    items = {name: scored.items for name, scored in score_columns(task, columns, conventions).items()}
    shares = {name: tuple(map(_credits, own.shares)) for name, own in items.items() if own is not None}
    sides = [_Side(columns, judged, layer, shares, side) for side in (GOLD_SIDE, PREDICTED_SIDE)]
    return [_judged_article(pair, number, sides) for number, pair in enumerate(pairs)]


class _Side:
    """One side of a task in all articles, as lists."""

    def __init__(
        self, columns: Columns, judged: Judged, layer: Layer[Any], shares: Mapping[str, Sequence[Any]], side: int
    ) -> None:
        own = columns.sides[side]
        self.number, self.layer = side, layer
        self.first, self.others = columns.first[side].tolist(), columns.first[1 - side].tolist()
        self.kinds = [judged.names[kind] for kind in judged.kind[side].tolist()]
        self.partners = judged.partner[side].tolist()
        self.shares = {name: of_sides[side] for name, of_sides in shares.items()}
        self.records = columns.records[side]
        labels = [columns.labels[label] for label in own.label.tolist()]
        self.hulls = list(zip(labels, own.start.tolist(), own.end.tolist(), strict=True))

    def item(self, record: Any, text: str, kind: str, partner: int) -> JudgedItem:
        """A record as an item of an article."""
        layer, spans = self.layer, self.layer.spans(record)
        main = layer.span_names.get(layer.spans_field or "")
        pieces = join_spans(spans) if spans else ()
        # Pieces in text order that do not touch, so that two readings of one item are told in the same words.
        joined: dict[str, Any] = {str(layer.spans_field): tuple(Span(*piece) for piece in pieces)} if pieces else {}
        return JudgedItem(
            side=(GOLD, PREDICTED)[self.number],
            label=layer.label(record),
            text=layer.show(replace(record, **joined), text),
            spans=pieces,
            kind=kind,
            partner=None if partner == NOBODY else partner,
            places=tuple((start, end) for word, (start, end) in layer.parts(record) if word != main),
        )


def _judged_article(pair: Pair, number: int, sides: Sequence[_Side]) -> JudgedArticle:
    gold, predicted = (_OfArticle(side, number) for side in sides)
    text = pair.article.text
    return JudgedArticle(
        pair=pair,
        items=(gold.items(text), predicted.items(text)),
        credits=(gold.credits(), predicted.credits()),
        roles=(gold.roles(text), predicted.roles(text)),
        kinds=(gold.kinds, predicted.kinds),
        partners=(gold.partners, predicted.partners),
        shares={name: (credits, predicted.shares[name]) for name, credits in gold.shares.items()},
        records=(gold.records, predicted.records),
        hulls=(gold.hulls, predicted.hulls),
    )


class _OfArticle:
    """What one side has in one article."""

    def __init__(self, side: _Side, number: int) -> None:
        own, before = slice(side.first[number], side.first[number + 1]), side.others[number]
        self.side = side
        self.records, self.kinds, self.hulls = side.records[own], side.kinds[own], side.hulls[own]
        self.partners = [one if one == NOBODY else one - before for one in side.partners[own]]
        self.shares = {name: credits[own] for name, credits in side.shares.items()}

    def items(self, text: str) -> Sequence[JudgedItem]:
        return _OnDemand(
            len(self.records),
            lambda number: self.side.item(self.records[number], text, self.kinds[number], self.partners[number]),
        )

    def credits(self) -> Sequence[Credits]:
        return _OnDemand(
            len(self.records), lambda number: {name: credits[number] for name, credits in self.shares.items()}
        )

    def roles(self, text: str) -> Sequence[Mapping[str, str]]:
        return _OnDemand(len(self.records), lambda number: self.side.layer.roles(self.records[number], text))


def differing_places(
    ours: tuple[JudgedArticle, Sequence[int]], theirs: tuple[JudgedArticle, Sequence[int]]
) -> set[Hull]:
    """Where two runs do not predict the same, to the letter, in one article: label, start and end.

    Only there items need be told apart by what they say.

    Args:
        ours: the article in one run, and the positions of the predictions that are looked at.
        theirs: the same of the other run.
    """
    found: list[dict[Hull, list[Any]]] = []
    for run, positions in (ours, theirs):
        by_place: dict[Hull, list[Any]] = {}
        hulls, records = run.hulls[PREDICTED_SIDE], run.records[PREDICTED_SIDE]
        for position in positions:
            by_place.setdefault(hulls[position], []).append(records[position])
        found.append(by_place)
    return {place for place in found[0].keys() | found[1].keys() if found[0].get(place) != found[1].get(place)}


@dataclass(frozen=True, slots=True, eq=False)
class SplitCredits:
    """What each item of a split earned under a convention that depends on the whole of it.

    Attributes:
        articles: the ids of all articles, sorted.
        first: where the items of each begin among the gold and among the predicted items, and where all end.
        shares: the credit of each gold and each predicted item; not a number where the convention does not count it.
    """

    articles: Sequence[str]
    first: tuple[Ints, Ints]
    shares: tuple[Floats, Floats]

    def of(self, article_id: str) -> tuple[list[float | None], list[float | None]]:
        """Those of the gold and of the predicted items of one article."""
        place = self.articles.index(article_id)
        gold, predicted = (
            _credits(shares[first[place] : first[place + 1]])
            for first, shares in zip(self.first, self.shares, strict=True)
        )
        return gold, predicted


def split_credits(task: str, columns: Columns, conventions: Sequence[str]) -> dict[str, SplitCredits]:
    """Convention → what each item earned under it, of conventions that depend on the whole split.

    Args:
        task: the task.
        columns: its items in all articles.
        conventions: their names.
    """
    return {
        name: SplitCredits(columns.articles, columns.first, scored.items.shares)
        for name, scored in score_columns(task, columns, conventions).items()
        if scored.items is not None
    }


def _credits(shares: Floats) -> list[float | None]:
    return [None if credit != credit else credit for credit in shares.tolist()]
