"""What quotes earn of their characters and of their tokens."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evalkit.scoring.arrays import Ints, match_sorted, ranges
from evalkit.scoring.columns import GOLD_SIDE, PREDICTED_SIDE, Columns, SpanColumns
from evalkit.scoring.items import NOBODY, Items, Rows, items_of_credits, items_of_rows
from evalkit.scoring.tasks.quote_matching import QuoteMatches, contents_of, quote_matches

__all__ = ["overlap", "token"]


def overlap(columns: Columns) -> Items:
    """Pareti et al. 2013, partial: each quote earns the shares that quotes of the other side cover, 1 at most.

    Equal contents of the other side cover once, and a second copy of a content is covered by second copies only:
    with the plain sum a half of a quote that is predicted twice would cover all of it.
    """
    copies = [_copy_number(side) for side in columns.sides]
    stride = columns.stride
    several = 1 + max((int(numbers.max(initial=0)) for numbers in copies), default=0)
    pieces = []
    for side, numbers in zip(columns.sides, copies, strict=True):
        quote, start, end = contents_of(columns, side)
        lane = (side.article[quote].astype(np.int64) * several + numbers[quote]) * stride
        pieces.append((quote, start + lane, end + lane))
    equal = match_sorted(columns.gold.place, columns.predicted.place)
    credits = []
    for number, side in enumerate(columns.sides):
        quote, start, end = pieces[number]
        _, other_start, other_end = pieces[1 - number]
        covered = _before(end, other_start, other_end) - _before(start, other_start, other_end)
        size = np.bincount(quote, weights=end - start, minlength=len(side))
        share = np.minimum(1.0, np.bincount(quote, weights=covered, minlength=len(side)) / np.maximum(size, 1))
        # An empty content is covered by its equal.
        found = np.zeros(len(side))
        found[equal[number]] = 1.0
        credits.append(np.where(size > 0, share, found))
    return items_of_credits(columns, credits[0], credits[1])


def _copy_number(side: SpanColumns) -> Ints:
    """For each quote how many of equal content stand before it."""
    return np.arange(len(side)) - np.searchsorted(side.place, side.place)


def _before(places: Ints, start: Ints, end: Ints) -> Ints:
    """How many characters of all stretches stand before each place: up to it from each start, less from each end.

    Of such numbers only differences mean anything: beyond 64 bits they wrap round, and differences stay right.
    """
    total = np.zeros(len(places), dtype=np.int64)
    for sign, bounds in ((1, np.sort(start)), (-1, np.sort(end))):
        number = np.searchsorted(bounds, places)
        total += sign * (number * places - np.append(0, np.cumsum(bounds))[number])
    return total


def token(columns: Columns) -> Items:
    """Tokens of content; a token in two quotes of one kind is one row, in quotes of two kinds it is two."""
    matches = quote_matches(columns)
    kinds = np.union1d(columns.gold.label, columns.predicted.label)
    numbers = _touched_tokens(matches)
    owners = [_owners(matches, number, kinds, numbers) for number in (GOLD_SIDE, PREDICTED_SIDE)]
    partners = _partners(owners[0], owners[1])
    gold, predicted = (_rows(columns, number, owners[number], partners[number]) for number in (0, 1))
    return items_of_rows(columns, gold, predicted)


def _touched_tokens(matches: QuoteMatches) -> Ints:
    """For each token, and for the end of all, how many before it are touched by any quote."""
    depth = np.zeros(matches.number_of_tokens + 1, dtype=np.int64)
    for _, start, end in matches.tokens:
        depth += np.bincount(start, minlength=len(depth)) - np.bincount(end, minlength=len(depth))
    return np.append(0, np.cumsum(np.cumsum(depth) > 0))


def _owners(matches: QuoteMatches, number: int, kinds: Ints, numbers: Ints) -> NDArray[np.int32]:
    """For each of some kinds and each token the first quote that touches it, or `NOBODY`; shape (kinds, tokens)."""
    width = int(numbers[-1])
    owners = np.full(len(kinds) * width, NOBODY, dtype=np.int32)
    quote, start, end = matches.tokens[number]
    lane = np.searchsorted(kinds, matches.columns.sides[number].label[quote]) * width
    start, end = lane + numbers[start], lane + numbers[end]
    order = np.argsort(start, kind="stable")
    if (start[order][1:] >= end[order][:-1]).all():
        # Nearly always: no two quotes of a kind touch one token.
        place, token = ranges(start, end)
        owners[token] = quote[place]
        return owners.reshape(len(kinds), width)
    # From the last quote to the first, so that the first one's name is the one that stays.
    for name, low, high in zip(quote[::-1].tolist(), start[::-1].tolist(), end[::-1].tolist(), strict=True):
        owners[low:high] = name
    return owners.reshape(len(kinds), width)


def _partners(gold: NDArray[np.int32], predicted: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """For each kind and token the quote of the other side whose token it is paired with, or `NOBODY`.

    A token is paired with that of its kind, else with one of another kind that has no other: of several the kinds that
    come first in the alphabet.
    """
    inside = gold != NOBODY, predicted != NOBODY
    both = inside[0] & inside[1]
    partners = np.where(both, predicted, NOBODY), np.where(both, gold, NOBODY)
    left = [own & ~both for own in inside]
    tokens = np.flatnonzero(left[0].any(axis=0) & left[1].any(axis=0))
    open_ones = [own[:, tokens] for own in left]
    turn = [np.cumsum(own, axis=0) for own in open_ones]
    for ours in range(len(gold)):
        for theirs in range(len(predicted)):
            meet = open_ones[0][ours] & open_ones[1][theirs] & (turn[0][ours] == turn[1][theirs])
            partners[0][ours, tokens[meet]] = predicted[theirs, tokens[meet]]
            partners[1][theirs, tokens[meet]] = gold[ours, tokens[meet]]
    return partners


def _rows(columns: Columns, number: int, owners: NDArray[np.int32], partners: NDArray[np.int32]) -> Rows:
    """A row for each token of each kind, by quote and in order of the text."""
    rows = np.flatnonzero(owners.ravel() != NOBODY)
    item, partner = (of_kinds.ravel()[rows].astype(np.int64) for of_kinds in (owners, partners))
    order = np.argsort(item, kind="stable")
    item, partner = item[order], partner[order]
    return Rows(item, columns.sides[number].label[item], (partner != NOBODY).astype(np.float64), partner, number)
