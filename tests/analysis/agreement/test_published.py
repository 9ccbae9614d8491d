"""Kappa and alpha against the worked examples of their authors, and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from evalkit.analysis.agreement.coefficient import coefficient_of
from evalkit.analysis.agreement.kappa import kappa_value
from evalkit.analysis.agreement.unitised import Unit, alpha_sums, article_lengths

CONFUSIONS = {
    # Cohen 1960, "A coefficient of agreement for nominal scales", p. 45.
    "cohen-1960": ([[88, 14, 18], [10, 40, 10], [2, 6, 12]], 0.492),
    # Artstein & Poesio 2008, "Inter-coder agreement for computational linguistics", pp. 558 and 568.
    "artstein-poesio-2008-two": ([[20, 20], [10, 50]], 0.348),
    "artstein-poesio-2008-three": ([[46, 6, 0], [0, 32, 0], [0, 6, 10]], 0.801),
}


def totals_of(confusion: list[list[int]]) -> np.ndarray:
    matrix = np.array(confusion, dtype=float)
    return np.concatenate([[np.trace(matrix)], matrix.sum(axis=1), matrix.sum(axis=0)])


@pytest.mark.parametrize(("confusion", "kappa"), CONFUSIONS.values(), ids=CONFUSIONS)
def test_kappa_of_its_authors(confusion: list[list[int]], kappa: float) -> None:
    assert float(kappa_value(totals_of(confusion), len(confusion))) == pytest.approx(kappa, abs=0.0006)


@given(st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=3, max_size=3))
def test_kappa_is_that_of_scikit_learn(confusion: list[list[int]]) -> None:
    pairs = [(a, b) for a, row in enumerate(confusion) for b, number in enumerate(row) for _ in range(number)]
    ours = float(kappa_value(totals_of(confusion), 3))
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    if not pairs or len({*first, *second}) == 1:
        # Nothing, or chance alone would always agree; scikit-learn says NaN and warns.
        assert np.isnan(ours)
    else:
        assert ours == pytest.approx(cohen_kappa_score(first, second))


N = None
RELIABILITY = {
    # Krippendorff 2011, "Computing Krippendorff's alpha-reliability": two observers, binary (A) and nominal data (B);
    # four observers with values that are missing, nominal (C), each list an observer.
    "binary": ([[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]], 0.095),
    "nominal": ([list("aabbdcccedda"), list("babbbccceddd")], 0.692),
    "missing-values": (
        [
            [1, 2, 3, 3, 2, 1, 4, 1, 2, N, N, N],
            [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, N, 3],
            [N, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, N],
            [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, N],
        ],
        0.743,
    ),
}


@pytest.mark.parametrize(("observers", "alpha"), RELIABILITY.values(), ids=RELIABILITY)
def test_units_of_one_character_make_alpha_that_of_nominal_data(observers: list[list[object]], alpha: float) -> None:
    units = {
        f"{at:02}": [[Unit(0, 1, str(own[at]))] for own in observers if own[at] is not None]
        for at in range(len(observers[0]))
    }
    articles = {name: article_lengths(own, 1) for name, own in units.items() if len(own) > 1}
    assert coefficient_of(alpha_sums(articles), None).value == pytest.approx(alpha, abs=0.0006)
