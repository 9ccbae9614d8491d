from __future__ import annotations

import itertools
import json
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.analysis.comparison import ComparisonOptions, compare_results, compare_tables, significance_mark
from evalkit.analysis.figures import figures_of
from evalkit.analysis.intervals import METHODS, Bootstrap, resampled, resampled_together
from evalkit.analysis.paired import adjusted, article_figures, differ, paired_test, randomization_p, randomized
from evalkit.analysis.resampling import Plan, swaps
from evalkit.errors import InputError
from evalkit.results import EvalResult
from evalkit.scoring.counts import CountTable
from evalkit.scoring.tasks.table import ScoredTable, derived_scores

MakeTable = Callable[..., CountTable]
MakeResult = Callable[..., EvalResult]
FEW = ComparisonOptions(bootstrap=Bootstrap(200))


def pooled_f1(cells: np.ndarray) -> float:
    gold, predicted, right, found = cells.sum(axis=(0, 1))
    precision, recall = found / predicted, right / gold
    return float(2 * precision * recall / (precision + recall))


def test_values_wins_and_losses(make_table: MakeTable) -> None:
    # Article a: only the second finds it. b: both. c: nothing there, the first invents one. d: only the first finds it.
    first = make_table(
        {"a": {"X": (1, 0, 0, 0)}, "b": {"X": (1, 1, 1, 1)}, "c": {"X": (0, 1, 0, 0)}, "d": {"X": (1, 1, 1, 1)}}
    )
    second = make_table(
        {"a": {"X": (1, 1, 1, 1)}, "b": {"X": (1, 1, 1, 1)}, "c": {"X": (0, 0, 0, 0)}, "d": {"X": (1, 0, 0, 0)}}
    )
    rows = compare_tables(
        {"A": ScoredTable(first), "B": ScoredTable(second)}, task="entities", convention="exact", options=FEW
    )
    row = next(row for row in rows if (row.scope, row.score) == ("micro", "f1"))
    # F1 first: P 2/3, R 2/3; second: P 2/2, R 2/3, F1 4/5.
    assert (row.first_value, row.second_value, row.difference) == pytest.approx((2 / 3, 4 / 5, 4 / 5 - 2 / 3))
    assert (row.wins, row.ties, row.losses, row.units) == (2, 1, 1, 4)


def test_equal_runs_differ_in_nothing(draw_table: MakeTable) -> None:
    table = ScoredTable(draw_table(0, 20))
    for row in compare_tables({"A": table, "B": table}, task="t", convention="c", options=FEW):
        assert (row.difference, row.ci, row.effect, row.wins, row.losses) == (0.0, None, 0.0, 0, 0)
        assert (row.p_randomization, row.q, row.mark) == (1.0, 1.0, "")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("articles", [1, 4, 20])
def test_equal_runs_are_tested_as_any_others(draw_table: MakeTable, method: str, articles: int) -> None:
    """What is said of equal tables without drawing is what drawing says of them."""
    figures = figures_of(ScoredTable(draw_table(0, articles)))
    plan = Bootstrap(40, method=method)
    drawn = resampled(figures, plan)
    told, tested = (paired_test(figures, figures, how, bootstrap=plan, rounds=40) for how in (None, (drawn, drawn)))
    assert not differ(figures, figures)
    for name in told.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(told, name), getattr(tested, name), err_msg=name)


def test_tables_are_resampled_together_as_alone(draw_table: MakeTable) -> None:
    lists = [figures_of(ScoredTable(draw_table(seed, 30))) for seed in (1, 1, 2)]
    for figures, drawn in zip(lists, resampled_together(lists, Bootstrap(50)), strict=True):
        alone = resampled(figures, Bootstrap(50))
        np.testing.assert_array_equal(drawn.values, alone.values)
        np.testing.assert_array_equal(drawn.units, alone.units)
    assert differ(lists[0], lists[2])


