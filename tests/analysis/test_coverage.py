"""Do nominal 95 % intervals hold the true value in 93 to 97 % of repeated experiments?

Articles are drawn from a known population, so the F1 that an endless gold would give is known; each experiment draws a
new gold, scores it and asks whether its interval holds that F1.
"""

from __future__ import annotations

import numpy as np
import pytest

from evalkit.analysis.figures import figures_of
from evalkit.analysis.intervals import METHODS, Bootstrap, intervals_of
from evalkit.scoring.counts import CountTable
from evalkit.scoring.tasks.table import ScoredTable

EXPERIMENTS = 500
ARTICLES = 150
NAMES = tuple(f"a{at:03}" for at in range(ARTICLES))


def articles(random: np.random.Generator, number: int) -> np.ndarray:
    """Cells (articles, 1, 4): 1 to 40 gold items, a chance of being found that varies by article, Poisson spurious."""
    gold = random.integers(1, 41, number)
    right = random.binomial(gold, random.beta(6, 3, number))
    spurious = random.poisson(0.2 * gold)
    return np.stack([gold, right + spurious, right, right], axis=-1)[:, None].astype(np.float64)


# E[right] / E[gold] is 6/9 and E[spurious] / E[gold] is 0.2, so recall is 2/3 and F1 = 2 · 2/3 / (1 + 2/3 + 1/5) = 5/7.
TRUE_F1, TRUE_RECALL = 5 / 7, 2 / 3


@pytest.mark.parametrize("method", METHODS)
def test_a_nominal_95_percent_interval_covers_93_to_97_percent(method: str) -> None:
    random = np.random.default_rng(20)
    held = np.zeros(2)
    for _ in range(EXPERIMENTS):
        table = CountTable.of_dense(NAMES, ("X",), articles(random, ARTICLES))
        intervals = list(intervals_of(figures_of(ScoredTable(table)), Bootstrap(400, method=method)).values())
        held += [low <= true <= high for true, (low, high) in zip((TRUE_RECALL, TRUE_F1), intervals[1:3], strict=True)]
    assert ((held / EXPERIMENTS >= 0.93) & (held / EXPERIMENTS <= 0.97)).all(), held / EXPERIMENTS


def test_with_few_articles_the_expanded_interval_holds_what_the_percentile_interval_does_not() -> None:
    random = np.random.default_rng(22)
    held = np.zeros(2)
    for trial in range(400):
        figures = figures_of(ScoredTable(CountTable.of_dense(NAMES[:10], ("X",), articles(random, 10))))
        for at, method in enumerate(("expanded", "percentile")):
            low, high = list(intervals_of(figures, Bootstrap(400, trial, method)).values())[2]
            held[at] += low <= TRUE_F1 <= high
    # Standard deviation .011. The plain interval is too short by √(9 / 10) and by 1.96 for t(9) = 2.26: Student's t
    # lies within ±1.86 with probability .904.
    assert 0.93 <= held[0] / 400 <= 0.97
    assert held[1] / 400 < 0.92


def test_copies_of_wire_stories_need_clusters() -> None:
    # Each of 50 stories is printed by three papers. Drawing papers ignores that; drawing stories does not.
    random = np.random.default_rng(21)
    stories = {name: name[:3] for name in NAMES}
    held = np.zeros(2)
    for _ in range(150):
        table = CountTable.of_dense(NAMES, ("X",), np.repeat(articles(random, ARTICLES // 3), 3, axis=0))
        clusters = {name: f"s{at // 3}" for at, name in enumerate(stories)}
        for at, bootstrap in enumerate((Bootstrap(400), Bootstrap(400, clusters=clusters))):
            low, high = list(intervals_of(figures_of(ScoredTable(table)), bootstrap).values())[2]
            held[at] += low <= TRUE_F1 <= high
    # With a third of the evidence the interval is √3 too narrow: it covers Φ(±1.96 / √3), about 74 %.
    assert held[0] / 150 < 0.82
    assert held[1] / 150 >= 0.90
