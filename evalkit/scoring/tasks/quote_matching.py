"""Which predicted quote is which gold quote: one-to-one by maximum token F1 of their content."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from evalkit.records import Quote, Span
from evalkit.scoring.arrays import Ints, Stretches, meetings, overlaps
from evalkit.scoring.assignment import CROWD, best_assignment, refuse_crowd
from evalkit.scoring.columns import GOLD_SIDE, PREDICTED_SIDE, Columns, SpanColumns
from evalkit.scoring.edges import blocks
from evalkit.scoring.items import NOBODY
from evalkit.scoring.tasks.quote_roles import QuoteRoles, quote_roles
from evalkit.scoring.tokens import tokens_of

__all__ = ["QuoteMatches", "quote_matches"]

Both = tuple[Stretches, Stretches]
"""Stretches of gold and of predicted quotes."""

F1_STEPS = 10**9
AGREEMENT_BITS = 16
"""Room for the sum of agreements (each below 64) of a thousand pairs."""


@dataclass(frozen=True, eq=False)
class QuoteMatches:
    """The quotes of some articles with the tokens of their contents, and who is matched with whom.

    Attributes:
        columns: the quotes.
        tokens: for each side quote, start and end of the stretches of tokens that contents touch, by quote and in order
            of the text. Tokens are numbered through all articles; where an article has no text its characters are.
        number_of_tokens: so many there are of them.
        pairs: positions of the matched gold and predicted quotes, one-to-one.
        meets: with how many of the other side each gold and each predicted quote shares a token and a character.
    """

    columns: Columns
    tokens: Both
    number_of_tokens: int
    pairs: tuple[Ints, Ints]
    meets: tuple[Ints, Ints]

    @property
    def roles(self) -> QuoteRoles:
        """Cues and speakers."""
        return quote_roles(self.columns)

    @cached_property
    def partner(self) -> tuple[Ints, Ints]:
        """The quote of the other side that each gold and each predicted quote is matched with, or `NOBODY`."""
        gold, predicted = (np.full(len(side), NOBODY, dtype=np.int64) for side in self.columns.sides)
        gold[self.pairs[0]], predicted[self.pairs[1]] = self.pairs[1], self.pairs[0]
        return gold, predicted

    @cached_property
    def same_content(self) -> NDArray[np.bool_]:
        """Whether the contents of each pair are equal."""
        gold, predicted = self.pairs
        return np.asarray(self.columns.gold.place[gold] == self.columns.predicted.place[predicted])

    @cached_property
    def same_speaker(self) -> NDArray[np.bool_]:
        """Whether each pair has the same speaker, or none on both sides."""
        return self.roles.same_speaker(*self.pairs)


def quote_matches(columns: Columns) -> QuoteMatches:
    """The matching of the quotes of all articles; made once for all conventions.

    Raises:
        InputError: too many quotes of one article overlap.
    """
    if "quote matches" not in columns.memo:
        columns.memo["quote matches"] = _matched(columns)
    matches: QuoteMatches = columns.memo["quote matches"]
    return matches


def _matched(columns: Columns) -> QuoteMatches:
    contents = contents_of(columns, columns.gold), contents_of(columns, columns.predicted)
    tokens, number = _touched(columns, contents)
    _refuse_crowds(columns)
    pairs, meets = [], [np.zeros(len(side), dtype=np.int64) for side in columns.sides]
    everything = np.arange(len(columns.gold)), np.arange(len(columns.predicted))
    for block in blocks(columns, *everything):
        gold, predicted, f1 = _met(columns, contents, tokens, block)
        for met, of_side in zip(meets, (gold, predicted), strict=True):
            met += np.bincount(of_side, minlength=len(met))
        single = (meets[0][gold] == 1) & (meets[1][predicted] == 1)
        pairs.append((gold[single], predicted[single]))
        pairs.append(_decided(columns, gold[~single], predicted[~single], f1[~single]))
    joined = tuple(np.concatenate(side) for side in zip(*pairs, strict=True))
    return QuoteMatches(columns, tokens, number, (joined[0], joined[1]), (meets[0], meets[1]))


def contents_of(columns: Columns, side: SpanColumns) -> Stretches:
    """Quote, start and end of the pieces of contents, by quote and in order of the text."""
    pieces = np.ones(len(side), dtype=np.int64)
    several = np.flatnonzero(side.shape)
    pieces[several] = [len(columns.shapes[shape]) for shape in side.shape[several].tolist()]
    quote = np.repeat(np.arange(len(side)), pieces)
    start, end = side.start[quote].astype(np.int64), side.end[quote].astype(np.int64)
    if len(several):
        offsets = [piece for shape in side.shape[several].tolist() for piece in columns.shapes[shape]]
        start[pieces[quote] > 1], end[pieces[quote] > 1] = np.array(offsets).T
    return quote, start, end


def _touched(columns: Columns, contents: Both) -> tuple[Both, int]:
    """The tokens that the pieces of contents touch, and how many tokens there are."""
    texts = [pair.article.text for pair in columns.pairs]
    text, start, end = tokens_of(texts)
    stride = max(columns.stride, max(map(len, texts), default=0) + 1)
    start, end = start + text * stride, end + text * stride
    # The characters of an article without text are numbered behind all tokens, with one to spare before each.
    lengths = np.ones(len(texts), dtype=np.int64)
    for side in columns.sides:
        np.maximum.at(lengths, side.article, side.end + 1)
    lengths[np.fromiter(map(bool, texts), dtype=bool, count=len(texts))] = 0
    base = len(text) + 1 + np.cumsum(lengths) - lengths
    touched = []
    for side, (quote, low, high) in zip(columns.sides, contents, strict=True):
        article = side.article[quote].astype(np.int64)
        without = lengths[article] > 0
        first = np.where(without, base[article] + low, np.searchsorted(end, low + article * stride, "right"))
        last = np.where(without, base[article] + high, np.searchsorted(start, high + article * stride, "left"))
        # Two pieces of one quote may touch one token.
        again = np.flatnonzero(quote[1:] == quote[:-1])
        first[again + 1] = np.maximum(first[again + 1], last[again])
        # An empty span inside a token touches it by the bounds alone.
        kept = without | ((low < high) & (first < last))
        touched.append((quote[kept], first[kept], last[kept]))
    return (touched[0], touched[1]), int(len(text) + 1 + lengths.sum())


def _refuse_crowds(columns: Columns) -> None:
    """Refuses an article in which more quotes overlap than can be matched."""
    first = columns.first
    for article in np.flatnonzero(np.diff(first[0]) * np.diff(first[1]) > CROWD**2).tolist():
        bounds = [slice(own[article], own[article + 1]) for own in first]
        gold, predicted = (
            (np.sort(side.start[own]), np.sort(side.end[own])) for side, own in zip(columns.sides, bounds, strict=True)
        )
        refuse_crowd(columns.articles[article], overlaps(*gold, *predicted))


def _met(columns: Columns, contents: Both, tokens: Both, block: tuple[Ints, Ints]) -> tuple[Ints, Ints, Ints]:
    """Gold and predicted quotes of a block that share a token and a character, and the F1 of their tokens."""
    width = len(columns.predicted)
    inside = [np.isin(np.arange(len(side)), items) for side, items in zip(columns.sides, block, strict=True)]
    gold, predicted, common = meetings(*(_only(own, of) for own, of in zip(tokens, inside, strict=True)))
    shifted = []
    for side, own, of in zip(columns.sides, contents, inside, strict=True):
        quote, start, end = _only(own, of)
        base = side.article[quote].astype(np.int64) * columns.stride
        shifted.append((quote, start + base, end + base))
    met = meetings(shifted[0], shifted[1])
    together = np.isin(gold * width + predicted, met[0] * width + met[1], assume_unique=True)
    gold, predicted, common = gold[together], predicted[together], common[together]
    sizes = [
        np.bincount(quote, weights=last - first, minlength=len(side)).astype(np.int64)
        for side, (quote, first, last) in zip(columns.sides, tokens, strict=True)
    ]
    return gold, predicted, common * 2 * F1_STEPS // (sizes[0][gold] + sizes[1][predicted])


def _only(stretches: Stretches, inside: NDArray[np.bool_]) -> Stretches:
    quote, start, end = stretches
    kept = inside[quote]
    return quote[kept], start[kept], end[kept]


def _decided(columns: Columns, gold: Ints, predicted: Ints, f1: Ints) -> tuple[Ints, Ints]:
    """Of pairs of quotes that meet several others the one-to-one ones with the largest sum of F1.

    Pairs of equal F1 count the more the more they agree in: the same content, then speaker, cue and kind. So who is
    matched with whom among copies of one quote does not depend on chance. Of equally good ones the leftmost count.
    """
    weight = (f1 << AGREEMENT_BITS) + _agreement(columns, gold, predicted)
    first, second = _ranks(columns, GOLD_SIDE, gold), _ranks(columns, PREDICTED_SIDE, predicted)
    order = np.lexsort((second, first, first + second))
    edges = list(zip(gold[order].tolist(), predicted[order].tolist(), weight[order].tolist(), strict=True))
    chosen = order[best_assignment(edges)]
    return gold[chosen], predicted[chosen]


def _agreement(columns: Columns, gold: Ints, predicted: Ints) -> Ints:
    """In how much each pair agrees: the first of these weighs more than all others together."""
    roles = quote_roles(columns)
    total = np.zeros(len(gold), dtype=np.int64)
    for agrees in (
        columns.gold.place[gold] == columns.predicted.place[predicted],
        roles.right_speaker(gold, predicted),
        roles.same_mention(gold, predicted),
        roles.same_cue(gold, predicted),
        roles.cues_overlap(gold, predicted),
        columns.gold.label[gold] == columns.predicted.label[predicted],
    ):
        total = 2 * total + agrees
    return total


def _ranks(columns: Columns, number: int, items: Ints) -> Ints:
    """The number of some quotes of a side when all of their article are sorted by what they say."""
    side, quotes = columns.sides[number], columns.records[number]
    concerned = np.zeros(len(columns.articles), dtype=bool)
    concerned[side.article[items]] = True
    every = np.flatnonzero(concerned[side.article])
    first_end, shape = side.end[every].copy(), side.shape[every]
    for position in np.flatnonzero(shape).tolist():
        first_end[position] = columns.shapes[shape[position]][0][1]
    # What quotes say besides content and kind decides where these are the same.
    tied = np.flatnonzero(np.isin(side.key[every], side.key[1:][side.key[1:] == side.key[:-1]]))
    details = [_details(quotes[position]) for position in every[tied].tolist()]
    numbers = {said: place for place, said in enumerate(sorted(set(details)))}
    detail = np.zeros(len(every), dtype=np.int64)
    detail[tied] = [numbers[said] for said in details]
    article = side.article[every]
    order = np.lexsort((detail, side.label[every], shape, first_end, side.start[every], article))
    rank = np.zeros(len(side), dtype=np.int64)
    rank[every[order]] = np.arange(len(every)) - np.searchsorted(article, article)
    return rank[items]


def _details(quote: Quote) -> tuple[object, ...]:
    return quote.cue, quote.speaker or Span(-1, -1), quote.speaker_id or ""