def test_rows_that_are_the_same_in_every_article_stay_out_of_the_correction(make_table: MakeTable) -> None:
    # X is found by the second run alone, in six articles: p 2 / 2**6. Y is the same in all of them. Z comes out even:
    # each run finds it in an article where the other does not.
    found, missed, none = (1, 1, 1, 1), (1, 0, 0, 0), (0, 0, 0, 0)
    first = {f"a{at}": {"X": missed, "Y": found, "Z": none} for at in range(6)}
    second = {f"a{at}": {"X": found, "Y": found, "Z": none} for at in range(6)}
    first["a0"]["Z"], second["a0"]["Z"] = found, missed
    first["a1"]["Z"], second["a1"]["Z"] = missed, found
    tables = {name: ScoredTable(make_table(rows)) for name, rows in (("A", first), ("B", second))}
    rows = compare_tables(tables, task="t", convention="c", options=FEW)
    by_label = {row.label: row for row in rows if row.score == "f1" and row.scope == "label"}
    assert {label: row.identical for label, row in by_label.items()} == {"X": False, "Y": True, "Z": False}
    assert (by_label["Z"].difference, by_label["Z"].p_randomization) == (0.0, 1.0)
    assert (by_label["Y"].p_randomization, by_label["Y"].q) == (1.0, 1.0)
    tested = [row.p_randomization for row in rows if not row.identical]
    # Three figures of Y; and micro precision, since neither run ever predicts anything wrong.
    assert len(rows) - len(tested) == 4
    assert [row.q for row in rows if not row.identical] == pytest.approx(adjusted(np.array(tested)).tolist())
    assert by_label["X"].q < adjusted(np.array([row.p_randomization for row in rows]))[rows.index(by_label["X"])]


def test_a_figure_that_is_as_good_by_other_predictions_is_not_the_same(make_table: MakeTable) -> None:
    """F1 of each article is 0 either way, but not that of all: the second run invents more."""
    right, wrong, worse = (1, 1, 1, 1), (1, 1, 0, 0), (1, 3, 0, 0)
    first, second = ({"a": {"X": right}, "b": {"X": bad}, "c": {"X": right}} for bad in (wrong, worse))
    tables = {name: ScoredTable(make_table(rows)) for name, rows in (("A", first), ("B", second))}
    rows = {row.score: row for row in compare_tables(tables, task="t", convention="c", options=FEW) if row.label}
    assert (rows["f1"].wins, rows["f1"].losses, rows["f1"].identical) == (0, 0, False)
    assert (rows["recall"].identical, rows["precision"].identical) == (True, False)


def test_a_clear_difference_is_found_and_a_small_one_is_not(draw_table: MakeTable) -> None:
    tables = {str(hit): ScoredTable(draw_table(1, 150, hit=hit)) for hit in (0.6, 0.61, 0.8)}
    rows = compare_tables(tables, task="t", convention="c", options=FEW)
    found = {row.second: row for row in rows if (row.scope, row.score) == ("micro", "recall")}
    assert found["0.8"].p_randomization == 1 / 201
    assert found["0.8"].ci is not None
    assert found["0.8"].ci[0] > 0
    assert found["0.8"].effect > 0.5
    assert found["0.61"].p_randomization > 0.05


def test_exchanging_two_runs_changes_the_sign_only(draw_table: MakeTable) -> None:
    one, other = (ScoredTable(draw_table(2, 30, hit=hit)) for hit in (0.6, 0.7))
    forth = compare_tables({"A": one, "B": other}, task="t", convention="c", options=FEW)
    back = compare_tables({"B": other, "A": one}, task="t", convention="c", options=FEW)
    for row, turned in zip(forth, back, strict=True):
        assert turned.difference == -row.difference
        assert (turned.ci is None) == (row.ci is None)
        if row.ci and turned.ci:
            assert turned.ci == pytest.approx((-row.ci[1], -row.ci[0]))
        assert turned.p_randomization == row.p_randomization
        assert (turned.wins, turned.losses) == (row.losses, row.wins)


def test_randomization_agrees_with_a_plain_loop(draw_table: MakeTable) -> None:
    first, second = (draw_table(3, 25, hit=hit, fractions=True) for hit in (0.6, 0.7))
    p = randomization_p(*(figures_of(ScoredTable(t)) for t in (first, second)), bootstrap=Bootstrap(), rounds=150)
    observed = abs(pooled_f1(second.dense()) - pooled_f1(first.dense()))
    extreme = 0
    for swapped in np.concatenate(list(swaps(Plan(25, 150, 0)))).astype(bool)[:, :, None, None]:
        ours, theirs = (
            np.where(swapped, second.dense(), first.dense()),
            np.where(swapped, first.dense(), second.dense()),
        )
        extreme += abs(pooled_f1(theirs) - pooled_f1(ours)) >= observed
    assert p[2] == (extreme + 1) / 151


