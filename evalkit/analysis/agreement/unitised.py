"""Krippendorff's alpha for what is unitised: where readers mark stretches of a text, and which kind each one is.

The formula is that of Krippendorff, Mathet, Bouvry & Widlöcher 2016 ("On the reliability of unitizing textual
continua: Further developments", Quality & Quantity 50:2347-2364). It replaces that of Krippendorff 1995 and 2004, which
goes astray with more than two readers. Each reader's marks part a text into units of some kind and the gaps between
them. With the lengths of all intersections of two readers' stretches as coincidences (its equation 1),

    ualpha = 1 - Do / De        Do = l - Σ l_cc        De = l - Σ e_cc
    e_cc = l · (l_c² - k_c) / (l² - Σ k_c)             (equation 4)

where `l_c` is the length of kind `c` over all readers, `l` of everything, and `k_c` what a stretch would have in common
with itself: the square of its length for a unit, its length for a gap. With one kind of unit it is `|ualpha` (equation
6), the agreement on boundaries alone. Units and texts of length 1 make it Krippendorff's nominal alpha.

It counts gaps: two readers who leave most of a text alone agree about that, whatever they call the rest. Coding alpha
(cuα in that paper; Krippendorff 2019, "Content Analysis", 4th edition, equations 36 and 37) asks about the kinds alone.
It is the same formula over the coincidences of units with units: `l_c` is what a kind has in common with units of
others, and `k_c` the sum of squares of how much of each unit any other reader marked.

Lengths are characters. Several articles are one continuum of which each is a piece; an article counts with the readers
that it has, as values that lack one do in alpha, and one with a single reader not at all. Where units of one reader
overlap, which the paper leaves out, a stretch is of the kinds of all that cover it, so that a mark within another
counts.
"""

from __future__ import annotations

import bisect
import itertools
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evalkit.analysis.agreement.coefficient import Sums

__all__ = ["ArticleLengths", "Unit", "alpha_sums", "alpha_value", "article_lengths", "coding_lengths"]

Floats = NDArray[np.float64]
Kinds = tuple[Hashable, ...] | None
"""The kinds of all units that cover a stretch, sorted; None is a gap."""


class Unit(NamedTuple):
    """A marked stretch, `start` to `end` in characters, and its kind."""

    start: int
    end: int
    kind: str


class ArticleLengths(NamedTuple):
    """What an article adds to alpha.

    Attributes:
        whole: its length for each reader.
        agreeing: the length of intersections of one kind, over pairs of readers.
        own: what stretches have in common with themselves.
        gaps: the length of gaps over all readers.
        kinds: of each kind of unit its length over all readers.
        units: how many units there are.
    """

    whole: float
    agreeing: float
    own: float
    gaps: float
    kinds: Mapping[Kinds, float]
    units: int


def article_lengths(readings: Sequence[Iterable[Unit]], length: int) -> ArticleLengths:
    """The lengths of one article as several readers part it.

    Args:
        readings: the units of each reader, at least two readers; empty ones count nothing.
        length: of the text; what reaches behind it makes it longer.
    """
    parted = [_parted([unit for unit in units if unit.end > unit.start]) for units in readings]
    readers = len(parted)
    length = max([length, *(stretches[-1][1] for stretches in parted if stretches)])
    marked = [sum(end - start for start, end, _ in stretches) for stretches in parted]
    own = float(sum((end - start) ** 2 for stretches in parted for start, end, _ in stretches))
    own += sum(length - covered for covered in marked)
    kinds: defaultdict[Kinds, float] = defaultdict(float)
    for stretches in parted:
        for start, end, kind in stretches:
            kinds[kind] += end - start
    agreeing, touched = 0.0, 0
    cuts = sorted({place for stretches in parted for start, end, _ in stretches for place in (start, end)})
    starts = [[start for start, _, _ in stretches] for stretches in parted]
    for low, high in itertools.pairwise(cuts):
        there: Counter[Kinds] = Counter()
        for stretches, begun in zip(parted, starts, strict=True):
            at = bisect.bisect_right(begun, low) - 1
            there[stretches[at][2] if at >= 0 and stretches[at][1] > low else None] += 1
        if len(there) == 1 and None in there:
            continue
        touched += high - low
        agreeing += (high - low) * sum(number * (number - 1) for number in there.values()) / (readers - 1)
    # Where nobody marks anything all readers have a gap.
    agreeing += (length - touched) * readers
    gaps = float(sum(length - covered for covered in marked))
    return ArticleLengths(
        float(readers * length), agreeing, own, gaps, kinds, sum(len(stretches) for stretches in parted)
    )


