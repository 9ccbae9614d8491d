"""Which predicted quote is which gold quote: one-to-one by maximum token F1 of their content."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from evalkit.records import Quote, Span
from evalkit.scoring.alignment import Alignment, align, any_overlap
from evalkit.scoring.arrays import Ints, Pieces, Stretches, meetings, overlaps
from evalkit.scoring.assignment import best_assignment, refuse_crowd
from evalkit.scoring.columns import Columns
from evalkit.scoring.conventions.token import tokenize
from evalkit.scoring.from_records import join_spans

__all__ = [
    "MatchedArticle",
    "has_speaker",
    "mention",
    "quote_matches",
    "same_speaker",
    "speaker_is_right",
]

F1_STEPS = 10**9
AGREEMENT_BITS = 16
"""Room for the sum of agreements (each below 64) of a thousand pairs."""

Sides = tuple[tuple[Quote, ...], tuple[Quote, ...]]


@dataclass(frozen=True)
class MatchedArticle:
    """The quotes of one article with their contents as ascending pieces, and who is matched with whom.

    Attributes:
        quotes: gold and predicted quotes, in canonical order.
        first: the position of the first gold and the first predicted quote among those of all articles.
        contents: the pieces of each gold and of each predicted quote.
        tokens: the tokens that each content touches, as ranges of their numbers (of characters where there is no text).
        pairs: positions in gold and predicted, one-to-one.
        alignment: predicted names in terms of the gold.
    """

    quotes: Sides
    first: tuple[int, int]
    contents: tuple[tuple[Pieces, ...], tuple[Pieces, ...]]
    tokens: tuple[tuple[Pieces, ...], tuple[Pieces, ...]]
    pairs: tuple[tuple[int, int], ...]
    alignment: Alignment


def quote_matches(columns: Columns) -> list[MatchedArticle]:
    """The matching of each article's quotes; made once for all conventions."""
    matches: list[MatchedArticle] | None = columns.memo.get("quote matches")
    if matches is None:
        matches = columns.memo["quote matches"] = [_matched(columns, article) for article in range(len(columns.pairs))]
    return matches


def _matched(columns: Columns, article: int) -> MatchedArticle:
    bounds = [(int(first[article]), int(first[article + 1])) for first in columns.first]
    gold, predicted = (tuple(side[low:high]) for side, (low, high) in zip(columns.records, bounds, strict=True))
    pair = columns.pairs[article]
    touched = _token_finder(pair.article.text)
    contents = [tuple(join_spans(quote.content) for quote in side) for side in (gold, predicted)]
    tokens = [tuple(map(touched, side)) for side in contents]
    unmatched = MatchedArticle(
        quotes=(gold, predicted),
        first=(bounds[0][0], bounds[1][0]),
        contents=(contents[0], contents[1]),
        tokens=(tokens[0], tokens[1]),
        pairs=(),
        alignment=align(pair.gold, pair.all_predicted),
    )
    hulls = [np.array([(own[0][0], own[-1][1]) for own in side], dtype=np.int64).reshape(-1, 2) for side in contents]
    starts, ends = ([np.sort(side[:, bound]) for side in hulls] for bound in (0, 1))
    refuse_crowd(pair.article.id, overlaps(starts[0], ends[0], starts[1], ends[1]))
    edges = _weighted_pairs(unmatched)
    return replace(unmatched, pairs=tuple(edges[edge][:2] for edge in best_assignment(edges)))


def _weighted_pairs(match: MatchedArticle) -> list[tuple[int, int, int]]:
    """Gold and predicted quotes that share a token and a character, leftmost first, with their token F1 as weight.

    Pairs of equal F1 count the more the more they agree in: the same content, then speaker, cue and kind. So who is
    matched with whom among copies of one quote does not depend on chance.
    """
    gold, predicted, common = meetings(_stretches(match.tokens[0]), _stretches(match.tokens[1]))
    width = len(match.quotes[1])
    met = meetings(_stretches(match.contents[0]), _stretches(match.contents[1]))
    together = np.isin(gold * width + predicted, met[0] * width + met[1])
    gold, predicted, common = gold[together], predicted[together], common[together]
    sizes = [np.array([sum(end - start for start, end in own) for own in side], np.int64) for side in match.tokens]
    f1 = common * 2 * F1_STEPS // (sizes[0][gold] + sizes[1][predicted])
    weight = (f1 << AGREEMENT_BITS) + _agreement(match, gold, predicted)
    ranks = [np.array(_ranks(match, side), dtype=np.int64) for side in (0, 1)]
    first, second = ranks[0][gold], ranks[1][predicted]
    order = np.lexsort((second, first, first + second))
    return list(zip(gold[order].tolist(), predicted[order].tolist(), weight[order].tolist(), strict=True))


