from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.analysis import many_labels
from evalkit.analysis.figures import Figure, figures_of
from evalkit.analysis.intervals import METHODS, Bootstrap, bca_tails, intervals_of, jackknife, resampled, task_result
from evalkit.analysis.resampling import Plan, draws
from evalkit.errors import InputError
from evalkit.results import EvalResult, TaskResult
from evalkit.scoring.counts import CountTable, merge_tables
from evalkit.scoring.tasks.table import ScoredTable, derived_scores


def scored(table: CountTable, bootstrap: Bootstrap | None) -> TaskResult:
    return task_result("entities", "exact", ScoredTable(table), signature="s", bootstrap=bootstrap)


def as_json(result: TaskResult) -> str:
    whole = EvalResult(extractor="x", gold="g", split="test", articles=1, tasks={"entities": {"exact": result}})
    return json.dumps(whole.to_json())


@pytest.mark.parametrize(
    ("bootstrap", "expected"),
    [
        pytest.param(Bootstrap(), "bootstrap1000/article/seed0/expanded", id="defaults"),
        pytest.param(Bootstrap(resamples=50, seed=7, method="bca"), "bootstrap50/article/seed7/bca", id="bca"),
        pytest.param(Bootstrap(clusters={"a": "s"}), "bootstrap1000/cluster:story/seed0/expanded", id="clusters"),
        pytest.param(Bootstrap(level=0.9), "bootstrap1000/article/seed0/expanded/level0.9", id="another level"),
        pytest.param(Bootstrap(method="percentile"), "bootstrap1000/article/seed0/percentile", id="percentile"),
    ],
)
def test_describe(bootstrap: Bootstrap, expected: str) -> None:
    assert bootstrap.describe() == expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"resamples": 0}, "at least 1 resample, found 0", id="no resamples"),
        pytest.param({"seed": -1}, "must not be negative, found -1", id="negative seed"),
        pytest.param({"method": "bc"}, "unknown bootstrap method 'bc'; known: expanded, percentile, bca", id="method"),
        pytest.param({"level": 95.0}, "between 0 and 1, found 95.0", id="level in percent"),
    ],
)
def test_refuses(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Bootstrap(**options)  # type: ignore[arg-type]


def test_scores_without_intervals(make_table: Callable[..., CountTable]) -> None:
    # X: P 1/1, R 1/2, F1 2/3; Y: spurious only, listed but not in the macro.
    result = scored(make_table({"a": {"X": (2, 1, 1, 1), "Y": (0, 1, 0, 0)}}), None)
    assert result.labels["X"].f1 == pytest.approx(2 / 3)
    assert list(result.labels) == ["X", "Y"]
    assert (result.micro.precision, result.micro.recall, result.macro.f1) == pytest.approx((0.5, 0.5, 2 / 3))
    assert result.micro.ci == {}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("articles", [0, 1], ids=["no article", "one article"])
def test_without_two_articles_there_is_no_interval(
    draw_table: Callable[..., CountTable], method: str, articles: int
) -> None:
    result = scored(draw_table(0, articles, fractions=True), Bootstrap(10, method=method))
    assert [dict(prf.ci) for prf in (result.micro, result.macro, *result.labels.values())] == [{}] * 5


def test_one_cluster_is_one_unit(draw_table: Callable[..., CountTable]) -> None:
    table = draw_table(0, 20)
    result = scored(table, Bootstrap(10, clusters=dict.fromkeys(table.articles, "wire")))
    assert result.micro.ci == {}


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        # Φ(-√(n / (n - 1)) · t(n - 1, 0.975)) with t of 4.302653, 2.262157 and 2.109816 from tables, so at -5.2697,
        # -2.3845 and -2.1710.
        pytest.param(3, 6.8341e-08, id="3"),
        pytest.param(10, 0.00855064, id="10"),
        pytest.param(18, 0.01496625, id="18"),
        pytest.param(100_000, 0.025, id="very many"),
    ],
)
def test_expanded_tails(units: int, expected: float) -> None:
    low, high = Bootstrap().tails(units)
    assert low == pytest.approx(expected, rel=1e-3)
    assert high == pytest.approx(1 - low)


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_other_tails_are_plain(method: str) -> None:
    assert Bootstrap(method=method, level=0.9).tails(5) == pytest.approx((0.05, 0.95))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("articles", range(1, 7))
