"""What quotes earn: by their content, by a role of the quotes that they are matched with, or by both.

Each function here is a convention of the task `quotes` and is described there.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from evalkit.records import Quote
from evalkit.scoring.alignment import Alignment, any_overlap
from evalkit.scoring.arrays import Ints, Pieces, pair_arrays
from evalkit.scoring.assignment import pair_equal, pair_rest
from evalkit.scoring.columns import GOLD_SIDE, PREDICTED_SIDE, Columns
from evalkit.scoring.conventions.trimmed import trimmer
from evalkit.scoring.from_records import join_spans
from evalkit.scoring.items import NOBODY, Items, Rows, items_of_credits, items_of_pairs, items_of_rows
from evalkit.scoring.tasks.quote_matching import (
    MatchedArticle,
    has_speaker,
    mention,
    quote_matches,
    same_speaker,
    speaker_is_right,
)

__all__ = ["cue", "equal_contents", "exact", "harm", "joint", "overlap", "speaker", "token", "trimmed"]

Position = tuple[int, int]
Contents = tuple[Pieces, ...]


def exact(columns: Columns) -> Items:
    """Equal contents, one-to-one; those of equal kind first."""
    return items_of_pairs(columns, *_positions(columns, equal_contents))


def trimmed(columns: Columns, lang: str = "") -> Items:
    """As exact, after both contents are cut at their ends (see `evalkit.scoring.conventions.trimmed`).

    It is one of the conventions that are always shown; without texts nothing is cut, and the signature says so.
    """
    if columns.texts is None:
        return replace(exact(columns), told="no text, nothing cut")
    cut, told = trimmer(columns, lang)
    pairs = []
    for article, match in enumerate(quote_matches(columns)):
        contents = tuple(tuple(cut(article, content) for content in side) for side in match.contents)
        pairs += [
            (match.first[0] + gold, match.first[1] + predicted)
            for gold, predicted in equal_contents(match, (contents[0], contents[1]))
        ]
    return items_of_pairs(columns, *pair_arrays(pairs), told=told)


def equal_contents(match: MatchedArticle, cut: tuple[Contents, Contents] | None = None) -> list[Position]:
    """Quotes of equal content: those of equal kind that agree best first, so that copies find their own.

    Args:
        match: the quotes of an article.
        cut: their contents, if not as they are.
    """
    sides = [
        [(content, quote.kind) for content, quote in zip(contents, quotes, strict=True)]
        for contents, quotes in zip(cut or match.contents, match.quotes, strict=True)
    ]
    agreeing = [pair for pair in match.pairs if sides[0][pair[0]] == sides[1][pair[1]]]
    return pair_rest(sides[0], sides[1], pair_equal(sides[0], sides[1], agreeing))


def _positions(columns: Columns, pairs_of: Callable[[MatchedArticle], Iterable[Position]]) -> tuple[Ints, Ints]:
    """Pairs of every article as positions among all items."""
    return pair_arrays(
        [
            (match.first[0] + gold, match.first[1] + predicted)
            for match in quote_matches(columns)
            for gold, predicted in pairs_of(match)
        ]
    )


def overlap(columns: Columns) -> Items:
    """Pareti et al. 2013, partial: each quote earns the shares that quotes of the other side cover, 1 at most.

    Equal contents of the other side cover once, and a second copy of a content is covered by second copies only:
    with the plain sum a half of a quote that is predicted twice would cover all of it.
    """
    matches = quote_matches(columns)
    sides = [np.array([share for match in matches for share in _shares(match, side)]) for side in (0, 1)]
    return items_of_credits(columns, sides[0], sides[1])


def _shares(match: MatchedArticle, side: int) -> list[float]:
    contents, other_contents = match.contents[side], match.contents[1 - side]
    by_copy: dict[int, list[Pieces]] = defaultdict(list)
    for content, number in zip(other_contents, _copies(other_contents), strict=True):
        by_copy[number].append(content)
    covers = {number: _Cover(others) for number, others in by_copy.items()}
    nothing = _Cover(())
    return [
        covers.get(number, nothing).share(content) for content, number in zip(contents, _copies(contents), strict=True)
    ]


class _Cover:
    """What some contents cover of others, without laying each beside each."""

    def __init__(self, contents: Sequence[Pieces]) -> None:
        self._contents = frozenset(contents)
        pieces = [piece for content in contents for piece in content]
        self._bounds = [sorted(piece[end] for piece in pieces) for end in (0, 1)]
        self._sums = [list(accumulate(bounds, initial=0)) for bounds in self._bounds]

    def share(self, content: Pieces) -> float:
        """The share of the characters of a content that is covered, each as often as it is, and 1 at most."""
        size = sum(end - start for start, end in content)
        if not size:
            return float(content in self._contents)
        return min(1.0, sum(self._before(end) - self._before(start) for start, end in content) / size)

    def _before(self, place: int) -> int:
        """How many characters of all pieces stand before a place: up to it from each start, less from each end."""
        opened, closed = (
            number * place - sums[number]
            for bounds, sums in zip(self._bounds, self._sums, strict=True)
            for number in (bisect_left(bounds, place),)
        )
        return opened - closed


def _copies(contents: Sequence[Pieces]) -> list[int]:
    """For each content how many equal ones stand before it."""
    seen: Counter[Pieces] = Counter()
    numbers = []
    for content in contents:
        numbers.append(seen[content])
        seen[content] += 1
    return numbers


def token(columns: Columns) -> Items:
    """Tokens of content; a token in two quotes of one kind is one row, in quotes of two kinds it is two."""
    rows: tuple[list[_Row], list[_Row]] = ([], [])
    for match in quote_matches(columns):
        # A token of a kind belongs to the first quote of that kind that touches it.
        owners = [_first_owner(match, side) for side in (0, 1)]
        things = [list(owned) for owned in owners]
        pairs = pair_rest(things[0], things[1], pair_equal(things[0], things[1]))
        for side in (0, 1):
            partner = {pair[side]: things[1 - side][pair[1 - side]] for pair in pairs}
            for position, thing in enumerate(things[side]):
                other = match.first[1 - side] + owners[1 - side][partner[position]] if position in partner else NOBODY
                rows[side].append((match.first[side] + owners[side][thing], float(position in partner), other))
    return items_of_rows(columns, _rows(columns, GOLD_SIDE, rows[0]), _rows(columns, PREDICTED_SIDE, rows[1]))


_Row = tuple[int, float, int]
"""Item, credit and partner."""


def _first_owner(match: MatchedArticle, side: int) -> dict[tuple[int, str], int]:
    owner: dict[tuple[int, str], int] = {}
    # Of a token that has an owner: one behind it, before which none is free. So nested quotes are not walked again.
    behind: dict[tuple[int, str], int] = {}
    for position, (quote, tokens) in enumerate(zip(match.quotes[side], match.tokens[side], strict=True)):
        for low, high in tokens:
            passed = []
            number = low
            while number < high:
                thing = number, quote.kind
                if thing not in owner:
                    owner[thing] = position
                passed.append(thing)
                number = behind.get(thing, number + 1)
            behind.update(dict.fromkeys(passed, number))
    return owner


def _rows(columns: Columns, side: int, rows: Sequence[_Row]) -> Rows:
    """Rows that count under the label of their item."""
    item = np.array([row[0] for row in rows], dtype=np.int64)
    credit: NDArray[np.float64] = np.array([row[1] for row in rows], dtype=np.float64)
    partner = np.array([row[2] for row in rows], dtype=np.int64)
    return Rows(item, columns.sides[side].label[item], credit, partner, side)


def cue(columns: Columns, how: str) -> Items:
    """The cue of the matched quote: `exact` (the same spans) or `overlap`."""
    right: dict[str, Right] = {
        "exact": lambda gold, predicted, _: join_spans(gold.cue) == join_spans(predicted.cue),
        "overlap": lambda gold, predicted, _: any_overlap(gold.cue, predicted.cue),
    }
    return _role(columns, lambda quote: bool(quote.cue), right[how])


def speaker(columns: Columns, how: str, given: bool = False) -> Items:
    """The speaker of the matched quote: `exact` (the same mention), `overlap` or `entity`; `given`: of no other.

    A mention is not judged where the gold says who speaks by an id alone: where that is said, it does not tell.
    """
    if how == "entity":
        return _role(columns, has_speaker, speaker_is_right, given=given)
    right: dict[str, Right] = {
        "exact": lambda gold, predicted, _: gold.speaker == predicted.speaker,
        "overlap": lambda gold, predicted, _: any_overlap(mention(gold), mention(predicted)),
    }
    return _role(columns, lambda quote: quote.speaker is not None, right[how], given=given, by_mention=True)


Right = Callable[[Quote, Quote, Alignment], bool]
"""Whether two matched quotes agree in a role."""


def _role(
    columns: Columns, has: Callable[[Quote], bool], right: Right, *, given: bool = False, by_mention: bool = False
) -> Items:
    """Rows are the quotes that have the role; with `given` only those of matched quotes."""
    rows: tuple[list[_Row], list[_Row]] = ([], [])
    for match in quote_matches(columns):
        untold = {p for g, p in match.pairs if by_mention and _by_id_alone(match.quotes[0][g])}
        good = {p for p in match.pairs if right(match.quotes[0][p[0]], match.quotes[1][p[1]], match.alignment)}
        for side in (0, 1):
            partner = {pair[side]: pair[1 - side] for pair in match.pairs}
            earned = {pair[side] for pair in good}
            for position, quote in enumerate(match.quotes[side]):
                if has(quote) and (position in partner or not given) and (side == 0 or position not in untold):
                    other = match.first[1 - side] + partner[position] if position in partner else NOBODY
                    rows[side].append((match.first[side] + position, float(position in earned), other))
    return items_of_rows(columns, _rows(columns, GOLD_SIDE, rows[0]), _rows(columns, PREDICTED_SIDE, rows[1]))


def _by_id_alone(quote: Quote) -> bool:
    return quote.speaker is None and quote.speaker_id is not None


def harm(columns: Columns, cost: int = 2) -> Items:
    """As the speaker as an entity, where a wrong person counts as often as it costs.

    A wrong person is a predicted speaker of a matched quote who is not the one that gold names, or whom gold does not
    name. It is `cost` predicted items; a missing one, and one of a spurious quote, is one item as ever.
    """
    once = speaker(columns, "entity")
    rows = once.predicted
    wrong = (rows.partner != NOBODY) & (rows.credit == 0)
    again = np.repeat(np.arange(len(rows.item)), np.where(wrong, cost, 1))
    predicted = Rows(rows.item[again], rows.label[again], rows.credit[again], rows.partner[again], rows.side)
    return items_of_rows(columns, once.gold, predicted)


def joint(columns: Columns) -> Items:
    """Content exact and speaker-entity both right."""

    def right(match: MatchedArticle) -> list[Position]:
        return [
            (gold, predicted)
            for gold, predicted in match.pairs
            if match.contents[0][gold] == match.contents[1][predicted]
            and same_speaker(match.quotes[0][gold], match.quotes[1][predicted], match.alignment)
        ]

    return items_of_pairs(columns, *_positions(columns, right))
