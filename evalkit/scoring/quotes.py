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

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from evalkit.records import QUOTE_KINDS, Quote
from evalkit.scoring.alignment import any_overlap, speaker_is_right
from evalkit.scoring.arrays import Pieces
from evalkit.scoring.cells import Cell, one_to_one, table_of_cells
from evalkit.scoring.entities import join_spans
from evalkit.scoring.pairs import Pair
from evalkit.scoring.quote_matching import MatchedArticle, common_characters, match_quotes
from evalkit.scoring.table import CountTable

__all__ = ["CONVENTIONS", "MatchedArticle", "match_quotes", "quote_tables", "table_of_cells"]


def _content_exact(article: int, match: MatchedArticle) -> Iterable[Cell]:
    """Equal contents, one-to-one; those of equal kind first."""
    sides = [
        [(content, quote.kind) for content, quote in zip(contents, quotes, strict=True)]
        for contents, quotes in zip(match.contents, (match.gold, match.predicted), strict=True)
    ]
    for side, kinds in enumerate(one_to_one(sides[0], sides[1])):
        yield from (Cell(article, kind, side, right, items) for kind, (items, right) in kinds.items())


def _content_overlap(article: int, match: MatchedArticle) -> Iterable[Cell]:
    """Pareti et al. 2013, partial: each item earns the shares that items of the other side cover, 1 at most.

    Equal contents of the other side cover once, and a second copy of a content is covered by second copies only:
    with the plain sum a half of a quote that is predicted twice would cover all of it.
    """
    layers = [_copies(contents) for contents in match.contents]
    for side, quotes in enumerate((match.gold, match.predicted)):
        for own, copy, quote in zip(match.contents[side], layers[side], quotes, strict=True):
            others = [
                other
                for other, theirs in zip(match.contents[1 - side], layers[1 - side], strict=True)
                if theirs == copy
            ]
            yield Cell(article, quote.kind, side, _covered(own, others))


def _covered(own: Pieces, others: Sequence[Pieces]) -> float:
    size = sum(end - start for start, end in own)
    if not size:
        return float(own in others)
    return min(1.0, sum(common_characters(own, other) for other in others) / size)


def _copies(contents: Sequence[Pieces]) -> list[int]:
    """For each content how many equal ones stand before it."""
    seen: Counter[Pieces] = Counter()
    numbers = []
    for content in contents:
        numbers.append(seen[content])
        seen[content] += 1
    return numbers


def _content_token(article: int, match: MatchedArticle) -> Iterable[Cell]:
    """Tokens of content; a token in two quotes of one kind is one item, in quotes of two kinds it is two."""
    sides = [
        {(token, quote.kind) for quote, tokens in zip(quotes, own, strict=True) for token in tokens}
        for quotes, own in zip((match.gold, match.predicted), match.tokens, strict=True)
    ]
    for side, kinds in enumerate(one_to_one(sides[0], sides[1])):
        yield from (Cell(article, kind, side, right, items) for kind, (items, right) in kinds.items())


def _cue(article: int, match: MatchedArticle, *, exact: bool) -> Iterable[Cell]:
    def right(gold: Quote, predicted: Quote) -> bool:
        if exact:
            return join_spans(gold.cue) == join_spans(predicted.cue)
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