def test_randomization_agrees_with_scipy_within_monte_carlo_error(draw_table: MakeTable) -> None:
    from scipy import stats

    first, second = (draw_table(9, 12, hit=hit) for hit in (0.6, 0.66))
    cells = np.stack([first.dense(), second.dense()])

    def difference(one: np.ndarray, other: np.ndarray) -> float:
        at = np.arange(12)
        return pooled_f1(cells[other, at]) - pooled_f1(cells[one, at])

    sides = np.zeros(12, dtype=int), np.ones(12, dtype=int)
    # 2**12 assignments: scipy goes through all of them, so its p is exact.
    exact = stats.permutation_test(
        sides, difference, permutation_type="samples", vectorized=False, n_resamples=10_000
    ).pvalue
    figures = [figures_of(ScoredTable(table)) for table in (first, second)]
    p = randomization_p(figures[0], figures[1], bootstrap=Bootstrap(), rounds=10_000)[2]
    assert p == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 10_000))


def test_whole_clusters_change_sides(draw_table: MakeTable) -> None:
    # One story: swapping all or nothing leaves the size of the difference as it is.
    first, second = (draw_table(4, 40, hit=hit) for hit in (0.4, 0.9))
    story = ComparisonOptions(bootstrap=Bootstrap(50, clusters=dict.fromkeys(first.articles, "s")))
    tables = {"A": ScoredTable(first), "B": ScoredTable(second)}
    row = compare_tables(tables, task="t", convention="c", options=story)[2]
    assert (row.p_randomization, row.effect, row.units, row.ci) == (1.0, 0.0, 1, None)


def test_few_units_are_gone_through_one_by_one(draw_table: MakeTable) -> None:
    # Of 5 units 16 assignments differ in size; each is counted once, the given one among them.
    first, second = (draw_table(3, 5, hit=hit, fractions=True) for hit in (0.4, 0.7))
    p = randomization_p(*(figures_of(ScoredTable(t)) for t in (first, second)), bootstrap=Bootstrap(), rounds=16)
    observed = abs(pooled_f1(second.dense()) - pooled_f1(first.dense()))
    extreme = 0
    for sides in itertools.product((False, True), repeat=5):
        swapped = np.array(sides)[:, None, None]
        ours, theirs = (
            np.where(swapped, second.dense(), first.dense()),
            np.where(swapped, first.dense(), second.dense()),
        )
        extreme += abs(pooled_f1(theirs) - pooled_f1(ours)) >= observed - 1e-12
    assert p[2] == extreme / 32


def pair_of_tables(random: np.random.Generator, articles: int, gain: float) -> dict[str, ScoredTable]:
    """Two runs over the same gold of two labels; the second finds more of it in some articles."""
    gold = random.poisson(2, (articles, 2))
    sides = []
    for hit in (0.5, min(0.5 + gain, 1.0)):
        right = random.binomial(gold, hit * (random.random((articles, 1)) < 0.8))
        sides.append(np.stack([gold, right + random.poisson(0.5, gold.shape), right, right], axis=-1).astype(float))
    names = tuple(f"a{at:02}" for at in range(articles))
    return {
        name: ScoredTable(CountTable.of_dense(names, ("X", "Y"), cells))
        for name, cells in zip("AB", sides, strict=True)
    }


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    articles=st.integers(1, 24),
    stories=st.integers(0, 12),
    gain=st.sampled_from([0.0, 0.2, 0.3, 0.5]),
    method=st.sampled_from(METHODS),
    level=st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99]),
    resamples=st.sampled_from([9, 19, 99, 200, 999]),
)
def test_an_interval_excludes_zero_where_p_is_below_alpha_and_nowhere_else(
    seed: int, articles: int, stories: int, gain: float, method: str, level: float, resamples: int
) -> None:
    tables = pair_of_tables(np.random.default_rng(seed), articles, gain)
    clusters = {name: f"s{at % stories}" for at, name in enumerate(tables["A"].table.articles)} if stories else None
    bootstrap = Bootstrap(resamples, seed % 5, method=method, level=level, clusters=clusters)
    for row in compare_tables(tables, task="t", convention="c", options=ComparisonOptions(bootstrap=bootstrap)):
        if row.ci is not None:
            low, high = row.ci
            assert (low > 0 or high < 0) == (row.p_randomization < round(1 - level, 12))
            assert -1 <= low <= high <= 1
            # Between the quartiles of nine resamples the difference itself need not lie.
            if level >= 0.9 and resamples >= 99:
                assert low - 1e-9 <= row.difference <= high + 1e-9