def test_a_label_needs_four_articles(make_table: Callable[..., CountTable], method: str, articles: int) -> None:
    # Of twelve articles the first ones have Y; in one of these it is missed, so that its F1 varies.
    cells = {
        f"a{at:02}": {"X": (2, 2, 1 + at % 2, 1 + at % 2)}
        | ({"Y": (1, at > 0, at > 0, at > 0)} if at < articles else {})
        for at in range(12)
    }
    label = scored(make_table(cells), Bootstrap(300, method=method)).labels["Y"]
    assert label.articles == articles
    assert ("f1" in label.ci, "recall" in label.ci) == (articles >= 4, articles >= 4)


def test_a_label_of_few_articles_is_not_pulled_to_zero(make_table: Callable[..., CountTable]) -> None:
    # Y is in five of thirty articles, each time found together with one that is spurious in three of them: without it
    # in a resample (2 % of them) nothing is known; in every other one F1 is at least 2 · 5 / (5 + 10).
    spurious = (1, 1, 1, 0, 0)
    cells = {f"a{at:02}": {"X": (1, 1, at % 3 > 0, at % 3 > 0)} for at in range(30)}
    for at, own in enumerate(spurious):
        cells[f"a{at:02}"]["Y"] = (1, 1 + own, 1, 1)
    low, high = scored(make_table(cells), Bootstrap(2000)).labels["Y"].ci["f1"]
    assert (low, high) == pytest.approx((2 / 3, 1.0))


def test_recall_lives_on_gold_and_precision_on_predictions(make_table: Callable[..., CountTable]) -> None:
    # Y has gold in two articles and is predicted in ten: nothing can be said about recall, nor about F1.
    cells = {f"a{at:02}": {"Y": (at < 2, at < 10, at == 0, at == 0), "X": (1, 1, 1, 1)} for at in range(12)}
    label = scored(make_table(cells), Bootstrap(200)).labels["Y"]
    assert (set(label.ci), label.articles) == ({"precision"}, 2)


def test_resamples_without_gold_of_a_label_say_nothing_of_it(make_table: Callable[..., CountTable]) -> None:
    """Y is right in each of the four articles that have it, and predicted once elsewhere: F1 of a resample is 0
    only if that draws none of the four."""
    cells = {f"a{at:02}": {"Y": (at < 4, at < 5, at < 4, at < 4), "X": (1, 1, 1, 1)} for at in range(8)}
    figures = figures_of(ScoredTable(make_table(cells)))
    f1 = resampled(figures, Bootstrap(2000)).values[:, figures.names.index(Figure("label", "Y", "f1"))]

    # Of 8 articles none of four is drawn in 1 / 2**8 of the resamples, about 8 of 2000.
    assert 0 < np.isnan(f1).sum() < 30
    assert np.nanmin(f1) > 0


def test_a_label_without_gold_has_no_interval(make_table: Callable[..., CountTable]) -> None:
    cells = {f"a{at:02}": {"Y": (0, at % 2, 0, 0), "X": (1, 1, at % 3 > 0, at % 3 > 0)} for at in range(12)}
    label = scored(make_table(cells), Bootstrap(200)).labels["Y"]
    assert (dict(label.ci), label.articles) == ({}, 0)


def test_what_counts_over_the_whole_split_stands_in_no_article(make_table: Callable[..., CountTable]) -> None:
    table = ScoredTable(make_table({f"a{at}": {"Y": (1, 1, 1, 1)} for at in range(3)}), additive=False)
    result = task_result("entities", "surface", table, signature="", bootstrap=Bootstrap(20))
    assert result.labels["Y"].articles is None


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), articles=st.integers(1, 9), hit=st.sampled_from([0.0, 0.5, 1.0]))
def test_no_interval_has_width_zero(
    draw_table: Callable[..., CountTable], seed: int, articles: int, hit: float
) -> None:
    table = draw_table(seed, articles, hit=hit)
    for method in METHODS:
        for low, high in intervals_of(figures_of(ScoredTable(table)), Bootstrap(25, method=method)).values():
            assert high - low > 1e-12


def test_the_standard_error_of_a_mean(make_table: Callable[..., CountTable]) -> None:
    # Recall of articles with 10 gold items each is a mean, so its standard error is s / √n, s with n - 1 below.
    right = [2, 9, 5, 7, 3, 6, 8, 1]
    figures = figures_of(ScoredTable(make_table({str(at): {"X": (10, 10, own, own)} for at, own in enumerate(right)})))
    error = resampled(figures, Bootstrap(20_000)).error()[1]
    assert error == pytest.approx(np.std(right, ddof=1) / 10 / np.sqrt(8), rel=0.02)


