from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from evalkit.errors import InputError
from evalkit.gate.outcome import CANNOT_TELL, FAIL, PASS, GateReport, Outcome
from evalkit.gate.rules import Rule, RuleSet
from evalkit.gate.slices import SliceValues
from evalkit.gate.verdict import Sides, judge_rules

Tables = Callable[..., Any]
MakeRule = Callable[..., Rule]

ALL = [2] * 10
"""Ten articles, two items each, all found: recall 20/20, precision 1, F1 1."""

TWO_WORSE = [1, 1] + [2] * 8
"""Two articles lose one of two items: recall 18/20, F1 = 36/38 = .9474, a drop of .0526. Swapping sides of two
articles leaves |difference| as it was in half of the rounds, so p is about .5: nobody can tell."""

ALL_WORSE = [1] * 10
"""Every article loses an item: recall 10/20, F1 = 20/30 = .6667. All sides must be swapped alike: p is about
2 / 2**10 = .002."""


def judge(
    tables: Tables,
    rules: list[Rule],
    before: list[int],
    after: list[int],
    properties: Any = None,
    **sides: Any,
) -> list[Outcome]:
    values = SliceValues(articles=properties or {})
    both = Sides(before=tables(before), after=tables(after), values=values, **sides)
    return list(judge_rules(RuleSet(rules=tuple(rules)), both))


@pytest.mark.parametrize(
    ("after", "fields", "verdict"),
    [
        pytest.param(ALL, {}, PASS, id="no-change"),
        pytest.param(TWO_WORSE, {}, CANNOT_TELL, id="small-drop"),
        pytest.param(ALL_WORSE, {}, FAIL, id="large-drop"),
        pytest.param(TWO_WORSE, {"max_drop": 0.0527}, PASS, id="drop-within-max-drop"),
        pytest.param(TWO_WORSE, {"min_effect": 0.0527}, PASS, id="drop-within-min-effect"),
        pytest.param(TWO_WORSE, {"max_drop": 0.0526}, CANNOT_TELL, id="drop-just-above"),  # 2/38 = .05263
        pytest.param(ALL_WORSE, {"max_drop": 0.2}, FAIL, id="more-than-max-drop"),
        pytest.param(ALL_WORSE, {"alpha": 0.0001}, CANNOT_TELL, id="strict-alpha"),
        pytest.param(TWO_WORSE, {"floor": 0.95}, FAIL, id="below-floor"),
        pytest.param(TWO_WORSE, {"floor": 0.94, "max_drop": 0.1}, PASS, id="above-floor"),
        pytest.param(ALL_WORSE, {"score": "precision"}, PASS, id="precision-stays"),  # 10/10
        pytest.param(ALL_WORSE, {"score": "recall", "max_drop": 0.5}, PASS, id="recall-falls-by-half"),
        pytest.param(ALL_WORSE, {"label": "PER"}, FAIL, id="label"),
        pytest.param(ALL_WORSE, {"label": "macro"}, FAIL, id="macro"),
    ],
)
def test_verdicts(tables: Tables, rule: MakeRule, after: list[int], fields: dict[str, Any], verdict: str) -> None:
    assert judge(tables, [rule(**fields)], ALL, after)[0].verdict == verdict


def test_figures_and_reason_of_a_drop_that_cannot_be_told(tables: Tables, rule: MakeRule) -> None:
    outcome = judge(tables, [rule()], ALL, TWO_WORSE)[0]

    assert outcome.baseline == 1
    assert outcome.value == pytest.approx(36 / 38)
    assert outcome.articles == (0, 8, 2)
    assert outcome.p == pytest.approx(0.5, abs=0.02)
    # p ≤ .05 needs 2 / 2**k ≤ .05, so k = 6 articles that differ; 2 of 10 do, so 30 articles, 20 more at least.
    assert outcome.more is not None
    assert outcome.more >= 20
    assert outcome.reason.startswith("dropped by 0.0526, more than 0.01; judged by q 0.5")
    assert f"{outcome.more} more would show such a drop" in outcome.reason
    assert f"cannot see less than {outcome.smallest:.4f}" in outcome.reason