def test_the_interval_of_the_test_is_students_for_normal_shares() -> None:
    # Recall of 40 articles with 1,000 gold items each: shares of the difference are normal with mean 4 and sd 20 items.
    random = np.random.default_rng(3)
    share = np.rint(random.normal(4, 20, 40))
    gold = np.full(40, 1000.0)
    sides = [np.stack([gold, gold, own, own], axis=-1)[:, None] for own in (np.full(40, 500.0), 500 + share)]
    first, second = (
        figures_of(ScoredTable(CountTable.of_dense(tuple(f"{at:02}" for at in range(40)), ("X",), own)))
        for own in sides
    )
    swapped = randomized(first, second, bootstrap=Bootstrap(), rounds=20_000)
    half = swapped.half_widths(second.point() - first.point(), 40)[1]
    # t(39, 0.975) is 2.022691; the 5 % quantile of 20,000 rounds has a standard error of about 1 %.
    assert half == pytest.approx(2.022691 * share.std(ddof=1) / np.sqrt(40) / 1000, rel=0.05)


def test_false_alarms_come_as_often_as_announced(draw_table: MakeTable) -> None:
    # Under the null hypothesis p ≤ 0.1 in a tenth of experiments: 20 of 200, standard deviation 4.2.
    alarms = 0
    for seed in range(200):
        cells = draw_table(seed, 40).dense()
        other = draw_table(seed, 40, hit=0.701).dense()
        side = np.random.default_rng(seed).integers(0, 2, 40)[:, None, None]
        names = tuple(f"a{at:05}" for at in range(40))
        tables = {
            "A": ScoredTable(CountTable.of_dense(names, ("L0", "L1", "L2"), np.where(side, cells, other))),
            "B": ScoredTable(CountTable.of_dense(names, ("L0", "L1", "L2"), np.where(side, other, cells))),
        }
        row = compare_tables(tables, task="t", convention="c", options=ComparisonOptions(bootstrap=Bootstrap(99)))[2]
        alarms += row.p_randomization <= 0.1
    assert 20 - 3 * 4.2 < alarms < 20 + 3 * 4.2


def test_stories_are_needed_where_articles_share_them() -> None:
    # 40 articles tell 10 stories, and what a run gets right depends on the story. Two runs that are alike: with stories
    # p ≤ 0.05 comes in a twentieth of 300 experiments (15, standard deviation 3.8), with articles far more often.
    alarms = np.zeros(2)
    names = tuple(f"a{at:02}" for at in range(40))
    stories = {name: f"s{at // 4}" for at, name in enumerate(names)}
    for seed in range(300):
        random = np.random.default_rng(seed)
        sides = []
        for _ in "AB":
            hit = np.repeat(random.beta(4, 4, 10), 4)
            right = random.binomial(12, hit)
            sides.append(np.stack([np.full(40, 12), np.full(40, 12), right, right], axis=-1)[:, None].astype(float))
        tables = {
            name: ScoredTable(CountTable.of_dense(names, ("X",), own)) for name, own in zip("AB", sides, strict=True)
        }
        for at, clusters in enumerate((stories, None)):
            options = ComparisonOptions(bootstrap=Bootstrap(2, clusters=clusters), rounds=400)
            row = compare_tables(tables, task="t", convention="c", options=options)[2]
            alarms[at] += row.p_randomization <= 0.05
    assert 15 - 3 * 3.8 < alarms[0] < 15 + 3 * 3.8
    assert alarms[1] > 45


@pytest.mark.parametrize(
    ("p", "expected"),
    [
        # Benjamini & Hochberg: q(i) = min over j ≥ i of p(j) · m / j.
        pytest.param([0.01, 0.04, 0.03, 0.2], [0.04, 0.04 * 4 / 3, 0.04 * 4 / 3, 0.2], id="monotone in p"),
        pytest.param([0.5], [0.5], id="one row"),
        pytest.param([], [], id="no row"),
        pytest.param([0.9, 0.8, 1.0], [1.0, 1.0, 1.0], id="never above 1"),
    ],
)
def test_adjusted(p: list[float], expected: list[float]) -> None:
    assert adjusted(np.array(p)) == pytest.approx(expected)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_adjusted_agrees_with_scipy(p: list[float]) -> None:
    from scipy import stats

    assert adjusted(np.array(p)) == pytest.approx(stats.false_discovery_control(p), abs=1e-12)


