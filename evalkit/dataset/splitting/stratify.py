"""Groups of articles laid out by share so that every split has its share of each label, too.

Iterative stratification (Sechidis, Tsoumakas & Vlahavas 2011, "On the Stratification of Multi-Label Data", figure 2),
for groups that have several items of a label: the label of which the fewest items are left is laid out first, a group
of it at a time, that with the most items of it first; a group goes to the split that still wants the most items of that
label, of several the one that wants the most articles, of several of those the one that a seed draws. Groups without
any item come last, to the split that wants the most articles.

What is left of the aims is then made smaller by moving single groups and swapping pairs, as long as that brings the
shares of articles and labels closer to what they should be: items come in articles, and articles in groups, which a
single pass cannot all put right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.dataset.splitting.rule import drawn_number

__all__ = ["Unit", "stratified"]

Floats = NDArray[np.float64]

ROUNDS = 20
"""So often all groups are gone through for moves that help, at most."""
SWAPPED = 400
"""Pairs of groups are swapped in sets of at most so many groups; larger ones do not need it."""
GRID = 2.0**18
"""All items of a label are so much."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A group of articles that goes to one split.

    Attributes:
        name: what seeds draw by.
        articles: how many it has.
        labels: items by label; the label is any text.
    """

    name: str
    articles: int
    labels: Mapping[str, int]


def stratified(units: Sequence[Unit], shares: Mapping[str, float], seed: int) -> dict[str, str]:
    """The split of each unit by its name; the order of the units changes nothing."""
    ordered = sorted(units, key=lambda unit: (drawn_number(seed, unit.name), unit.name))
    splits = [name for name, share in shares.items() if share]
    labels = sorted({label for unit in ordered for label, number in unit.labels.items() if number})
    # The first column counts articles, the others the items of a label.
    counts = np.array([[unit.articles, *(unit.labels.get(label, 0) for label in labels)] for unit in ordered], float)
    counts = counts.reshape(len(ordered), 1 + len(labels))
    aims = np.outer([shares[name] for name in splits], counts.sum(axis=0))
    places = _settled(counts, aims, _laid_out(counts, aims))
    return {unit.name: splits[place] for unit, place in zip(ordered, places.tolist(), strict=True)}


def _laid_out(counts: Floats, aims: Floats) -> NDArray[np.int64]:
    """One pass of iterative stratification: the position of the split of each unit."""
    places = np.full(len(counts), -1)
    wanted, left = aims.copy(), counts.sum(axis=0)
    while True:
        # Articles are in every unit; they decide only where nothing else does.
        open_labels = np.flatnonzero(left[1:] > 0) + 1
        column = 0 if not len(open_labels) else int(open_labels[np.argmin(left[open_labels])])
        of_label = np.flatnonzero((places < 0) & (counts[:, column] > 0))
        if not len(of_label):
            return places
        for unit in of_label[np.argsort(-counts[of_label, column], kind="stable")].tolist():
            # The order of units was drawn by the seed; of equal splits the drawn place of the unit names one.
            ranked = sorted(
                range(len(aims)),
                key=lambda split: (-wanted[split, column], -wanted[split, 0], (split + unit) % len(aims)),
            )
            places[unit] = ranked[0]
            wanted[ranked[0]] -= counts[unit]
            left -= counts[unit]


def _settled(counts: Floats, aims: Floats, places: NDArray[np.int64]) -> NDArray[np.int64]:
    """The places after every move and swap that brings the splits closer to their aims."""
    total = counts.sum(axis=0)
    # Each label weighs the same, however often it occurs, and the articles as much as all labels together.
    scale = 1 / np.maximum(total, 1.0)
    scale[0] *= max(np.sqrt(len(total) - 1), 1.0)
    # Whole numbers, whose sums and products are exact, so that every machine comes to the same end.
    scaled, over = np.rint(counts * scale * GRID), -np.rint(aims * scale * GRID)
    np.add.at(over, places, scaled)
    for _ in range(ROUNDS):
        moved = _moves(scaled, over, places)
        if len(counts) <= SWAPPED:
            moved += _swaps(scaled, over, places)
        if not moved:
            break
    return places


def _moves(scaled: Floats, over: Floats, places: NDArray[np.int64]) -> int:
    """Moves each unit to the split where it helps most; how many moved."""
    moved = 0
    for unit, row in enumerate(scaled):
        here = places[unit]
        size = row @ row
        # The change of the sum of squares where the unit leaves its split for each other one.
        change = 2 * (over @ row) + size - 2 * (over[here] @ row) + size
        change[here] = 0.0
        best = int(change.argmin())
        if change[best] < 0:
            over[here] -= row
            over[best] += row
            places[unit] = best
            moved += 1
    return moved


def _swaps(scaled: Floats, over: Floats, places: NDArray[np.int64]) -> int:
    """Swaps each unit with the unit of another split with which that helps most; how many swapped."""
    swapped = 0
    for unit, row in enumerate(scaled):
        here = places[unit]
        gain = scaled - row
        change = 2 * (gain @ over[here] - (gain * over[places]).sum(axis=1)) + 2 * (gain * gain).sum(axis=1)
        change[places == here] = 0.0
        other = int(change.argmin())
        if change[other] < 0:
            over[here] += gain[other]
            over[places[other]] -= gain[other]
            places[unit], places[other] = places[other], here
            swapped += 1
    return swapped
