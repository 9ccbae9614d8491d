from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.analysis import resampling
from evalkit.analysis.resampling import (
    Plan,
    draws,
    exact_cells,
    group_sums,
    row_blocks,
    swapped_sums,
    swaps,
    units_of,
    weighted_sums,
)


def whole(plan: Plan) -> np.ndarray:
    return np.concatenate(list(draws(plan)))


@given(units=st.integers(1, 70), rounds=st.integers(1, 40), seed=st.integers(0, 2**32))
def test_every_resample_draws_as_many_units_as_there_are(units: int, rounds: int, seed: int) -> None:
    weights = whole(Plan(units, rounds, seed))
    assert weights.shape == (rounds, units)
    assert (weights.sum(axis=1, dtype=np.int64) == units).all()


def test_a_longer_plan_begins_with_the_shorter_one() -> None:
    assert np.array_equal(whole(Plan(33, 200, 5))[:50], whole(Plan(33, 50, 5)))


def test_seeds_differ() -> None:
    assert not np.array_equal(whole(Plan(33, 50, 5)), whole(Plan(33, 50, 6)))


@pytest.mark.parametrize("limit", [0, 10**9], ids=["drawn block by block", "kept"])
@pytest.mark.parametrize("block_bytes", [8 * 33, 8 * 33 * 7, 10**7], ids=["one row", "seven rows", "all rows"])
def test_blocks_do_not_change_the_plan(monkeypatch: pytest.MonkeyPatch, limit: int, block_bytes: int) -> None:
    expected, swapped = whole(Plan(33, 50, 9)), np.concatenate(list(swaps(Plan(33, 50, 9))))
    monkeypatch.setattr(resampling, "KEPT_BYTES", limit)
    monkeypatch.setattr(resampling, "BLOCK_BYTES", block_bytes)
    resampling._kept_draws.cache_clear()
    assert np.array_equal(whole(Plan(33, 50, 9)), expected)
    assert np.array_equal(np.concatenate(list(swaps(Plan(33, 50, 9)))), swapped)
    resampling._kept_draws.cache_clear()


def test_draws_are_uniform() -> None:
    # 4,000 rounds of 50 draws: each unit is drawn 4,000 times on average with a standard deviation of 62.6.
    total = whole(Plan(50, 4000, 0)).sum(axis=0, dtype=np.int64)
    assert np.abs(total - 4000).max() < 4 * 62.6


def test_swaps_are_even() -> None:
    # 2,000 fair coins: 1,000 on average with a standard deviation of 22.4.
    total = np.concatenate(list(swaps(Plan(70, 2000, 0)))).sum(axis=0, dtype=np.int64)
    assert np.abs(total - 1000).max() < 4 * 22.4


def test_the_plan_is_pinned() -> None:
    # The first row of seed 0 over 8 units: intervals in a stored baseline stay reproducible only if this never moves.
    words = np.random.PCG64(np.random.SeedSequence([0, 0])).random_raw(4)
    halves = [int(half) for word in words for half in (int(word) & 0xFFFFFFFF, int(word) >> 32)]
    expected = np.bincount([half * 8 >> 32 for half in halves], minlength=8)
    assert whole(Plan(8, 1, 0))[0].tolist() == expected.tolist()
    assert expected.tolist() == [3, 0, 2, 0, 1, 1, 1, 0]


@pytest.mark.parametrize(
    ("clusters", "expected", "number"),
    [
        pytest.param(None, [0, 1, 2], 3, id="articles"),
        pytest.param({"a": "s", "b": "s", "c": "s"}, [0, 0, 0], 1, id="one story"),
        pytest.param({"a": "s", "c": "s"}, [0, 1, 0], 2, id="an article without a story stands alone"),
        pytest.param({"a": "b"}, [0, 1, 2], 3, id="a story named as an article is not that article"),
    ],
)
def test_units_of(clusters: dict[str, str] | None, expected: list[int], number: int) -> None:
    unit, units = units_of(["a", "b", "c"], clusters)
    assert (unit.tolist(), units) == (expected, number)