@pytest.mark.parametrize(("q", "mark"), [(0.05, ""), (0.049, "*"), (0.0099, "**"), (0.0009, "***")])
def test_significance_mark(q: float, mark: str) -> None:
    assert significance_mark(q) == mark


def test_an_article_with_nothing_on_both_sides_is_right(make_table: MakeTable) -> None:
    figures = figures_of(ScoredTable(make_table({"a": {"X": (0, 0, 0, 0)}, "b": {"X": (0, 1, 0, 0)}})))
    assert article_figures(figures, figures.cells)[:, 2].tolist() == [1.0, 0.0]


@settings(max_examples=15)
@given(order=st.permutations(range(15)))
def test_the_order_of_articles_changes_nothing(draw_table: MakeTable, order: list[int]) -> None:
    tables = [draw_table(5, 15, hit=hit, fractions=True) for hit in (0.6, 0.7)]
    shuffled = [table.select([at]) for table in tables for at in order]
    from evalkit.scoring.counts import merge_tables

    again = [merge_tables(shuffled[:15]), merge_tables(shuffled[15:])]
    rows = [
        compare_tables({"A": ScoredTable(a), "B": ScoredTable(b)}, task="t", convention="c", options=FEW)
        for a, b in (tables, again)
    ]
    assert rows[0] == rows[1]


def test_compare_results(make_result: MakeResult, draw_table: MakeTable) -> None:
    runs = {
        name: make_result(
            {"entities": {"exact": draw_table(6, 60, hit=hit), "type": draw_table(6, 60, hit=hit)}}, name=name
        )
        for name, hit in (("base", 0.6), ("better", 0.75), ("same", 0.6))
    }
    comparison = compare_results(runs, options=FEW)
    assert comparison.runs == ("base", "better", "same")
    assert comparison.method == "bootstrap200/article/seed0/expanded|randomization200|bh"
    # Two pairs, two conventions, micro, macro and three labels with three scores each.
    assert len(comparison.rows) == 2 * 2 * 5 * 3
    marks = {row.second: row.mark for row in comparison.select(scope="micro", score="f1", convention="exact")}
    assert (marks["better"] != "", marks["same"]) == (True, "")
    assert (
        len(compare_results(runs, options=ComparisonOptions(bootstrap=Bootstrap(20), pairs="all")).rows)
        == 3 * 2 * 5 * 3
    )
    assert (
        len(
            compare_results(
                runs, options=ComparisonOptions(bootstrap=Bootstrap(20), scores=("f1",)), conventions=["type"]
            ).rows
        )
        == 10
    )


def test_a_comparison_goes_to_json_and_pandas(make_result: MakeResult, draw_table: MakeTable) -> None:
    runs = [make_result({"entities": {"exact": draw_table(6, 10, hit=hit)}}, name="ner") for hit in (0.6, 0.7)]
    comparison = compare_results(runs, options=ComparisonOptions(bootstrap=Bootstrap(20)))
    assert comparison.runs == ("ner", "ner#2")
    data = json.loads(json.dumps(comparison.to_json(), allow_nan=False))
    assert data["rows"][0]["ci"] == list(comparison.rows[0].ci or ())
    frame = comparison.to_pandas()
    assert len(frame) == len(comparison.rows)
    assert (frame["ci_low"][0], frame["ci_high"][0]) == comparison.rows[0].ci
    assert not frame.isna().any().any()


def test_labels_that_one_run_lacks_are_compared(make_table: MakeTable) -> None:
    first = make_table({"a": {"X": (1, 1, 1, 1)}, "b": {"X": (1, 1, 1, 1)}})
    second = make_table({"a": {"X": (1, 1, 1, 1), "NEW": (0, 1, 0, 0)}, "b": {"X": (1, 1, 1, 1)}})
    rows = compare_tables({"A": ScoredTable(first), "B": ScoredTable(second)}, task="t", convention="c", options=FEW)
    assert [row.label for row in rows if row.scope == "label" and row.score == "f1"] == ["NEW", "X"]


