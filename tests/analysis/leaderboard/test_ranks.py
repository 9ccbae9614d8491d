"""Who is surely better than whom."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.analysis.intervals import Bootstrap
from evalkit.analysis.leaderboard.ranks import (
    FIGURE,
    PairTest,
    RankRange,
    holm,
    pair_tests,
    pooled_figures,
    rank_ranges,
    rounds_for,
)
from evalkit.analysis.paired import randomization_p
from evalkit.scoring.counts import CountTable
from evalkit.scoring.tasks.table import ScoredTable


def scored(found: list[int], of: int = 10, labels: int = 2) -> ScoredTable:
    """Articles of `of` gold items of each label, of which so many are found, and nothing else predicted."""
    cells = np.array([[[of, number, number, number]] * labels for number in found], dtype=np.float64)
    names = tuple(f"a{number:03d}" for number in range(len(found)))
    return ScoredTable(CountTable.of_dense(names, tuple("ABCDEFG"[:labels]), cells))


@pytest.mark.parametrize("articles", [pytest.param(9, id="exact"), pytest.param(40, id="rounds")])
def test_p_is_that_of_the_test_of_one_pair(articles: int):
    generator = np.random.Generator(np.random.PCG64(7))
    tables = {name: scored(generator.integers(1, 10, articles).tolist()) for name in "xyz"}
    figures = {name: pooled_figures(own) for name, own in tables.items()}
    bootstrap = Bootstrap()
    tests = {(test.better, test.worse): test for test in pair_tests(figures, bootstrap)}
    assert len(tests) == 3
    for (better, worse), test in tests.items():
        rounds = rounds_for(3, 0.05)
        own = randomization_p(figures[worse], figures[better], bootstrap=bootstrap, rounds=rounds)
        assert test.p == pytest.approx(own[figures[better].names.index(FIGURE)], abs=1e-12)


def test_pooled_figures_are_the_micro_figures():
    from evalkit.analysis.figures import figures_of

    whole = figures_of(scored([3, 5, 8]))
    pooled = pooled_figures(scored([3, 5, 8]))
    place = whole.names.index(FIGURE)
    assert pooled.point()[pooled.names.index(FIGURE)] == whole.point()[place]


def test_a_clear_order():
    # In each of 20 articles 2, 5 and 9 of 10: whatever changes sides, no difference is as large, but for all or none.
    found = {"x": 2, "y": 9, "z": 5}
    tests = pair_tests({name: pooled_figures(scored([own] * 20)) for name, own in found.items()}, Bootstrap())
    assert all(test.sure for test in tests)
    ranks = rank_ranges("xyz", tests)
    assert {name: str(own) for name, own in ranks.items()} == {"y": "1", "z": "2", "x": "3"}


def test_systems_that_are_the_same_are_equal_and_cost_nothing():
    same, worse = scored([6] * 20), scored([3] * 20)
    tests = pair_tests({"x": pooled_figures(same), "y": pooled_figures(same), "z": pooled_figures(worse)}, Bootstrap())
    alike = next(test for test in tests if {test.better, test.worse} == {"x", "y"})
    assert (alike.identical, alike.p, alike.p_corrected, alike.sure) == (True, 1.0, 1.0, False)
    others = [test for test in tests if test is not alike]
    # Two tests are corrected for, not three.
    assert all(test.p_corrected == pytest.approx(2 * test.p) for test in others)
    assert {name: str(own) for name, own in rank_ranges("xyz", tests).items()} == {"x": "1-2", "y": "1-2", "z": "3"}


def test_noise_leaves_every_rank_open():
    generator = np.random.Generator(np.random.PCG64(1))
    figures = {name: pooled_figures(scored(generator.integers(4, 7, 12).tolist())) for name in "wxyz"}
    ranks = rank_ranges("wxyz", pair_tests(figures, Bootstrap()))
    assert set(ranks.values()) == {RankRange(1, 4)}


def test_one_system_alone():
    assert pair_tests({"x": pooled_figures(scored([3]))}, Bootstrap()) == ()
    assert rank_ranges("x", ()) == {"x": RankRange(1, 1)}


def test_holm():
    # Smallest times 4, next times 3, then 2, then 1; none below one before it: Holm 1979.
    assert holm(np.array([0.01, 0.04, 0.03, 0.005])) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm(np.array([])).tolist() == []


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_lies_between_p_and_bonferroni(p: list[float]):
    corrected = holm(np.array(p))
    assert (corrected >= np.array(p) - 1e-12).all()
    assert (corrected <= np.minimum(np.array(p) * max(len(p), 1), 1.0) + 1e-12).all()


@pytest.mark.parametrize(("pairs", "rounds"), [(0, 10_000), (45, 10_000), (1225, 49_000), (10**6, 10**6)])
def test_there_are_rounds_enough_for_the_correction(pairs: int, rounds: int):
    assert rounds_for(pairs, 0.05) == rounds
    # The smallest p that so many rounds can give passes the smallest level, 0.05 / pairs.
    assert pairs > 10**5 or (1 / (rounds + 1)) * pairs < 0.05


names = st.sampled_from("vwxyz")


@given(st.lists(st.tuples(names, names, st.booleans()).filter(lambda own: own[0] != own[1]), max_size=10))
def test_ranks_are_ranges_within_the_board(found: list[tuple[str, str, bool]]):
    values = {"difference": 0.1, "p": 0.01, "p_corrected": 0.02, "identical": False}
    pairs = {frozenset((one, other)): (one, other, sure) for one, other, sure in found}
    tests = [PairTest(better=one, worse=other, sure=sure, **values) for one, other, sure in pairs.values()]
    for own in rank_ranges("vwxyz", tests).values():
        assert 1 <= own.best <= own.worst <= 5