def test_clusters_are_called_clusters(tables: Tables, rule: MakeRule) -> None:
    """Ten articles of four stories, and the two that are worse in one: of four units nothing can be significant, for
    2 / 2**4 > .05."""
    stories = {f"a{at:03}": f"s{at // 3}" for at in range(10)}
    values = SliceValues(articles={"story": stories})
    sides = Sides(before=tables(ALL), after=tables(TWO_WORSE), values=values)

    (outcome,) = judge_rules(RuleSet(rules=(rule(),), cluster="story"), sides)

    assert outcome.verdict == CANNOT_TELL
    assert "; 4 clusters cannot see any drop" in outcome.reason
    assert "article" not in outcome.reason


def test_the_interval_agrees_with_p_and_the_verdict_with_q(tables: Tables, rule: MakeRule) -> None:
    """One figure that falls in six of ten articles (p 2 / 2**6 = .03), beside one that stays (p 1): q is .06."""
    after = [1] * 6 + [2] * 4

    falls, stays = judge(tables, [rule(name="falls"), rule(name="stays", score="precision")], ALL, after)

    assert falls.p is not None
    assert falls.q is not None
    assert falls.ci is not None
    assert falls.p < 0.05 < falls.q
    assert falls.ci[1] < 0
    assert (falls.verdict, stays.verdict) == (CANNOT_TELL, PASS)
    assert f"judged by q {falls.q:.4f}, alpha 0.05" in falls.reason


def test_a_gain_passes_and_is_told(tables: Tables, rule: MakeRule) -> None:
    outcome = judge(tables, [rule()], ALL_WORSE, ALL)[0]

    assert (outcome.verdict, outcome.reason) == (PASS, "rose by 0.3333")


def test_one_article_cannot_show_anything(tables: Tables, rule: MakeRule) -> None:
    outcome = judge(tables, [rule()], [2], [0])[0]

    assert outcome.verdict == CANNOT_TELL
    # One article that differs; 6 are needed.
    assert outcome.more == 5
    assert "1 article cannot see any drop, 5 more would" in outcome.reason


def test_rules_are_tested_together(tables: Tables, rule: MakeRule) -> None:
    """Benjamini-Hochberg: what one rule shows may be nothing among nineteen that show nothing."""
    # Six of ten articles are worse: p = 2 / 2**6 = .031, below .05 alone. With 19 rules at p = 1 beside it, q = .62.
    six = [1] * 6 + [2] * 4
    alone = judge(tables, [rule(name="f1")], ALL, six)[0]
    others = [rule(name=f"precision {at}", score="precision") for at in range(19)]
    together = judge(tables, [rule(name="f1"), *others], ALL, six)[0]

    assert (alone.verdict, together.verdict) == (FAIL, CANNOT_TELL)
    assert alone.p == together.p == pytest.approx(2 / 64, abs=0.01)
    assert together.q == pytest.approx(20 * together.p)


def test_clusters_are_swapped_as_wholes(tables: Tables, rule: MakeRule) -> None:
    """Ten articles of two stories are two units, so nothing can be shown."""
    stories = {f"a{at:03}": f"story {at % 2}" for at in range(10)}
    sides = Sides(before=tables(ALL), after=tables(ALL_WORSE), values=SliceValues(articles={"story": stories}))

    outcome = judge_rules(RuleSet(rules=(rule(),), cluster="story"), sides)[0]

    assert outcome.verdict == CANNOT_TELL


