from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from evalkit.analysis.comparison import ComparisonOptions, compare_tables
from evalkit.analysis.intervals import Bootstrap
from evalkit.analysis.power import power_of_row, power_of_run, smallest_difference
from evalkit.errors import InputError
from evalkit.scoring.counts import CountTable
from evalkit.scoring.tasks.table import ScoredTable


def test_smallest_difference() -> None:
    # z(0.975) + z(0.8) = 1.959964 + 0.841621.
    assert smallest_difference(0.01) == pytest.approx(0.02801585)
    assert smallest_difference(0.01, alpha=0.01, power=0.9) == pytest.approx(0.01 * (2.575829 + 1.281552))


def test_articles_for_a_difference() -> None:
    # Half the difference needs four times the articles.
    power = power_of_run(0.01, 100, correlation=0.5)
    assert power.error == pytest.approx(0.01)
    assert power.units_for(power.smallest) == 100
    assert power.units_for(power.smallest / 2) in (400, 401)
    assert power.more_units_for(-power.smallest / 2) in (300, 301)
    assert power.more_units_for(0.9) == 0
    assert power.to_json()["basis"] == "one run, correlation 0.5 assumed"


def test_runs_that_agree_show_smaller_differences() -> None:
    assert power_of_run(0.01, 100, correlation=0.9).smallest < power_of_run(0.01, 100, correlation=0.0).smallest


def test_the_smallest_difference_is_found_four_times_in_five() -> None:
    # 300 experiments with a true difference of exactly that size: 240 found on average, standard deviation 6.9.
    random = np.random.default_rng(0)
    size, names = 80, tuple(f"a{at:03}" for at in range(80))
    gold = np.full(size, 10)
    # Paired difference of recall: an article changes by N(d, 1) items of 10, so SE(d) = 0.1 / √80.
    wanted = smallest_difference(0.1 / math.sqrt(size))
    found = 0
    for _ in range(300):
        right = np.full(size, 5.0), 5 + 10 * wanted + random.normal(0, 1, size)
        tables = {
            name: ScoredTable(CountTable(names, ("X",), np.stack([gold, gold, own, own], axis=-1)[:, None]))
            for name, own in zip("AB", right, strict=True)
        }
        row = compare_tables(tables, task="t", convention="c", options=ComparisonOptions(bootstrap=Bootstrap(199)))[1]
        found += row.p_randomization <= 0.05
    assert 240 - 3 * 6.9 < found < 240 + 3 * 6.9


def test_power_of_a_comparison(draw_table: Callable[..., CountTable]) -> None:
    tables = {str(hit): ScoredTable(draw_table(0, 50, hit=hit)) for hit in (0.6, 0.7)}
    row = compare_tables(tables, task="t", convention="c", options=ComparisonOptions(bootstrap=Bootstrap(100)))[2]
    power = power_of_row(row)
    assert power.smallest == pytest.approx(2.801585 * row.error, rel=1e-6)
    assert (power.units, power.basis) == (50, "paired difference of 0.6 and 0.7")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        pytest.param(lambda: smallest_difference(0.1, alpha=0.0), "found alpha 0.0", id="alpha"),
        pytest.param(lambda: smallest_difference(0.1, power=1.0), "power 1.0", id="power"),
        pytest.param(lambda: power_of_run(0.1, 9, correlation=2), "between -1 and 1, found 2", id="correlation"),
        pytest.param(lambda: power_of_run(0.1, 9).units_for(0.0), "a difference of 0.0", id="no difference"),
    ],
)
def test_refuses(call: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()