def test_group_sums() -> None:
    assert group_sums(np.array([[1.0], [2.0], [4.0]]), np.array([0, 1, 0]), 2).tolist() == [[5.0], [2.0]]


@given(
    values=st.lists(st.floats(-50, 50), min_size=1, max_size=60),
    seed=st.integers(0, 99),
)
def test_sums_of_exact_cells_do_not_depend_on_the_order(values: list[float], seed: int) -> None:
    cells = exact_cells(np.array(values)[:, None])
    assert np.abs(cells[:, 0] - values).max() <= 1e-9
    order = np.random.default_rng(seed).permutation(len(values))
    weights = whole(Plan(len(values), 5, seed)).astype(cells.dtype)
    assert np.array_equal(weights @ cells, weights[:, order] @ cells[order])


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        pytest.param([1.0, 0.5, 3.0], np.float32, id="halves fit in single precision"),
        pytest.param([1.0, 1 / 3], np.float64, id="fractions do not"),
        pytest.param([1e9, 0.5], np.float64, id="nor do large counts"),
    ],
)
def test_exact_cells_type(values: list[float], dtype: type) -> None:
    assert exact_cells(np.array(values)[:, None]).dtype == dtype


def test_row_blocks_of_nothing_is_one_empty_block() -> None:
    assert [block.shape for block in row_blocks(np.zeros((0, 4)))] == [(0, 4)]


@pytest.mark.parametrize("block_bytes", [1, 8 * 6 * 3, 10**7], ids=["one row", "three rows", "all rows"])
def test_weighted_sums(monkeypatch: pytest.MonkeyPatch, block_bytes: int) -> None:
    # 20 rounds over 5 units of 6 columns, in however many pieces.
    cells = np.random.default_rng(0).integers(0, 9, (5, 6)).astype(np.float32)
    weights = list(draws(Plan(5, 20, 0)))
    monkeypatch.setattr(resampling, "BLOCK_BYTES", block_bytes)
    assert np.array_equal(np.concatenate(list(weighted_sums(weights, cells))), np.concatenate(weights) @ cells)


def test_equal_columns_are_summed_once_and_stand_where_they_were() -> None:
    # Columns 0 and 2 are equal, 3 is all zero: the sums must come back in the order and number of the columns.
    cells = np.array([[1.0, 2.0, 1.0, 0.0], [4.0, 3.0, 4.0, 0.0]], dtype=np.float32)
    (sums,) = weighted_sums([np.array([[2, 0], [1, 1]], dtype=np.uint8)], cells)
    assert sums.tolist() == [[2, 4, 2, 0], [5, 5, 5, 0]]


@settings(max_examples=30)
@given(units=st.integers(1, 140), columns=st.integers(1, 4), fractions=st.booleans(), seed=st.integers(0, 99))
def test_looked_up_sums_are_the_products(units: int, columns: int, fractions: bool, seed: int) -> None:
    drawn = np.random.default_rng(seed).normal(0, 3, (units, columns))
    cells = exact_cells(drawn if fractions else np.rint(drawn))
    plan = Plan(units, resampling.LOOKUP_ROUNDS, seed)
    looked_up = np.concatenate(list(swapped_sums(plan, cells)))
    assert np.array_equal(looked_up, np.concatenate(list(weighted_sums(swaps(plan), cells))))


def test_few_rounds_are_products(monkeypatch: pytest.MonkeyPatch) -> None:
    cells, plan = np.arange(70, dtype=np.float32)[:, None], Plan(70, 999, 0)
    products = np.concatenate(list(swapped_sums(plan, cells)))
    # Looked up in blocks that do not divide the rounds, the same sums come out.
    monkeypatch.setattr(resampling, "LOOKUP_ROUNDS", 1)
    monkeypatch.setattr(resampling, "BLOCK_BYTES", 8 * 2 * 7)
    assert np.array_equal(np.concatenate(list(swapped_sums(plan, cells))), products)
