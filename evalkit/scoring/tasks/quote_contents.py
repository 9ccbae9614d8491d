"""Quotes whose contents are equal, as they are or after their ends are cut."""

from __future__ import annotations

import numpy as np

from evalkit.scoring.arrays import Ints, Pieces, pair_arrays
from evalkit.scoring.assignment import pair_equal, pair_rest
from evalkit.scoring.conventions.trimmed import trimmer
from evalkit.scoring.edges import pieces_of
from evalkit.scoring.tasks.quote_matching import QuoteMatches

__all__ = ["equal_contents", "trimmed_contents"]

Pairs = tuple[Ints, Ints]

LONELY = -(2**40)
"""From here down contents of gold quotes that meet nobody are numbered, from twice as far those of predicted ones."""


def equal_contents(matches: QuoteMatches, contents: Pairs | None = None) -> Pairs:
    """Quotes of equal content: those of equal kind that agree best first, so that copies find their own.

    Args:
        matches: the quotes and who is matched with whom.
        contents: a number for the content of each gold and each predicted quote, equal where contents are; if not as
            they are.
    """
    gold, predicted = contents or (matches.columns.gold.place, matches.columns.predicted.place)
    _, number = np.unique(np.concatenate([gold, predicted]), return_inverse=True)
    numbers = number[: len(gold)], number[len(gold) :]
    copies = [np.bincount(own, minlength=len(number)) for own in numbers]
    once = (copies[0] == 1) & (copies[1] == 1)
    sides, rest = [], []
    for own in numbers:
        items = np.flatnonzero(once[own])
        sides.append(items[np.argsort(own[items], kind="stable")])
        rest.append(np.flatnonzero((copies[0] > 0)[own] & (copies[1] > 0)[own] & ~once[own]))
    pairs = _pair_copies(matches, numbers, (rest[0], rest[1]))
    return np.concatenate([sides[0], pairs[0]]), np.concatenate([sides[1], pairs[1]])


def _pair_copies(matches: QuoteMatches, numbers: Pairs, items: Pairs) -> Pairs:
    """Pairs among some gold and some predicted quotes, where a content stands several times."""
    columns = matches.columns
    things = [
        list(zip(own[of].tolist(), [columns.labels[kind] for kind in side.label[of].tolist()], strict=True))
        for side, own, of in zip(columns.sides, numbers, items, strict=True)
    ]
    place = [np.full(len(side), -1) for side in columns.sides]
    for side, of in enumerate(items):
        place[side][of] = np.arange(len(of))
    matched = [of_side[own] for of_side, own in zip(place, matches.pairs, strict=True)]
    inside = (matched[0] >= 0) & (matched[1] >= 0)
    agreeing = [
        pair
        for pair in zip(matched[0][inside].tolist(), matched[1][inside].tolist(), strict=True)
        if things[0][pair[0]] == things[1][pair[1]]
    ]
    gold, predicted = pair_arrays(pair_rest(things[0], things[1], pair_equal(things[0], things[1], agreeing)))
    return items[0][gold], items[1][predicted]


def trimmed_contents(matches: QuoteMatches, lang: str) -> tuple[Pairs, str]:
    """Quotes whose contents are equal when they are cut, and for which languages there is a list of words.

    Raises:
        InputError: the texts are not known.
    """
    columns = matches.columns
    cut, told = trimmer(columns, lang)
    # Contents that come to be the same share a token, if they have any. So two quotes of one content that meet no other
    # stay a pair whatever is cut from both, and those that meet nobody find nobody: these need not be cut.
    alone = [(meets == 1)[of_side] for meets, of_side in zip(matches.meets, matches.pairs, strict=True)]
    sure = matches.same_content & alone[0] & alone[1]
    contents = []
    numbers: dict[tuple[int, Pieces], int] = {}
    of_place: dict[int, int] = {}
    for which, side in enumerate(columns.sides):
        of_side, meets, tokens = matches.pairs[which], matches.meets[which], matches.tokens[which]
        number = np.zeros(len(side), dtype=np.int64)
        number[of_side[sure]] = -1 - np.arange(int(sure.sum()))
        lonely = np.setdiff1d(tokens[0], np.flatnonzero(meets))
        number[lonely] = LONELY * (1 + which) - np.arange(len(lonely))
        rest = np.flatnonzero(number == 0)
        for item, place in zip(rest.tolist(), side.place[rest].tolist(), strict=True):
            # A content that both sides have is cut once.
            if place not in of_place:
                article = int(side.article[item])
                content = article, cut(article, pieces_of(columns, side, item))
                of_place[place] = numbers.setdefault(content, len(numbers))
            number[item] = of_place[place]
        contents.append(number)
    return equal_contents(matches, (contents[0], contents[1])), told
