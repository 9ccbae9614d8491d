"""The Pareto line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.analysis.leaderboard.pareto import pareto_line


@pytest.mark.parametrize(
    ("points", "line"),
    [
        pytest.param({}, (), id="nothing"),
        pytest.param({"x": (1, 1)}, ("x",), id="one"),
        pytest.param({"fast": (9, 0.5), "good": (1, 0.9), "neither": (1, 0.4)}, ("fast", "good"), id="both ends"),
        pytest.param({"x": (5, 0.8), "y": (5, 0.7)}, ("x",), id="as fast and worse"),
        pytest.param({"x": (5, 0.8), "y": (4, 0.8)}, ("x",), id="as good and slower"),
        pytest.param({"x": (5, 0.8), "y": (5, 0.8)}, ("x", "y"), id="the same"),
    ],
)
def test_line(points: dict[str, tuple[float, float]], line: tuple[str, ...]):
    assert pareto_line(points) == line


value = st.integers(0, 4).map(float)


@given(st.dictionaries(st.sampled_from("uvwxyz"), st.tuples(value, value)))
def test_on_the_line_is_what_nothing_beats(points: dict[str, tuple[float, float]]):
    def beaten(one: tuple[float, float]) -> bool:
        return any(other != one and other[0] >= one[0] and other[1] >= one[1] for other in points.values())

    assert set(pareto_line(points)) == {name for name, own in points.items() if not beaten(own)}
