"""Predictions that would stand where gold items do if their offsets counted in another way: for a note, never a score.

Without a text or surfaces beside predictions nothing else tells that somebody counts UTF-16 code units, or from 1.
Every way of counting is tried on the same items; the one that makes most of those that miss match exactly is named,
with how many it was tried on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from evalkit.records import Span
from evalkit.scoring.columns import Columns
from evalkit.text.counting import CODE_POINTS, COUNTINGS, Counting, Ruler

__all__ = ["Misplaced", "find_misplaced"]

LOOKED_AT = 100
"""So many predicted items that miss are looked at, in the order of the articles."""
LEAST = 3
MOST, MANY, FAR_MORE = 0.8, 0.5, 3
"""A way is named if it mends this share of what misses, or the lower one if then so many times as many match as now."""
NOTICED = 0.2
"""Where fewer of all items miss, there is nothing to explain."""
FORMS = ("", "lf", "crlf", "nfc", "nfd", "nfkc", "stripped")
"""Forms of a text that lie so near that they are tried without anything else to go by."""
SHIFTS = 5

Place = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Misplaced:
    """Predicted items that another way of counting would put where gold items are.

    Attributes:
        missing: how many of the items that were looked at stand at no gold item.
        mended: how many more would stand at one.
        countings: the ways of counting that would do it, equally well; empty for a shift.
        shift: by how much every offset would have to be lower instead.
        whole: whether all items that miss were looked at.
    """

    missing: int
    mended: int
    countings: tuple[Counting, ...] = ()
    shift: int = 0
    whole: bool = True


@dataclass(frozen=True)
class _Article:
    text: str
    gold: frozenset[Place]
    predicted: frozenset[Place]

    def counted(self, counting: Counting) -> int:
        """How many predicted items stand at gold items if they were counted so."""
        if self.text:
            ruler = Ruler(self.text, counting)
            return len(self.gold & {ruler.span(Span(*place)) for place in self.predicted})
        base, longer = int(counting.one_based), int(counting.inclusive)
        return len(self.gold & {(start - base, end - base + longer) for start, end in self.predicted})

    def shifted(self, shift: int) -> int:
        """How many do if every offset is lower."""
        return len(self.gold & {(start - shift, end - shift) for start, end in self.predicted})


def find_misplaced(columns: Columns) -> Misplaced | None:
    """What would mend most predicted items that miss; None if nothing would, or hardly any do.

    Items match here if they stand at the same place, whatever their label. Items in several pieces are seen as one.
    """
    matched = len(columns.equal[0])
    missing = len(columns.predicted) - matched
    if min(len(columns.gold) - matched, missing) < LEAST or missing < NOTICED * len(columns.predicted):
        return None
    articles, whole = _looked_at(columns)
    now = sum(own.counted(CODE_POINTS) for own in articles)
    predicted = sum(len(own.predicted) for own in articles)
    most = min(predicted, sum(len(own.gold) for own in articles)) - now

    known = all(own.text for own in articles)

    def gain(match: Callable[[_Article], int], *, most_will_do: bool) -> int:
        after = sum(map(match, articles))
        more = after - now
        many = most_will_do and more >= MANY * most and after >= FAR_MORE * max(now, 1)
        return more if more >= LEAST and (many or more >= MOST * most) else 0

    # Where units cannot be tried, what mends no more than many items may be half of what another would.
    by_counting = {own: gain(_Way(own).matches, most_will_do=known) for own in _ways(articles)}
    by_shift = {own: gain(_Shift(own).matches, most_will_do=False) for own in _shifts(articles)}
    counted, shifted = max(by_counting.values()), max(by_shift.values(), default=0)
    if not max(counted, shifted):
        return None
    if shifted > counted:
        shift = next(own for own, mended in by_shift.items() if mended == shifted)
        return Misplaced(missing=predicted - now, mended=shifted, shift=shift, whole=whole)
    equal = [own for own, mended in by_counting.items() if mended == counted]
    simplest = tuple(own for own in equal if own.oddities == equal[0].oddities)
    return Misplaced(missing=predicted - now, mended=counted, countings=simplest, whole=whole)


@dataclass(frozen=True)
class _Way:
    counting: Counting

    def matches(self, article: _Article) -> int:
        return article.counted(self.counting)


@dataclass(frozen=True)
class _Shift:
    shift: int

    def matches(self, article: _Article) -> int:
        return article.shifted(self.shift)


def _ways(articles: Sequence[_Article]) -> Iterator[Counting]:
    """The ways of counting that can be tried, and make a difference in some text."""
    known = all(own.text for own in articles)
    for counting in COUNTINGS:
        of_text = Counting(unit=counting.unit, form=counting.form)
        if of_text == CODE_POINTS:
            yield counting
        elif known and counting.form in FORMS:
            alone = [Counting(unit=counting.unit), Counting(form=counting.form)]
            if all(own == CODE_POINTS or any(not Ruler(a.text, own).is_idle for a in articles) for own in alone):
                yield counting


def _looked_at(columns: Columns) -> tuple[list[_Article], bool]:
    """The first articles in which predicted items miss, and whether they are all."""
    missing = columns.predicted.article[columns.unequal[1]]
    numbers = dict.fromkeys(missing[:LOOKED_AT].tolist())
    articles = [
        _Article(
            "" if columns.texts is None else columns.texts[number],
            frozenset(_places(columns, 0, number)),
            frozenset(_places(columns, 1, number)),
        )
        for number in numbers
    ]
    return articles, len(missing) <= LOOKED_AT


def _places(columns: Columns, side: int, article: int) -> Iterator[Place]:
    items = columns.sides[side]
    own = slice(int(columns.first[side][article]), int(columns.first[side][article + 1]))
    return zip(items.start[own].tolist(), items.end[own].tolist(), strict=True)


def _shifts(articles: Sequence[_Article]) -> list[int]:
    """The most frequent distances between predicted and gold items of equal length."""
    often: Counter[int] = Counter()
    for own in articles:
        for start, end in own.predicted - own.gold:
            often.update({start - low for low, high in own.gold if high - low == end - start})
    return [shift for shift, _ in sorted(often.items(), key=lambda entry: (-entry[1], entry[0]))[:SHIFTS]]
