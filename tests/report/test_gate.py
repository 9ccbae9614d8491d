"""A gate in several forms, with text that tries to be more than text."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from evalkit.analysis.changes import ADDED, BROKEN, FIXED, Change, ChangedItem
from evalkit.gate.baseline import Baseline
from evalkit.gate.outcome import CANNOT_TELL, FAIL, PASS, BaselineUpdate, GateReport, Outcome
from evalkit.gate.rules import Rule
from evalkit.predictions.run import Run
from evalkit.report.document import Lines
from evalkit.report.forms.terminal import render_terminal
from evalkit.report.of.gate import document, update_document
from evalkit.report.render import render_report

NASTY = "<img src=x onerror=alert(1)> @octocat `#12` | ]]>\x1b[31m\n\x00 https://example.com &amp;"


def change(article: str, text: str = "Oslo", *, direction: str = BROKEN, layer: str = "entities") -> Change:
    gold = ChangedItem(label="GPE", text=text, spans=((14, 18),))
    wrong = ChangedItem(label="ORG", text=text, spans=((14, 18),))
    return Change(article=article, layer=layer, direction=direction, kind="label", gold=gold, predicted=wrong)


def rule(name: str, task: str = "entities") -> Rule:
    return Rule(name=name, task=task, convention="exact")


BASELINE = Baseline(run=Run(extractor="mine", predictions=()), marks={}, evalkit="0.1.0")


@pytest.fixture
def report() -> GateReport:
    figures = {"value": 0.5, "baseline": 0.75, "ci": (-0.5, 0.0), "p": 0.125, "q": 0.25}
    return GateReport(
        run="mine",
        baseline="mine",
        gold="gold@1234567",
        split="test",
        articles=3,
        outcomes=(
            Outcome(rule=rule(name="one"), verdict=PASS, reason="no change"),
            Outcome(rule=rule(name="two"), verdict=FAIL, reason="dropped", **figures),
            Outcome(rule=rule(name="three", task="quotes"), verdict=CANNOT_TELL, reason="who knows", **figures),
        ),
        changes=(
            change("a"),
            change("b", NASTY),
            change("b"),
            change("c", direction=FIXED),
            change("c", "Bergen", layer="quotes"),
        ),
        notes=("a note",),
        method="randomization",
    )


def broken(report: GateReport, limit: int = 40) -> list[str]:
    """The lines under "newly broken", further in by two spaces a step."""
    blocks = [block for block in document(report, limit=limit).blocks if isinstance(block, Lines)]
    return ["  " * line.depth + line.text for block in blocks if "broken" in block.title for line in block.lines]


def test_changes_are_grouped_by_article_the_worst_first(report: GateReport) -> None:
    lines = broken(report, limit=3)

    assert [line.strip() for line in lines if not line.startswith("    ")] == ["b", "a", "… and 1 more"]
    assert len(lines) == 6


def test_nothing_is_shown_with_limit_0(report: GateReport) -> None:
    assert broken(report, limit=0) == []


def test_markdown(report: GateReport) -> None:
    text = render_report(report)

    lines = text.splitlines()
    assert lines[0] == "## evalkit gate: ❌ fail"
    assert lines[2] == "mine against mine on gold@1234567, split test, 3 articles."
    assert (
        "| two \\(entities exact micro f1\\) | 0.7500 | 0.5000 | -0.2500 | -0.5000 +0.0000 | 0.1250 | 0.2500 |" in lines
    )
    assert "* ❌ fail: two \\(entities exact micro f1\\): dropped" in lines
    assert "* ❔ cannot tell: three \\(quotes exact micro f1\\): who knows" in lines
    assert "### newly broken: 4" in lines
    assert "    * entities label: GPE `Oslo` \\(14-18\\), predicted ORG `Oslo` \\(14-18\\)" in lines
    assert "### newly fixed: 1" in lines
    assert "* a note" in lines


def test_article_text_in_markdown_is_code(report: GateReport) -> None:
    line = next(line for line in render_report(report).splitlines() if "octocat" in line)

    # The text holds single ticks, so it stands between double ones, and what stands there is no markup.
    inside = line.split("``")[1]
    assert "@octocat" in inside
    assert "<img" in inside
    assert line.split("``")[0] == "    * entities label: GPE "


def test_a_rule_name_in_markdown_is_no_markup(report: GateReport) -> None:
    outcome = Outcome(rule=rule(name=NASTY), verdict=PASS, reason="@octocat")
    text = render_report(GateReport(**{**_fields(report), "outcomes": (outcome,), "changes": ()}))

    assert "@octocat" not in text
    assert "<img" not in text.replace("\\<", "")


def _fields(report: GateReport) -> dict[str, object]:
    return {name: getattr(report, name) for name in report.__dataclass_fields__}


def test_how_many_are_left_out(report: GateReport) -> None:
    assert "  * … and 3 more" in render_report(report, limit=1).splitlines()


def test_junit_has_one_case_a_rule(report: GateReport) -> None:
    root = ElementTree.fromstring(render_report(report, "junit"))

    suite = root[0]
    cases = suite.findall("testcase")
    assert [suite.get(name) for name in ("tests", "failures", "errors")] == ["4", "1", "1"]
    assert [(case.get("classname"), case.get("name"), [child.tag for child in case]) for case in cases] == [
        ("evalkit.gate.entities", "one (entities exact micro f1)", []),
        ("evalkit.gate.entities", "two (entities exact micro f1)", ["failure"]),
        ("evalkit.gate.quotes", "three (quotes exact micro f1)", ["error"]),
        ("evalkit.gate.run", "extraction", []),
    ]
    failure = cases[1][0]
    assert failure.get("message") == "dropped"
    figures, *changes = (failure.text or "").splitlines()
    assert figures == "baseline 0.7500; run 0.5000; difference -0.2500; 95 % CI -0.5000 +0.0000; p 0.1250; q 0.2500"
    assert changes[0] == "b"
    assert changes[1].startswith("  entities label: GPE ")


def test_failed_articles_are_named_everywhere(report: GateReport) -> None:
    failed = {"a": "RuntimeError: out of memory", "b": "no answer"}
    crashed = GateReport(**{**_fields(report), "failed": failed, "outcomes": report.outcomes[:1]})

    summary = render_report(crashed)
    suite = ElementTree.fromstring(render_report(crashed, "junit"))[0]

    assert summary.startswith("## evalkit gate: ❌ fail\n")
    assert "### fail: the extractor failed on 2 articles, max\\_failures is 0" in summary
    assert "  * a: RuntimeError: out of memory" in summary.splitlines()
    failure = suite.findall("testcase")[1][0]
    assert (failure.tag, failure.get("message")) == (
        "failure",
        "fail: the extractor failed on 2 articles, max_failures is 0",
    )
    assert (failure.text or "").splitlines()[0] == "a: RuntimeError: out of memory"


def test_failures_that_are_allowed_are_not_silent(report: GateReport) -> None:
    allowed = {"failed": {"a": "out of memory"}, "max_failures": 1, "outcomes": report.outcomes[:1]}
    crashed = GateReport(**{**_fields(report), **allowed})

    suite = ElementTree.fromstring(render_report(crashed, "junit"))[0]

    assert crashed.verdict == PASS
    assert [child.tag for child in suite.findall("testcase")[1]] == ["skipped"]
    assert "pass: the extractor failed on 1 article, max_failures is 1" in render_report(crashed, "terminal")


@pytest.mark.parametrize(
    ("on_unclear", "tag"), [("unclear", "error"), ("pass", "skipped"), ("fail", "failure")], ids=str
)
def test_junit_follows_what_unclear_comes_to(report: GateReport, on_unclear: str, tag: str) -> None:
    unclear = replace(report.outcomes[2], rule=replace(report.outcomes[2].rule, on_unclear=on_unclear))
    made = GateReport(**{**_fields(report), "outcomes": (unclear,)})

    case = ElementTree.fromstring(render_report(made, "junit"))[0].findall("testcase")[0]

    assert [child.tag for child in case] == [tag]
    assert case[0].get("message", "").startswith("who knows")
    assert ("on_unclear makes this a" in render_report(made, "terminal")) == (on_unclear != "unclear")


def test_a_prediction_that_stands_beside_a_broken_item_is_counted_and_not_told_twice(report: GateReport) -> None:
    wrong = ChangedItem(label="ORG", text="Oslo", spans=((14, 18),))
    alone = ChangedItem(label="ORG", text="Moss", spans=((30, 34),))
    added = [
        Change(article="a", layer="entities", direction=ADDED, kind="label", gold=None, predicted=item)
        for item in (wrong, alone)
    ]
    made = GateReport(**{**_fields(report), "changes": (change("a"), *added)})

    text = render_report(made, "terminal")

    assert "wrong predictions added: 2" in text
    assert text.count("ORG 'Oslo'") == 1
    assert "1 shown with what broke" in text


def test_a_new_baseline_has_every_form() -> None:
    """A CI step that asks for a summary and a JUnit file gets both."""
    update = BaselineUpdate(baseline=BASELINE, changed=("new baseline: mine",), report=None, path=Path("base.json"))

    suite = ElementTree.fromstring(render_report(update, "junit"))[0]

    assert (suite.get("tests"), suite.get("failures")) == ("1", "0")
    assert "new baseline: mine" in render_report(update)


def test_junit_holds_any_text(report: GateReport) -> None:
    content = render_report(report, "junit")

    assert "\x1b" not in content
    assert "\x00" not in content
    text = "".join(ElementTree.fromstring(content).itertext())
    assert "<img src=x" in text  # escaped in the file, whole for who reads it
    assert "<img" not in content


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_the_terminal_shows_everything_within_its_width(report: GateReport, width: int) -> None:
    text = render_terminal(document(report), width=width)

    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= width
    assert "newly broken: 4" in text
    assert text.rstrip().endswith("verdict: fail")


def test_what_does_not_fit_goes_on_further_in(report: GateReport) -> None:
    lines = render_terminal(document(report), width=50).splitlines()

    first = next(number for number, line in enumerate(lines) if line.startswith("    entities label: GPE '<img"))
    # The next lines until the next item, which stands four spaces in.
    assert lines[first + 1].startswith("      ")


def test_an_update_without_changes_says_so(report: GateReport) -> None:
    update = BaselineUpdate(baseline=BASELINE, changed=(), report=report, path=Path("base.json"))

    assert render_terminal(update_document(update)).splitlines()[1:] == ["nothing has changed", "written to base.json"]
    assert json.loads(render_report(update, "json"))["baseline"] == "base.json"


def test_an_update_shows_what_the_gate_says_to_it(report: GateReport) -> None:
    update = BaselineUpdate(baseline=BASELINE, changed=("extractor: a → b",), report=report, path=Path("base.json"))

    text = render_report(update, "terminal")
    assert "newly broken: 4" in text
    assert text.index("newly fixed: 1") < text.index("extractor: a → b") < text.index("verdict: fail")