def test_a_slice_is_judged_by_itself(tables: Tables, rule: MakeRule) -> None:
    after = [1] * 8 + [2] * 4  # the eight articles of the wire are worse, the desk's four are not
    source = {f"a{at:03}": "wire" if at < 8 else "desk" for at in range(12)}
    rules = [rule(name="wire", slice={"source": "wire"}), rule(name="desk", slice={"source": "desk"})]

    wire, desk = judge(tables, rules, [2] * 12, after, properties={"source": source})

    assert (wire.verdict, desk.verdict) == (FAIL, PASS)
    assert (wire.value, desk.value) == (pytest.approx(2 / 3), 1)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        pytest.param({"label": "PRE"}, "unknown label 'PRE'; did you mean 'PER'", id="label"),
        pytest.param({"slice": {"sorce": "wire"}}, "sliced by 'sorce'; did you mean 'source'", id="field"),
        pytest.param({"slice": {"source": "wirr"}}, "source = 'wirr'; did you mean 'wire'", id="value"),
        pytest.param({"slice": {"zone": "body"}}, "zone of items cannot be told", id="items-of-counts"),
        pytest.param({"task": "quotes"}, "no quotes under exact", id="task"),
        pytest.param({"score": "favg"}, "there is no favg", id="score"),
    ],
)
def test_rules_about_nothing_are_refused(tables: Tables, rule: MakeRule, fields: dict[str, Any], message: str) -> None:
    names = [f"a{at:03}" for at in range(10)]
    properties = {"source": dict.fromkeys(names, "wire"), "lang": {"other": "de"}}

    with pytest.raises(InputError, match=message):
        judge(tables, [rule(**fields)], ALL, ALL, properties=properties)


def test_counts_over_the_whole_split_are_refused_with_the_name_of_the_rule(tables: Tables, rule: MakeRule) -> None:
    whole = {"entities": {"exact": replace(tables(ALL)["entities"]["exact"], additive=False)}}

    with pytest.raises(InputError, match=r"rule 'mine': entities under exact counts over the whole split"):
        judge_rules(RuleSet(rules=(rule(name="mine"),)), Sides(before=whole, after=whole))


def test_a_cluster_that_no_article_has_is_refused(tables: Tables, rule: MakeRule) -> None:
    with pytest.raises(InputError, match="metadata field 'story'"):
        judge_rules(RuleSet(rules=(rule(),), cluster="story"), Sides(before=tables(ALL), after=tables(ALL)))


def test_a_task_that_the_run_lost_fails(tables: Tables, rule: MakeRule) -> None:
    sides = Sides(before=tables(ALL), after={}, missing={"entities": "the extractor does not claim it"})

    outcome = judge_rules(RuleSet(rules=(rule(),)), sides)[0]

    assert (outcome.verdict, outcome.baseline, outcome.value) == (FAIL, 1, None)
    assert outcome.reason.endswith("the extractor does not claim it")


@pytest.mark.parametrize(("floor", "verdict"), [(None, PASS), (0.9, PASS), (0.96, FAIL)])
def test_a_task_that_the_baseline_lacks_has_only_its_floor(
    tables: Tables, rule: MakeRule, floor: float | None, verdict: str
) -> None:
    sides = Sides(before={}, after=tables(TWO_WORSE))  # F1 .9474

    assert judge_rules(RuleSet(rules=(rule(floor=floor),)), sides)[0].verdict == verdict


def test_a_slice_that_no_common_article_is_in_cannot_be_told(tables: Tables, rule: MakeRule) -> None:
    """The value is there, in an article that is new."""
    properties = {"source": {"new": "wire"} | {f"a{at:03}": "desk" for at in range(10)}}

    (outcome,) = judge(tables, [rule(slice={"source": "wire"})], ALL, ALL, properties)

    assert (outcome.verdict, outcome.value) == (CANNOT_TELL, None)
    assert "nothing of source=wire is in the articles that both have" in outcome.reason


