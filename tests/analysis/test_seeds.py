from __future__ import annotations

import json
import math
from collections.abc import Callable

import pytest

from evalkit.analysis.intervals import Bootstrap
from evalkit.analysis.seeds import seed_variance
from evalkit.errors import InputError
from evalkit.results import EvalResult
from evalkit.scoring.counts import CountTable


def test_mean_and_spread(make_result: Callable[..., EvalResult], make_table: Callable[..., CountTable]) -> None:
    # Recall 1/4, 2/4, 3/4 in two like articles: mean 1/2, sd 1/4; nothing varies between the articles.
    runs = [
        make_result({"entities": {"exact": make_table({name: {"X": (4, 4, right, right)} for name in "ab"})}})
        for right in (1, 2, 3)
    ]
    row = seed_variance(runs, bootstrap=Bootstrap(50))[1]
    assert (row.scope, row.score, row.runs) == ("micro", "recall", 3)
    assert (row.mean, row.sd, row.low, row.high) == pytest.approx((0.5, 0.25, 0.25, 0.75))
    # t(0.975, 2 degrees of freedom) = 4.302653.
    half = 4.302653 * 0.25 / math.sqrt(3)
    assert row.ci == pytest.approx((0.5 - half, 0.5 + half))
    assert (row.article_sd, row.seed_share) == (0.0, 1.0)
    json.dumps(row.to_json(), allow_nan=False)


def test_runs_that_agree_owe_their_doubt_to_the_articles(
    make_result: Callable[..., EvalResult], draw_table: Callable[..., CountTable]
) -> None:
    runs = [make_result({"entities": {"exact": draw_table(0, 30)}}) for _ in range(3)]
    row = seed_variance(runs, bootstrap=Bootstrap(100))[2]
    assert row.sd == pytest.approx(0.0, abs=1e-12)
    assert row.seed_share == pytest.approx(0.0, abs=1e-12)
    assert row.article_sd > 0


def test_one_run_has_no_variance(make_result: Callable[..., EvalResult], draw_table: Callable[..., CountTable]) -> None:
    with pytest.raises(InputError, match="at least 2 runs, found 1"):
        seed_variance([make_result({"entities": {"exact": draw_table(0, 3)}})])