def test_groups_change_nothing_but_the_scores_that_look_at_them(make_table: MakeTable) -> None:
    # The same counts with and without targets: figures, tests, and who wins which article are the same.
    cells = [
        {"a": {"t": {"X": (1, 1, 1, 1)}}, "b": {"u": {"X": (2, 1, 1, 1)}, "t": {"Y": (1, 1, 0, 0)}}, "c": {"t": {}}},
        {"a": {"t": {"X": (1, 0, 0, 0)}}, "b": {"u": {"X": (2, 2, 2, 2)}, "t": {"Y": (1, 0, 0, 0)}}, "c": {"t": {}}},
    ]
    grouped = [make_table(own, ("X", "Y")) for own in cells]
    plain = [CountTable.of_dense(own.articles, own.labels, own.dense()) for own in grouped]
    found = [
        compare_tables(dict(zip("AB", map(ScoredTable, tables), strict=True)), task="t", convention="c", options=FEW)
        for tables in (grouped, plain)
    ]
    assert found[0] == found[1]
    assert [(row.wins, row.ties, row.losses) for row in found[0] if (row.scope, row.score) == ("micro", "f1")] == [
        (1, 1, 1)
    ]


def test_derived_scores_are_compared(make_result: MakeResult, make_table: MakeTable) -> None:
    def run(right: int, name: str) -> EvalResult:
        labels = ("against", "favor", "neutral")
        rows = [(article, (1, 1, float(at < right), float(at < right))) for at, article in enumerate("abcd")]
        table = make_table({article: {"t": {"favor": row}} for article, row in rows}, labels)
        scored = ScoredTable(table, derived_scores("stances", "given"))
        return make_result({"stances": {"given": scored}}, name=name)

    rows = compare_results([run(1, "A"), run(3, "B")], options=FEW).rows
    stored = [
        EvalResult.from_json(json.loads(json.dumps(run(right, name).to_json()))) for right, name in ((1, "A"), (3, "B"))
    ]
    assert compare_results(stored, options=FEW).rows == rows
    derived = {row.score: row.difference for row in rows if row.scope == "derived"}
    # Accuracy 1/4 → 3/4; favg over one target is half of F1, which is the accuracy here, and macro F1 a third.
    halves = {"favg": 0.25, "favg_by_target": 0.25}
    assert derived == pytest.approx({"accuracy": 0.5, "macro_f1": 0.5 / 3, **halves})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"gold": "news@2"}, "'news@2' split 'test', run 'A' on 'news@1'", id="another gold"),
        pytest.param({"split": "dev"}, "on 'news@1' split 'dev'", id="another split"),
        pytest.param({"keep_table": False}, "no counts by article; score the run again", id="no table"),
    ],
)
def test_refuses_runs(make_result: MakeResult, draw_table: MakeTable, change: dict[str, object], message: str) -> None:
    tables = {"entities": {"exact": draw_table(0, 3)}}
    runs = [make_result(tables, name="A"), make_result(tables, name="B", **change)]
    with pytest.raises(InputError, match=message):
        compare_results(runs)


def test_refuses_other_articles(make_result: MakeResult, draw_table: MakeTable) -> None:
    runs = [make_result({"entities": {"exact": draw_table(0, size)}}, name=str(size)) for size in (3, 4)]
    with pytest.raises(InputError, match="not about the same articles, for example 'a00003' is in one of them only"):
        compare_results(runs)


def test_refuses_runs_with_nothing_in_common(make_result: MakeResult, draw_table: MakeTable) -> None:
    runs = [make_result({"entities": {name: draw_table(0, 3)}}, name=name) for name in ("exact", "type")]
    with pytest.raises(InputError, match="'exact', 'type' have no task and convention in common"):
        compare_results(runs)


def test_refuses_a_single_run(make_result: MakeResult, draw_table: MakeTable) -> None:
    with pytest.raises(InputError, match="at least 2 runs, found 1"):
        compare_results([make_result({"entities": {"exact": draw_table(0, 3)}})])
    with pytest.raises(InputError, match="at least 2 tables, found 1"):
        compare_tables({"A": ScoredTable(draw_table(0, 3))}, task="t", convention="c")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"rounds": 0}, "at least 1 round, found 0", id="rounds"),
        pytest.param({"pairs": "some"}, "unknown choice of pairs 'some'", id="pairs"),
        pytest.param({"scores": ("f2",)}, "unknown score 'f2'", id="scores"),
    ],
)
def test_refuses_options(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ComparisonOptions(**options)  # type: ignore[arg-type]
