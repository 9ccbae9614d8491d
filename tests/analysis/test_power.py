from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from evalkit.analysis.comparison import ComparedRow, ComparisonOptions, compare_tables
from evalkit.analysis.intervals import Bootstrap
from evalkit.analysis.power import fewest_units, more_units_to_show, power_of_row, power_of_run, smallest_difference
from evalkit.errors import InputError
from evalkit.scoring.counts import CountTable
from evalkit.scoring.tasks.table import ScoredTable


def test_smallest_difference() -> None:
    # t(17, 0.975) + t(17, 0.8) = 2.109816 + 0.863279, √(18 / 17) = 1.028992; z(0.975) + z(0.8) = 1.959964 + 0.841621.
    assert smallest_difference(0.01, 18) == pytest.approx(0.01 * 2.973095 * 1.028992, rel=1e-5)
    assert smallest_difference(0.01, 10**6) == pytest.approx(0.02801585, rel=1e-5)
    # t(9, 0.995) + t(9, 0.9) = 3.249836 + 1.383029, √(10 / 9) = 1.054093.
    assert smallest_difference(0.01, 10, alpha=0.01, power=0.9) == pytest.approx(0.01 * 4.632865 * 1.054093, rel=1e-5)


def test_so_few_units_show_nothing() -> None:
    # Five units that all gain: 2 / 2⁵ = 0.0625; six: 0.03125. At 0.01 it takes eight: 2 / 2⁸ = 0.0078.
    assert (fewest_units(), fewest_units(0.01)) == (6, 8)
    assert power_of_run(0.1, 5).smallest is None
    assert power_of_run(0.1, 6).smallest is not None
    assert power_of_run(0.1, 5).units_for(0.9) >= 6


def test_articles_for_a_difference() -> None:
    # Half the difference needs four times the articles, but for a little that t and √(n / (n - 1)) shrink by.
    power = power_of_run(0.01, 100, correlation=0.5)
    assert power.error == pytest.approx(0.01)
    assert power.smallest is not None
    assert power.units_for(power.smallest * (1 + 1e-9)) == 100
    assert 390 <= power.units_for(power.smallest / 2) <= 396
    assert power.more_units_for(-power.smallest / 2) == power.units_for(power.smallest / 2) - 100
    assert power.more_units_for(0.9) == 0
    assert power.to_json()["basis"] == "one run, correlation 0.5 assumed"


@pytest.mark.parametrize(
    ("wins", "losses", "difference", "expected"),
    [
        pytest.param(0, 0, 0.0, 0, id="nothing to show"),
        # One of ten differs, and six that differ are the fewest: sixty articles.
        pytest.param(1, 0, 0.2, 50, id="grain"),
        pytest.param(4, 4, 0.2, 0, id="enough"),
    ],
)
def test_articles_to_add(wins: int, losses: int, difference: float, expected: int) -> None:
    facts = {"wins": wins, "losses": losses, "ties": 10 - wins - losses, "units": 10, "error": 0.01, "ci": None}
    names = {"task": "t", "convention": "c", "scope": "micro", "label": "", "score": "f1", "first": "a", "second": "b"}
    rest = {"first_value": 0.5, "second_value": 0.7, "p_randomization": 0.5, "q": 0.5, "effect": 1.0}
    row = ComparedRow(difference=difference, **names, **facts, **rest)  # type: ignore[arg-type]
    assert more_units_to_show(row) == expected


def test_runs_that_agree_show_smaller_differences() -> None:
    alike, unlike = (power_of_run(0.01, 100, correlation=own).smallest for own in (0.9, 0.0))
    assert alike is not None
    assert unlike is not None
    assert alike < unlike


def test_the_smallest_difference_is_found_four_times_in_five() -> None:
    # 300 experiments with a true difference of exactly that size: 240 found on average, standard deviation 6.9.
    random = np.random.default_rng(0)
    size, names = 80, tuple(f"a{at:03}" for at in range(80))
    gold = np.full(size, 10)
    # Paired difference of recall: an article changes by N(d, 1) items of 10, so SE(d) = 0.1 / √80.
    wanted = smallest_difference(0.1 / math.sqrt(size), size)
    found = 0
    for _ in range(300):
        right = np.full(size, 5.0), 5 + 10 * wanted + random.normal(0, 1, size)
        tables = {
            name: ScoredTable(CountTable.of_dense(names, ("X",), np.stack([gold, gold, own, own], axis=-1)[:, None]))
            for name, own in zip("AB", right, strict=True)
        }
        row = compare_tables(tables, task="t", convention="c", options=ComparisonOptions(bootstrap=Bootstrap(199)))[1]
        found += row.p_randomization <= 0.05
    assert 240 - 3 * 6.9 < found < 240 + 3 * 6.9


def test_power_of_a_comparison(draw_table: Callable[..., CountTable]) -> None:
    tables = {str(hit): ScoredTable(draw_table(0, 50, hit=hit)) for hit in (0.6, 0.7)}
    row = compare_tables(tables, task="t", convention="c", options=ComparisonOptions(bootstrap=Bootstrap(100)))[2]
    power = power_of_row(row)
    assert power.smallest == smallest_difference(row.error, 50)
    assert (power.units, power.basis) == (50, "paired difference of 0.6 and 0.7")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        pytest.param(lambda: smallest_difference(0.1, 9, alpha=0.0), "found alpha 0.0", id="alpha"),
        pytest.param(lambda: smallest_difference(0.1, 9, power=1.0), "power 1.0", id="power"),
        pytest.param(lambda: power_of_run(0.1, 9, correlation=2), "between -1 and 1, found 2", id="correlation"),
        pytest.param(lambda: power_of_run(0.1, 9).units_for(0.0), "a difference of 0.0", id="no difference"),
    ],
)
def test_refuses(call: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()
