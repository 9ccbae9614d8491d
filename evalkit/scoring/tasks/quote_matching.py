"""Which predicted quote is which gold quote: one-to-one by maximum token F1 of their content."""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from evalkit.records import Quote, Span
from evalkit.scoring.alignment import Alignment, align, any_overlap
from evalkit.scoring.arrays import Pieces
from evalkit.scoring.assignment import best_assignment
from evalkit.scoring.columns import Columns
from evalkit.scoring.conventions.token import tokenize
from evalkit.scoring.from_records import join_spans

__all__ = [
    "MatchedArticle",
    "common_characters",
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
        tokens: the token numbers (characters where there is no text) that each content touches.
        pairs: positions in gold and predicted, one-to-one.
        alignment: predicted names in terms of the gold.
    """

    quotes: Sides
    first: tuple[int, int]
    contents: tuple[tuple[Pieces, ...], tuple[Pieces, ...]]
    tokens: tuple[tuple[frozenset[int], ...], tuple[frozenset[int], ...]]
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
    edges = _weighted_pairs(unmatched)
    return replace(unmatched, pairs=tuple(edges[edge][:2] for edge in best_assignment(edges)))


def _weighted_pairs(match: MatchedArticle) -> list[tuple[int, int, int]]:
    """Gold and predicted quotes that share a token and a character, leftmost first, with their token F1 as weight.

    Pairs of equal F1 count the more the more they agree in: the same content, then speaker, cue and kind. So who is
    matched with whom among copies of one quote does not depend on chance.
    """
    where: dict[int, list[int]] = {}
    for i, ours in enumerate(match.tokens[0]):
        for token in ours:
            where.setdefault(token, []).append(i)
    edges = []
    for j, theirs in enumerate(match.tokens[1]):
        for i, common in Counter(i for token in theirs for i in where.get(token, ())).items():
            if common_characters(match.contents[0][i], match.contents[1][j]):
                f1 = common * 2 * F1_STEPS // (len(match.tokens[0][i]) + len(theirs))
                edges.append((i, j, (f1 << AGREEMENT_BITS) + _agreement(match, i, j)))
    rank = [_ranks(match, side) for side in (0, 1)]
    return sorted(edges, key=lambda edge: (rank[0][edge[0]] + rank[1][edge[1]], rank[0][edge[0]], rank[1][edge[1]]))


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


def _agreement(match: MatchedArticle, i: int, j: int) -> int:
    gold, predicted = match.quotes[0][i], match.quotes[1][j]
    right = (
        match.contents[0][i] == match.contents[1][j],
        speaker_is_right(gold, predicted, match.alignment),
        gold.speaker == predicted.speaker,
        join_spans(gold.cue) == join_spans(predicted.cue),
        any_overlap(gold.cue, predicted.cue),
        gold.kind == predicted.kind,
    )
    return sum(1 << place for place, agrees in enumerate(reversed(right)) if agrees)


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


def _token_finder(text: str) -> Callable[[Pieces], frozenset[int]]:
    if not text:
        return lambda pieces: frozenset(token for start, end in pieces for token in range(start, end))
    bounds = tokenize(text)
    starts, ends = bounds[:, 0].tolist(), bounds[:, 1].tolist()

    def touched(pieces: Pieces) -> frozenset[int]:
        return frozenset(
            token
            for start, end in pieces
            # An empty span inside a token would touch it by the bounds alone.
            if start < end
            for token in range(bisect.bisect_right(ends, start), bisect.bisect_left(starts, end))
        )

    return touched


def common_characters(first: Pieces, second: Pieces) -> int:
    """How many characters two contents share."""
    return sum(max(0, min(a[1], b[1]) - max(a[0], b[0])) for a in first for b in second)
