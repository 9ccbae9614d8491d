"""Which predicted quote is which gold quote: one-to-one by maximum token F1 of their content."""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from evalkit.records import Quote, Span
from evalkit.scoring.alignment import Alignment, align, any_overlap, speaker_is_right
from evalkit.scoring.arrays import Pieces
from evalkit.scoring.assignment import best_assignment
from evalkit.scoring.conventions.token import tokenize
from evalkit.scoring.entities import join_spans
from evalkit.scoring.pairs import Pair

__all__ = ["MatchedArticle", "common_characters", "match_quotes"]

F1_STEPS = 10**9
AGREEMENT_BITS = 16
"""Room for the sum of agreements (each below 64) of a thousand pairs."""


@dataclass(frozen=True)
class MatchedArticle:
    """The quotes of one article with their contents as ascending pieces, and who is matched with whom.

    Attributes:
        gold: gold quotes.
        predicted: predicted quotes.
        contents: the pieces of each gold and of each predicted quote.
        tokens: the token numbers (characters where there is no text) that each content touches.
        pairs: positions in gold and predicted, one-to-one.
        alignment: predicted names in terms of the gold.
    """

    gold: tuple[Quote, ...]
    predicted: tuple[Quote, ...]
    contents: tuple[tuple[Pieces, ...], tuple[Pieces, ...]]
    tokens: tuple[tuple[frozenset[int], ...], tuple[frozenset[int], ...]]
    pairs: tuple[tuple[int, int], ...]
    alignment: Alignment


def match_quotes(pair: Pair) -> MatchedArticle:
    """The matching of one article's quotes, in canonical order."""
    sides = tuple(tuple(sorted(quotes or (), key=_position)) for quotes in (pair.gold.quotes, pair.predicted.quotes))
    contents = tuple(tuple(join_spans(quote.content) for quote in side) for side in sides)
    touched = _token_finder(pair.article.text)
    tokens = tuple(tuple(touched(pieces) for pieces in side) for side in contents)
    unmatched = MatchedArticle(
        gold=sides[0],
        predicted=sides[1],
        contents=(contents[0], contents[1]),
        tokens=(tokens[0], tokens[1]),
        pairs=(),
        alignment=align(pair.gold, pair.predicted),
    )
    edges = _weighted_pairs(unmatched)
    return replace(unmatched, pairs=tuple(edges[at][:2] for at in best_assignment(edges)))


def _position(quote: Quote) -> tuple[object, ...]:
    speaker = quote.speaker or Span(-1, -1)
    return join_spans(quote.content), quote.kind, quote.cue, speaker, quote.speaker_id or ""


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
    return sorted(edges, key=lambda edge: (edge[0] + edge[1], edge))


def _agreement(match: MatchedArticle, i: int, j: int) -> int:
    gold, predicted = match.gold[i], match.predicted[j]
    right = (
        match.contents[0][i] == match.contents[1][j],
        speaker_is_right(gold, predicted, match.alignment),
        gold.speaker == predicted.speaker,
        join_spans(gold.cue) == join_spans(predicted.cue),
        any_overlap(gold.cue, predicted.cue),
        gold.kind == predicted.kind,
    )
    return sum(1 << place for place, agrees in enumerate(reversed(right)) if agrees)


def _token_finder(text: str) -> Callable[[Pieces], frozenset[int]]:
    if not text:
        return lambda pieces: frozenset(at for start, end in pieces for at in range(start, end))
    bounds = tokenize(text)
    starts, ends = bounds[:, 0].tolist(), bounds[:, 1].tolist()

    def touched(pieces: Pieces) -> frozenset[int]:
        return frozenset(
            at
            for start, end in pieces
            for at in range(bisect.bisect_right(ends, start), bisect.bisect_left(starts, end))
        )

    return touched


def common_characters(first: Pieces, second: Pieces) -> int:
    """How many characters two contents share."""
    return sum(max(0, min(a[1], b[1]) - max(a[0], b[0])) for a in first for b in second)
