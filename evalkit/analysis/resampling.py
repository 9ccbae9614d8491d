"""Which articles are drawn how often: one plan for every task and convention of a run.

A plan depends on the number of units, the seed and nothing else, and units are articles (or clusters) in sorted
order, so the order and the shards in which articles arrive cannot matter. Draws come from the raw words of PCG64,
whose stream numpy guarantees, so a plan stays the same under later versions of numpy.

Weighted sums are matrix products. They are exact, whatever the order in which a BLAS library adds: counts and half
credits as they are, fractions of credit after rounding to a binary grid that leaves room for the largest sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Ints",
    "Plan",
    "all_swaps",
    "draws",
    "exact_cells",
    "group_sums",
    "row_blocks",
    "swapped_sums",
    "swaps",
    "units_of",
    "weighted_sums",
]

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

BLOCK_BYTES = 16 << 20
KEPT_BYTES = 100_000_000
UNKEPT_BYTES = 20_000_000
LOOKUP_ROUNDS = 1000
COUNTED_AT_ONCE = 1 << 15
"""Draws that are counted together: of few units many rounds, as each count has a price of its own."""
SINGLE_BITS, DOUBLE_BITS, GRID_BITS = 23, 52, 40


@dataclass(frozen=True)
class Plan:
    """How many units are drawn how many times.

    Attributes:
        units: number of articles or clusters.
        rounds: number of resamples; the first rounds of a longer plan are those of a shorter one.
        seed: where the stream begins.
    """

    units: int
    rounds: int
    seed: int

    @property
    def block(self) -> int:
        """Rounds that are worked on at a time, so that their weights fit in `BLOCK_BYTES` as float64."""
        return max(1, min(self.rounds, BLOCK_BYTES // (8 * max(self.units, 1))))


def draws(plan: Plan, *, kept: bool = True) -> Iterator[Bytes]:
    """Blocks of shape (rounds, units): how often each unit is drawn, with replacement; each row sums to `units`.

    Those of a plan that is gone through again are `kept`, if they are not too many. A count is kept in one byte: that a
    unit is drawn more than 255 times has a probability below 1e-500.
    """
    if plan.units * plan.rounds > (KEPT_BYTES if kept else UNKEPT_BYTES):
        yield from _fresh_draws(plan)
        return
    if plan.units == 1:
        # Each draw of one unit is that unit; generators of numbers take long to load.
        yield np.ones((plan.rounds, 1), dtype=np.uint8)
        return
    every = _kept_draws(plan)
    for begin in range(0, plan.rounds, plan.block):
        yield every[begin : begin + plan.block]


@lru_cache(maxsize=1)
def _kept_draws(plan: Plan) -> Bytes:
    kept = np.empty((plan.rounds, plan.units), dtype=np.uint8)
    for number, weights in enumerate(_fresh_draws(plan)):
        kept[number * plan.block : number * plan.block + len(weights)] = weights
    return kept


def _fresh_draws(plan: Plan) -> Iterator[Bytes]:
    bits = np.random.PCG64(np.random.SeedSequence([plan.seed, 0]))
    words = (plan.units + 1) // 2
    for begin in range(0, plan.rounds, plan.block):
        rounds = min(plan.block, plan.rounds - begin)
        # Two draws from each 64-bit word, the low half first on any machine; with an odd number of units the last half
        # of a round is left, so that a round takes as many words whatever comes after it.
        raw = bits.random_raw(rounds * words).astype("<u8", copy=False).view("<u4").reshape(rounds, 2 * words)
        weights = np.empty((rounds, plan.units), dtype=np.uint8)
        at_once = max(1, COUNTED_AT_ONCE // max(plan.units, 1))
        for first in range(0, rounds, at_once):
            _count_draws(raw[first : first + at_once, : plan.units], weights[first : first + at_once])
        yield weights


def _count_draws(raw: NDArray[np.uint32], weights: Bytes) -> None:
    """Fills in how often each unit is drawn in some rounds, from a random number for each draw: (rounds, units)."""
    rounds, units = weights.shape
    # Multiply-shift (Lemire 2019) without rejection: the bias is below units / 2**32.
    unit = (raw.astype(np.uint64) * np.uint64(units)) >> np.uint64(32)
    place = unit.view(np.int64) + units * np.arange(rounds)[:, None]
    weights[:] = np.bincount(place.ravel(), minlength=rounds * units).reshape(rounds, units)


def swaps(plan: Plan) -> Iterator[Bytes]:
    """Blocks of shape (rounds, units) of 0 and 1, each with probability one half: which units change sides."""
    bits = np.random.PCG64(np.random.SeedSequence([plan.seed, 1]))
    words = (plan.units + 63) // 64
    for begin in range(0, plan.rounds, plan.block):
        rounds = min(plan.block, plan.rounds - begin)
        # One bit a unit; a round begins with a fresh word, as in `swapped_sums`.
        raw = bits.random_raw(rounds * words).astype("<u8", copy=False).view(np.uint8).reshape(rounds, 8 * words)
        yield np.unpackbits(raw, axis=1, count=plan.units, bitorder="little")


def all_swaps(units: int) -> Iterator[Bytes]:
    """Every choice of units that change sides, the first one never: one block of shape (2 ** (units - 1), units)."""
    numbers = np.arange(2 ** (units - 1), dtype=np.int64)[:, None]
    yield np.concatenate([np.zeros_like(numbers), numbers >> np.arange(units - 1) & 1], axis=1).astype(np.uint8)


def units_of(articles: Sequence[str], clusters: Mapping[str, str] | None) -> tuple[Ints, int]:
    """The unit of each article and the number of units; an article without a declared cluster stands alone."""
    if clusters is None:
        return np.arange(len(articles)), len(articles)
    names = [(0, clusters[article]) if article in clusters else (1, article) for article in articles]
    position = {name: number for number, name in enumerate(sorted(set(names)))}
    return np.array([position[name] for name in names], dtype=np.int64), len(position)


def group_sums(cells: NDArray[np.floating[Any]], unit: Ints, units: int) -> NDArray[np.floating[Any]]:
    """Rows of `cells` (articles, columns) added up by unit, in the order of articles."""
    if units == len(cells):
        return cells
    sums = np.zeros((units, cells.shape[1]))
    np.add.at(sums, unit, cells)
    return sums


def weighted_sums(weights: Iterable[Bytes], cells: NDArray[np.floating[Any]]) -> Iterator[Floats]:
    """The sums of cells (units, columns) under weights (rounds, units): blocks of (rounds, columns) in order.

    Args:
        weights: `draws` or `swaps`.
        cells: as `exact_cells` gives them.
    """
    step = max(1, BLOCK_BYTES // (8 * max(cells.shape[1], 1)))
    # Equal columns have equal sums: each is multiplied once, and the result is laid out again at the end.
    first, place = _distinct(cells)
    distinct = np.ascontiguousarray(cells[:, first])
    for block in weights:
        for begin in range(0, len(block), step):
            sums = (block[begin : begin + step].astype(cells.dtype) @ distinct).astype(np.float64, copy=False)
            yield sums[:, place]


def swapped_sums(plan: Plan, cells: NDArray[np.floating[Any]]) -> Iterator[Floats]:
    """The sums of cells (units, columns) over the units that change sides: `weighted_sums(swaps(plan), cells)`.

    Bits allow more than a matrix product: the sums of eight units are looked up by the byte of their bits, which needs
    an eighth of the additions and no BLAS threads. It pays where a table of 256 sums serves many rounds.
    """
    words = (plan.units + 63) // 64
    rounds = min(plan.rounds, BLOCK_BYTES // (8 * max(cells.shape[1], words, 1)))
    if rounds < LOOKUP_ROUNDS:
        yield from weighted_sums(swaps(plan), cells)
        return
    first, place = _distinct(cells)
    # Units filled up to whole words with zeros, which add nothing whatever their bits are.
    distinct = np.zeros((64 * words, len(first)), dtype=cells.dtype)
    distinct[: plan.units] = cells[:, first]
    bits = np.random.PCG64(np.random.SeedSequence([plan.seed, 1]))
    for begin in range(0, plan.rounds, rounds):
        size = min(rounds, plan.rounds - begin)
        raw = bits.random_raw(size * words).astype("<u8", copy=False).view(np.uint8).reshape(size, 8 * words)
        yield _looked_up(np.ascontiguousarray(raw.T), distinct).astype(np.float64, copy=False)[:, place]


def _looked_up(octets: Bytes, cells: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Sums of cells (8 · groups, columns) where bits are set, from octets (groups, rounds), lowest bit first."""
    set_bits = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little").astype(cells.dtype)
    sums = np.zeros((octets.shape[1], cells.shape[1]), dtype=cells.dtype)
    octet_sums = np.empty_like(sums)
    # For eight units at a time the sums of all 256 choices of them, then for each round the one that its byte names.
    for group, octet in enumerate(octets):
        np.take(set_bits @ cells[8 * group : 8 * group + 8], octet, axis=0, out=octet_sums, mode="clip")
        sums += octet_sums
    return sums


