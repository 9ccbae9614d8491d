from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.analysis.student import t_quantile


@pytest.mark.parametrize(
    ("probability", "freedom", "expected"),
    [
        # Student's own tables, as in every textbook.
        pytest.param(0.975, 1, 12.706205, id="1"),
        pytest.param(0.975, 2, 4.302653, id="2"),
        pytest.param(0.975, 17, 2.109816, id="17"),
        pytest.param(0.995, 9, 3.249836, id="9"),
        pytest.param(0.975, 10**9, 1.959964, id="normal"),
        pytest.param(0.5, 7, 0.0, id="the middle"),
    ],
)
def test_tables(probability: float, freedom: int, expected: float) -> None:
    assert t_quantile(probability, freedom) == pytest.approx(expected, abs=1e-6)


@given(probability=st.floats(0.0001, 0.9999), freedom=st.integers(1, 1500))
def test_agrees_with_scipy(probability: float, freedom: int) -> None:
    from scipy.special import stdtrit

    assert t_quantile(probability, freedom) == pytest.approx(float(stdtrit(freedom, probability)), rel=1e-8, abs=1e-8)
