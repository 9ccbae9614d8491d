"""Every gold and predicted item of an article with what became of it: the ground of changes and explanations.

Kinds are those of the task; credits are those of its conventions. Gold items stand in an order that depends on the gold
alone, so two runs can be laid side by side by position.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from numpy.typing import NDArray

from evalkit.layers.base import Layer
from evalkit.layers.table import load_layer
from evalkit.records import Span
from evalkit.scoring.columns import GOLD_SIDE, PREDICTED_SIDE, Columns
from evalkit.scoring.from_records import join_spans
from evalkit.scoring.items import NOBODY
from evalkit.scoring.kinds import Judged
from evalkit.scoring.pairs import Pair
from evalkit.scoring.tasks.table import columns_of, judge_items, load_task, score_columns

__all__ = ["GOLD", "PREDICTED", "Credits", "JudgedArticle", "JudgedItem", "judge_articles", "whole_split_credits"]

GOLD, PREDICTED = "gold", "predicted"

Floats = NDArray[Any]
Spans = tuple[tuple[int, int], ...]
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
    """The items of one task in one article; `partner` points from one list into the other.

    Attributes:
        pair: the article.
        items: gold and predicted items.
        credits: what each of them earned.
        roles: who does what in each of them, in words.
    """

    pair: Pair
    items: tuple[list[JudgedItem], list[JudgedItem]] = field(default_factory=lambda: ([], []))
    credits: tuple[list[Credits], list[Credits]] = field(default_factory=lambda: ([], []))
    roles: tuple[list[Mapping[str, str]], list[Mapping[str, str]]] = field(default_factory=lambda: ([], []))


def judge_articles(task: str, pairs: Sequence[Pair], conventions: Sequence[str]) -> list[JudgedArticle]:
    """The items of some articles, which must be sorted by id, with their credit under some conventions."""
    columns = columns_of(task, pairs)
    judged, layer = judge_items(task, columns), load_layer(load_task(task).layer)
    items = {name: scored.items for name, scored in score_columns(task, columns, conventions).items()}
    credits = {name: tuple(map(_credits, own.shares)) for name, own in items.items() if own is not None}
    articles = [JudgedArticle(pair) for pair in pairs]
    for side in (GOLD_SIDE, PREDICTED_SIDE):
        for position, item in enumerate(_judged_side(columns, judged, layer, side)):
            article = articles[columns.sides[side].article[position]]
            article.items[side].append(item)
            article.credits[side].append({name: shares[side][position] for name, shares in credits.items()})
            article.roles[side].append(layer.roles(columns.records[side][position], article.pair.article.text))
    return articles


def whole_split_credits(
    task: str, pairs: Sequence[Pair], conventions: Sequence[str], article_id: str
) -> tuple[list[Credits], list[Credits]]:
    """Credits of the items of one article among all of a split, under conventions that depend on the whole of it.

    Args:
        task: the task.
        pairs: all articles, sorted by id.
        conventions: their names.
        article_id: the article.
    """
    columns = columns_of(task, pairs)
    position = list(columns.articles).index(article_id)
    sides: list[list[Credits]] = []
    for side in (GOLD_SIDE, PREDICTED_SIDE):
        start, end = (int(place) for place in columns.first[side][position : position + 2])
        sides.append([{} for _ in range(start, end)])
    for name, scored in score_columns(task, columns, conventions).items():
        if scored.items is None:
            continue
        for side, own in enumerate(sides):
            start = int(columns.first[side][position])
            shares = _credits(scored.items.shares[side][start : start + len(own)])
            sides[side] = [{**credits, name: share} for credits, share in zip(own, shares, strict=True)]
    return sides[GOLD_SIDE], sides[PREDICTED_SIDE]


def _judged_side(columns: Columns, judged: Judged, layer: Layer[Any], side: int) -> Iterator[JudgedItem]:
    others, main = columns.first[1 - side], layer.span_names.get(layer.spans_field or "")
    rows = zip(columns.sides[side].article.tolist(), columns.records[side], strict=True)
    for position, (article, item) in enumerate(rows):
        spans, partner = layer.spans(item), int(judged.partner[side][position])
        pieces = join_spans(spans) if spans else ()
        # Pieces in text order that do not touch, so that two readings of one item are told in the same words.
        joined: dict[str, Any] = {str(layer.spans_field): tuple(Span(*piece) for piece in pieces)} if pieces else {}
        yield JudgedItem(
            side=(GOLD, PREDICTED)[side],
            label=layer.label(item),
            text=layer.show(replace(item, **joined), columns.pairs[article].article.text),
            spans=pieces,
            kind=judged.names[judged.kind[side][position]],
            partner=None if partner == NOBODY else partner - int(others[article]),
            places=tuple((start, end) for word, (start, end) in layer.parts(item) if word != main),
        )


def _credits(shares: Floats) -> list[float | None]:
    return [None if credit != credit else credit for credit in shares.tolist()]