def _distinct(cells: NDArray[np.floating[Any]]) -> tuple[list[int], list[int]]:
    """Columns that differ, and for each column which of them it equals.

    Many are equal: gold and predicted credit where matching is one-to-one, and all differences of gold counts are 0.
    """
    number: dict[bytes, int] = {}
    first: list[int] = []
    place = []
    for position, column in enumerate(np.ascontiguousarray(cells.T)):
        key = column.tobytes()
        if key not in number:
            number[key] = len(first)
            first.append(position)
        place.append(number[key])
    return first, place


def row_blocks(cells: NDArray[np.floating[Any]]) -> Iterator[NDArray[np.floating[Any]]]:
    """The rows in blocks of at most `BLOCK_BYTES`, so that what is computed from them stays small; at least one."""
    step = max(1, BLOCK_BYTES // (8 * max(cells.shape[1], 1)))
    for begin in range(0, max(len(cells), 1), step):
        yield cells[begin : begin + step]


def exact_cells(cells: NDArray[np.floating[Any]], units: int | None = None) -> NDArray[np.floating[Any]]:
    """The cells (units, columns) such that every sum of them, drawn `units` times, is exact in their type.

    Whole and half values stay as they are. Other values are rounded to multiples of a power of two, at least 1e-9
    fine for up to a million units.
    """
    largest = (len(cells) if units is None else units) * float(np.abs(cells).max(initial=0.0)) + 1
    bound = int(np.ceil(np.log2(largest)))
    # Halves count as whole numbers once doubled; they fit into a float32 if their largest sum has bits to spare.
    if bound + 1 <= SINGLE_BITS and all((2 * block == np.rint(2 * block)).all() for block in row_blocks(cells)):
        return cells.astype(np.float32, copy=False)
    step = 2.0 ** -min(GRID_BITS, max(1, DOUBLE_BITS - bound))
    return np.asarray(np.rint(cells.astype(np.float64) / step) * step)
