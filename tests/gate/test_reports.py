"""The three ways of showing a gate, with text that tries to be more than text."""

from __future__ import annotations

import io
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from rich.console import Console

from evalkit.analysis.changes import BROKEN, FIXED, Change, ChangedItem
from evalkit.gate.rules import Rule
from evalkit.gate.verdict import CANNOT_TELL, FAIL, PASS, GateReport, Outcome
from evalkit.report.gate_changes import group_changes
from evalkit.report.gate_junit import gate_junit
from evalkit.report.gate_markdown import gate_markdown
from evalkit.report.gate_terminal import gate_lines, print_gate

NASTY = "<img src=x onerror=alert(1)> @octocat `#12` | ]]>\x1b[31m\n\x00 https://example.com &amp;"


def change(article: str, text: str = "Oslo", *, direction: str = BROKEN, layer: str = "entities") -> Change:
    gold = ChangedItem(label="GPE", text=text, spans=((14, 18),))
    wrong = ChangedItem(label="ORG", text=text, spans=((14, 18),))
    return Change(article=article, layer=layer, direction=direction, kind="label", gold=gold, predicted=wrong)


@pytest.fixture
def report(rule: Callable[..., Rule]) -> GateReport:
    figures = {"value": 0.5, "baseline": 0.75, "ci": (-0.5, 0.0), "q": 0.25}
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


def test_changes_are_grouped_by_article_the_worst_first(report: GateReport) -> None:
    shown = group_changes(report.changes, BROKEN, limit=3)

    assert [(group.article, len(group.changes)) for group in shown.groups] == [("b", 2), ("a", 1)]
    assert shown.left_out == 1


def test_nothing_is_shown_and_all_is_counted_with_limit_0(report: GateReport) -> None:
    shown = group_changes(report.changes, BROKEN, limit=0)

    assert (shown.groups, shown.left_out) == ((), 4)


def test_markdown(report: GateReport) -> None:
    text = gate_markdown(report)

    lines = text.splitlines()
    assert lines[0] == "## evalkit gate: ❌ fail"
    assert "| two | ❌ fail | 0.7500 | 0.5000 | -0.2500 | -0.5000 +0.0000 | 0.2500 | dropped |" in lines
    assert "### Newly broken: 4" in lines
    assert "  * entities label: GPE `Oslo` (14–18), predicted ORG `Oslo` (14–18)" in lines
    assert "### Newly fixed: 1" in lines
    assert "* a note" in lines


def test_article_text_in_markdown_is_code(report: GateReport) -> None:
    line = next(line for line in gate_markdown(report).splitlines() if "octocat" in line)

    # The text holds single ticks, so it stands between double ones, and what stands there is no markup.
    inside = line.split("``")[1]
    assert "@octocat" in inside
    assert "<img" in inside
    assert line.split("``")[0] == "  * entities label: GPE "


def test_a_rule_name_in_markdown_is_no_markup(rule: Callable[..., Rule], report: GateReport) -> None:
    outcome = Outcome(rule=rule(name=NASTY), verdict=PASS, reason="@octocat")
    text = gate_markdown(GateReport(**{**_fields(report), "outcomes": (outcome,), "changes": ()}))

    assert "@octocat" not in text
    assert "<img" not in text.replace("\\<", "")


def _fields(report: GateReport) -> dict[str, object]:
    return {name: getattr(report, name) for name in report.__dataclass_fields__}


def test_markdown_says_how_many_are_left_out(report: GateReport) -> None:
    assert "* … and 3 more" in gate_markdown(report, limit=1).splitlines()


def test_junit_has_one_case_a_rule(report: GateReport) -> None:
    root = ElementTree.fromstring(gate_junit(report))

    suite = root[0]
    cases = suite.findall("testcase")
    assert [suite.get(name) for name in ("tests", "failures", "errors")] == ["3", "1", "1"]
    assert [(case.get("name"), [child.tag for child in case]) for case in cases] == [
        ("one", []),
        ("two", ["failure"]),
        ("three", ["error"]),
    ]
    failure = cases[1][0]
    assert failure.get("message") == "dropped"
    assert (failure.text or "").splitlines()[:2] == [
        "baseline 0.7500; run 0.5000; difference -0.2500; 95 % CI -0.5000 +0.0000; q 0.2500",
        next(line for line in (failure.text or "").splitlines() if line.startswith("b: entities label")),
    ]


def test_junit_holds_any_text(report: GateReport) -> None:
    content = gate_junit(report)

    assert b"\x1b" not in content
    assert b"\x00" not in content
    text = "".join(ElementTree.fromstring(content).itertext())
    assert "<img src=x" in text  # escaped in the file, whole for who reads it
    assert b"<img" not in content


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_the_terminal_shows_everything_within_its_width(report: GateReport, width: int) -> None:
    out = io.StringIO()
    print_gate(report, Console(file=out, width=width, highlight=False))

    text = out.getvalue()
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= width
    assert "newly broken: 4" in text
    assert text.rstrip().endswith("verdict: fail")


def test_plain_lines_name_rules_figures_and_items(report: GateReport) -> None:
    lines = gate_lines(report)

    assert lines[0] == "evalkit gate: fail (mine against mine on gold@1234567)"
    assert "  fail: two: dropped" in lines
    assert "    baseline 0.7500, run 0.5000, difference -0.2500 [-0.5000 +0.0000], q 0.2500" in lines
    assert "      entities label: GPE 'Oslo' (14-18), predicted ORG 'Oslo' (14-18)" in lines
    assert "  newly fixed: 1" in lines
    assert not any("one" in line and "pass" in line for line in lines)


def test_the_same_report_gives_the_same_bytes(report: GateReport) -> None:
    assert gate_markdown(report) == gate_markdown(report)
    assert gate_junit(report) == gate_junit(report)