def coding_lengths(readings: Sequence[Iterable[Unit]]) -> ArticleLengths:
    """As `article_lengths`, of what several readers marked: stretches where two units meet, and no gaps."""
    parted = [_parted([unit for unit in units if unit.end > unit.start]) for units in readings]
    readers = len(parted)
    kinds: defaultdict[Kinds, float] = defaultdict(float)
    shared: defaultdict[tuple[int, int], float] = defaultdict(float)
    agreeing = 0.0
    cuts = sorted({place for stretches in parted for start, end, _ in stretches for place in (start, end)})
    starts = [[start for start, _, _ in stretches] for stretches in parted]
    for low, high in itertools.pairwise(cuts):
        there: Counter[Kinds] = Counter()
        units = []
        for reader, (stretches, begun) in enumerate(zip(parted, starts, strict=True)):
            at = bisect.bisect_right(begun, low) - 1
            if at >= 0 and stretches[at][1] > low:
                there[stretches[at][2]] += 1
                units.append((reader, at))
        if len(units) < 2:
            continue
        for unit in units:
            shared[unit] += high - low
        for kind, number in there.items():
            kinds[kind] += (high - low) * number * (len(units) - 1) / (readers - 1)
            agreeing += (high - low) * number * (number - 1) / (readers - 1)
    own = float(sum(length**2 for length in shared.values()))
    return ArticleLengths(sum(kinds.values()), agreeing, own, 0.0, kinds, len(shared))


def _parted(units: Sequence[Unit]) -> list[tuple[int, int, Kinds]]:
    """The stretches between the ends of units, each with the kinds of all units that cover it; gaps left out."""
    ordered = sorted(units)
    if all(one.end <= other.start for one, other in itertools.pairwise(ordered)):
        return [(unit.start, unit.end, (unit.kind,)) for unit in ordered]
    cuts = sorted({place for unit in ordered for place in (unit.start, unit.end)})
    covering: defaultdict[int, list[str]] = defaultdict(list)
    for unit in ordered:
        for at in range(bisect.bisect_left(cuts, unit.start), bisect.bisect_left(cuts, unit.end)):
            covering[at].append(unit.kind)
    return [(cuts[at], cuts[at + 1], tuple(sorted(covering[at]))) for at in sorted(covering)]


_WHOLE, _AGREEING, _OWN, _GAPS, _NAMES, _KINDS = range(6)
"""Columns of the cells; kinds that articles share stand from the last one on."""


def alpha_value(totals: Floats) -> Floats:
    """Alpha of totals of shape (…, 5 + kinds); NaN where nothing is marked, or everything of one kind.

    Columns: the whole length, what agrees, what stretches have in common with themselves, gaps, the sum of squares of
    kinds that no other article has, then the kinds that articles share.
    """
    whole, agreeing, own = totals[..., _WHOLE], totals[..., _AGREEING], totals[..., _OWN]
    squares = totals[..., _GAPS] ** 2 + totals[..., _NAMES] + (totals[..., _KINDS:] ** 2).sum(axis=-1)
    # 1 - (l - Σ l_cc) / (l - Σ e_cc), with the sum over kinds written out: Σ e_cc = l (Σ l_c² - Σ k_c) / (l² - Σ k_c).
    above, below = (whole - agreeing) * (whole**2 - own), whole * (whole**2 - squares)
    defined = (totals[..., _GAPS] < whole) & (below > 0) & (whole**2 > own)
    return np.asarray(1 - np.divide(above, below, out=np.full(np.shape(below), np.nan), where=defined))


def alpha_sums(articles: Mapping[str, ArticleLengths], *, shared: bool = True) -> Sums:
    """What alpha is computed from.

    Args:
        articles: by id.
        shared: whether a kind means the same in every article, as labels do; names of things do not.
    """
    names = sorted(articles)
    kinds = sorted({kind for own in articles.values() for kind in own.kinds}, key=str) if shared else []
    column = {kind: _KINDS + number for number, kind in enumerate(kinds)}
    cells = np.zeros((len(names), _KINDS + len(kinds)))
    for row, name in enumerate(names):
        own = articles[name]
        cells[row, :_NAMES] = own.whole, own.agreeing, own.own, own.gaps
        for kind, length in own.kinds.items():
            if shared:
                cells[row, column[kind]] = length
            else:
                cells[row, _NAMES] += length**2
    there = np.array([articles[name].units > 0 for name in names], dtype=bool)
    return Sums(tuple(names), cells, alpha_value, sum(own.units for own in articles.values()), there)
