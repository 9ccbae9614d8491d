"""Quotes: content, cue, speaker and the two together, side by side and never merged into one number.

Conventions:

* `exact`, `overlap`, `token`: the content, whatever the kind; each side counts under its own kind.
* `cue-exact`, `cue-type`: the cue has the same spans, or overlaps.
* `speaker-exact`, `speaker-overlap`, `speaker-entity`: the speaker is the same mention, overlaps it, or is the same
  entity. A missed quote is a missed speaker and a spurious quote a spurious one.
* `speaker-exact-given`, `speaker-overlap-given`, `speaker-entity-given`: the same over matched quotes only.
* `joint`: content exact and speaker-entity both right.

Two quotes are matched one-to-one by maximum token F1 of their content, and with zero overlap never. A quote may be in
several pieces and counts once. An item is a quote that has the role: a quote without a cue asks for none, and a
predicted cue for it is spurious.

    gold      “We knew,” (said, Moen)       one direct quote
    predicted “We knew,” (said, Ruiz)       exact 1/1, cue-exact 1/1, speaker-entity 0/1, joint 0/1
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from evalkit.records import QUOTE_KINDS, Quote, Span
from evalkit.scoring.alignment import Alignment, align, any_overlap, speaker_is_right
from evalkit.scoring.conventions.token import tokenize
from evalkit.scoring.entities import join_spans
from evalkit.scoring.matching import best_assignment
from evalkit.scoring.pairs import Pair
from evalkit.scoring.table import CountTable

__all__ = ["CONVENTIONS", "MatchedArticle", "match_quotes", "quote_tables"]

Pieces = tuple[tuple[int, int], ...]
F1_STEPS = 10**9


class Cell(NamedTuple):
    """One item's contribution: side 0 is gold, 1 is predicted."""

    article: int
    kind: str
    side: int
    credit: float


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
    sides = tuple(sorted(quotes or (), key=_position) for quotes in (pair.gold.quotes, pair.predicted.quotes))
    contents = tuple(tuple(join_spans(quote.content) for quote in side) for side in sides)
    touched = _token_finder(pair.article.text)
    tokens = tuple(tuple(touched(pieces) for pieces in side) for side in contents)
    edges = []
    for i, ours in enumerate(tokens[0]):
        for j, theirs in enumerate(tokens[1]):
            common = len(ours & theirs)
            if common and _common(contents[0][i], contents[1][j]):
                edges.append((i, j, common * 2 * F1_STEPS // (len(ours) + len(theirs))))
    chosen = best_assignment(_leftmost_first(edges)) if edges else []
    return MatchedArticle(
        gold=tuple(sides[0]),
        predicted=tuple(sides[1]),
        contents=(contents[0], contents[1]),
        tokens=(tokens[0], tokens[1]),
        pairs=tuple((edges[at][0], edges[at][1]) for at in chosen),
        alignment=align(pair.gold, pair.predicted),
    )


def _position(quote: Quote) -> tuple[object, ...]:
    speaker = quote.speaker or Span(-1, -1)
    return join_spans(quote.content), quote.kind, quote.cue, speaker, quote.speaker_id or "", quote.id


def _leftmost_first(edges: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Weights that break ties of equal F1 in favour of the edges that come first."""
    size = len(edges)
    rank = {at: r for r, at in enumerate(sorted(range(size), key=lambda at: (sum(edges[at][:2]), edges[at][:2])))}
    return [(i, j, (weight << size) + (1 << (size - 1 - rank[at]))) for at, (i, j, weight) in enumerate(edges)]


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


def _common(first: Pieces, second: Pieces) -> int:
    return sum(max(0, min(a[1], b[1]) - max(a[0], b[0])) for a in first for b in second)


def _size(pieces: Pieces) -> int:
    return sum(end - start for start, end in pieces)


def _content_exact(article: int, match: MatchedArticle) -> Iterable[Cell]:
    """Equal contents, one-to-one; those of equal kind first."""
    free = list(range(len(match.predicted)))
    right: set[tuple[int, int]] = set()
    for same_kind in (True, False):
        for i, quote in enumerate(match.gold):
            if any((0, i) == done for done in right):
                continue
            for j in free:
                kinds_agree = match.predicted[j].kind == quote.kind or not same_kind
                if kinds_agree and match.contents[1][j] == match.contents[0][i]:
                    free.remove(j)
                    right |= {(0, i), (1, j)}
                    break
    for side, quotes in enumerate((match.gold, match.predicted)):
        for at, quote in enumerate(quotes):
            yield Cell(article, quote.kind, side, float((side, at) in right))


def _content_overlap(article: int, match: MatchedArticle) -> Iterable[Cell]:
    """Pareti et al. 2013, partial: each item earns the shares that items of the other side cover, 1 at most."""
    for side, quotes in enumerate((match.gold, match.predicted)):
        others = match.contents[1 - side]
        for at, quote in enumerate(quotes):
            own = match.contents[side][at]
            size = _size(own)
            covered = sum(_common(own, other) for other in others)
            credit = min(1.0, covered / size) if size else float(own in others)
            yield Cell(article, quote.kind, side, credit)


def _content_token(article: int, match: MatchedArticle) -> Iterable[Cell]:
    """Tokens of content; a token in two quotes of one kind is one item."""
    for side, quotes in enumerate((match.gold, match.predicted)):
        others = frozenset().union(*match.tokens[1 - side])
        for kind in sorted({quote.kind for quote in quotes}):
            own = frozenset().union(
                *(tokens for quote, tokens in zip(quotes, match.tokens[side], strict=True) if quote.kind == kind)
            )
            for token in own:
                yield Cell(article, kind, side, float(token in others))


def _cue(article: int, match: MatchedArticle, *, exact: bool) -> Iterable[Cell]:
    def right(gold: Quote, predicted: Quote) -> bool:
        if exact:
            return sorted(gold.cue) == sorted(predicted.cue)
        return any_overlap(gold.cue, predicted.cue)

    return _role(article, match, lambda quote: bool(quote.cue), right, given=False)


def _has_speaker(quote: Quote) -> bool:
    return quote.speaker is not None or quote.speaker_id is not None


def _speaker(article: int, match: MatchedArticle, *, how: str, given: bool) -> Iterable[Cell]:
    def right(gold: Quote, predicted: Quote) -> bool:
        if how == "entity":
            return speaker_is_right(gold, predicted, match.alignment)
        if gold.speaker is None or predicted.speaker is None:
            return False
        return gold.speaker == predicted.speaker if how == "exact" else any_overlap([gold.speaker], [predicted.speaker])

    has = _has_speaker if how == "entity" else lambda quote: quote.speaker is not None
    return _role(article, match, has, right, given=given)


def _role(
    article: int,
    match: MatchedArticle,
    has: Callable[[Quote], bool],
    right: Callable[[Quote, Quote], bool],
    *,
    given: bool,
) -> Iterable[Cell]:
    """Items are the quotes that have the role; with `given` only those of matched quotes."""
    good = {pair for pair in match.pairs if right(match.gold[pair[0]], match.predicted[pair[1]])}
    for side, quotes in enumerate((match.gold, match.predicted)):
        earned, matched = ({pair[side] for pair in pairs} for pairs in (good, match.pairs))
        for at, quote in enumerate(quotes):
            if has(quote) and (at in matched or not given):
                yield Cell(article, quote.kind, side, float(at in earned))


def _joint(article: int, match: MatchedArticle) -> Iterable[Cell]:
    def right(gold: int, predicted: int) -> bool:
        ours, theirs = match.gold[gold], match.predicted[predicted]
        if match.contents[0][gold] != match.contents[1][predicted]:
            return False
        if not _has_speaker(ours):
            return not _has_speaker(theirs)
        return speaker_is_right(ours, theirs, match.alignment)

    good = [pair for pair in match.pairs if right(*pair)]
    for side, quotes in enumerate((match.gold, match.predicted)):
        earned = {pair[side] for pair in good}
        for at, quote in enumerate(quotes):
            yield Cell(article, quote.kind, side, float(at in earned))


CONVENTIONS: dict[str, Callable[[int, MatchedArticle], Iterable[Cell]]] = {
    "exact": _content_exact,
    "overlap": _content_overlap,
    "token": _content_token,
    "cue-exact": partial(_cue, exact=True),
    "cue-type": partial(_cue, exact=False),
    "speaker-exact": partial(_speaker, how="exact", given=False),
    "speaker-overlap": partial(_speaker, how="overlap", given=False),
    "speaker-entity": partial(_speaker, how="entity", given=False),
    "speaker-exact-given": partial(_speaker, how="exact", given=True),
    "speaker-overlap-given": partial(_speaker, how="overlap", given=True),
    "speaker-entity-given": partial(_speaker, how="entity", given=True),
    "joint": _joint,
}
"""Name → the items of one article."""


def quote_tables(pairs: Sequence[Pair], conventions: Sequence[str]) -> dict[str, CountTable]:
    """The four-number tables of quotes by kind, for articles sorted by id."""
    matches = [match_quotes(pair) for pair in pairs]
    articles = tuple(pair.article.id for pair in pairs)
    return {
        name: table_of_cells(
            articles, (cell for at, match in enumerate(matches) for cell in CONVENTIONS[name](at, match)), QUOTE_KINDS
        )
        for name in conventions
    }


def table_of_cells(articles: tuple[str, ...], cells: Iterable[Cell], labels: Sequence[str]) -> CountTable:
    """The table of some items; labels are those given and those met."""
    rows = list(cells)
    names = tuple(sorted({*labels, *(row.kind for row in rows)}))
    position = {name: at for at, name in enumerate(names)}
    table = np.zeros((len(articles), len(names), 4))
    for article, kind, side, credit in rows:
        table[article, position[kind], side] += 1
        table[article, position[kind], side + 2] += credit
    return CountTable(articles, names, table)