def test_too_few_common_articles_tell_nothing_but_the_floor(tables: Tables, rule: MakeRule) -> None:
    """The floor is about the run alone, over all its articles: 12 of 24 items found is F1 24/36 = .67."""
    rules = [rule(name="drop"), rule(name="floor", floor=0.7), rule(name="kept", floor=0.6)]

    outcomes = judge(tables, rules, [2], [2], whole=tables([1] * 12), too_few="1 of 12")

    assert [outcome.verdict for outcome in outcomes] == [CANNOT_TELL, FAIL, CANNOT_TELL]
    assert outcomes[0].reason == "1 of 12"
    assert outcomes[1].reason == "0.6667 is below the floor 0.7 over all articles of the run"


def test_a_small_drop_passes_unless_a_rule_says_otherwise(tables: Tables, rule: MakeRule) -> None:
    """One of 200 items lost: recall .995, F1 .9975, a drop of .0025, within the margin of .01."""
    before, after = [2] * 100, [1] + [2] * 99

    usual, strict = judge(tables, [rule(name="usual"), rule(name="strict", max_drop=0.0)], before, after)

    assert (usual.verdict, usual.reason) == (PASS, "dropped by 0.0025, within 0.01")
    assert strict.verdict == CANNOT_TELL


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        pytest.param([PASS, PASS], 0, id="pass"),
        pytest.param([PASS, CANNOT_TELL], 3, id="cannot-tell"),
        pytest.param([CANNOT_TELL, FAIL, PASS], 1, id="fail-weighs-most"),
    ],
)
def test_the_worst_rule_decides(rule: MakeRule, verdicts: list[str], code: int) -> None:
    assert report_of(*(Outcome(rule=rule(), verdict=verdict, reason="") for verdict in verdicts)).exit_code == code


def report_of(*outcomes: Outcome, **fields: Any) -> GateReport:
    return GateReport(run="r", baseline="b", gold="g@1", split="test", articles=1, outcomes=outcomes, **fields)


@pytest.mark.parametrize(
    ("on_unclear", "code"),
    [
        pytest.param(["pass", "pass"], 0, id="pass"),
        pytest.param(["pass", "unclear"], 3, id="each-rule-for-itself"),
        pytest.param(["unclear", "fail"], 1, id="fail"),
    ],
)
def test_what_cannot_be_told_comes_to_what_the_rule_says(rule: MakeRule, on_unclear: list[str], code: int) -> None:
    report = report_of(*(Outcome(rule=rule(on_unclear=word), verdict=CANNOT_TELL, reason="") for word in on_unclear))

    assert (report.verdict, report.exit_code) == (CANNOT_TELL, code)


@pytest.mark.parametrize(("failures", "allowed", "verdict"), [(0, 0, PASS), (1, 0, FAIL), (2, 2, PASS), (3, 2, FAIL)])
def test_a_crash_is_not_noise(rule: MakeRule, failures: int, allowed: int, verdict: str) -> None:
    failed = {f"a{at}": "out of memory" for at in range(failures)}
    report = report_of(Outcome(rule=rule(), verdict=PASS, reason=""), failed=failed, max_failures=allowed)

    assert report.verdict == verdict


def test_the_same_input_gives_the_same_outcome(tables: Tables, rule: MakeRule) -> None:
    assert judge(tables, [rule()], ALL, TWO_WORSE) == judge(tables, [rule()], ALL, TWO_WORSE)


def test_a_report_as_a_frame(tables: Tables, rule: MakeRule) -> None:
    outcomes = judge(tables, [rule(name="one"), rule(name="two", floor=0.99)], ALL, TWO_WORSE)
    report = GateReport(run="r", baseline="b", gold="g@1", split="test", articles=10, outcomes=outcomes)

    frame = report.to_pandas()

    assert frame["rule_name"].tolist() == ["one", "two"]
    assert frame["verdict"].tolist() == [outcome.verdict for outcome in outcomes]
    assert repr(report) == f"<GateReport r against b on g@1, test: {report.verdict}>"