def test_agrees_with_a_plain_loop(draw_table: Callable[..., CountTable]) -> None:
    table = draw_table(1, 30)
    values = resampled(figures_of(ScoredTable(table)), Bootstrap(40, seed=3)).values
    for weights, row in zip(np.concatenate(list(draws(Plan(30, 40, 3)))), values, strict=True):
        drawn = [at for at, times in enumerate(weights) for _ in range(times)]
        counts = CountTable.of_dense(tuple(map(str, drawn)), table.labels, table.dense()[drawn]).counts()
        assert row[:3] == pytest.approx([counts.precision, counts.recall, counts.f1], abs=1e-12)


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_agrees_with_scipy_on_the_same_resamples(
    draw_table: Callable[..., CountTable], monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    from scipy import stats
    from scipy.stats import _resampling

    table = draw_table(2, 25)
    drawn = np.stack([np.repeat(np.arange(25), row) for row in np.concatenate(list(draws(Plan(25, 300, 0))))])

    def same_indices(sample: np.ndarray, n_resamples: int, rng: object = None, xp: object = None) -> np.ndarray:
        return sample[..., drawn]

    monkeypatch.setattr(_resampling, "_bootstrap_resample", same_indices)
    gold, predicted, credit = (table.dense().sum(axis=1)[:, at] for at in (0, 1, 2))

    def f1(index: np.ndarray, axis: int = -1) -> np.ndarray:
        at = index.astype(int)
        return 2 * credit[at].sum(axis=axis) / (gold[at].sum(axis=axis) + predicted[at].sum(axis=axis))

    expected = stats.bootstrap(
        (np.arange(25),), f1, n_resamples=300, method=method, vectorized=True
    ).confidence_interval
    found = scored(table, Bootstrap(300, method=method)).micro.ci["f1"]
    assert found == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_agrees_with_scipy_within_monte_carlo_error(draw_table: Callable[..., CountTable]) -> None:
    from scipy import stats

    table = draw_table(5, 60)
    gold, predicted, credit = (table.dense().sum(axis=1)[:, at] for at in (0, 1, 2))

    def f1(g: np.ndarray, p: np.ndarray, c: np.ndarray, axis: int = -1) -> np.ndarray:
        return 2 * c.sum(axis=axis) / (g.sum(axis=axis) + p.sum(axis=axis))

    expected = stats.bootstrap(
        (gold, predicted, credit), f1, paired=True, n_resamples=4000, method="percentile", rng=np.random.default_rng(0)
    ).confidence_interval
    found = scored(table, Bootstrap(4000, method="percentile")).micro.ci["f1"]
    # A tail quantile of 4,000 resamples has a standard error of about 0.042 standard deviations; an interval spans 3.9.
    assert found == pytest.approx(tuple(expected), abs=0.25 * (expected.high - expected.low) / 3.9)


@settings(max_examples=20)
@given(order=st.permutations(range(12)), cut=st.integers(0, 12), fractions=st.booleans())
def test_order_and_shards_change_nothing(
    draw_table: Callable[..., CountTable], order: list[int], cut: int, fractions: bool
) -> None:
    table = draw_table(3, 12, fractions=fractions)
    shards = [
        merge_tables([table.select([at]) for at in part]) if part else table.select([])
        for part in (order[:cut], order[cut:])
    ]
    bootstrap = Bootstrap(30, clusters={name: name[-1] for name in table.articles[:4]})
    assert as_json(scored(merge_tables(shards), bootstrap)) == as_json(scored(table, bootstrap))


@pytest.mark.parametrize(
    "clusters", [None, {f"a{at:05}": str(at % 7) for at in range(25)}], ids=["articles", "stories"]
)
@pytest.mark.parametrize("fractions", [False, True])
def test_very_many_labels_have_the_same_intervals(
    draw_table: Callable[..., CountTable],
    monkeypatch: pytest.MonkeyPatch,
    clusters: dict[str, str] | None,
    *,
    fractions: bool,
) -> None:
    cells = draw_table(4, 30, labels=12, fractions=fractions).dense()
    cells[:, 6:] *= np.random.default_rng(1).random((30, 6, 1)) < 0.1
    table = CountTable.of_dense(tuple(f"a{at:05}" for at in range(30)), tuple("ABCDEFGHIJKL"), cells)
    bootstrap = Bootstrap(resamples=60, clusters=clusters)
    whole = intervals_of(figures_of(ScoredTable(table)), bootstrap)
    monkeypatch.setattr(many_labels, "DENSE_BYTES", 5000)
    monkeypatch.setattr(many_labels, "EMPTY_CELLS", 0)
    assert many_labels.is_sparse(figures_of(ScoredTable(table)))
    parts = intervals_of(figures_of(ScoredTable(table)), bootstrap)
    assert list(parts) == list(whole)
    # Fractions may be rounded to another grid.
    assert np.allclose(list(parts.values()), list(whole.values()), rtol=0, atol=1e-9 if fractions else 0)


def test_seeds(draw_table: Callable[..., CountTable]) -> None:
    table = draw_table(4, 40)
    assert as_json(scored(table, Bootstrap(50, seed=1))) == as_json(scored(table, Bootstrap(50, seed=1)))
    assert scored(table, Bootstrap(50, seed=1)).micro.ci != scored(table, Bootstrap(50, seed=2)).micro.ci


@settings(max_examples=30)
@given(seed=st.integers(0, 10**6), articles=st.integers(2, 8), method=st.sampled_from(METHODS))
def test_bounds_are_ordered_and_inside_zero_to_one(
    draw_table: Callable[..., CountTable], seed: int, articles: int, method: str
) -> None:
    table = draw_table(seed, articles, fractions=True)
    for low, high in intervals_of(figures_of(ScoredTable(table)), Bootstrap(25, method=method)).values():
        assert 0 <= low <= high <= 1 + 1e-9


@pytest.mark.parametrize("method", METHODS)
def test_a_perfect_run_has_no_interval(make_table: Callable[..., CountTable], method: str) -> None:
    result = scored(make_table({name: {"X": (2, 2, 2, 2)} for name in "abcd"}), Bootstrap(20, method=method))
    assert (result.micro.ci, result.labels["X"].ci) == ({}, {})


def test_derived_scores_have_intervals(make_table: Callable[..., CountTable]) -> None:
    labels = ("against", "favor", "neutral")
    cells = {name: {"t": {"favor": (1, 1, at % 2, at % 2)}} for at, name in enumerate("abcdef")}
    full = ScoredTable(make_table(cells, labels), derived_scores("stances", "given"))
    result = task_result("stances", "given", full, signature="s", bootstrap=Bootstrap(200))
    assert result.scores["accuracy"].value == 0.5
    low, high = result.scores["accuracy"].ci or (0.0, 0.0)
    assert low < 0.5 < high
    # Only favor of one target: favg_by_target is half of its F1, which here is the accuracy.
    assert result.scores["favg_by_target"].ci == pytest.approx((low / 2, high / 2))
    assert result.table is not None
    assert CountTable.from_json(result.table).groups == ("t",)


def test_the_table_can_be_left_out(draw_table: Callable[..., CountTable]) -> None:
    full = ScoredTable(draw_table(0, 3))
    assert task_result("entities", "exact", full, signature="s", bootstrap=None, keep_table=False).table is None


def test_articles_of_one_story_widen_the_interval(draw_table: Callable[..., CountTable]) -> None:
    # Every story five times over: as articles they look like five times the evidence that they are.
    table = draw_table(6, 20)
    copies = [
        CountTable.of_dense(tuple(f"{name}-{copy}" for name in table.articles), table.labels, table.dense())
        for copy in range(5)
    ]
    whole = merge_tables(copies)
    stories = {name: name.split("-")[0] for name in whole.articles}

    def width(bootstrap: Bootstrap) -> float:
        low, high = scored(whole, bootstrap).micro.ci["f1"]
        return high - low

    assert width(Bootstrap(1000, clusters=stories)) > 1.8 * width(Bootstrap(1000))


def test_jackknife_leaves_each_unit_out(draw_table: Callable[..., CountTable]) -> None:
    table = draw_table(7, 6)
    figures = figures_of(ScoredTable(table))
    left = jackknife(figures, figures.cells)
    for at in range(6):
        rest = table.select([other for other in range(6) if other != at])
        assert left[at] == pytest.approx(figures_of(ScoredTable(rest)).point())


def test_bca_without_bias_or_skew_is_the_percentile_interval() -> None:
    values = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    left_out = np.array([[-1.0], [1.0]])
    assert bca_tails(values, np.array([0.0]), left_out, (0.1, 0.9))[:, 0] == pytest.approx([0.1, 0.9])


def test_scoring_with_intervals_loads_nothing_heavy() -> None:
    code = (
        "import sys, numpy as np\n"
        "from evalkit.analysis.intervals import METHODS, Bootstrap, task_result\n"
        "from evalkit.scoring.counts import CountTable\n"
        "from evalkit.scoring.tasks.table import ScoredTable\n"
        "t = CountTable.of_dense(('a', 'b'), ('X',), np.ones((2, 1, 4)))\n"
        "task_result('entities', 'exact', ScoredTable(t), signature='s', bootstrap=Bootstrap(10, method='bca'))\n"
        "print([m for m in ('scipy', 'pandas', 'sklearn', 'datasets', 'transformers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