def _stretches(places: Sequence[Pieces]) -> Stretches:
    owner = np.repeat(np.arange(len(places)), [len(pieces) for pieces in places])
    start, end = np.array([piece for pieces in places for piece in pieces], dtype=np.int64).reshape(-1, 2).T
    return owner, start, end


def _ranks(match: MatchedArticle, side: int) -> list[int]:
    """The number of each quote of one side when they are sorted by what they say."""

    def what_it_says(position: int) -> tuple[object, ...]:
        quote = match.quotes[side][position]
        speaker = quote.speaker or Span(-1, -1)
        return match.contents[side][position], quote.kind, quote.cue, speaker, quote.speaker_id or ""

    ranks = [0] * len(match.quotes[side])
    for number, position in enumerate(sorted(range(len(ranks)), key=what_it_says)):
        ranks[position] = number
    return ranks


def _agreement(match: MatchedArticle, gold: Ints, predicted: Ints) -> Ints:
    """In how much each pair agrees: the first of these weighs more than all others together."""

    def asked(right: Callable[[Quote, Quote], bool], what: Callable[[Quote], object]) -> NDArray[np.bool_]:
        """Whether both are right together, asked once for all pairs that say the same."""
        (ours, first), (theirs, second) = (_distinct(list(map(what, side))) for side in match.quotes)
        pairs, place = np.unique(ours[gold] * max(len(second), 1) + theirs[predicted], return_inverse=True)
        told = [
            right(match.quotes[0][first[pair // len(second)]], match.quotes[1][second[pair % len(second)]])
            for pair in pairs.tolist()
        ]
        return np.array(told, dtype=bool)[place]

    def same(sides: Sequence[Sequence[object]]) -> NDArray[np.bool_]:
        numbers, _ = _distinct([*sides[0], *sides[1]])
        return np.asarray(numbers[gold] == numbers[len(sides[0]) + predicted])

    def each(what: Callable[[Quote], object]) -> list[list[object]]:
        return [list(map(what, side)) for side in match.quotes]

    right = (
        same(match.contents),
        asked(
            lambda ours, theirs: speaker_is_right(ours, theirs, match.alignment),
            lambda quote: (quote.speaker, quote.speaker_id),
        ),
        same(each(lambda quote: quote.speaker)),
        same(each(lambda quote: join_spans(quote.cue))),
        asked(lambda ours, theirs: any_overlap(ours.cue, theirs.cue), lambda quote: quote.cue),
        same(each(lambda quote: quote.kind)),
    )
    total = np.zeros(len(gold), dtype=np.int64)
    for agrees in right:
        total = 2 * total + agrees
    return total


def _distinct(values: Sequence[object]) -> tuple[Ints, list[int]]:
    """The number of each value among the distinct ones, and where each of those stands first."""
    first: dict[object, int] = {}
    for position, value in enumerate(values):
        first.setdefault(value, position)
    number = {value: place for place, value in enumerate(first)}
    return np.array([number[value] for value in values], dtype=np.int64), list(first.values())


def mention(quote: Quote) -> tuple[Span, ...]:
    """The mention of the speaker, if there is one."""
    return () if quote.speaker is None else (quote.speaker,)


def has_speaker(quote: Quote) -> bool:
    """Whether it is said who speaks."""
    return quote.speaker is not None or quote.speaker_id is not None


def speaker_is_right(gold: Quote, predicted: Quote, alignment: Alignment) -> bool:
    """Whether two matched quotes have the same speaker as an entity.

    Right are: the gold entity_id, an id of the extractor that stands for it, or a span that mentions it. A gold
    speaker without entity_id (nobody in particular) is right if the speaker spans overlap.
    """
    if gold.speaker_id is None:
        return any_overlap(mention(gold), mention(predicted))
    if predicted.speaker_id is not None and alignment.gold_id(predicted.speaker_id) == gold.speaker_id:
        return True
    return predicted.speaker is not None and alignment.means(predicted.speaker, gold.speaker_id)


def same_speaker(gold: Quote, predicted: Quote, alignment: Alignment) -> bool:
    """As `speaker_is_right`, and nobody is right where nobody is."""
    return speaker_is_right(gold, predicted, alignment) if has_speaker(gold) else not has_speaker(predicted)


def _token_finder(text: str) -> Callable[[Pieces], Pieces]:
    if not text:
        return lambda pieces: pieces
    bounds = tokenize(text)
    starts, ends = bounds[:, 0].tolist(), bounds[:, 1].tolist()

    def touched(pieces: Pieces) -> Pieces:
        ranges: list[tuple[int, int]] = []
        for start, end in pieces:
            low, high = bisect.bisect_right(ends, start), bisect.bisect_left(starts, end)
            # Two pieces may touch one token, and an empty span inside a token would touch it by the bounds alone.
            low = max(low, ranges[-1][1]) if ranges else low
            if start < end and low < high:
                ranges.append((low, high))
        return tuple(ranges)

    return touched
