"""Predictions that would stand where gold items do if their offsets counted in another way: for a note, never a score.

Without a text or surfaces beside predictions nothing else tells that somebody counts UTF-16 code units, or from 1.
Every way of counting is tried on the same items; the one that makes most of those that miss match exactly is named,
with how many it was tried on.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from evalkit.records import Span
from evalkit.scoring.columns import Columns
from evalkit.text.counting import CODE_POINTS, COUNTINGS, Counting, Ruler

__all__ = ["Misplaced", "Misses", "find_misplaced"]

LOOKED_AT, SCREENED = 100, 12
"""So many predicted items that miss are looked at, in the order of the articles; a way that mends hardly any of the
first few is not tried on the others."""
LEAST = 3
MOST, MANY, FAR_MORE = 0.8, 0.5, 3
"""A way is named if it mends this share of what misses, or the lower one if then so many times as many match as now."""
NOTICED, FEW, HARDLY_ANY = 1 / 3, 0.4, 0.2
"""Where fewer of all items miss, there is nothing to explain. Forms of the text are tried where few items match, and a
way is tried no further if it mends hardly any."""
FORMS = ("", "lf", "crlf", "nfc", "nfd", "nfkc", "stripped")
"""Forms of a text that lie so near that they are tried without anything else to go by."""
SHIFTS, MOST_ODD, COMPARED = 5, 2, 500
"""So many shifts are tried, and oddities beside a form; so many items of an article are laid beside all others."""

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

    def place(self, counting: Counting, place: Place) -> Place | None:
        """The place in code points of one that was counted so."""
        if self.text:
            return Ruler(self.text, counting).span(Span(*place))
        base, longer = int(counting.one_based), int(counting.inclusive)
        return place[0] - base, place[1] - base + longer

    def counted(self, counting: Counting) -> int:
        """How many predicted items stand at gold items if they were counted so."""
        return len(self.gold & {self.place(counting, own) for own in self.predicted})


class Misses:
    """Predicted items that miss, and what is needed to look for a reason, gathered from blocks of articles.

    Items match here if they stand at the same place, whatever their label. Items in several pieces are seen as one.
    """

    def __init__(self) -> None:
        """Nothing was looked at yet."""
        self._gold = self._predicted = self._matched = 0
        self._articles: list[_Article] = []
        self._of_missing: list[int] = []
        self._missing = 0

    def add(self, columns: Columns) -> None:
        """Takes some articles, in order of their ids."""
        self._gold += len(columns.gold)
        self._predicted += len(columns.predicted)
        self._matched += len(columns.equal[0])
        missing = columns.predicted.article[columns.unequal[1]]
        self._missing += len(missing)
        places: dict[int, int] = {}
        for article in missing[: LOOKED_AT - len(self._of_missing)].tolist():
            if article not in places:
                places[article] = len(self._articles)
                text = "" if columns.texts is None else columns.texts[article]
                sides = (frozenset(_places(columns, side, article)) for side in (0, 1))
                self._articles.append(_Article(text, *sides))
            self._of_missing.append(places[article])

    def found(self) -> Misplaced | None:
        """What would mend most predicted items that miss; None if nothing would, or hardly any do."""
        missing = self._predicted - self._matched
        if min(self._gold - self._matched, missing) < LEAST or missing < NOTICED * self._predicted:
            return None
        few = self._looked_at(SCREENED)
        ways = [way for way in _ways(few, forms=self._matched < FEW * self._predicted) if way.is_promising(few)]
        return _best(ways, self._looked_at(LOOKED_AT), whole=self._missing <= LOOKED_AT) if ways else None

    def _looked_at(self, number: int) -> list[_Article]:
        """The first articles in which predicted items miss, until there are so many."""
        return [self._articles[place] for place in dict.fromkeys(self._of_missing[:number])]


def find_misplaced(columns: Columns) -> Misplaced | None:
    """What would mend most predicted items of some articles that miss; None if nothing would, or hardly any do."""
    misses = Misses()
    misses.add(columns)
    return misses.found()


def _best(ways: Sequence[_Way], articles: Sequence[_Article], *, whole: bool) -> Misplaced | None:
    """What mends most of what misses in some articles, if that is enough."""
    now = sum(own.counted(CODE_POINTS) for own in articles)
    predicted = sum(len(own.predicted) for own in articles)
    most = min(predicted, sum(len(own.gold) for own in articles)) - now
    known = all(own.text for own in articles)

    def gain(way: _Way) -> int:
        after = sum(map(way.matches, articles))
        more = after - now
        # Where units cannot be tried, what mends no more than many items may be half of what another would.
        many = known and not way.shift and more >= MANY * most and after >= FAR_MORE * max(now, 1)
        return more if more >= LEAST and (many or more >= MOST * most) else 0

    mended = {way: gain(way) for way in ways}
    best = max(mended.values())
    if not best:
        return None
    equal = [way for way, own in mended.items() if own == best]
    found = Misplaced(missing=predicted - now, mended=best, whole=whole)
    if all(way.shift for way in equal):
        return replace(found, shift=equal[0].shift)
    countings = [way.counting for way in equal if not way.shift]
    return replace(found, countings=tuple(own for own in countings if own.oddities == countings[0].oddities))


@dataclass(frozen=True)
class _Way:
    """A way of counting, or every offset lower by a number."""

    counting: Counting = CODE_POINTS
    shift: int = 0

    def place(self, article: _Article, place: Place) -> Place | None:
        if self.shift:
            return place[0] - self.shift, place[1] - self.shift
        return article.place(self.counting, place)

    def matches(self, article: _Article) -> int:
        """How many predicted items stand at gold items."""
        return len(article.gold & {self.place(article, own) for own in article.predicted})

    def is_promising(self, few: Sequence[_Article]) -> bool:
        """Whether it mends a good part of what misses in a few articles."""
        missing = [(own, place) for own in few for place in sorted(own.predicted - own.gold)[:SCREENED]]
        hits = sum(self.place(own, place) in own.gold for own, place in missing)
        return hits > HARDLY_ANY * len(missing)


def _ways(articles: Sequence[_Article], *, forms: bool) -> Iterator[_Way]:
    """The ways that can be tried and make a difference in some text."""
    known = all(own.text for own in articles)
    idle: dict[Counting, bool] = {CODE_POINTS: True}
    for counting in COUNTINGS:
        alone = [own for own in (Counting(counting.unit), Counting(form=counting.form)) if own != CODE_POINTS]
        if alone and (not known or counting.form not in FORMS):
            continue
        # With a form no more than one thing else is tried.
        if counting.form and (not forms or counting.oddities > MOST_ODD):
            continue
        for own in alone:
            if own not in idle:
                idle[own] = all(Ruler(article.text, own).is_idle for article in articles)
        if not any(idle[own] for own in alone):
            yield _Way(counting)
    yield from (_Way(shift=shift) for shift in _shifts(articles) if shift not in (0, 1))


def _places(columns: Columns, side: int, article: int) -> Iterator[Place]:
    items = columns.sides[side]
    own = slice(int(columns.first[side][article]), int(columns.first[side][article + 1]))
    return zip(items.start[own].tolist(), items.end[own].tolist(), strict=True)


def _shifts(articles: Sequence[_Article]) -> list[int]:
    """The most frequent distances between predicted and gold items of equal length."""
    often: Counter[int] = Counter()
    for own in articles:
        starts: dict[int, set[int]] = defaultdict(set)
        for low, high in own.gold:
            starts[high - low].add(low)
        for start, end in sorted(own.predicted - own.gold)[:COMPARED]:
            often.update([start - low for low in starts.get(end - start, ())])
    return [shift for shift, _ in sorted(often.items(), key=lambda entry: (-entry[1], entry[0]))[:SHIFTS]]
