from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from evalkit.analysis.figures import Figure, figures_of
from evalkit.scoring.counts import CountTable, macro, micro
from evalkit.scoring.tasks.table import ScoredTable, derived_scores


def test_names_and_values(make_table: Callable[..., CountTable]) -> None:
    # PER: P 1/2, R 1/4, F1 1/3. ORG: P 1/1, R 1/1. Pooled: P 2/3, R 2/5, F1 1/2. Macro: means of the two labels.
    table = make_table({"a": {"PER": (4, 2, 1, 1)}, "b": {"ORG": (1, 1, 1, 1)}})
    figures = figures_of(ScoredTable(table))
    values = dict(zip(figures.names, figures.point(), strict=True))
    assert values[Figure("micro", "", "f1")] == pytest.approx(0.5)
    assert values[Figure("macro", "", "f1")] == pytest.approx((1 / 3 + 1) / 2)
    assert values[Figure("macro", "", "recall")] == pytest.approx((1 / 4 + 1) / 2)
    assert values[Figure("label", "PER", "precision")] == 0.5
    assert [name.row for name in figures.names[::3]] == ["micro", "macro", "ORG", "PER"]


@given(arrays.arrays(np.int64, (4, 2, 4), elements=st.integers(0, 5)))
def test_agrees_with_the_scores_of_the_table(drawn: np.ndarray) -> None:
    cells = drawn.astype(np.float64)
    cells[..., 2:] = np.minimum(cells[..., 2:], cells[..., :2])
    table = CountTable.of_dense(("a", "b", "c", "d"), ("X", "Y"), cells)
    point = figures_of(ScoredTable(table)).point()
    for at, expected in ((0, micro(table)), (3, macro(table))):
        assert point[at : at + 3] == pytest.approx([expected.precision, expected.recall, expected.f1], abs=1e-15)
    assert point[6:9] == pytest.approx([getattr(table.counts("X"), name) for name in ("precision", "recall", "f1")])


def test_derived_scores_come_last_and_those_of_groups_see_the_groups(make_table: Callable[..., CountTable]) -> None:
    # One favor right, one against taken for favor: accuracy 1/2; F1 favor 2/3, against 0: favg 1/3.
    cells = {"t": {"favor": (1, 1, 1, 1)}, "u": {"against": (1, 0, 0, 0), "favor": (0, 1, 0, 0)}}
    table = make_table({"a": cells}, ("against", "favor", "neutral"))
    figures = figures_of(ScoredTable(table, derived_scores("stances", "given")))
    assert [name.score for name in figures.names[-4:]] == ["accuracy", "favg", "macro_f1", "favg_by_target"]
    # Target t: (1 + 0)/2, target u: 0, mean 1/4.
    assert figures.point()[-4:] == pytest.approx([1 / 2, 1 / 3, (2 / 3 + 0 + 0) / 3, 1 / 4])
    assert figures.point()[:3] == pytest.approx([1 / 2, 1 / 2, 1 / 2])


def test_a_label_without_support_in_a_resample_leaves_its_macro(make_table: Callable[..., CountTable]) -> None:
    table = make_table({"a": {"X": (1, 1, 1, 1)}, "b": {"Y": (1, 1, 0, 0)}})
    figures = figures_of(ScoredTable(table))
    macros = figures.values(figures.cells)[:, 5]
    assert macros.tolist() == [1.0, 0.0]


def test_nothing_at_all_is_zero() -> None:
    assert figures_of(ScoredTable(CountTable.of_dense((), (), np.zeros((0, 0, 4))))).point().tolist() == [0.0] * 6
